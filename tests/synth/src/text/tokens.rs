//! A line of the text form, cut into words. Knows no directive.

/// A word, or a text in quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Word(String),
    Quoted(String),
}

/// One line without its comment.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    /// Words that stand alone, in order.
    pub(super) words: Vec<Value>,
    /// `key=value`, in order.
    pub(super) pairs: Vec<(String, Value)>,
    /// `@label`.
    pub(super) label: Option<String>,
}

impl Line {
    /// Cuts a line. The error is a sentence about it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut line = Self::default();
        let mut rest = text.trim_start();
        while !rest.is_empty() && !rest.starts_with('#') {
            rest = line.take(rest)?.trim_start();
        }
        Ok(line)
    }

    /// Takes the first thing of `rest`; returns what follows it.
    fn take<'t>(&mut self, rest: &'t str) -> Result<&'t str, String> {
        if let Some(quoted) = rest.strip_prefix('"') {
            let (text, rest) = quoted_text(quoted)?;
            self.words.push(Value::Quoted(text));
            return Ok(rest);
        }
        let end = rest.find(|c: char| c.is_whitespace() || c == '"').unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        if let Some(label) = word.strip_prefix('@') {
            self.label = Some(label.to_owned());
            return Ok(after);
        }
        let Some((key, value)) = word.split_once('=') else {
            self.words.push(Value::Word(word.to_owned()));
            return Ok(after);
        };
        if let (true, Some(quoted)) = (value.is_empty(), after.strip_prefix('"')) {
            let (text, rest) = quoted_text(quoted)?;
            self.pairs.push((key.to_owned(), Value::Quoted(text)));
            return Ok(rest);
        }
        self.pairs.push((key.to_owned(), Value::Word(value.to_owned())));
        Ok(after)
    }

    /// The first word: what the line does.
    pub(super) fn verb(&self) -> &str {
        match self.words.first() {
            Some(Value::Word(word)) => word,
            _ => "",
        }
    }

    /// The value of a key, if it is there.
    pub(super) fn pair(&self, key: &str) -> Option<&Value> {
        self.pairs.iter().find(|(known, _)| known == key).map(|(_, value)| value)
    }

    /// A number under a key, or `default`.
    pub(super) fn number(&self, key: &str, default: u64) -> Result<u64, String> {
        match self.pair(key) {
            None => Ok(default),
            Some(value) => value.number(),
        }
    }

    /// The words after the verb, as numbers.
    pub(super) fn numbers(&self) -> Result<Vec<u64>, String> {
        self.words.iter().skip(1).map(Value::number).collect()
    }

    /// Says no to keys that the directive does not have.
    pub(super) fn only(&self, keys: &[&str]) -> Result<(), String> {
        match self.pairs.iter().find(|(key, _)| !keys.contains(&key.as_str())) {
            None => Ok(()),
            Some((key, _)) => Err(format!("no key `{key}` here; known are {}", keys.join(", "))),
        }
    }
}

impl Value {
    pub(super) fn number(&self) -> Result<u64, String> {
        match self {
            Self::Word(word) => number(word),
            Self::Quoted(text) => Err(format!("a number expected, found the text \"{text}\"")),
        }
    }
}

/// `none` is all bits set.
fn number(word: &str) -> Result<u64, String> {
    let parsed = match word.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None if word == "none" => Ok(u64::MAX),
        None => word.parse(),
    };
    parsed.map_err(|_| format!("a number expected, found `{word}`"))
}

/// A text after its opening quote, and what follows the closing one. `\"` and `\\` stand for
/// themselves.
fn quoted_text(rest: &str) -> Result<(String, &str), String> {
    let mut text = String::new();
    let mut chars = rest.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((text, &rest[at + 1..])),
            '\\' => text.extend(chars.next().map(|(_, escaped)| escaped)),
            _ => text.push(c),
        }
    }
    Err("a closing quote is missing".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_words_pairs_and_a_label_and_quotes_keep_all_together() {
        let line = Line::parse(r#" +5 GoBlock reason="chan # \"x\"" stack=3 @here # why"#).unwrap();
        let word = |text: &str| Value::Word(text.to_owned());
        assert_eq!(line.words, [word("+5"), word("GoBlock")]);
        let reason = ("reason".to_owned(), Value::Quoted(r#"chan # "x""#.to_owned()));
        assert_eq!(line.pairs, [reason, ("stack".to_owned(), word("3"))]);
        assert_eq!(line.label.as_deref(), Some("here"));
        assert_eq!(line.number("stack", 9), Ok(3));
        assert_eq!(line.number("start", 9), Ok(9));
        assert!(line.only(&["reason"]).unwrap_err().contains("`stack`"));
    }

    #[test]
    fn what_is_no_number_and_a_quote_left_open_are_named() {
        assert_eq!(number("none"), Ok(u64::MAX));
        assert_eq!(number("0x1f"), Ok(31));
        assert_eq!(number("x"), Err("a number expected, found `x`".to_owned()));
        assert!(Line::parse("a=\"b").unwrap_err().contains("closing quote"));
    }
}
