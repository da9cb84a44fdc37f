//! Who waits for whom, for a terminal.

use std::fmt::Write;

use super::super::Look;
use super::super::terminal::text as terminal;
use super::place;
use crate::model::debug::{WaitStep, WaitedThing, Waits};

/// Things and goroutines that are named.
const THINGS: usize = 5;
const NAMED: usize = 6;

/// All of it, if there is something to tell.
pub(super) fn waits(out: &mut String, waits: &Waits, look: &Look) {
    if waits.things.is_empty() {
        return;
    }
    let of = terminal::counted(waits.looked_at, "goroutine");
    let note = look.faint(&format!("as the variables of {of} tell"));
    let _ = writeln!(out, "\nwho waits for whom, {note}");
    for cycle in &waits.cycles {
        self::cycle(out, cycle);
    }
    let shown = if look.verbose { usize::MAX } else { THINGS };
    for thing in waits.things.iter().take(shown) {
        self::thing(out, thing);
    }
    if waits.things.len() > shown {
        let _ = writeln!(out, "  {} more kinds: --verbose", waits.things.len() - shown);
    }
}

/// All of it, as lines of a text; empty if there is nothing to tell.
pub(in crate::report) fn text(of: &Waits, look: &Look) -> String {
    let mut out = String::new();
    waits(&mut out, of, look);
    out.trim_start().to_owned()
}

/// What concerns one goroutine.
pub(super) fn of_one(out: &mut String, waits: &Waits, id: i64) {
    for cycle in waits.cycles.iter().filter(|cycle| cycle.iter().any(|step| step.goroutine == id)) {
        self::cycle(out, cycle);
    }
    for thing in waits.things.iter().filter(|thing| thing.waiting.contains(&id)) {
        self::thing(out, thing);
    }
}

/// A circle.
pub(super) fn cycle(out: &mut String, cycle: &[WaitStep]) {
    let _ = writeln!(out, "  a circle, in which nobody can go on:");
    for (index, step) in cycle.iter().enumerate() {
        let next = cycle.get(index + 1).or(cycle.first()).map_or(0, |next| next.goroutine);
        let whom =
            if cycle.len() == 1 { "nobody else has".to_owned() } else { format!("goroutine {next} has") };
        let words = format!("goroutine {} waits {} {}, which {whom}", step.goroutine, step.wants, step.thing);
        let _ = writeln!(out, "    {}", terminal::clean(&words));
        let _ = writeln!(out, "      at {}", place(&step.at));
    }
}

fn thing(out: &mut String, thing: &WaitedThing) {
    let of = if thing.of.is_empty() { "something" } else { &thing.of };
    let name = match &thing.name {
        Some(name) => format!("{name} ({of}{})", comma(&thing.state)),
        None => format!("{of} at {}{}", thing.address, comma(&thing.state)),
    };
    let many = match thing.alike {
        0 | 1 => String::new(),
        n if thing.waiting.len() > 1 => {
            format!(", and for {} alike, each for its own", terminal::count(n - 1))
        }
        n => format!(", and for {} alike", terminal::count(n - 1)),
    };
    let words = format!("{} {} {name}{many}", who(&thing.waiting, "waits", "wait"), thing.wants);
    let _ = writeln!(out, "  {}", terminal::clean(&words));
    let _ = writeln!(out, "    at {}", place(&thing.at));
    let _ = writeln!(out, "    {}", terminal::clean(&known(thing)));
}

fn comma(state: &str) -> String {
    if state.is_empty() { String::new() } else { format!(", {state}") }
}

/// Who else has it.
fn known(thing: &WaitedThing) -> String {
    let it = if thing.alike > 1 { "them" } else { "it" };
    match (thing.known_to.as_slice(), thing.globals.as_slice()) {
        ([], []) if thing.of.is_empty() => format!("no variable that was read has {it}"),
        ([], []) => format!("nobody else has {it}"),
        ([], globals) => format!("the global {} has {it}", globals.join(", ")),
        (others, []) => format!("{} {it}", who(others, "has", "have")),
        (others, globals) => {
            format!("{} {it}, and the global {}", who(others, "has", "have"), globals.join(", "))
        }
    }
}

/// `goroutine 7 waits`, `goroutines 7, 8 and 3 more wait`.
fn who(ids: &[i64], one: &str, many: &str) -> String {
    let named: Vec<String> = ids.iter().take(NAMED).map(i64::to_string).collect();
    match (ids, ids.len().saturating_sub(NAMED)) {
        ([id], _) => format!("goroutine {id} {one}"),
        (_, 0) => format!("goroutines {} {many}", named.join(", ")),
        (_, more) => format!("goroutines {} and {more} more {many}", named.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::debug::Place;

    #[test]
    fn a_circle_is_told_as_who_waits_for_what_that_who_has() {
        let step = |goroutine, thing: &str| WaitStep {
            goroutine,
            wants: "to lock".into(),
            thing: thing.into(),
            at: Place { function: "main.transfer".into(), file: "/x/main.go".into(), line: 7 },
        };
        let thing = WaitedThing {
            alike: 3,
            of: "chan int".into(),
            name: Some("c".into()),
            state: "unbuffered".into(),
            wants: "to receive from".into(),
            waiting: vec![1, 2, 3],
            ..WaitedThing::default()
        };
        let all = Waits {
            looked_at: 5,
            cycles: vec![vec![step(7, "b.mu (sync.Mutex, locked)"), step(9, "a.mu (sync.Mutex, locked)")]],
            things: vec![thing],
        };
        let mut out = String::new();
        waits(&mut out, &all, &Look { width: 100, color: false, verbose: false });
        for line in [
            "who waits for whom, as the variables of 5 goroutines tell",
            "goroutine 7 waits to lock b.mu (sync.Mutex, locked), which goroutine 9 has",
            "goroutine 9 waits to lock a.mu (sync.Mutex, locked), which goroutine 7 has",
            "at main.transfer  main.go:7",
            "goroutines 1, 2, 3 wait to receive from c (chan int, unbuffered), and for 2 alike, each for its own",
            "nobody else has them",
        ] {
            assert!(out.contains(line), "{line}: {out}");
        }
    }
}
