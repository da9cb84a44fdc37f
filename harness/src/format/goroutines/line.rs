//! The kinds of lines in goroutine text, each read on its own.

use crate::model::GoroutineId;

/// `goroutine 18 [select (leaked), 3 minutes, locked to thread]:`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header<'a> {
    pub(super) id: GoroutineId,
    pub(super) state: &'a str,
    pub(super) leaked: bool,
    pub(super) minutes: u64,
    pub(super) locked: bool,
}

/// Reads a header. Between id and bracket a crash prints `gp=0x… m=0 mp=0x…`, which is passed over.
pub(super) fn header(line: &str) -> Option<Header<'_>> {
    let rest = line.strip_prefix("goroutine ")?;
    let (head, rest) = rest.split_once('[')?;
    let id = head.split(' ').next()?.parse().ok()?;
    let status = rest.strip_suffix(':')?.strip_suffix(']')?;
    let locked = status.ends_with(", locked to thread");
    let mut parts = status.split(", ");
    let state = parts.next()?;
    let bare = state.strip_suffix(" (leaked)");
    let minutes = parts.find_map(|part| part.strip_suffix(" minutes")?.parse().ok());
    Some(Header {
        id: GoroutineId(id),
        state: bare.unwrap_or(state),
        leaked: bare.is_some(),
        minutes: minutes.unwrap_or(0),
        locked,
    })
}

/// `main.(*T).run(0x1, {0x2, 0x3})` without the arguments, which have no parentheses of their own.
pub(super) fn call(line: &str) -> Option<&str> {
    let open = line.strip_suffix(')')?.rfind('(')?;
    let function = &line[..open];
    (!function.is_empty()
        && !function.starts_with(char::is_whitespace)
        && !function.starts_with("created by "))
    .then_some(function)
}

/// `created by main.run in goroutine 1`
pub(super) fn creation(line: &str) -> Option<(&str, Option<GoroutineId>)> {
    let rest = line.strip_prefix("created by ")?;
    let Some((function, creator)) = rest.rsplit_once(" in goroutine ") else { return Some((rest, None)) };
    Some((function, creator.parse().ok().map(GoroutineId)))
}

/// `\t/src/hub.go:42 +0x1d`
pub(super) fn place(line: &str) -> Option<(&str, u32)> {
    let rest = line.strip_prefix('\t')?;
    let rest = rest.rsplit_once(" +0x").map_or(rest, |(place, _)| place);
    let (file, number) = rest.rsplit_once(':')?;
    Some((file, number.parse().ok()?))
}

/// How many frames `...1900 frames elided...` stands for (Go 1.21 and later print the number; older ones
/// `...additional frames elided...`, which is at least one).
pub(super) fn elided(line: &str) -> Option<u64> {
    let what = line.strip_prefix("...")?.strip_suffix("frames elided...")?;
    Some(what.trim().parse().unwrap_or(1))
}

/// What the runtime says between frames: `...additional frames elided...`, `goroutine running on other
/// thread; stack unavailable`, `[originating from goroutine 7]:`.
pub(super) fn is_remark(line: &str) -> bool {
    line.starts_with("...")
        || line.trim_start().starts_with("goroutine running on other thread")
        || line.starts_with("[originating from")
}
