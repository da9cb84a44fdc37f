//! One goroutine of a program that stands still, looked at closely: its frames with what is in them, and what it waits for.

use super::api::{EvalOut, LOAD, LoadConfig, Stackframe, StacktraceOut, Variable};
use super::error::DelveError;
use super::goroutines::place;
use super::session::Talk;
use super::things::{Thing, sync_state, things};
use super::value::{buffered, channel, is_made_up, value};
use crate::model::debug::{Place, StoppedFrame, StoppedGoroutine, Value};

/// Frames of a goroutine.
const DEPTH: u32 = 30;
/// Channels of one select that are read.
const CASES: usize = 16;
/// What is read of what a goroutine waits in: numbers, nothing behind a pointer.
const FLAT: LoadConfig = LoadConfig {
    follow_pointers: false,
    max_variable_recurse: 3,
    max_string_len: 0,
    max_array_values: 0,
    max_struct_fields: 32,
};

/// What is known of a goroutine.
pub(super) struct Look {
    pub(super) told: StoppedGoroutine,
    /// Where it is in a module's code.
    pub(super) own: Option<Place>,
    /// Addresses that it waits on.
    pub(super) words: Vec<u64>,
    /// Channels and locks in its variables.
    pub(super) things: Vec<Thing>,
}

/// Looks at a goroutine. `waits`: for another goroutine, so that there is something to look for.
pub(super) fn look(talk: &mut Talk<'_>, id: i64, waits: bool, module: &str) -> Result<Look, DelveError> {
    let asked = serde_json::json!({ "Id": id, "Depth": DEPTH, "Full": true, "Cfg": LOAD });
    let frames = match talk.ask::<StacktraceOut>("Stacktrace", asked) {
        Ok(out) => out.locations,
        Err(DelveError::Refused { .. }) => Vec::new(),
        Err(error) => return Err(error),
    };
    let users = || frames.iter().filter(|frame| !is_runtime(&place(&frame.location).function));
    let mut own = users().filter(|frame| !is_std(&place(&frame.location).function, module));
    let mut things = things(own.clone().flat_map(|frame| frame.arguments.iter().chain(&frame.locals)));
    let mut words = if waits { words(talk, id)? } else { Vec::new() };
    if waits && words.is_empty() {
        words.extend(receiver(&frames));
    }
    for thing in things.iter_mut().filter(|thing| words.iter().any(|word| thing.has(*word))) {
        thing.state = state(talk, id, thing)?;
    }
    let told = StoppedGoroutine {
        id,
        waits_on: waits_on(&frames).or_else(|| named(&words, &things)),
        frames: users().map(|frame| told(frame, module)).collect(),
    };
    let own = own.next().map(|frame| place(&frame.location));
    Ok(Look { told, own, words, things })
}

/// How a thing is: what is deep in another one was not read with it.
fn state(talk: &mut Talk<'_>, id: i64, thing: &Thing) -> Result<String, DelveError> {
    if !thing.state.is_empty() || thing.is_channel() {
        return Ok(thing.state.clone());
    }
    // In quotes: without them Delve takes what it cannot find among types for a function (1.27).
    let expression = format!("*(*\"{}\")({:#x})", thing.of, thing.address);
    let read = evaluate(talk, (id, 0), &expression, FLAT)?;
    Ok(read.map(|variable| sync_state(&thing.of, &variable)).unwrap_or_default())
}

fn told(frame: &Stackframe, module: &str) -> StoppedFrame {
    let place = place(&frame.location);
    let is_own = !is_std(&place.function, module);
    let values = |variables: &[Variable]| -> Vec<Value> {
        let wanted = variables.iter().filter(|variable| is_own && !is_made_up(variable));
        wanted.map(value).collect()
    };
    StoppedFrame { arguments: values(&frame.arguments), locals: values(&frame.locals), place }
}

/// What it waits on if it is in its variables.
fn named(words: &[u64], things: &[Thing]) -> Option<String> {
    let found: Vec<String> = words
        .iter()
        .filter_map(|word| things.iter().find(|thing| thing.has(*word)))
        .map(|thing| format!("{}: {} {}", thing.name, thing.of, thing.state).trim_end().to_owned())
        .collect();
    (!found.is_empty()).then(|| found.join("; "))
}

