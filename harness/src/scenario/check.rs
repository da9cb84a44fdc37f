//! Walks a TOML document against the scenario's JSON schema: unknown and missing keys, wrong types,
//! values outside their range. Everything wrong is reported at once, at its place in the text.
//!
//! The schema is the single source: a key added to the file form is known here without a change.

use std::ops::Range;

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

use super::byte_size;
use super::diagnostic::{Diagnostic, did_you_mean};
use super::duration;
use super::glibc;

/// Deepest chain of `$ref` and alternatives followed at one value: the schema has three.
const MAX_INDIRECTION: usize = 16;

/// What does not fit `schema`.
pub(super) fn check(schema: &Value, document: &Spanned<DeTable<'_>>) -> Vec<Diagnostic> {
    let mut walk = Walk { root: schema, found: Vec::new() };
    walk.table(schema, document.get_ref(), document.span(), "");
    walk.found
}

struct Walk<'s> {
    root: &'s Value,
    found: Vec<Diagnostic>,
}

impl<'s> Walk<'s> {
    /// Checks one value; `path` is the dotted path of the key it stands at.
    fn value(&mut self, schema: &'s Value, value: &Spanned<DeValue<'_>>, path: &str) {
        let schema = self.resolve(schema);
        if let Some(alternatives) = alternatives(schema) {
            return self.one_of(alternatives, value, path);
        }
        if !self.fits(schema, value.get_ref()) {
            return self.wrong_type(schema, value, path);
        }
        match value.get_ref() {
            DeValue::Table(table) => self.table(schema, table, value.span(), path),
            DeValue::Array(items) => {
                self.length(schema, items.iter().count(), value.span(), path);
                if let Some(item_schema) = schema.get("items") {
                    items.iter().for_each(|item| self.value(item_schema, item, path));
                }
            }
            DeValue::Integer(number) => self.range(schema, number, value.span(), path),
            DeValue::String(text) => self.text(schema, text, value.span(), path),
            _ => {}
        }
    }

    fn table(&mut self, schema: &'s Value, table: &DeTable<'_>, span: Range<usize>, path: &str) {
        let properties = schema.get("properties").and_then(Value::as_object);
        let open = schema.get("additionalProperties").filter(|schema| schema.is_object());
        for (key, value) in table {
            let name: &str = key.get_ref();
            let known = properties.and_then(|properties| properties.get(name)).or(open);
            match known {
                Some(schema) => self.value(schema, value, &join(path, name)),
                None => self.unknown_key(schema, name, key.span(), path),
            }
        }
        for name in strings(schema.get("required")) {
            if !table.contains_key(name) {
                self.push(Diagnostic::new(span.clone(), format!("{} needs the key `{name}`", place(path))));
            }
        }
    }

    fn unknown_key(&mut self, schema: &Value, name: &str, span: Range<usize>, path: &str) {
        let known: Vec<&str> = schema
            .get("properties")
            .and_then(Value::as_object)
            .map(|properties| properties.keys().map(String::as_str).collect())
            .unwrap_or_default();
        let help = did_you_mean(name, known.iter().copied())
            .or_else(|| self.elsewhere(name))
            .unwrap_or_else(|| format!("the keys here are {}", quoted(&known)));
        self.push(Diagnostic::new(span, format!("unknown key `{name}` in {}", place(path))).help(help));
    }

    /// A table at the top that knows `name`: the key stands under the wrong header.
    fn elsewhere(&self, name: &str) -> Option<String> {
        let tables = self.root.get("properties")?.as_object()?;
        tables.iter().find_map(|(table, schema)| {
            self.resolve(schema).get("properties")?.get(name)?;
            Some(format!("`{name}` is a key of `[{table}]`"))
        })
    }

    /// Alternatives are told apart by their type, or are constants.
    fn one_of(&mut self, alternatives: &'s [Value], value: &Spanned<DeValue<'_>>, path: &str) {
        let words: Vec<&str> = alternatives.iter().flat_map(|schema| self.words(schema)).collect();
        let fitting = alternatives.iter().find(|schema| {
            let schema = self.resolve(schema);
            alternatives_fit(self, schema, value.get_ref())
        });
        match (fitting, value.get_ref()) {
            (Some(schema), DeValue::String(text)) if !words.is_empty() => {
                if !words.contains(&text.as_ref()) {
                    return self.wrong_word(&words, text, value.span(), path);
                }
                if self.words(schema).is_empty() {
                    self.value(schema, value, path);
                }
            }
            (Some(schema), _) => self.value(schema, value, path),
            (None, found) => {
                let expected: Vec<String> = alternatives.iter().map(|schema| self.type_name(schema)).fold(
                    Vec::new(),
                    |mut all, name| {
                        if !all.contains(&name) {
                            all.push(name);
                        }
                        all
                    },
                );
                let message = format!("`{path}` is {}, not {}", expected.join(" or "), type_of(found));
                self.push(Diagnostic::new(value.span(), message));
            }
        }
    }

