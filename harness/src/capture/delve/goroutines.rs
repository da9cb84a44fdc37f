//! Goroutines of a program that stands still: alike ones together, some of each looked at closely.

use std::collections::{BTreeMap, HashMap};

use super::api::{Goroutine, LOAD, ListGoroutinesOut, Location, PackageVarsOut};
use super::error::DelveError;
use super::knots::{self, Looked};
use super::look::{evaluate, look};
use super::session::{END, Talk};
use super::things::{Thing, things};
use crate::model::debug::{Place, StoppedGroup, Waits};

/// Goroutines that are listed at a time, and in all: each is a kilobyte on the way here.
const PAGE: usize = 1000;
const MOST: usize = 100_000;
/// Groups that are told of with more than their number, goroutines of each whose variables are read (a few milliseconds each), and those
/// of them that are kept.
const GROUPS: usize = 40;
const LOOKED_AT: usize = 16;
const SAMPLES: usize = 3;
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
    pub(super) waits: Waits,
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
    let mut found = Found { unseen, ..Found::default() };
    let mut reasons = Reasons::default();
    let mut looked = Vec::new();
    for (nth, (key, members)) in groups.into_iter().enumerate() {
        let n = if nth < GROUPS { LOOKED_AT } else { 0 };
        let group = group(talk, key, &members, &mut reasons)?;
        found.groups.push(close(talk, group, n, (module, &mut looked))?);
    }
    found.waits = knots::waits(&looked, &globals(talk, module)?);
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
    reasons: &mut Reasons,
) -> Result<StoppedGroup, DelveError> {
    let first = members.first();
    let waits = match (key.reason, first) {
        (Some(reason), Some(goroutine)) => reasons.words(talk, reason, goroutine.id)?,
        _ => String::new(),
    };
    Ok(StoppedGroup {
        count: members.len() as u64,
        ids: members.iter().map(|goroutine| goroutine.id).collect(),
        leaked: members.iter().filter(|goroutine| goroutine.status & !SCAN == LEAKED).count() as u64,
        waits,
        at: key.at,
        source: None,
        created: key.created,
        start: first.map(|goroutine| place(&goroutine.start_loc)).unwrap_or_default(),
        samples: Vec::new(),
    })
}

/// Looks at the first `n` of a group.
fn close(
    talk: &mut Talk<'_>,
    mut group: StoppedGroup,
    n: usize,
    (module, looked): (&str, &mut Vec<Looked>),
) -> Result<StoppedGroup, DelveError> {
    let is_stuck = is_stuck(&group);
    for id in group.ids.iter().take(n) {
        let look = look(talk, *id, is_stuck, module)?;
        looked.push(Looked {
            id: *id,
            at: look.own.unwrap_or_else(|| group.at.clone()),
            is_stuck,
            wants: wants(&group.waits).to_owned(),
            words: look.words,
            things: look.things,
        });
        if group.samples.len() < SAMPLES {
            group.samples.push(look.told);
        }
    }
    Ok(group)
}

/// Channels and locks that global variables of the user's own packages have.
fn globals(talk: &mut Talk<'_>, module: &str) -> Result<Vec<Thing>, DelveError> {
    let filter = format!("^(main|{})[./]", module.replace('.', "[.]").replace('+', "[+]"));
    let asked = serde_json::json!({ "Filter": filter, "Cfg": LOAD });
    match talk.ask::<PackageVarsOut>("ListPackageVars", asked) {
        Ok(out) => Ok(things(out.variables.iter())),
        Err(DelveError::Refused { .. }) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
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
        let words = evaluate(talk, (goroutine, 0), &expression, LOAD)?.map(|variable| variable.value);
        let words =
            words.filter(|words| !words.is_empty()).unwrap_or_else(|| format!("wait reason {reason}"));
        self.0.insert(reason, words.clone());
        Ok(words)
    }
}

/// What a goroutine waits for that only another goroutine can do, and what it wants with the thing.
const STUCK: [(&str, &str); 12] = [
    ("chan receive", "to receive from"),
    ("chan receive (nil chan)", "to receive from a nil channel"),
    ("chan send", "to send to"),
    ("chan send (nil chan)", "to send to a nil channel"),
    ("select", "to select on"),
    ("select (no cases)", "in a select without cases"),
    ("semacquire", "for"),
    ("sync.Cond.Wait", "for a signal of"),
    ("sync.Mutex.Lock", "to lock"),
    ("sync.RWMutex.Lock", "to lock"),
    ("sync.RWMutex.RLock", "to read-lock"),
    ("sync.WaitGroup.Wait", "for"),
];

/// What a waiting goroutine wants.
fn wants(reason: &str) -> &'static str {
    STUCK.iter().find(|(known, _)| *known == reason).map_or("", |(_, wants)| wants)
}

fn is_stuck(group: &StoppedGroup) -> bool {
    !wants(&group.waits).is_empty()
}

/// Whether none of them can ever go on.
pub(super) fn are_stuck(groups: &[StoppedGroup]) -> bool {
    !groups.is_empty() && groups.iter().all(is_stuck)
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