/// Addresses that the runtime has for what a goroutine waits in: its list of `sudog`, one for each channel of a select. Semaphores are in
/// it since Go 1.26, where the collector looks for leaks.
fn words(talk: &mut Talk<'_>, id: i64) -> Result<Vec<u64>, DelveError> {
    let mut words = Vec::new();
    let mut expression = "*runtime.curg.waiting".to_owned();
    for _ in 0..CASES {
        let Some(sudog) = evaluate(talk, (id, 0), &expression, FLAT)? else { break };
        let field = |name: &str| sudog.children.iter().find(|child| child.name == name);
        let word = |name| field(name).and_then(address).filter(|address| *address != 0);
        words.extend(word("c").or_else(|| word("elem")));
        if field("waitlink").and_then(address).is_none_or(|next| next == 0) {
            break;
        }
        expression.push_str(".waitlink");
    }
    Ok(words)
}

/// The address that a pointer holds, or a struct of the runtime's that has one in it (`maybeTraceablePtr`, Go 1.26).
fn address(variable: &Variable) -> Option<u64> {
    let own = variable.value.parse().ok().filter(|own| *own != 0);
    let target =
        || variable.children.first().filter(|target| target.name.is_empty()).map(|target| target.addr);
    let inside = || variable.children.iter().find_map(address);
    own.or_else(target).filter(|own| *own != 0).or_else(inside)
}

/// The receiver of the method of package sync that it waits in, which tells it for older releases of Go.
fn receiver(frames: &[Stackframe]) -> Option<u64> {
    let inside = frames.iter().take_while(|frame| is_std(&place(&frame.location).function, ""));
    let mut receivers = inside.flat_map(|frame| &frame.arguments).filter(|argument| {
        let of = argument.of.trim_start_matches("*internal/").trim_start_matches('*');
        of.starts_with("sync.") && argument.of.starts_with('*')
    });
    receivers.find_map(|receiver| receiver.children.first().map(|target| target.addr)).filter(|to| *to != 0)
}

/// An expression's value; `None` where Delve cannot tell.
pub(super) fn evaluate(
    talk: &mut Talk<'_>,
    (goroutine, frame): (i64, usize),
    expression: &str,
    load: LoadConfig,
) -> Result<Option<Variable>, DelveError> {
    let scope = serde_json::json!({ "GoroutineID": goroutine, "Frame": frame });
    let asked = serde_json::json!({ "Scope": scope, "Expr": expression, "Cfg": load });
    match talk.ask::<EvalOut>("Eval", asked) {
        Ok(out) => Ok(out.variable.filter(|variable| variable.unreadable.is_empty())),
        Err(DelveError::Refused { .. }) => Ok(None),
        Err(error) => Err(error),
    }
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
    fn a_pointer_s_address_is_told_in_every_form_that_the_runtime_has_for_it() {
        let of = |json| address(&serde_json::from_value(json).expect("a variable"));
        let traceable = serde_json::json!({"name": "elem", "children": [{"name": "vp", "value": "0"}, {"name": "vu", "value": "96"}]});
        let chan = serde_json::json!({"name": "c", "children": [{"name": "maybeTraceablePtr", "children": [{"name": "vu", "value": "64"}]}]});
        let pointer = serde_json::json!({"name": "c", "type": "*runtime.hchan", "children": [{"addr": 32}]});
        let none = serde_json::json!({"name": "waitlink", "value": "0", "children": [{"addr": 0}]});
        assert_eq!([of(traceable), of(chan), of(pointer), of(none)], [Some(96), Some(64), Some(32), None]);
    }

    #[test]
    fn a_lock_is_told_by_the_method_that_waits_in_it() {
        let mutex = |of: &str, addr: u64| serde_json::json!([{"name": "m", "type": of, "kind": 22, "children": [{"addr": addr}]}]);
        let frames = [
            frame("runtime.gopark", serde_json::json!(null)),
            frame("internal/sync.(*Mutex).lockSlow", mutex("*internal/sync.Mutex", 64)),
            frame("sync.(*Mutex).Lock", mutex("*sync.Mutex", 0)),
            frame("main.work", mutex("*sync.Mutex", 8)),
        ];
        assert_eq!(receiver(&frames), Some(64));
        assert_eq!(receiver(&frames[3..]), None);
    }
}
