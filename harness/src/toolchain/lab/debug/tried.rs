//! What tools say of a program: each is run, and what it prints is kept.

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use camino::Utf8Path;
use object::{Object, ObjectSection, ObjectSegment, ObjectSymbol};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use super::super::Subject;
use super::{File, Kind, Printed};
use crate::model::lab::debug::Capability;
use crate::toolchain::environment::is_executable;
use crate::toolchain::error::BuildError;
use crate::toolchain::process::{Command, Ended, Limits, run};

/// Time for one tool.
const PATIENCE: Duration = Duration::from_secs(40);
/// Time for a program to print its stacks.
const DYING: Duration = Duration::from_secs(10);
/// Starts of a program that may be over before it can be asked.
const STARTS: usize = 8;

const GET_DLV: &str = "dlv; get it: go install github.com/go-delve/delve/cmd/dlv@v1.27.2";

/// How far `main.main` is from the start of `.text`.
pub(super) fn main_offset(whole: &Utf8Path) -> Option<u64> {
    let data = fs::read(whole).ok()?;
    let file = object::File::parse(&*data).ok()?;
    let main = file.symbols().find(|symbol| symbol.name() == Ok("main.main"))?.address();
    main.checked_sub(file.section_by_name(".text")?.address())
}

/// All that can be tried with a file.
pub(super) fn kind(
    subject: &Subject<'_>,
    dir: &Utf8Path,
    file: &File,
    main: Option<u64>,
) -> Result<Kind, BuildError> {
    let size =
        |path: &Utf8Path| fs::metadata(path).map(|meta| meta.len()).map_err(BuildError::file("read", path));
    let data = fs::read(&file.path).map_err(BuildError::file("read", &file.path))?;
    let object = object::File::parse(&*data).ok();
    let is_elf = object.as_ref().is_some_and(|object| object.format() == object::BinaryFormat::Elf);
    let text = object.as_ref().and_then(|object| object.section_by_name(".text"));
    let address = text.and_then(|text| text.address().checked_add(main?));
    let no_address = || Printed::Needs("an ELF program with a function `main.main`".to_owned());
    let mut tried = vec![(Capability::Traces, stacks(subject, dir, &file.path)?)];
    match (address, &object) {
        (Some(address), Some(object)) if is_elf => {
            tried.push((Capability::Profiles, profile(subject, dir, file, object, address)?));
            let (stop, variables) = delve(subject, dir, &file.path)?;
            tried.extend([(Capability::Breakpoint, stop), (Capability::Variables, variables)]);
            let args = vec!["-f".to_owned(), "-e".to_owned(), file.path.to_string(), format!("{address:#x}")];
            let printed = match subject.tool("addr2line", args) {
                Some(command) => printed(subject, &command)?,
                None => Printed::Needs("addr2line; get it: apt-get install binutils".to_owned()),
            };
            tried.push((Capability::Addr2line, printed));
            tried.push((Capability::GoAddr2line, go_addr2line(subject, dir, &file.path, address)?));
        }
        _ => {
            let all = [Capability::Profiles, Capability::Breakpoint, Capability::Variables];
            let all = all.into_iter().chain([Capability::Addr2line, Capability::GoAddr2line]);
            tried.extend(all.map(|capability| (capability, no_address())));
        }
    }
    let args = ["tool", "nm", file.path.as_str()].map(str::to_owned).to_vec();
    tried.push((Capability::Symbols, names(subject, args)?));
    let build_id = object.as_ref().and_then(|object| object.build_id().ok().flatten());
    let build_id = build_id.map(|id| id.iter().map(|byte| format!("{byte:02x}")).collect());
    let apart = file.apart.as_deref().map(size).transpose()?;
    Ok(Kind { name: file.name.clone(), size: data.len() as u64, apart, build_id, tried })
}

/// Runs a command, and gives all that it prints.
fn printed(subject: &Subject<'_>, command: &Command) -> Result<Printed, BuildError> {
    let done = run(command, &Limits::within(PATIENCE), subject.interrupt)?;
    match done.end {
        Ended::Interrupted => Err(BuildError::Interrupted),
        Ended::TimedOut => Ok(Printed::Text(format!("nothing within {} s", PATIENCE.as_secs()))),
        _ => Ok(Printed::Text(done.stdout.text() + &done.stderr.text())),
    }
}

/// The line of the table of symbols with the program's main function: all of it is too much.
fn names(subject: &Subject<'_>, args: Vec<String>) -> Result<Printed, BuildError> {
    Ok(match printed(subject, &subject.go(args))? {
        Printed::Text(text) => {
            let line = text.lines().find(|line| line.ends_with(" main.main"));
            Printed::Text(line.or(text.lines().next()).unwrap_or("no symbols").to_owned())
        }
        needs => needs,
    })
}

/// `go tool addr2line` reads addresses from its standard input, which our commands do not have: a shell hands them over.
fn go_addr2line(
    subject: &Subject<'_>,
    dir: &Utf8Path,
    file: &Utf8Path,
    address: u64,
) -> Result<Printed, BuildError> {
    let input = dir.join("address");
    fs::write(&input, format!("{address:#x}\n")).map_err(BuildError::file("write", &input))?;
    let mut command = subject.go(vec!["tool".to_owned(), "addr2line".to_owned(), file.to_string()]);
    let script = "input=$1; shift; exec \"$@\" < \"$input\"";
    let mut args: Vec<String> = ["-c", script, "sh", input.as_str()].map(str::to_owned).to_vec();
    args.push(std::mem::replace(&mut command.program, "/bin/sh".to_owned()));
    args.append(&mut command.args);
    command.args = args;
    printed(subject, &command)
}

