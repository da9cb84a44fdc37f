//! Source text: finding files, and blanking what is not code.

use std::path::{Path, PathBuf};

/// Files under `directory` whose name ends so, in order of their paths. None if it does not exist.
pub(crate) fn files(directory: &Path, ending: &str) -> Vec<PathBuf> {
    let Ok(entries) = directory.read_dir() else { return Vec::new() };
    let mut entries: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    let mut found = Vec::new();
    for path in entries {
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found
}

/// Rust source with comments, the insides of literals, and modules under `#[cfg(test)]` replaced
/// by blanks. Length and line breaks stay, so that offsets are those of the file.
pub(crate) fn code_only(source: &str) -> String {
    let mut text: Vec<char> = source.chars().collect();
    blank_comments_and_literals(&mut text);
    blank_test_modules(&mut text);
    text.into_iter().collect()
}

fn blank_comments_and_literals(text: &mut [char]) {
    let mut at = 0;
    while at < text.len() {
        let end = match (text[at], text.get(at + 1)) {
            ('/', Some('/')) => line_comment_end(text, at),
            ('/', Some('*')) => block_comment_end(text, at),
            ('"', _) => string_end(text, at + 1),
            ('r', Some('"' | '#')) if !continues_word(text, at) => match raw_string_end(text, at) {
                Some(end) => end,
                None => at,
            },
            ('\'', _) => char_end(text, at).unwrap_or(at),
            _ => at,
        };
        blank(text, at, end);
        at = end.max(at + 1);
    }
}

fn blank(text: &mut [char], from: usize, to: usize) {
    text[from..to].iter_mut().filter(|c| **c != '\n').for_each(|c| *c = ' ');
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The character before `at` belongs to the same word, unless it is the `b` of a byte string.
fn continues_word(text: &[char], at: usize) -> bool {
    at > 0 && is_word(text[at - 1]) && !(text[at - 1] == 'b' && (at == 1 || !is_word(text[at - 2])))
}

fn line_comment_end(text: &[char], at: usize) -> usize {
    text[at..].iter().position(|c| *c == '\n').map_or(text.len(), |length| at + length)
}

fn block_comment_end(text: &[char], start: usize) -> usize {
    let (mut at, mut depth) = (start, 0_usize);
    while at < text.len() {
        match (text[at], text.get(at + 1)) {
            ('/', Some('*')) => (at, depth) = (at + 2, depth + 1),
            ('*', Some('/')) => {
                (at, depth) = (at + 2, depth - 1);
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    text.len()
}

/// End of a string whose first character inside is at `at`.
fn string_end(text: &[char], mut at: usize) -> usize {
    while at < text.len() {
        match text[at] {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

/// End of the raw string whose `r` is at `at`; `None` for a raw identifier.
fn raw_string_end(text: &[char], at: usize) -> Option<usize> {
    let hashes = text[at + 1..].iter().take_while(|c| **c == '#').count();
    let inside = at + 1 + hashes;
    if text.get(inside) != Some(&'"') {
        return None;
    }
    let closing: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
    let rest = text.get(inside + 1..)?;
    let length = rest.windows(closing.len()).position(|window| window == closing.as_slice());
    Some(length.map_or(text.len(), |length| inside + 1 + length + closing.len()))
}

/// End of the character literal that begins at `at`; `None` for a lifetime.
fn char_end(text: &[char], at: usize) -> Option<usize> {
    match (text.get(at + 1)?, text.get(at + 2)?) {
        ('\\', _) => {
            // What is escaped may itself be a quote.
            let length = text.get(at + 3..)?.iter().position(|c| *c == '\'')?;
            Some(at + 3 + length + 1)
        }
        (_, '\'') => Some(at + 3),
        _ => None,
    }
}

/// Blanks `#[cfg(test)] mod x { … }`. Literals are blank already, so that braces balance.
fn blank_test_modules(text: &mut [char]) {
    let marker: Vec<char> = "#[cfg(test)]".chars().collect();
    let mut from = 0;
    while let Some(found) = text[from..].windows(marker.len()).position(|window| window == marker.as_slice())
    {
        let start = from + found;
        from = start + marker.len();
        let opening = text[from..].iter().position(|c| matches!(c, '{' | ';'));
        let Some(opening) = opening.map(|length| from + length).filter(|at| text[*at] == '{') else {
            continue;
        };
        let end = block_end(text, opening);
        blank(text, start, end);
        from = end;
    }
}

fn block_end(text: &[char], opening: usize) -> usize {
    let mut depth = 0_usize;
    for (at, c) in text.iter().enumerate().skip(opening) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(source: &str) -> Vec<String> {
        code_only(source).split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn comments_are_no_code() {
        assert_eq!(words("a // b\nc /* d /* e */ f */ g"), ["a", "c", "g"]);
        assert_eq!(words("a /* never closed"), ["a"]);
    }

    #[test]
    fn literals_are_no_code() {
        assert_eq!(words(r##"a "b \" c" d r#"e " f"# g br"h" i"##), ["a", "d", "g", "b", "i"]);
        assert_eq!(words(r"a '\'' b '{' c '\u{1F600}' d"), ["a", "b", "c", "d"]);
    }

    #[test]
    fn lifetimes_and_raw_identifiers_are_code() {
        assert_eq!(words("fn f<'a>(x: &'a str)"), ["fn", "f<'a>(x:", "&'a", "str)"]);
        assert_eq!(words("r#type x"), ["r#type", "x"]);
    }

    #[test]
    fn test_modules_are_left_out_and_what_follows_is_not() {
        let source = "a\n#[cfg(test)]\nmod tests { fn f() { '{'; \"}\"; } }\nb\n#[cfg(test)]\nmod t;\nc";
        assert_eq!(words(source), ["a", "b", "#[cfg(test)]", "mod", "t;", "c"]);
    }

    #[test]
    fn lines_keep_their_numbers() {
        let source = "/* a\nb */ c\n\"d\ne\" f\n";
        let code = code_only(source);
        assert_eq!(code.lines().count(), source.lines().count());
        assert_eq!(code.lines().nth(3).map(str::trim), Some("f"));
    }
}
