//! A program from its start to its end under Delve: stops at breakpoints, and once more when it is about to end.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::api::{
    Breakpoint, BreakpointInfo, CreateBreakpointOut, DumpOut, LOAD, Nothing, PidOut, StateOut, Thread,
    Variable, Version,
};
use super::error::DelveError;
use super::goroutines::{self, place};
use super::load::Load;
use super::rpc::Connection;
use super::server::{Debuggee, Listen, Server};
use super::sources::Sources;
use super::value::{is_made_up, value};
use crate::model::debug::{BreakpointRecord, DebugEnd, DebugRecord, Hit, Place, Value};
use crate::scenario::{DelveBreak, Workload};
use crate::toolchain::Interrupt;

/// Time for an answer to a question about a program that stands still; less for a program that is given less, but never less than this.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
const LEAST_PATIENCE: Duration = Duration::from_secs(10);
/// Time that writing a core file may take.
const CORE_SECONDS: Duration = Duration::from_secs(300);
/// Where every end of a program passes that is its own: `os.Exit` and the return from main.
pub(super) const END: &str = "runtime.exit";
/// Delve's own breakpoints, which a panic and the runtime's giving up run into.
const PANIC: &str = "unrecovered-panic";
const FATAL: &str = "runtime-fatal-throw";
/// Functions on the way to a crash, and the argument in which they say what it is.
const SPEAKERS: [(&str, &str); 3] =
    [("runtime.fatalpanic", "msgs"), ("runtime.throw", "s"), ("runtime.fatal", "s")];
/// Frames of a stack that are kept.
const STACK: u32 = 40;

/// What is asked of a repeat under the debugger.
pub struct DebugPlan<'a> {
    /// Delve.
    pub dlv: &'a Utf8Path,
    /// The program.
    pub program: &'a Utf8Path,
    /// Its arguments.
    pub args: &'a [String],
    /// Its whole environment.
    pub env: BTreeMap<String, String>,
    /// What it is to do, with its input, its directory and its load.
    pub workload: &'a Workload,
    /// The harness's own environment, which the load gets.
    pub inherited: &'a BTreeMap<String, String>,
    /// The probe is in it: it ends when asked to, and takes what comes on descriptor 2 for the runtime's.
    pub is_probed: bool,
    /// Path of its main module: the standard library's variables are of no interest.
    pub module: &'a str,
    /// It was built with `-trimpath`: its files are named from the module's path.
    pub is_trimmed: bool,
    /// Where it is stopped, and what is looked at there.
    pub breaks: &'a [DelveBreak],
    /// Time for all of it.
    pub deadline: Duration,
    /// Directory for output and core files.
    pub out: &'a Utf8Path,
    /// A core file is written in any case, not only of a program that crashes or hangs.
    pub core: bool,
    /// Asks to stop.
    pub interrupt: &'a Interrupt,
}

/// A conversation, and when it has to end.
pub(super) struct Talk<'a> {
    pub(super) connection: Connection,
    pub(super) stop: &'a dyn Fn() -> bool,
    /// Time for an answer.
    pub(super) patience: Duration,
}

impl Talk<'_> {
    /// Asks about a program that stands still.
    pub(super) fn ask<T: DeserializeOwned>(
        &mut self,
        method: &'static str,
        params: impl Serialize,
    ) -> Result<T, DelveError> {
        self.connection.call(method, params, Instant::now() + self.patience, self.stop)
    }
}

