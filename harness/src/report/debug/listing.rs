//! Goroutines of a session or of a core file, as they were asked for.

use std::collections::BTreeMap;
use std::fmt::Write;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::Look;
use super::super::terminal::text;
use super::{DEBUG_FORMAT, group, place};
use crate::model::debug::{DebugRecord, StoppedGroup, Waits};

/// Lines that are shown of a list, and characters of ids.
const LINES: usize = 40;
const IDS: usize = 60;

/// What puts goroutines together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Where they are, what they wait for, and where they were started.
    Stack,
    /// Where they were started.
    Created,
    /// What they wait for.
    Waits,
    /// Nothing.
    Each,
}

/// Which goroutines are meant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Leaked ones.
    pub leaked: bool,
    /// Ones that wait for what has this in its name.
    pub waits: Option<String>,
    /// Ones with a function whose name has this in it.
    pub function: Option<String>,
}

/// The document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GoroutineList {
    /// Version of this form.
    pub format: u32,
    /// Version of the harness.
    pub harness: String,
    /// Where they are from, in words.
    pub of: String,
    /// How many there are in all.
    pub in_all: u64,
    /// Those that were meant.
    pub groups: Vec<StoppedGroup>,
    /// Who waits for whom.
    pub waits: Waits,
}

impl GoroutineList {
    /// The goroutines of a record that are meant.
    #[must_use]
    pub fn new(of: &str, record: DebugRecord, filter: &Filter) -> Self {
        let in_all = record.goroutines.iter().map(|group| group.count).sum();
        Self {
            format: DEBUG_FORMAT,
            harness: env!("CARGO_PKG_VERSION").to_owned(),
            of: of.to_owned(),
            in_all,
            groups: record.goroutines.into_iter().filter(|group| filter.wants(group)).collect(),
            waits: record.waits,
        }
    }

    /// For programs, see `harness schema debug`.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn to_json(&self) -> serde_json::Result<String> {
        crate::report::json::document(self)
    }

    /// The list, for people.
    #[must_use]
    pub fn to_terminal(&self, by: By, look: &Look) -> String {
        let n: u64 = self.groups.iter().map(|group| group.count).sum();
        let of = if n == self.in_all { String::new() } else { format!(" of {}", text::count(self.in_all)) };
        let mut out = String::new();
        let _ = writeln!(out, "{}{of}, {}", text::counted(n, "goroutine"), text::clean(&self.of));
        let shown = if look.verbose { usize::MAX } else { LINES };
        let mut left = 0;
        match by {
            By::Stack => {
                for one in self.groups.iter().take(shown) {
                    group(&mut out, one, look, 0);
                    let _ = writeln!(out, "    {}", look.faint(&format!("ids {}", ids(&one.ids))));
                }
                left += self.groups.len().saturating_sub(shown);
            }
            By::Created | By::Waits => {
                let rows = merged(&self.groups, by);
                for row in rows.iter().take(shown) {
                    let _ = writeln!(out, "  {}", text::clean(row));
                }
                left += rows.len().saturating_sub(shown);
            }
            By::Each => {
                let rows = each(&self.groups);
                for (_, row) in rows.iter().take(shown) {
                    let _ = writeln!(out, "  {}", text::clean(row));
                }
                left += rows.len().saturating_sub(shown);
            }
        }
        if left > 0 {
            let _ = writeln!(out, "  {} more: --verbose", text::count(left as u64));
        }
        out
    }

    /// One goroutine, for people; `None` if it was not looked at.
    #[must_use]
    pub fn one(&self, id: i64, look: &Look) -> Option<String> {
        let all = Look { verbose: true, ..*look };
        let found = self.groups.iter().find(|group| group.ids.contains(&id))?;
        let sample = found.samples.iter().find(|sample| sample.id == id)?;
        let alone = StoppedGroup {
            samples: vec![sample.clone()],
            count: 1,
            leaked: u64::from(found.leaked == found.count),
            ..found.clone()
        };
        let mut out = format!("goroutine {id}, {}\n", text::clean(&self.of));
        group(&mut out, &alone, &all, 1);
        if found.leaked > 0 && found.leaked < found.count {
            let (leaked, count) = (text::count(found.leaked), text::count(found.count));
            let _ = writeln!(out, "  {leaked} of {count} goroutines like it are leaked");
        }
        super::waits::of_one(&mut out, &self.waits, id);
        Some(out)
    }

    /// The ids of goroutines like one that were looked at; `None` if there is no such goroutine.
    #[must_use]
    pub fn looked_at(&self, id: i64) -> Option<Vec<i64>> {
        let found = self.groups.iter().find(|group| group.ids.contains(&id))?;
        Some(found.samples.iter().map(|sample| sample.id).collect())
    }

    /// Who waits for whom, for people.
    #[must_use]
    pub fn waits_to_terminal(&self, look: &Look) -> String {
        let mut out = format!("{}, {}\n", text::counted(self.in_all, "goroutine"), text::clean(&self.of));
        super::waits::waits(&mut out, &self.waits, &Look { verbose: true, ..*look });
        if self.waits.things.is_empty() {
            out.push_str("no goroutine that was looked at waits for another one\n");
        }
        out
    }
}

