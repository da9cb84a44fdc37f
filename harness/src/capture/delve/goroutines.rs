//! Goroutines of a program that stands still: alike ones together, some of each looked at closely.

use std::collections::{BTreeMap, HashMap};

use super::api::{
    EvalOut, Goroutine, LOAD, ListGoroutinesOut, Location, Stackframe, StacktraceOut, Variable,
};
use super::error::DelveError;
use super::session::{END, Talk};
use super::value::{buffered, channel, is_made_up, value};
use crate::model::debug::{Place, StoppedFrame, StoppedGoroutine, StoppedGroup};

/// Goroutines that are listed at a time, and in all: each is a kilobyte on the way here.
const PAGE: usize = 1000;
const MOST: usize = 100_000;
/// Groups that are told of, and goroutines of each that are looked at.
const GROUPS: usize = 40;
const SAMPLES: usize = 3;
/// Frames of a goroutine.
const DEPTH: u32 = 30;
/// What the runtime makes of a goroutine that it has proved to be leaked; the bit above is that of a stack being scanned.
const LEAKED: u64 = 10;
const SCAN: u64 = 0x1000;
/// States in which a goroutine waits.
const WAITING: [u64; 2] = [4, LEAKED];

/// What there is.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) groups: Vec<StoppedGroup>,
    pub(super) unseen: u64,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    created: Place,
    at: Place,
    reason: Option<i64>,
}

/// Lists them, system goroutines of the runtime aside.
pub(super) fn list(talk: &mut Talk<'_>, module: &str) -> Result<Found, DelveError> {
    let (all, unseen) = pages(talk)?;
    let mut groups: BTreeMap<Key, Vec<Goroutine>> = BTreeMap::new();
    for goroutine in all.into_iter().filter(|goroutine| !is_of_runtime(goroutine)) {
        let waits = WAITING.contains(&(goroutine.status & !SCAN));
        let key = Key {
            created: place(&goroutine.go_statement_loc),
            at: place(&goroutine.user_current_loc),
            reason: waits.then_some(goroutine.wait_reason),
        };
        groups.entry(key).or_default().push(goroutine);
    }
    let mut groups: Vec<(Key, Vec<Goroutine>)> = groups.into_iter().collect();
    groups.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then_with(|| a.0.cmp(&b.0)));
    let mut found = Found { groups: Vec::new(), unseen };
    let mut reasons = Reasons::default();
    for (key, members) in groups.into_iter().take(GROUPS) {
        found.groups.push(group(talk, key, &members, (module, &mut reasons))?);
    }
    Ok(found)
}

fn pages(talk: &mut Talk<'_>) -> Result<(Vec<Goroutine>, u64), DelveError> {
    let mut all: Vec<Goroutine> = Vec::new();
    let mut start = 0;
    loop {
        let asked = serde_json::json!({ "Start": start, "Count": PAGE });
        let page: ListGoroutinesOut = talk.ask("ListGoroutines", asked)?;
        let is_last = page.nextg < 0 || page.goroutines.is_empty();
        all.extend(page.goroutines);
        if is_last {
            return Ok((all, 0));
        }
        if all.len() >= MOST {
            return Ok((all, 1)); // at least: nobody counts them for us
        }
        start = page.nextg;
    }
}

/// One that the runtime, the standard library's signals or the probe have for themselves; and the one that ends the program.
fn is_of_runtime(goroutine: &Goroutine) -> bool {
    let name = |location: &Location| place(location).function;
    let start = name(&goroutine.start_loc);
    let is_helper = start.starts_with("harnessprobe.") || start == "os/signal.loop";
    let is_system =
        start != "runtime.main" && (start.starts_with("runtime.") || start.starts_with("runtime/"));
    is_helper || is_system || name(&goroutine.user_current_loc) == END
}