    fn wrong_word(&mut self, words: &[&str], text: &str, span: Range<usize>, path: &str) {
        let message = format!("`{path}` cannot be `{text}`; it is {}", either(words));
        let diagnostic = Diagnostic::new(span, message);
        self.push(match did_you_mean(text, words.iter().copied()) {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        });
    }

    fn wrong_type(&mut self, schema: &Value, value: &Spanned<DeValue<'_>>, path: &str) {
        let found = value.get_ref();
        let message = format!("`{path}` is {}, not {}", self.type_name(schema), type_of(found));
        let diagnostic = Diagnostic::new(value.span(), message);
        self.push(match fix(schema, found) {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        });
    }

    fn range(&mut self, schema: &Value, number: &DeInteger<'_>, span: Range<usize>, path: &str) {
        let bound = |key: &str| schema.get(key).and_then(Value::as_i64).map(i128::from);
        let (width_low, width_high) = match schema.get("format").and_then(Value::as_str) {
            Some("int32") => (i128::from(i32::MIN), i128::from(i32::MAX)),
            Some("uint32") => (0, i128::from(u32::MAX)),
            // TOML's own integers end at i64.
            Some("uint64") => (0, i128::from(i64::MAX)),
            _ => (i128::from(i64::MIN), i128::from(i64::MAX)),
        };
        let low = bound("minimum").unwrap_or(width_low).max(width_low);
        let high = bound("maximum").unwrap_or(width_high).min(width_high);
        let fits =
            i128::from_str_radix(number.as_str(), number.radix()).is_ok_and(|n| (low..=high).contains(&n));
        if !fits {
            self.push(Diagnostic::new(
                span,
                format!("`{path}` is a number from {low} to {high}, not {number}"),
            ));
        }
    }

    fn length(&mut self, schema: &Value, length: usize, span: Range<usize>, path: &str) {
        let least = schema.get("minItems").and_then(Value::as_u64).unwrap_or(0);
        if (length as u64) < least {
            self.push(Diagnostic::new(span, format!("`{path}` must not be empty")));
        }
    }

    fn text(&mut self, schema: &'s Value, text: &str, span: Range<usize>, path: &str) {
        let words = self.words(schema);
        if !words.is_empty() && !words.contains(&text) {
            self.wrong_word(&words, text, span, path);
        } else if let Some(format) = format_of(schema)
            && !(format.is_one)(text)
        {
            let message = format!("`{path}` is {}, and `{text}` is not one", format.what);
            self.push(Diagnostic::new(span, message).help(format!("write it like {}", format.like)));
        }
    }

    fn push(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }

