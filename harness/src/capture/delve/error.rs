//! What can go wrong with a debugger.

use std::io;

/// A repeat under the debugger could not be made, or not to its end.
#[derive(Debug, thiserror::Error)]
pub enum DelveError {
    /// It cannot be started at all.
    #[error("could not start Delve: {0}\nhint: `harness doctor` tells whether it is there")]
    Start(#[source] io::Error),
    /// It ended, or gave no sign, before it had the program in its hands.
    #[error("Delve does not come up: {said}{}", hint(.said))]
    NotUp {
        /// What it printed.
        said: String,
    },
    /// It went away in the middle of a conversation.
    #[error(
        "Delve has gone away: {0}\nhint: run it again; if it goes away again, see its output beside the record"
    )]
    Gone(#[source] io::Error),
    /// It did not do what it was asked for.
    #[error("Delve refuses {method}: {message}")]
    Refused {
        /// What it was asked.
        method: &'static str,
        /// Its words.
        message: String,
    },
    /// It said something that is not its language.
    #[error("Delve says something else than its API does: {what}\nhint: `harness doctor` tells its version")]
    Protocol {
        /// What.
        what: String,
    },
    /// It gave no answer in time.
    #[error("Delve gave no answer to {method} in time")]
    TimedOut {
        /// What it was asked.
        method: &'static str,
    },
    /// The user did not want to wait.
    #[error("interrupted")]
    Interrupted,
    /// A place for its files could not be made.
    #[error("could not {what} `{path}`: {source}")]
    Io {
        /// What was being done.
        what: &'static str,
        /// Where.
        path: camino::Utf8PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// What to do about what Delve prints before it gives up.
const HINTS: [(&str, &str); 4] = [
    ("Version of Delve is too old", "get a newer one: go install github.com/go-delve/delve/cmd/dlv@latest"),
    (
        "Go version",
        "this Delve does not know programs of that Go: go install github.com/go-delve/delve/cmd/dlv@latest, or choose another Go with `toolchain` in `[build]`",
    ),
    (
        "operation not permitted",
        "ptrace is not allowed here: in a container it takes --cap-add=SYS_PTRACE, see also /proc/sys/kernel/yama/ptrace_scope",
    ),
    ("address already in use", "run it again"),
];

fn hint(said: &str) -> String {
    let found = HINTS.iter().find(|(words, _)| said.contains(words));
    found.map(|(_, hint)| format!("\nhint: {hint}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_delve_prints_before_it_gives_up_has_a_way_out() {
        let said =
            "Version of Delve is too old for Go version go1.27.4 (maximum supported version 1.26)".to_owned();
        let words = DelveError::NotUp { said }.to_string();
        assert!(words.contains("hint: get a newer one: go install"), "{words}");
        let words =
            DelveError::NotUp { said: "could not launch process: fork/exec: operation not permitted".into() };
        assert!(words.to_string().contains("SYS_PTRACE"), "{words}");
    }
}