fn group(
    talk: &mut Talk<'_>,
    key: Key,
    members: &[Goroutine],
    (module, reasons): (&str, &mut Reasons),
) -> Result<StoppedGroup, DelveError> {
    let first = members.first();
    let mut samples = Vec::new();
    for goroutine in members.iter().take(SAMPLES) {
        samples.push(look(talk, goroutine, module)?);
    }
    let waits = match (key.reason, first) {
        (Some(reason), Some(goroutine)) => reasons.words(talk, reason, goroutine.id)?,
        _ => String::new(),
    };
    Ok(StoppedGroup {
        count: members.len() as u64,
        leaked: members.iter().filter(|goroutine| goroutine.status & !SCAN == LEAKED).count() as u64,
        waits,
        at: key.at,
        created: key.created,
        start: first.map(|goroutine| place(&goroutine.start_loc)).unwrap_or_default(),
        samples,
    })
}

/// What the runtime calls its reasons: a table of the program's own, since numbers change from release to release.
#[derive(Default)]
struct Reasons(HashMap<i64, String>);

impl Reasons {
    fn words(&mut self, talk: &mut Talk<'_>, reason: i64, goroutine: i64) -> Result<String, DelveError> {
        if let Some(words) = self.0.get(&reason) {
            return Ok(words.clone());
        }
        let expression = format!("runtime.waitReasonStrings[{reason}]");
        let words = evaluate(talk, goroutine, 0, &expression)?.map(|variable| variable.value);
        let words =
            words.filter(|words| !words.is_empty()).unwrap_or_else(|| format!("wait reason {reason}"));
        self.0.insert(reason, words.clone());
        Ok(words)
    }
}

