//! GOFLAGS: words that stand before every command's own.

use crate::toolchain::flags::NO_FLAGS;

/// The words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct GoFlags(Vec<String>);

impl GoFlags {
    pub(super) fn of(text: &str) -> Self {
        Self(text.split_whitespace().map(str::to_owned).collect())
    }

    pub(super) fn all(&self) -> &[String] {
        &self.0
    }

    /// The value of `-NAME=VALUE`; of several, the last one counts.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find_map(|word| {
            let (flag, value) = word.trim_start_matches('-').split_once('=')?;
            (flag == name).then_some(value)
        })
    }

    /// For the environment of a command that these flags must not reach.
    pub(super) fn without(&self, names: &[&str]) -> String {
        let is_kept = |word: &&String| {
            let flag = word.trim_start_matches('-');
            !names.contains(&flag.split_once('=').map_or(flag, |(flag, _)| flag))
        };
        let kept: Vec<&str> = self.0.iter().filter(is_kept).map(String::as_str).collect();
        if kept.is_empty() { NO_FLAGS.to_owned() } else { kept.join(" ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_value_counts_and_what_is_dropped_leaves_no_empty_variable() {
        let flags = GoFlags::of("-mod=mod --mod=vendor -modfile=alt.mod -trimpath");
        assert_eq!(
            (flags.value("mod"), flags.value("modfile"), flags.value("tags")),
            (Some("vendor"), Some("alt.mod"), None)
        );
        assert_eq!(flags.without(&["mod", "modfile"]), "-trimpath");
        assert_eq!(GoFlags::of("-mod=mod").without(&["mod"]), " ");
    }
}
