//! Which functions a Go source declares, and where.
//!
//! Input: the text of one file. Output: [`Declared`] by line. The compiler tells decisions by line alone, and with `-l` not even
//! where functions begin. Declarations are found by how every formatted file has them: `func` at the start of a line that is neither in a
//! comment nor in a raw string. Must not try to understand more of Go.

/// A function that a file declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// Without its package, as the linker has it: `handle`, `(*Cache).Put`, `(*Set[...]).Add`.
    pub name: String,
    /// Of the word `func`.
    pub line: u32,
}

/// Functions of a file, in their order. What stands between two belongs to the first.
#[must_use]
pub fn declared(text: &str) -> Vec<Declared> {
    let mut within = Within::Code;
    let mut found = Vec::new();
    for (line, at) in text.lines().zip(1_u32..) {
        if within == Within::Code
            && let Some(name) = line.strip_prefix("func ").and_then(name)
        {
            found.push(Declared { name, line: at });
        }
        within = within.after(line);
    }
    found
}

/// `(c *Cache) Put(q quote.Quote) {`, after `func`
fn name(rest: &str) -> Option<String> {
    let Some(receiver) = rest.strip_prefix('(') else { return identifier(rest) };
    let (receiver, rest) = receiver.split_once(')')?;
    let method = identifier(rest.trim_start())?;
    let written = receiver.rsplit(' ').next().filter(|_| !receiver.contains('['));
    let written = written.or_else(|| {
        receiver.split_once('[').map(|(before, _)| before.rsplit(' ').next().unwrap_or(before))
    })?;
    let generic = if receiver.contains('[') { "[...]" } else { "" };
    Some(match written.strip_prefix('*') {
        Some(base) => format!("(*{}{generic}).{method}", base.trim()),
        None => format!("{written}{generic}.{method}"),
    })
}

/// The identifier at the start; type parameters are left to `...`, as the linker's names are shown.
fn identifier(text: &str) -> Option<String> {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let generic = if rest.starts_with('[') { "[...]" } else { "" };
    (!name.is_empty()).then(|| format!("{name}{generic}"))
}

/// What the start of a line stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    Code,
    Comment,
    RawString,
}

impl Within {
    /// What the next line's start stands in.
    fn after(self, line: &str) -> Self {
        let mut within = self;
        let mut rest = line;
        loop {
            let (end, skipped) = match within {
                Self::Comment => (rest.find("*/"), 2),
                Self::RawString => (rest.find('`'), 1),
                Self::Code => match opened(rest) {
                    Some((at, opened)) => {
                        rest = rest.get(at..).unwrap_or_default();
                        within = opened;
                        continue;
                    }
                    None => return Self::Code,
                },
            };
            let Some(end) = end else { return within };
            rest = rest.get(end + skipped..).unwrap_or_default();
            within = Self::Code;
        }
    }
}

/// The first comment or raw string that begins in code, and where its content does.
fn opened(code: &str) -> Option<(usize, Within)> {
    let mut quote = None;
    let mut bytes = code.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match (quote, byte) {
            (Some(_), b'\\') => {
                bytes.next();
            }
            (Some(open), _) if open == byte => quote = None,
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'`') => return Some((at + 1, Within::RawString)),
            (None, b'/') => match code.as_bytes().get(at + 1) {
                Some(b'/') => return None,
                Some(b'*') => return Some((at + 2, Within::Comment)),
                _ => {}
            },
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<(String, u32)> {
        declared(text).into_iter().map(|function| (function.name, function.line)).collect()
    }

    #[test]
    fn functions_have_the_linkers_names() {
        let text = "package p\n\nfunc handle(a int) {\n\tf := func() {}\n}\nfunc (c *Cache) Put(q Quote) {}\n\
                    func (p Plain) Sum() int { return 0 }\nfunc (s *Set[K, V]) Add(k K) {}\nfunc Map[T any](t T) {}\nfunc (*T) None() {}\nfunc (T) Bare() {}\n";
        let expected = [
            ("handle", 3),
            ("(*Cache).Put", 6),
            ("Plain.Sum", 7),
            ("(*Set[...]).Add", 8),
            ("Map[...]", 9),
            ("(*T).None", 10),
            ("T.Bare", 11),
        ];
        let expected = expected.map(|(name, line)| (name.to_owned(), line));
        assert_eq!(names(text), expected);
    }

    #[test]
    fn comments_and_raw_strings_declare_nothing() {
        let text = "/*\nfunc a() {}\n*/\nvar s = `\nfunc b() {}\n`\nvar q = \"`\" // `\nvar r = '`'\nfunc c() {} /* x */\nvar t = \"/*\"\nfunc d() {}\n";
        assert_eq!(names(text), [("c".to_owned(), 9), ("d".to_owned(), 11)]);
    }

    #[test]
    fn any_text_is_read_without_a_panic() {
        for text in [
            "func ",
            "func (",
            "func ()",
            "func () ",
            "func (a b",
            "func ((x) y",
            "`",
            "/*",
            "\"\\",
            "func ß()",
            "func (é *É[é",
        ] {
            let _ = declared(text);
        }
        assert_eq!(names("func ß() {}"), [("ß".to_owned(), 1)]);
    }
}
