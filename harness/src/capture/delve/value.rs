//! A value as Delve describes it -> words, as Go would write it.
//!
//! What is cut is said: `… 984 more`. Must not grow with the value: Delve was told how much to read.

use super::api::Variable;
use super::things::sync_words;
use crate::model::debug::Value;

/// `reflect.Kind`, as far as it makes a difference.
mod kind {
    pub(super) const ARRAY: u32 = 17;
    pub(super) const CHAN: u32 = 18;
    pub(super) const FUNC: u32 = 19;
    pub(super) const INTERFACE: u32 = 20;
    pub(super) const MAP: u32 = 21;
    pub(super) const POINTER: u32 = 22;
    pub(super) const SLICE: u32 = 23;
    pub(super) const STRING: u32 = 24;
    pub(super) const STRUCT: u32 = 25;
    pub(super) const UNSAFE_POINTER: u32 = 26;
}

/// Nested deeper, a value is `…`: a reply of somebody else could be nested without an end.
const MAX_DEPTH: u32 = 6;
/// Characters of one value.
const MAX_TEXT: usize = 600;

/// What Delve says of a variable that the compiler did not keep.
const LOST: [&str; 3] = ["could not find loclist entry", "empty OP stack", "optimized out"];

/// The value in words.
pub(super) fn value(variable: &Variable) -> Value {
    let unreadable = (!variable.unreadable.is_empty()).then(|| why(&variable.unreadable));
    let mut text = if unreadable.is_some() { String::new() } else { self::text(variable, MAX_DEPTH) };
    if let Some((at, _)) = text.char_indices().nth(MAX_TEXT) {
        text.truncate(at);
        text.push('…');
    }
    Value { name: variable.name.clone(), of: variable.of.clone(), text, unreadable }
}

fn why(unreadable: &str) -> String {
    let is_lost = LOST.iter().any(|words| unreadable.contains(words));
    if is_lost { "optimised away".to_owned() } else { unreadable.to_owned() }
}

/// Where a channel is, if the variable is one: as the runtime compares them.
pub(super) fn channel(variable: &Variable) -> Option<u64> {
    (variable.kind == kind::CHAN && variable.base != 0).then_some(variable.base)
}

fn text(variable: &Variable, depth: u32) -> String {
    if !variable.unreadable.is_empty() {
        return format!("({})", why(&variable.unreadable));
    }
    let Some(depth) = depth.checked_sub(1) else { return "…".to_owned() };
    match variable.kind {
        kind::STRING => {
            let more = variable.len.saturating_sub(i64::try_from(variable.value.len()).unwrap_or(i64::MAX));
            let cut = if more > 0 { format!("…+{more}") } else { String::new() };
            format!("{:?}{cut}", variable.value)
        }
        kind::POINTER => pointer(variable, depth),
        kind::UNSAFE_POINTER => format!("{:#x}", number(&variable.value)),
        kind::SLICE | kind::ARRAY => match bytes(variable) {
            Some(hex) => format!("{} len {} {hex}", short(&variable.of), variable.len),
            None => format!("{} len {} {{{}}}", short(&variable.of), variable.len, list(variable, depth)),
        },
        kind::MAP => map(variable, depth),
        kind::STRUCT => sync_words(variable).unwrap_or_else(|| structure(variable, depth)),
        kind::INTERFACE => interface(variable, depth),
        kind::CHAN if variable.base == 0 => "nil".to_owned(),
        kind::CHAN => format!("{} {}", short(&variable.of), buffered(variable)),
        kind::FUNC if variable.value.is_empty() => "nil".to_owned(),
        kind::FUNC => variable.value.clone(),
        _ => variable.value.clone(),
    }
}

/// How full a channel is: Delve shows its fields, those of `runtime.hchan`.
pub(super) fn buffered(channel: &Variable) -> String {
    let fields = channel.children.iter();
    let field =
        |name: &str| fields.clone().find(|field| field.name == name).map(|field| number(&field.value));
    match (field("qcount"), field("dataqsiz")) {
        (Some(0), Some(0)) => "unbuffered".to_owned(),
        // The variable is not used any more: the collector has taken what it pointed to.
        (Some(full), Some(of)) if full > of => "(collected: its memory is another's now)".to_owned(),
        (Some(full), Some(of)) => format!("{full} of {of} buffered"),
        _ => "…".to_owned(),
    }
}

/// Bytes in hex, as identifiers and hashes are read.
fn bytes(variable: &Variable) -> Option<String> {
    let is_bytes = !variable.children.is_empty()
        && variable.children.iter().all(|child| ["uint8", "byte"].contains(&child.of.as_str()));
    if !is_bytes {
        return None;
    }
    let hex: String = variable.children.iter().map(|child| format!("{:02x}", number(&child.value))).collect();
    let is_cut = variable.len > i64::try_from(variable.children.len()).unwrap_or(i64::MAX);
    Some(if is_cut { hex + "…" } else { hex })
}

/// A variable of the compiler's: `.autotmp_4`, `~r0`.
pub(super) fn is_made_up(variable: &Variable) -> bool {
    variable.name.starts_with('.') || variable.name.starts_with('~')
}

fn pointer(variable: &Variable, depth: u32) -> String {
    match variable.children.first() {
        Some(target) if target.addr == 0 => "nil".to_owned(),
        Some(target) if is_loaded(target) => format!("&{}", text(target, depth)),
        Some(target) => format!("({}){:#x}", variable.of, target.addr),
        None if number(&variable.value) == 0 => "nil".to_owned(),
        None => format!("({}){:#x}", variable.of, number(&variable.value)),
    }
}