/// Runs the program under Delve.
///
/// # Errors
/// When Delve does not come up, breaks off, or the user interrupts. What the program does is the record.
pub fn debug(plan: &DebugPlan<'_>) -> Result<DebugRecord, DelveError> {
    // The probe writes into an empty directory alone.
    let _ = std::fs::remove_dir_all(plan.out);
    std::fs::create_dir_all(plan.out).map_err(|source| DelveError::Io {
        what: "create",
        path: plan.out.to_owned(),
        source,
    })?;
    let server = Server::start(&plan.debuggee(), Listen::Privately)?;
    let stop = || plan.interrupt.is_set();
    let connection = server.connected(&stop)?;
    let patience = PATIENCE.min(LEAST_PATIENCE.max(plan.deadline));
    let talk = Talk { connection, stop: &stop, patience };
    let record = DebugRecord { program: plan.program.to_owned(), ..DebugRecord::default() };
    let end = Instant::now() + plan.deadline;
    let sources = plan.sources();
    let mut session = Session { talk, end, plan, ids: Vec::new(), sources, record };
    let done = session.run();
    let done = match done {
        Err(DelveError::Gone(_)) if session.record.delve.is_empty() => {
            server.wait();
            Err(DelveError::NotUp { said: server.said() })
        }
        done => done,
    };
    let record = session.record;
    drop(session.talk);
    server.end();
    done.map(|()| record)
}

impl DebugPlan<'_> {
    /// The main module's sources, by the names that the program has for them.
    pub(super) fn sources(&self) -> Sources {
        Sources::new(&self.workload.module, if self.is_trimmed { self.module } else { "" })
    }

    /// The program as Delve starts it: its output goes where that of a run goes, where its readiness is looked for.
    pub(super) fn debuggee(&self) -> Debuggee<'_> {
        let stderr = if self.is_probed { "gctrace.txt" } else { "stderr.txt" };
        let mut redirects: Vec<String> =
            self.workload.stdin.iter().map(|path| format!("stdin:{path}")).collect();
        redirects.push(format!("stdout:{}", self.out.join("stdout.txt")));
        redirects.push(format!("stderr:{}", self.out.join(stderr)));
        Debuggee {
            dlv: self.dlv,
            command: vec!["exec".to_owned(), self.program.to_string()],
            args: self.args,
            dir: &self.workload.dir,
            env: self.env.clone(),
            redirects,
            out: self.out,
        }
    }
}

/// Delve's version and that of the program's Go, without the words around them.
pub(super) fn versions(version: &Version) -> (String, String) {
    let delve = version.delve_version.lines().next().unwrap_or_default().replace("Version: ", "");
    (delve, version.target_go_version.trim_start_matches("Go cmd/compile ").to_owned())
}

struct Session<'a> {
    talk: Talk<'a>,
    end: Instant,
    plan: &'a DebugPlan<'a>,
    /// Delve's ids of the breakpoints that could be set, by their place in the plan.
    ids: Vec<Option<i64>>,
    sources: Sources,
    record: DebugRecord,
}

/// Why the program stands still.
enum Stop {
    Exited(i64),
    Breakpoints(Vec<Thread>),
    Deadline,
    /// Its load is over, and it is still there.
    LoadOver,
}