impl Filter {
    fn wants(&self, group: &StoppedGroup) -> bool {
        let reason = || if group.waits.is_empty() { "running" } else { &group.waits };
        let has = |name: &str| self.function.as_ref().is_none_or(|wanted| name.contains(wanted.as_str()));
        let frames = group.samples.iter().flat_map(|sample| &sample.frames).map(|frame| &frame.place);
        let mut places = [&group.at, &group.created, &group.start].into_iter().chain(frames);
        (!self.leaked || group.leaked > 0)
            && self.waits.as_ref().is_none_or(|wanted| reason().contains(wanted.as_str()))
            && places.any(|place| has(&place.function))
    }
}

/// `5, 35-2034`, cut where it is long.
fn ids(all: &[i64]) -> String {
    let mut sorted = all.to_vec();
    sorted.sort_unstable();
    let mut ranges: Vec<(i64, i64)> = Vec::new();
    for id in sorted {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == id => *last = id,
            _ => ranges.push((id, id)),
        }
    }
    let mut out = String::new();
    for (first, last) in ranges {
        if out.len() > IDS {
            out.push_str(", …");
            break;
        }
        let comma = if out.is_empty() { "" } else { ", " };
        let range = if first == last { first.to_string() } else { format!("{first}-{last}") };
        out.push_str(comma);
        out.push_str(&range);
    }
    out
}

fn merged(groups: &[StoppedGroup], by: By) -> Vec<String> {
    let mut rows: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for group in groups {
        let key = match by {
            By::Created if group.created.line == 0 => "started by nobody of the program".to_owned(),
            By::Created => format!("started at {}", place(&group.created)),
            _ if group.waits.is_empty() => "running".to_owned(),
            _ => group.waits.clone(),
        };
        let row = rows.entry(key).or_default();
        *row = (row.0 + group.count, row.1 + group.leaked);
    }
    let mut rows: Vec<(String, (u64, u64))> = rows.into_iter().collect();
    rows.sort_by(|a, b| b.1.0.cmp(&a.1.0).then_with(|| a.0.cmp(&b.0)));
    let told = |(key, (count, leaked)): (String, (u64, u64))| {
        let leaked =
            if leaked > 0 { format!(", {} of them leaked", text::count(leaked)) } else { String::new() };
        format!("{}{leaked}: {key}", text::counted(count, "goroutine"))
    };
    rows.into_iter().map(told).collect()
}

fn each(groups: &[StoppedGroup]) -> Vec<(i64, String)> {
    let mut rows = Vec::new();
    for group in groups {
        let waits = if group.waits.is_empty() { "running" } else { &group.waits };
        let leaked = match group.leaked {
            0 => "",
            leaked if leaked == group.count => "leaked: ",
            _ => "perhaps leaked: ",
        };
        let words = format!("{leaked}{waits} at {}", place(&group.at));
        rows.extend(group.ids.iter().map(|id| (*id, format!("goroutine {id}  {words}"))));
    }
    rows.sort();
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::debug::{Place, StoppedGoroutine};

    const LOOK: Look = Look { width: 100, color: false, verbose: false };

    fn list(filter: &Filter) -> GoroutineList {
        let at = |function: &str| Place { function: function.into(), file: "/x/b.go".into(), line: 7 };
        let sample = StoppedGoroutine { id: 9, waits_on: Some("s.c: chan int".into()), frames: Vec::new() };
        let waiting = StoppedGroup {
            count: 4,
            ids: vec![9, 10, 11, 20],
            leaked: 3,
            waits: "chan receive".into(),
            at: at("m.wait"),
            created: at("m.start"),
            samples: vec![sample],
            ..StoppedGroup::default()
        };
        let running = StoppedGroup { count: 1, ids: vec![1], at: at("main.main"), ..StoppedGroup::default() };
        let record = DebugRecord { goroutines: vec![waiting, running], ..DebugRecord::default() };
        GoroutineList::new("of a test", record, filter)
    }

    #[test]
    fn goroutines_are_filtered_and_put_together_as_asked() {
        let all = list(&Filter::default());
        assert!(all.to_terminal(By::Stack, &LOOK).starts_with("5 goroutines, of a test\n"));
        assert!(all.to_terminal(By::Stack, &LOOK).contains("ids 9-11, 20"));
        let waits = all.to_terminal(By::Waits, &LOOK);
        assert!(
            waits.contains("  4 goroutines, 3 of them leaked: chan receive\n  1 goroutine: running\n"),
            "{waits}"
        );
        let leaked = list(&Filter { leaked: true, ..Filter::default() });
        let each = leaked.to_terminal(By::Each, &LOOK);
        assert!(
            each.starts_with("4 goroutines of 5, of a test\n  goroutine 9  perhaps leaked: chan"),
            "{each}"
        );
        for (filter, n) in [
            (Filter { waits: Some("chan".into()), ..Filter::default() }, 1),
            (Filter { waits: Some("running".into()), ..Filter::default() }, 1),
            (Filter { function: Some("m.start".into()), ..Filter::default() }, 1),
            (Filter { function: Some("m".into()), ..Filter::default() }, 2),
            (Filter { function: Some("gone".into()), ..Filter::default() }, 0),
        ] {
            assert_eq!(list(&filter).groups.len(), n, "{filter:?}");
        }
    }

    #[test]
    fn one_goroutine_is_shown_if_it_was_looked_at_and_if_not_is_told_who_was() {
        let all = list(&Filter::default());
        let one = all.one(9, &LOOK).expect("looked at");
        assert!(one.contains("goroutine 9 waits on s.c: chan int"), "{one}");
        assert!(one.contains("3 of 4 goroutines like it are leaked"), "{one}");
        assert_eq!((all.one(10, &LOOK), all.looked_at(10)), (None, Some(vec![9])));
        assert_eq!(all.looked_at(77), None);
    }
}
