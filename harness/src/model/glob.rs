//! Patterns in which `*` stands for any text, as scenarios name functions, packages and paths.

/// Whether a text is what the pattern says; `*` stands for any text, an empty one included.
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else { return false };
        rest = rest.get(at.saturating_add(part.len())..).unwrap_or_default();
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text, expected) in [
            ("main.warm", "main.warm", true),
            ("main.warm", "main.warmer", false),
            ("github.com/x/*", "github.com/x/y/z", true),
            ("github.com/x/*", "github.com/xy", false),
            ("*.(*Pool).*", "a/b.(*Pool).Get", true),
            ("*Get", "a/b.(*Pool).Get", true),
            ("a*b*a", "aba", true),
            ("a*b*a", "ab", false),
            ("aa*a", "aa", false),
            ("*", "", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
