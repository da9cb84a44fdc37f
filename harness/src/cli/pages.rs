//! `harness report`: a capture's report again, in any form; as a page that a browser opens; of several captures as pages with
//! an index.

use std::process::{Command, Stdio};

use camino::{Utf8Path, Utf8PathBuf};

use super::error::CliError;
use super::pipeline::Analysis;
use super::{Context, args, files, forms, run, scenarios};
use crate::model::Outcome;
use crate::report::html::{self, Entry};

/// A page in the directory of its capture.
const PAGE: &str = "report.html";
/// Where pages of several captures go unless somebody names a directory.
const PAGES: &str = "harness-report";
/// The page that links them.
const INDEX: &str = "index.html";

/// Programs that open a file as the user would, by system.
const OPENERS: &[&str] = if cfg!(target_os = "macos") { &["open"] } else { &["xdg-open", "wslview"] };

/// Shows reports.
pub(super) fn command(args: &args::Report, context: &Context) -> Result<Outcome, CliError> {
    args.forms.check(context)?;
    let roots = roots(&args.captures, context)?;
    match roots.as_slice() {
        [one] if !args.open && args.out.is_none() => {
            let baseline = args.baseline.as_ref().map(|path| context.environment.dir.join(path));
            run::report(one, baseline.as_deref(), None, &args.forms.once_more(), context)?;
        }
        [one] => page(one, args, context)?,
        several => return pages(several, args, context),
    }
    Ok(Outcome::Pass)
}

/// The captures that are meant: by name, all in a directory, or the latest of a scenario.
fn roots(words: &[String], context: &Context) -> Result<Vec<Utf8PathBuf>, CliError> {
    let dir = &context.environment.dir;
    let mut roots = Vec::new();
    for word in words {
        let named = dir.join(word);
        let inside = captures_in(&named);
        if crate::capture::is_capture(&named) {
            roots.push(named.canonicalize_utf8().unwrap_or(named));
        } else if inside.is_empty() {
            roots.push(run::latest(&scenarios::resolve(word, dir)?, context)?);
        } else {
            roots.extend(inside);
        }
    }
    Ok(roots)
}

/// Captures right inside of a directory, by name; links to them are names of the same.
fn captures_in(dir: &Utf8Path) -> Vec<Utf8PathBuf> {
    let entries = dir.read_dir_utf8().into_iter().flatten().filter_map(Result::ok);
    let mut found: Vec<Utf8PathBuf> = entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(camino::Utf8DirEntry::into_path)
        .filter(|path| crate::capture::is_capture(path))
        .collect();
    found.sort();
    found
}

fn analysis(root: &Utf8Path, args: &args::Report, context: &Context) -> Result<Analysis, CliError> {
    let baseline = args.baseline.as_ref().map(|path| context.environment.dir.join(path));
    run::analysis(root, baseline.as_deref(), None, context)
}

/// One capture: its page is written, and what else is asked for is done.
fn page(root: &Utf8Path, args: &args::Report, context: &Context) -> Result<(), CliError> {
    let mut analysis = analysis(root, args, context)?;
    let to = args.out.as_ref().map_or_else(|| root.join(PAGE), |out| out.join(PAGE));
    save(&to, &analysis, context)?;
    if args.forms.is_asked() {
        analysis.of.clone_from(&args.forms.of);
        args.forms.once_more().show(&analysis, context)?;
    }
    open(&to, args, context)
}

/// Several captures: a page of each, and an index, those first that are not as expected. One that cannot be read keeps no
/// other from its page, and is told by the exit code.
fn pages(roots: &[Utf8PathBuf], args: &args::Report, context: &Context) -> Result<Outcome, CliError> {
    if !args.forms.is_page() {
        let what = format!("{} captures are meant, and their reports become pages", roots.len());
        return Err(CliError::usage(what, "name one capture, or `--format html --out DIR`"));
    }
    let to = args.out.clone().unwrap_or_else(|| PAGES.into());
    let mut entries: Vec<Entry> = Vec::new();
    let mut outcome = Outcome::Pass;
    for root in roots {
        if context.interrupt.is_set() {
            return Err(CliError::Interrupted);
        }
        let name = name_of(root, &entries);
        match analysis(root, args, context) {
            Ok(analysis) => {
                save(&to.join(&name), &analysis, context)?;
                entries.push(Entry::of(&analysis.report, name));
            }
            Err(CliError::Interrupted) => return Err(CliError::Interrupted),
            Err(error) => {
                context.console.say(&format!("passed over: {}", error.message()));
                outcome = error.outcome();
            }
        }
    }
    if entries.is_empty() {
        context.console.say("no capture could be read, so there is no page");
        return Ok(outcome);
    }
    entries.sort_by_key(Entry::rank);
    let index = to.join(INDEX);
    files::save(&index, html::index(&entries).as_bytes(), context)?;
    open(&index, args, context)?;
    Ok(outcome)
}

/// A name that needs no escape in an address, and that no other page has.
fn name_of(root: &Utf8Path, others: &[Entry]) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
    let stem: String = root.file_name().unwrap_or("capture").chars().map(plain).collect();
    let names = std::iter::once(format!("{stem}.html")).chain((2..).map(|n| format!("{stem}-{n}.html")));
    let is_free = |name: &String| name != INDEX && others.iter().all(|other| other.page != *name);
    names.into_iter().find(is_free).unwrap_or(stem)
}

fn save(to: &Utf8Path, analysis: &Analysis, context: &Context) -> Result<(), CliError> {
    files::save(to, &forms::page(analysis)?, context)
}

/// Opens a page in the user's browser, if that is asked for; says where it is in any case.
fn open(page: &Utf8Path, args: &args::Report, context: &Context) -> Result<(), CliError> {
    if !args.open {
        return Ok(());
    }
    let path = context.environment.dir.join(page);
    if !openers(context).iter().any(|opener| starts(opener, &path)) {
        context.console.say("no browser was found here: open the page in one");
    }
    context.console.print(&format!("{path}\n"))
}

/// What may open it. Without a screen there is nothing to open it on.
fn openers(context: &Context) -> Vec<String> {
    let set = |name: &str| context.environment.vars.get(name).filter(|value| !value.is_empty());
    let has_screen = cfg!(target_os = "macos") || set("DISPLAY").or_else(|| set("WAYLAND_DISPLAY")).is_some();
    let named = set("BROWSER").cloned();
    let usual = OPENERS.iter().filter(|_| has_screen).map(|opener| (*opener).to_owned());
    named.into_iter().chain(usual).collect()
}

/// Starts a program with a file, and does not wait for it: a browser may stay.
fn starts(opener: &str, path: &Utf8Path) -> bool {
    let mut words = opener.split_whitespace();
    let Some(program) = words.next() else { return false };
    let quiet = Stdio::null;
    let started =
        Command::new(program).args(words).arg(path).stdin(quiet()).stdout(quiet()).stderr(quiet()).spawn();
    started.is_ok()
}