    /// Follows `$ref`.
    fn resolve(&self, mut schema: &'s Value) -> &'s Value {
        for _ in 0..MAX_INDIRECTION {
            let target = schema
                .get("$ref")
                .and_then(Value::as_str)
                .and_then(|reference| reference.strip_prefix('#'))
                .and_then(|pointer| self.root.pointer(pointer));
            match target {
                Some(target) => schema = target,
                None => break,
            }
        }
        schema
    }

    /// The string constants that `schema` allows; empty when it is not about constants.
    fn words(&self, schema: &'s Value) -> Vec<&'s str> {
        let schema = self.resolve(schema);
        let mut words = strings(schema.get("enum"));
        words.extend(schema.get("const").and_then(Value::as_str));
        if let Some(alternatives) = alternatives(schema) {
            words.extend(alternatives.iter().flat_map(|schema| self.words(schema)));
        }
        words
    }

    fn fits(&self, schema: &Value, value: &DeValue<'_>) -> bool {
        match schema.get("type").and_then(Value::as_str) {
            Some("string") => value.is_str(),
            Some("boolean") => value.is_bool(),
            Some("integer") => value.is_integer(),
            Some("number") => value.is_integer() || value.is_float(),
            Some("array") => value.is_array(),
            Some("object") => value.is_table(),
            _ => true,
        }
    }

    fn type_name(&self, schema: &Value) -> String {
        let words = self.words_of(schema);
        if !words.is_empty() {
            return either(&words.iter().map(String::as_str).collect::<Vec<_>>());
        }
        if let Some(format) = format_of(schema) {
            return format.type_name.to_owned();
        }
        if let Some(target) = schema.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix('#')) {
            return self.root.pointer(target).map_or_else(String::new, |schema| self.type_name(schema));
        }
        match schema.get("type").and_then(Value::as_str) {
            Some("string") => "a string",
            Some("boolean") => "`true` or `false`",
            Some("integer") => "an integer",
            Some("number") => "a number",
            Some("array") => "an array",
            Some("object") => "a table",
            _ => "a value",
        }
        .to_owned()
    }

    fn words_of(&self, schema: &Value) -> Vec<String> {
        let mut words: Vec<String> = strings(schema.get("enum")).into_iter().map(str::to_owned).collect();
        words.extend(schema.get("const").and_then(Value::as_str).map(str::to_owned));
        words
    }
}

/// A kind of text.
struct TextFormat {
    name: &'static str,
    what: &'static str,
    type_name: &'static str,
    like: &'static str,
    is_one: fn(&str) -> bool,
}

const TEXT_FORMATS: [TextFormat; 3] = [
    TextFormat {
        name: duration::FORMAT,
        what: "a duration",
        type_name: "a duration (`500ms`, `60s`)",
        like: "`500ms`, `60s`, `2m` or `1h`",
        is_one: |text| duration::parse(text).is_some(),
    },
    TextFormat {
        name: byte_size::FORMAT,
        what: "a size",
        type_name: "a size (`12MB`, `900KiB`)",
        like: "`12MB`, `900KB` (of 1000) or `12MiB`, `900KiB` (of 1024)",
        is_one: |text| byte_size::parse(text).is_some(),
    },
    TextFormat {
        name: glibc::FORMAT,
        what: "a version of glibc",
        type_name: "a version of glibc (`\"2.31\"`)",
        like: "`2.31` or `2.2.5`",
        is_one: |text| glibc::parse(text).is_some(),
    },
];

fn format_of(schema: &Value) -> Option<&'static TextFormat> {
    let name = schema.get("format")?.as_str()?;
    TEXT_FORMATS.iter().find(|format| format.name == name)
}

fn alternatives(schema: &Value) -> Option<&[Value]> {
    schema.get("oneOf").or_else(|| schema.get("anyOf")).and_then(Value::as_array).map(Vec::as_slice)
}

/// Whether a value has the type of `schema` or of one of its alternatives.
fn alternatives_fit<'s>(walk: &Walk<'s>, schema: &'s Value, value: &DeValue<'_>) -> bool {
    match alternatives(schema) {
        Some(inner) => inner.iter().any(|schema| walk.fits(walk.resolve(schema), value)),
        None => walk.fits(schema, value),
    }
}

/// What the user most likely meant, where a value of one type is easily taken for another.
fn fix(schema: &Value, found: &DeValue<'_>) -> Option<String> {
    let wanted = schema.get("type").and_then(Value::as_str)?;
    match (wanted, found) {
        ("array", DeValue::String(text)) => {
            let words: Vec<String> = text.split_whitespace().map(|word| format!("{word:?}")).collect();
            Some(format!("write its words as an array: [{}]", words.join(", ")))
        }
        ("string", DeValue::Integer(n)) if schema.get("format").is_some_and(|f| f == duration::FORMAT) => {
            Some(format!("say the unit: \"{n}s\" or \"{n}ms\""))
        }
        ("string", DeValue::Integer(n)) if schema.get("format").is_some_and(|f| f == byte_size::FORMAT) => {
            Some(format!("say the unit: \"{n}B\" or \"{n}MB\""))
        }
        ("string", DeValue::Float(n)) if schema.get("format").is_some_and(|f| f == glibc::FORMAT) => {
            Some(format!("put it in quotes: \"{n}\""))
        }
        ("string", DeValue::Integer(n)) => Some(format!("put it in quotes: \"{n}\"")),
        ("string", DeValue::Boolean(b)) => Some(format!("put it in quotes: \"{b}\"")),
        ("boolean", DeValue::String(text)) if matches!(text.as_ref(), "true" | "false") => {
            Some(format!("write it without quotes: {text}"))
        }
        ("integer", DeValue::String(text)) if text.parse::<i64>().is_ok() => {
            Some(format!("write it without quotes: {text}"))
        }
        _ => None,
    }
}

fn strings(list: Option<&Value>) -> Vec<&str> {
    list.and_then(Value::as_array)
        .map(|items| items.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default()
}

fn type_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn place(path: &str) -> String {
    if path.is_empty() { "the scenario".to_owned() } else { format!("`[{path}]`") }
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn either(words: &[&str]) -> String {
    match words {
        [.., last] if words.len() > 1 => format!("{} or `{last}`", quoted(&words[..words.len() - 1])),
        _ => quoted(words),
    }
}
