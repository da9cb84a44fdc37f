//! A first load for a program that listens: what speaks its protocol and is on most machines.
//!
//! Input: where it listens. Output: the lines of `[workload.driver]`. It says in comments what is a guess.

use super::text::quoted;
use crate::toolchain::{Listening, Protocol};

/// What makes HTTP requests.
pub(super) const CURL: &str = "curl";

/// An address for when the sources say none.
const UNKNOWN: &str = "127.0.0.1:8080";
/// A port for when the environment says it: one that is seldom taken.
const PORT: u16 = 18_080;
/// What makes requests differ: a hundred numbers, another hundred in each round.
const NUMBERS: &str = "{round}[100-199]";

/// The address that is dialled, and whether it is one that the sources say.
pub(super) fn address(listens: &Listening) -> (String, bool) {
    match (listens.address.is_empty(), listens.env.is_empty()) {
        (false, _) => (listens.address.clone(), true),
        (true, false) => (format!("127.0.0.1:{PORT}"), true),
        (true, true) => (UNKNOWN.to_owned(), false),
    }
}

/// The program's environment, if it takes its port from there.
pub(super) fn environment(listens: &Listening) -> String {
    match listens.env.is_empty() {
        true => String::new(),
        false => format!("env = {{ {} = \"{PORT}\" }}\n", quoted(&listens.env)),
    }
}

/// Lines of the driver.
pub(super) fn section(listens: &Listening) -> String {
    let (address, is_known) = address(listens);
    let mut text = match listens.kind {
        Protocol::Http => http(listens, &address),
        Protocol::Grpc | Protocol::Tcp => tcp(listens.kind, &address),
    };
    text.push_str("rounds = 10\n");
    if !is_known {
        text.push_str("# CHANGE this address, here and above: the sources do not say where it listens.\n");
    }
    text.push_str(&format!("ready = {{ tcp = {} }} # the program accepts connections\n", quoted(&address)));
    text
}

fn http(listens: &Listening, address: &str) -> String {
    let (verb, path) = match listens.route.split_once(' ') {
        Some((verb, path)) => (verb, path),
        None => ("GET", listens.route.as_str()),
    };
    let scheme = if listens.tls { "https" } else { "http" };
    let url = format!("{scheme}://{address}{}", numbered(path));
    let mut words =
        vec![CURL, "--silent", "--show-error", "--fail", "--noproxy", "*", "--output", "/dev/null"];
    if listens.tls {
        words.push("--insecure");
    }
    if verb != "GET" {
        words.extend(["--request", verb, "--data", "{}"]);
    }
    words.push(&url);
    format!(
        "# A hundred requests a round: curl counts from 100 to 199. {}\n# A request that is refused ends the run: \
         what is refused is no load. Any program or script does instead.\ncommand = {}\n",
        if listens.route.is_empty() {
            "CHANGE the path: no route is seen."
        } else {
            "Is that the path that matters?"
        },
        array(&words)
    )
}

/// A part of a route that stands for anything: `{id}`, `:id`, `*`.
fn is_wild(part: &str) -> bool {
    part.starts_with(['{', ':', '*'])
}

/// A path of a route in which something differs from request to request.
fn numbered(route: &str) -> String {
    let path = route.find('/').map_or("/", |at| route.get(at..).unwrap_or("/")).replace("{$}", "");
    let parts: Vec<&str> = path.split('/').collect();
    match parts.iter().any(|part| is_wild(part)) {
        true => {
            parts.iter().map(|part| if is_wild(part) { NUMBERS } else { part }).collect::<Vec<_>>().join("/")
        }
        false => format!("{path}?n={NUMBERS}"),
    }
}

fn tcp(kind: Protocol, address: &str) -> String {
    let (host, port) = address.rsplit_once(':').unwrap_or((address, ""));
    let script = format!(
        "for i in $(seq 100); do exec 3<>/dev/tcp/{host}/{port} && echo \"hello {{round}} $i\" >&3 && exec 3>&-; done"
    );
    let advice = match kind {
        Protocol::Grpc => "CHANGE it to your client (grpcurl, ghz, a program of your own)",
        _ => "CHANGE it to your client",
    };
    format!(
        "# A hundred connections a round, each with one line and no answer awaited. {advice}:\n\
         # what the program does not do, cannot leak.\ncommand = {}\n",
        array(&["bash", "-c", &script])
    )
}

fn array(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().copied().map(quoted).collect();
    format!("[{}]", words.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_of_a_route_differ_in_its_wildcard_or_in_the_query() {
        for (route, path) in [
            ("/orders/{id}", "/orders/{round}[100-199]"),
            ("/orders/:id/lines", "/orders/{round}[100-199]/lines"),
            ("example.com/x", "/x?n={round}[100-199]"),
            ("/{$}", "/?n={round}[100-199]"),
            ("", "/?n={round}[100-199]"),
        ] {
            assert_eq!(numbered(route), path, "{route}");
        }
    }
}