impl Session<'_> {
    fn run(&mut self) -> Result<(), DelveError> {
        let version: Version = self.talk.ask("GetVersion", serde_json::json!({}))?;
        (self.record.delve, self.record.go) = versions(&version);
        let plan = self.plan;
        for wanted in plan.breaks {
            self.set(wanted)?;
        }
        if let Err(DelveError::Refused { message, .. }) = self.set_end() {
            self.record.notes.push(format!("what is there at the end cannot be looked at: {message}"));
        }
        let pid: PidOut = self.talk.ask("ProcessPid", serde_json::json!({}))?;
        let (load, end) = (&Load::new(pid.pid), self.end);
        std::thread::scope(|scope| {
            let drive = |driver| scope.spawn(move || load.drive(driver, plan, end));
            let driving = plan.workload.driver.as_ref().map(drive);
            let done = self.run_on(load);
            load.quit();
            let _ = driving.map(std::thread::ScopedJoinHandle::join); // its panic is told by itself
            done
        })?;
        match load.said() {
            Some(detail) if self.record.end == DebugEnd::Stopped => {
                self.record.end = DebugEnd::LoadFailed { detail };
            }
            said => self.record.notes.extend(said),
        }
        Ok(())
    }

    fn run_on(&mut self, load: &Load) -> Result<(), DelveError> {
        loop {
            match self.go_on(load)? {
                Stop::Exited(code) => {
                    if self.record.end == DebugEnd::Unknown {
                        self.record.end = DebugEnd::Exited { code };
                    }
                    return Ok(());
                }
                Stop::Deadline => {
                    self.record.end = DebugEnd::TimedOut;
                    self.look_around()?;
                    if goroutines::are_stuck(&self.record.goroutines) {
                        let words =
                            "a deadlock: every goroutine waits for something that only another one can do";
                        self.record.notes.push(words.to_owned());
                    }
                    self.core()?;
                    return self.detach();
                }
                Stop::LoadOver => {
                    self.record.end = DebugEnd::Stopped;
                    self.look_around()?;
                    self.asked_core()?;
                    return self.detach();
                }
                Stop::Breakpoints(threads) => {
                    if self.at(threads, load)? {
                        return self.detach();
                    }
                }
            }
        }
    }

    fn set(&mut self, wanted: &DelveBreak) -> Result<(), DelveError> {
        let breakpoint = Breakpoint {
            condition: wanted.when.clone().unwrap_or_default(),
            hit_condition: wanted.hits.clone().unwrap_or_default(),
            stacktrace: wanted.stack.unwrap_or(STACK),
            variables: wanted.expressions(),
            load_args: Some(LOAD),
            ..Breakpoint::default()
        };
        let mut record =
            BreakpointRecord { at: wanted.at.clone(), when: wanted.when.clone(), ..Default::default() };
        match self.create(&wanted.at, breakpoint) {
            Ok(CreateBreakpointOut { breakpoint }) => {
                let line = u32::try_from(breakpoint.line).unwrap_or(0);
                // Delve waits for one that it does not find: a plugin might bring it.
                if line == 0 && breakpoint.function.is_empty() {
                    let what = format!("there is no function and no line `{}` in the program", wanted.at);
                    record.problem = Some(what);
                }
                let (function, file) = (breakpoint.function, breakpoint.file);
                record.place = (line > 0 || !function.is_empty()).then_some(Place { function, file, line });
                self.ids.push(Some(breakpoint.id));
            }
            Err(DelveError::Refused { message, .. }) => {
                record.problem = Some(message);
                self.ids.push(None);
            }
            Err(error) => return Err(error),
        }
        self.record.breakpoints.push(record);
        Ok(())
    }

    /// A function by its whole name, which is there in stripped programs too; or whatever else Delve takes for a place.
    fn create(&mut self, at: &str, breakpoint: Breakpoint) -> Result<CreateBreakpointOut, DelveError> {
        let named = Breakpoint { function: at.to_owned(), ..breakpoint.clone() };
        let by_name = serde_json::json!({ "Breakpoint": named });
        match self.talk.ask("CreateBreakpoint", by_name) {
            Err(DelveError::Refused { message, .. }) if !message.contains("exists") => {
                let rules = self.sources.rules();
                let asked = serde_json::json!({
                    "LocExpr": at,
                    "Breakpoint": breakpoint,
                    "SubstitutePathRules": rules,
                });
                self.talk.ask("CreateBreakpoint", asked)
            }
            answer => answer,
        }
    }

    fn set_end(&mut self) -> Result<(), DelveError> {
        let breakpoint = serde_json::json!({ "functionName": END, "name": "harnessEnd" });
        let asked = serde_json::json!({ "Breakpoint": breakpoint });
        self.talk.ask::<CreateBreakpointOut>("CreateBreakpoint", asked).map(|_| ())
    }

    /// Lets the program go on until something stops it.
    fn go_on(&mut self, load: &Load) -> Result<Stop, DelveError> {
        let sent = self.talk.connection.send("Command", serde_json::json!({ "name": "continue" }))?;
        let (user, woken) = (self.talk.stop, || self.plan.interrupt.is_set() || load.wants_halt());
        let out = match self.talk.connection.answer::<StateOut>(sent, self.end, &woken) {
            Err(DelveError::TimedOut { .. }) => return self.halted(Stop::Deadline),
            Err(DelveError::Interrupted) if !user() => {
                let is_late = Instant::now() >= self.end;
                return self.halted(if is_late { Stop::Deadline } else { Stop::LoadOver });
            }
            Err(DelveError::Refused { message, .. }) => match exit_code(&message) {
                Some(code) => return Ok(Stop::Exited(code)),
                None => return Err(DelveError::Refused { method: "Command", message }),
            },
            went => went?,
        };
        Ok(match out.state {
            state if state.exited => Stop::Exited(state.exit_status),
            state => Stop::Breakpoints(
                state.threads.into_iter().filter(|thread| thread.breakpoint.is_some()).collect(),
            ),
        })
    }

    /// Halts the program, which may have come to its end meanwhile. The answer to `continue` comes with that to `halt`.
    fn halted(&mut self, stop: Stop) -> Result<Stop, DelveError> {
        match self.talk.ask::<StateOut>("Command", serde_json::json!({ "name": "halt" })) {
            Ok(out) if out.state.exited => Ok(Stop::Exited(out.state.exit_status)),
            Ok(_) => Ok(stop),
            Err(DelveError::Refused { message, .. }) => match exit_code(&message) {
                Some(code) => Ok(Stop::Exited(code)),
                None => Err(DelveError::Refused { method: "Command", message }),
            },
            Err(error) => Err(error),
        }
    }

    /// What is at the breakpoints. Tells whether it is enough.
    fn at(&mut self, threads: Vec<Thread>, load: &Load) -> Result<bool, DelveError> {
        for thread in threads {
            let Some(breakpoint) = thread.breakpoint.clone() else { continue };
            if let Some(index) = self.ids.iter().position(|id| *id == Some(breakpoint.id)) {
                self.hit(index, &breakpoint, thread)?;
            } else if [PANIC, FATAL].contains(&breakpoint.name.as_str()) {
                self.crashed(&thread)?;
                return Ok(true);
            } else {
                load.ended();
                self.look_around()?;
                self.asked_core()?;
            }
        }
        Ok(false)
    }

    fn hit(&mut self, index: usize, breakpoint: &Breakpoint, thread: Thread) -> Result<(), DelveError> {
        let Some(wanted) = self.plan.breaks.get(index) else { return Ok(()) };
        let info = thread.info.unwrap_or_default();
        let BreakpointInfo { stacktrace, variables, arguments } = info;
        let values: Vec<Value> = if variables.is_empty() { &arguments } else { &variables }
            .iter()
            .filter(|variable| !is_made_up(variable))
            .map(|variable: &Variable| value(variable))
            .collect();
        let text = wanted.log.as_deref().map(|log| filled(log, &values));
        let at = place(&thread.location);
        self.record.hits.push(Hit {
            breakpoint: index,
            goroutine: thread.goroutine,
            source: self.sources.line(&at),
            place: at,
            values: if text.is_some() { Vec::new() } else { values },
            text,
            stack: stacktrace.iter().map(|frame| place(&frame.location)).collect(),
        });
        let n = self.record.hits.iter().filter(|hit| hit.breakpoint == index).count();
        let is_spent = n >= wanted.max();
        if let Some(record) = self.record.breakpoints.get_mut(index) {
            record.reached = breakpoint.total_hits;
            record.spent = is_spent;
        }
        if is_spent {
            let _: Nothing = self.talk.ask("ClearBreakpoint", serde_json::json!({ "Id": breakpoint.id }))?;
        }
        Ok(())
    }

    fn look_around(&mut self) -> Result<(), DelveError> {
        let found = match goroutines::list(&mut self.talk, self.plan.module) {
            Err(DelveError::Refused { message, .. }) => {
                self.record.notes.push(format!("goroutines cannot be listed: {message}"));
                return Ok(());
            }
            found => found?,
        };
        self.record.goroutines = found.groups;
        for group in &mut self.record.goroutines {
            group.source = self.sources.line(&group.at);
        }
        self.record.unseen_goroutines = found.unseen;
        self.record.waits = found.waits;
        Ok(())
    }

    fn crashed(&mut self, thread: &Thread) -> Result<(), DelveError> {
        let asked = serde_json::json!({ "Id": thread.goroutine, "Depth": STACK, "Full": true, "Cfg": LOAD });
        let stack = self.talk.ask::<super::api::StacktraceOut>("Stacktrace", asked)?.locations;
        let message = stack.iter().find_map(|frame| {
            let function = place(&frame.location).function;
            let (_, argument) = SPEAKERS.iter().find(|(name, _)| *name == function)?;
            let said = frame.arguments.iter().find(|variable| variable.name == *argument)?;
            // A panic's value is a field of what is handed on.
            let panicked =
                said.children.iter().flat_map(|panic| &panic.children).find(|field| field.name == "arg");
            Some(value(panicked.unwrap_or(said)).text).filter(|text| !text.is_empty())
        });
        self.record.end = DebugEnd::Crashed {
            message: message.unwrap_or_else(|| "the program crashed; its words are in its output".to_owned()),
            stack: stack.iter().map(|frame| place(&frame.location)).collect(),
        };
        self.look_around()?;
        self.core()
    }

    fn asked_core(&mut self) -> Result<(), DelveError> {
        if self.plan.core { self.core() } else { Ok(()) }
    }

    /// Writes a core file, for `dlv core`. That it cannot be is a note.
    fn core(&mut self) -> Result<(), DelveError> {
        let path: Utf8PathBuf = self.plan.out.join("core");
        let started = self.talk.ask::<DumpOut>("DumpStart", serde_json::json!({ "Destination": path }));
        let end = Instant::now() + CORE_SECONDS;
        let mut state = match started {
            Ok(out) => out.state,
            Err(DelveError::Refused { message, .. }) => {
                self.record.notes.push(format!("no core file: {message}"));
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        while state.dumping && Instant::now() < end {
            state = self.talk.ask::<DumpOut>("DumpWait", serde_json::json!({ "Wait": 1000 }))?.state;
        }
        if state.all_done && state.err.is_empty() {
            self.record.core = Some(path);
        } else {
            self.record.notes.push(format!("no core file: {}", state.err));
        }
        Ok(())
    }

    /// Ends the program.
    fn detach(&mut self) -> Result<(), DelveError> {
        match self.talk.ask::<Nothing>("Detach", serde_json::json!({ "Kill": true })) {
            Ok(_) | Err(DelveError::Gone(_) | DelveError::Refused { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// What Delve says instead of a state when the program has ended.
fn exit_code(message: &str) -> Option<i64> {
    let (_, code) = message.rsplit_once("has exited with status ")?;
    code.trim().parse().ok()
}

/// A log point's text with the values in the place of its expressions, in their order.
fn filled(log: &str, values: &[Value]) -> String {
    let mut out = String::new();
    let mut values = values.iter();
    let mut rest = log;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((_, behind)) = after.split_once('}') else { break };
        out.push_str(before);
        match values.next() {
            Some(Value { unreadable: Some(why), .. }) => out.push_str(&format!("({why})")),
            Some(value) => out.push_str(&value.text),
            None => out.push_str("(?)"),
        }
        rest = behind;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_point_has_values_in_the_place_of_its_expressions() {
        let of = |text: &str, unreadable: Option<&str>| Value {
            text: text.to_owned(),
            unreadable: unreadable.map(str::to_owned),
            ..Value::default()
        };
        let values = [of("7", None), of("", Some("optimised away"))];
        assert_eq!(filled("id {q.ID} of {q.Name}!", &values), "id 7 of (optimised away)!");
        assert_eq!(filled("open { brace", &[]), "open { brace");
        assert_eq!(filled("{a}", &[]), "(?)");
    }

    #[test]
    fn an_end_is_told_by_delve_s_words_too() {
        assert_eq!(exit_code("Process 123 has exited with status 3"), Some(3));
        assert_eq!(exit_code("could not find goroutine"), None);
    }
}