/// An expression's value; `None` where Delve cannot tell.
fn evaluate(
    talk: &mut Talk<'_>,
    goroutine: i64,
    frame: usize,
    expression: &str,
) -> Result<Option<Variable>, DelveError> {
    let scope = serde_json::json!({ "GoroutineID": goroutine, "Frame": frame });
    let asked = serde_json::json!({ "Scope": scope, "Expr": expression, "Cfg": LOAD });
    match talk.ask::<EvalOut>("Eval", asked) {
        Ok(out) => Ok(out.variable.filter(|variable| variable.unreadable.is_empty())),
        Err(DelveError::Refused { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn look(talk: &mut Talk<'_>, goroutine: &Goroutine, module: &str) -> Result<StoppedGoroutine, DelveError> {
    let asked = serde_json::json!({ "Id": goroutine.id, "Depth": DEPTH, "Full": true, "Cfg": LOAD });
    let frames = match talk.ask::<StacktraceOut>("Stacktrace", asked) {
        Ok(out) => out.locations,
        Err(DelveError::Refused { .. }) => Vec::new(),
        Err(error) => return Err(error),
    };
    let waits_on = waits_on(&frames);
    let users = frames.iter().filter(|frame| !is_runtime(&place(&frame.location).function));
    let frames = users.map(|frame| {
        let place = place(&frame.location);
        let is_own = !is_std(&place.function, module);
        let values = |variables: &[Variable]| {
            let wanted = variables.iter().filter(|variable| is_own && !is_made_up(variable));
            wanted.map(value).collect()
        };
        StoppedFrame { arguments: values(&frame.arguments), locals: values(&frame.locals), place }
    });
    Ok(StoppedGoroutine { id: goroutine.id, waits_on, frames: frames.collect() })
}

fn is_runtime(function: &str) -> bool {
    function.is_empty() || function.starts_with("runtime.") || function.starts_with("internal/runtime/")
}

/// A function of the standard library: its import path has no dot in its first part, as a module's from elsewhere has.
fn is_std(function: &str, module: &str) -> bool {
    let first = function.split('/').next().unwrap_or_default();
    let is_main = function.starts_with("main.") || !module.is_empty() && function.starts_with(module);
    let has_dot = function.contains('/') && first.contains('.');
    !is_main && !has_dot
}

/// What a goroutine waits for that only another goroutine can do.
const STUCK: [&str; 12] = [
    "chan receive",
    "chan receive (nil chan)",
    "chan send",
    "chan send (nil chan)",
    "select",
    "select (no cases)",
    "semacquire",
    "sync.Cond.Wait",
    "sync.Mutex.Lock",
    "sync.RWMutex.Lock",
    "sync.RWMutex.RLock",
    "sync.WaitGroup.Wait",
];

/// Whether none of them can ever go on.
pub(super) fn are_stuck(groups: &[StoppedGroup]) -> bool {
    !groups.is_empty() && groups.iter().all(|group| STUCK.contains(&group.waits.as_str()))
}

/// The channel that a frame of the runtime waits on, by the name that the user's frames have for it.
fn waits_on(frames: &[Stackframe]) -> Option<String> {
    let inside = frames.iter().take_while(|frame| is_runtime(&place(&frame.location).function));
    let waiting =
        inside.flat_map(|frame| &frame.arguments).find(|variable| variable.of == "*runtime.hchan")?;
    let hchan = waiting.children.first().filter(|target| target.addr != 0)?;
    let address = hchan.addr;
    let named = frames.iter().flat_map(|frame| frame.arguments.iter().chain(&frame.locals));
    let found =
        named.filter(|variable| !is_made_up(variable)).find_map(|variable| path_to(variable, address, 4));
    Some(match found {
        Some((path, channel)) => format!("{path}: {}", value(channel).text),
        None => format!("a channel at {address:#x}, {}", buffered(hchan)),
    })
}

/// Where in a variable the channel at an address is: `s.events`.
fn path_to(variable: &Variable, address: u64, depth: u32) -> Option<(String, &Variable)> {
    if channel(variable) == Some(address) {
        return Some((variable.name.clone(), variable));
    }
    let depth = depth.checked_sub(1)?;
    variable.children.iter().find_map(|child| {
        let (path, channel) = path_to(child, address, depth)?;
        let path = match (child.name.is_empty(), path.is_empty()) {
            (true, true) => variable.name.clone(), // what a pointer points to has no name
            (true, false) => format!("{}{path}", variable.name),
            _ => format!("{}.{path}", variable.name),
        };
        Some((path, channel))
    })
}

pub(super) fn place(location: &Location) -> Place {
    Place {
        function: location.function.as_ref().map(|function| function.name.clone()).unwrap_or_default(),
        file: location.file.clone(),
        line: u32::try_from(location.line).unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(function: &str, arguments: serde_json::Value) -> Stackframe {
        let json =
            serde_json::json!({ "function": { "name": function }, "Arguments": arguments, "Locals": null });
        serde_json::from_value(json).expect("a frame")
    }

    #[test]
    fn a_channel_has_the_name_that_the_user_s_frame_has_for_it() {
        let empty = serde_json::json!([{"name": "qcount", "value": "0"}, {"name": "dataqsiz", "value": "1"}]);
        let hchan = serde_json::json!([{"name": "c", "type": "*runtime.hchan", "kind": 22, "children": [{"addr": 64, "children": empty}]}]);
        let inner = serde_json::json!([{"name": "", "kind": 25, "addr": 32, "children": [
            {"name": "other", "kind": 18, "base": 8}, {"name": "events", "type": "chan int", "kind": 18, "base": 64, "children": empty}]}]);
        let user = serde_json::json!([{"name": "s", "type": "*Sub", "kind": 22, "children": inner}]);
        let frames = [
            frame("runtime.gopark", serde_json::json!(null)),
            frame("runtime.chanrecv", hchan),
            frame("main.deliver", user),
        ];
        assert_eq!(waits_on(&frames).as_deref(), Some("s.events: chan int 0 of 1 buffered"));
        assert_eq!(waits_on(&frames[..2]).as_deref(), Some("a channel at 0x40, 0 of 1 buffered"));
        assert_eq!(waits_on(&frames[2..]), None);
    }

    #[test]
    fn functions_of_the_standard_library_are_told_from_those_of_any_module() {
        assert!(is_std("sync.(*Mutex).Lock", "app") && is_std("net/http.(*Server).Serve", "app"));
        assert!(
            !is_std("main.work", "app")
                && !is_std("app/store.Put", "app")
                && !is_std("example.com/x.F", "app")
        );
    }

    #[test]
    fn goroutines_of_the_runtime_and_of_the_probe_are_nobody_s_but_main_is_the_user_s() {
        let of = |name: &str| {
            let json = serde_json::json!({"startLoc": {"function": {"name": name}}});
            is_of_runtime(&serde_json::from_value(json).expect("a goroutine"))
        };
        assert!(of("runtime.bgsweep") && of("harnessprobe.work"));
        assert!(!of("runtime.main") && !of("main.work") && !of("runtimes.work"));
    }
}