/// What pprof makes of an address in the program.
fn profile(
    subject: &Subject<'_>,
    dir: &Utf8Path,
    file: &File,
    object: &object::File<'_>,
    address: u64,
) -> Result<Printed, BuildError> {
    let around = |segment: &object::Segment<'_, '_>| {
        (segment.address()..segment.address().saturating_add(segment.size())).contains(&address)
    };
    let Some(segment) = object.segments().find(around) else {
        return Ok(Printed::Needs("a program whose code is in a segment".to_owned()));
    };
    let end = segment.address().saturating_add(segment.size()).next_multiple_of(4096);
    let mapping = super::profile::Mapping { start: segment.address(), end, offset: segment.file_range().0 };
    let path = dir.join("addresses.pb");
    let profile = super::profile::of_address(address, &mapping, file.path.as_str());
    fs::write(&path, profile).map_err(BuildError::file("write", &path))?;
    let args = ["tool", "pprof", "-top", "-lines", "-symbolize=local", file.path.as_str(), path.as_str()];
    let mut command = subject.go(args.map(str::to_owned).to_vec());
    // Profiles and binaries that somebody has at home are not for this.
    command.env.insert("PPROF_TMPDIR".to_owned(), dir.to_string());
    command.env.insert("PPROF_BINARY_PATH".to_owned(), dir.to_string());
    printed(subject, &command)
}

/// What Delve prints when it is to stop at the main function, and of variables there and in its caller.
fn delve(subject: &Subject<'_>, dir: &Utf8Path, file: &Utf8Path) -> Result<(Printed, Printed), BuildError> {
    let needs = |what: &str| (Printed::Needs(what.to_owned()), Printed::Needs(what.to_owned()));
    if !is_of_this_machine(subject) {
        return Ok(needs("a machine that the program is built for"));
    }
    let environment = subject.environment;
    let at_home = environment.get("HOME").map(|home| Utf8Path::new(home).join("go/bin/dlv"));
    let at_gopath = Utf8Path::new(subject.go.setting("GOPATH")).join("bin/dlv");
    let places = environment.which("dlv").into_iter().chain(at_home).chain([at_gopath]);
    let Some(dlv) = places.into_iter().find(|place| is_executable(place)) else { return Ok(needs(GET_DLV)) };
    let script = dir.join("delve");
    let words = "break main.main\ncontinue\nargs\nlocals\nframe 1 locals\nexit\n";
    fs::write(&script, words).map_err(BuildError::file("write", &script))?;
    let workload = &subject.scenario.workload;
    let mut args: Vec<String> =
        ["exec", file.as_str(), "--allow-non-terminal-interactive", "--init", script.as_str(), "--"]
            .map(str::to_owned)
            .to_vec();
    args.extend(workload.args.iter().map(|word| workload.filled(word)));
    let mut env = environment.vars.clone();
    // Its settings and its history are the user's.
    env.extend(
        [("XDG_CONFIG_HOME", dir.as_str()), ("NO_COLOR", "1"), ("TERM", "dumb")]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    let command = Command { program: dlv.to_string(), args, dir: workload.dir.clone(), env };
    let text = printed(subject, &command)?;
    Ok((text.clone(), text))
}

fn is_of_this_machine(subject: &Subject<'_>) -> bool {
    let Some(built) = subject.built else { return false };
    let arch = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    built.facts.go.goos == std::env::consts::OS && built.facts.go.goarch == arch
}

/// The stacks that the running program prints when it gets SIGQUIT.
fn stacks(subject: &Subject<'_>, dir: &Utf8Path, file: &Utf8Path) -> Result<Printed, BuildError> {
    if !is_of_this_machine(subject) || !cfg!(target_os = "linux") {
        return Ok(Printed::Needs("a Linux machine that the program is built for".to_owned()));
    }
    let output = dir.join("stacks.txt");
    for _ in 0..STARTS {
        let text = one_run(subject, file, &output).map_err(BuildError::file("run", file))?;
        if subject.interrupt.is_set() {
            return Err(BuildError::Interrupted);
        }
        if text.contains("SIGQUIT") {
            return Ok(Printed::Text(text));
        }
    }
    Ok(Printed::Needs("a program that runs long enough to be asked".to_owned()))
}

fn one_run(subject: &Subject<'_>, file: &Utf8Path, output: &Utf8Path) -> std::io::Result<String> {
    let workload = &subject.scenario.workload;
    let mut command = std::process::Command::new(file);
    command.args(workload.args.iter().map(|word| workload.filled(word)));
    command.current_dir(&workload.dir).env_clear().envs(&subject.environment.vars);
    command
        .envs(workload.env.iter().map(|(name, word)| (name, workload.filled(word))))
        .env("GOTRACEBACK", "all");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(fs::File::create(output)?);
    let mut child = command.process_group(0).spawn()?;
    let until = Instant::now() + DYING;
    let mut is_asked = false;
    while child.try_wait()?.is_none() && Instant::now() < until && !subject.interrupt.is_set() {
        if is_asked {
            std::thread::sleep(Duration::from_millis(10));
        } else if catches_quit(&child) {
            is_asked = true;
            let _ = pid(&child).map(|pid| kill_process(pid, Signal::QUIT));
        }
    }
    // Also what it has started.
    let _ = pid(&child).map(|pid| kill_process_group(pid, Signal::KILL));
    child.wait()?;
    fs::read(output).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

fn pid(child: &Child) -> Option<Pid> {
    Pid::from_raw(i32::try_from(child.id()).ok()?)
}

/// Whether the program's runtime has set up its handler: before that the signal just ends it.
fn catches_quit(child: &Child) -> bool {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & (1 << (Signal::QUIT.as_raw() - 1)) != 0)
}
