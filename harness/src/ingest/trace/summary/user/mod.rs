//! User annotations: tasks, regions, logs.

mod logs;
mod names;
mod regions;
mod spans;
mod tasks;

use self::logs::Logs;
use self::names::UserNames;
use self::regions::Regions;
use self::tasks::Tasks;
use super::seen::Seen;
use crate::format::exectrace::EventKind;
use crate::model::trace::UserSummary;

/// All annotations so far.
#[derive(Debug, Default)]
pub(super) struct User {
    names: UserNames,
    tasks: Tasks,
    regions: Regions,
    logs: Logs,
}

impl User {
    pub(super) fn event(&mut self, seen: &Seen<'_, '_>) {
        match *seen.kind {
            EventKind::Sync(_) => self.names.new_generation(),
            EventKind::UserTaskBegin { task, parent, name } => {
                let name = self.names.number(name, seen.reader);
                self.tasks.begin(task, (name, parent), seen);
            }
            EventKind::UserTaskEnd { task, .. } => self.tasks.end(task, seen),
            EventKind::UserRegionBegin { task, name } => {
                let key = (self.tasks.name_of(task), self.names.number(name, seen.reader));
                self.regions.begin(key, seen);
            }
            EventKind::UserRegionEnd { task, name } => {
                let key = (self.tasks.name_of(task), self.names.number(name, seen.reader));
                self.regions.end(key, seen);
            }
            EventKind::UserLog { task, category, message } if seen.counts() => {
                let category = self.names.number(category, seen.reader);
                let message = seen.reader.string(message).unwrap_or_default();
                self.logs.add(category, (self.tasks.name_of(task), message), seen.event);
            }
            EventKind::GoDestroy | EventKind::GoDestroySyscall => {
                seen.event.goroutine().into_iter().for_each(|gone| self.regions.drop_of(gone));
            }
            _ => {}
        }
    }

    pub(super) fn finish(self) -> UserSummary {
        UserSummary {
            tasks: self.tasks.finish(&self.names),
            regions: self.regions.finish(&self.names),
            logs: self.logs.finish(&self.names),
        }
    }
}