/// Only its address was read: Delve stops at a depth.
fn is_loaded(target: &Variable) -> bool {
    !target.unreadable.is_empty()
        || !target.children.is_empty()
        || !target.value.is_empty()
        || target.len == 0
}

fn list(variable: &Variable, depth: u32) -> String {
    let mut parts: Vec<String> = variable.children.iter().map(|child| text(child, depth)).collect();
    parts.extend(more(variable.len, variable.children.len()));
    parts.join(", ")
}

fn more(all: i64, shown: usize) -> Option<String> {
    let left = all.saturating_sub(i64::try_from(shown).unwrap_or(i64::MAX));
    (left > 0).then(|| format!("… {left} more"))
}

fn map(variable: &Variable, depth: u32) -> String {
    if variable.base == 0 && variable.len == 0 {
        return "nil".to_owned();
    }
    let pairs = variable.children.chunks_exact(2);
    let shown = pairs.len();
    let mut parts: Vec<String> =
        pairs.map(|pair| format!("{}: {}", text(&pair[0], depth), text(&pair[1], depth))).collect();
    parts.extend(more(variable.len, shown));
    format!("{} len {} {{{}}}", short(&variable.of), variable.len, parts.join(", "))
}

fn structure(variable: &Variable, depth: u32) -> String {
    if variable.children.is_empty() && variable.len > 0 {
        return format!("{} {{…}}", short(&variable.of));
    }
    let named = variable.children.iter().filter(|field| field.name != "_");
    let mut parts: Vec<String> =
        named.map(|field| format!("{}: {}", field.name, text(field, depth))).collect();
    parts.extend(more(variable.len, variable.children.len()));
    format!("{} {{{}}}", short(&variable.of), parts.join(", "))
}

fn interface(variable: &Variable, depth: u32) -> String {
    match variable.children.first() {
        Some(inner) if inner.kind != 0 || !inner.value.is_empty() => {
            format!("{}({})", short(&variable.of), text(inner, depth))
        }
        _ => "nil".to_owned(),
    }
}

/// A type without the directories of import paths.
pub(super) fn short(of: &str) -> String {
    let mut out = String::with_capacity(of.len());
    for part in of.split_inclusive(['*', ']', '[', ' ', '(', ',', '{']) {
        let tail = part.rfind('/').map_or(part, |slash| &part[slash + 1..]);
        out.push_str(tail);
    }
    out
}

fn number(text: &str) -> u64 {
    text.parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: serde_json::Value) -> String {
        let variable: Variable = serde_json::from_value(json).expect("a variable");
        value(&variable).text
    }

    #[test]
    fn values_are_written_as_in_go_and_what_is_cut_is_said() {
        assert_eq!(of(serde_json::json!({"kind": 24, "value": "ab\u{1b}", "len": 10})), r#""ab\u{1b}"…+7"#);
        let slice = serde_json::json!({"kind": 23, "type": "[]int", "len": 3, "children": [{"kind": 2, "value": "1"}]});
        assert_eq!(of(slice), "[]int len 3 {1, … 2 more}");
        let map = serde_json::json!({"kind": 21, "type": "map[string]*example.com/m/cache.Entry", "len": 1, "base": 9,
            "children": [{"kind": 24, "value": "k", "len": 1}, {"kind": 22, "type": "*cache.Entry", "children": [{"addr": 16, "len": 2}]}]});
        assert_eq!(of(map), r#"map[string]*cache.Entry len 1 {"k": (*cache.Entry)0x10}"#);
        let structure = serde_json::json!({"kind": 25, "type": "a/b.T", "len": 2,
            "children": [{"name": "x", "kind": 2, "value": "1"}, {"name": "e", "kind": 20, "children": []}]});
        assert_eq!(of(structure), "b.T {x: 1, e: nil}");
        let channel = serde_json::json!({"kind": 18, "type": "chan int", "len": 13, "base": 8,
            "children": [{"name": "qcount", "kind": 7, "value": "1"}, {"name": "dataqsiz", "kind": 7, "value": "2"}]});
        assert_eq!(of(channel), "chan int 1 of 2 buffered");
        let id = serde_json::json!({"kind": 17, "type": "m/quote.ID", "len": 2, "children": [{"type": "uint8", "value": "10"}, {"type": "uint8", "value": "255"}]});
        assert_eq!(of(id), "quote.ID len 2 0aff");
        assert_eq!(of(serde_json::json!({"kind": 22, "children": [{"addr": 0}]})), "nil");
    }

    #[test]
    fn lengths_that_cannot_be_are_no_reason_to_give_up() {
        for kind in [kind::STRING, kind::SLICE, kind::MAP, kind::STRUCT] {
            for len in [i64::MIN, i64::MAX] {
                of(
                    serde_json::json!({"kind": kind, "value": "x", "len": len, "base": 1, "children": [{}, {}]}),
                );
            }
        }
    }

    #[test]
    fn what_the_compiler_did_not_keep_is_told_in_words() {
        let json = serde_json::json!({"name": "n", "unreadable": "could not find loclist entry at 0x4bddc for address 0x47fbae"});
        let variable: Variable = serde_json::from_value(json).expect("a variable");
        assert_eq!(value(&variable).unreadable.as_deref(), Some("optimised away"));
    }

    #[test]
    fn a_value_nested_without_an_end_or_endlessly_long_is_cut() {
        let mut nested = serde_json::json!({"kind": 2, "value": "1"});
        for _ in 0..40 {
            nested = serde_json::json!({"kind": 22, "children": [nested], "addr": 1});
        }
        assert!(of(nested).ends_with('…'));
        let long = serde_json::json!({"kind": 19, "value": "x".repeat(5000)});
        assert_eq!(of(long).chars().count(), MAX_TEXT + 1);
    }
}
