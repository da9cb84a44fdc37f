//! A page from a template: words filled in, data that cannot leave its element, and a policy that lets nothing in or out.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest as _, Sha256};

/// Fills a template's `{{words}}` without looking at what was filled in.
pub(in crate::report) fn fill(template: &str, words: &[(&str, &str)]) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let (word, after) = after.split_once("}}").unwrap_or((after, ""));
        let text = words.iter().find(|(name, _)| *name == word).map_or("", |(_, text)| text);
        out.push_str(text);
        rest = after;
    }
    out + rest
}

/// JSON within a script element: `<` could end it, and JavaScript takes two characters for ends of lines that JSON allows
/// in a string.
pub(in crate::report) fn script_safe(json: String) -> String {
    if !json.contains(['<', '\u{2028}', '\u{2029}']) {
        return json;
    }
    json.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

/// Text within HTML; what would turn a line around or reach a terminal is shown.
pub(super) fn text(text: &str) -> String {
    let clean = super::super::terminal::clean_lines(text);
    clean.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// What a page may do: run this script, use this style, and nothing else. No network, no frames, no forms.
pub(super) fn policy(script: &str, style: &str) -> String {
    let hash = |text: &str| BASE64_STANDARD.encode(Sha256::digest(text.as_bytes()));
    format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; img-src data:; base-uri 'none'; form-action 'none'",
        hash(script),
        hash(style)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_filled_in_is_not_looked_at_again() {
        assert_eq!(fill("a {{x}} b {{y}}{{z}}.", &[("x", "{{y}}"), ("y", "2")]), "a {{y}} b 2.");
    }

    #[test]
    fn data_cannot_end_its_script_or_a_line() {
        let json = serde_json::to_string("</script><!--\u{2028}\u{2029}").unwrap();
        let safe = script_safe(json);
        assert!(!safe.contains(['<', '\u{2028}', '\u{2029}']), "{safe}");
        assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), "</script><!--\u{2028}\u{2029}");
    }

    #[test]
    fn the_policy_names_the_hash_that_a_browser_computes() {
        // printf 'alert(1)' | openssl dgst -sha256 -binary | base64
        let policy = policy("alert(1)", "");
        assert!(
            policy.contains("script-src 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"),
            "{policy}"
        );
        assert!(policy.starts_with("default-src 'none';"));
    }
}
