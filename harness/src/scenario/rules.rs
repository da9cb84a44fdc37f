//! Rules about keys that contradict each other: what the schema cannot say.
//!
//! A table of functions, each of which looks at one matter and adds what is wrong with it.

use super::diagnostic::{Diagnostic, did_you_mean};
use super::document::Document;
use super::file::{CheckpointFile, ControlFile, DriverFile, Every, On, ScenarioFile, TwinFile};
use super::gotest::Kind;
use super::resolved::{DebugInfo, HeapDump, OPERATIONS};
use super::variants::{Draft, is_safe_name, unsafe_name};
use crate::model::{LeakKind, Mode};

type Rule = fn(&ScenarioFile, &Document<'_>, &mut Vec<Diagnostic>);

const RULES: &[Rule] = &[
    name,
    gotest,
    operations,
    control,
    checkpoint,
    driver,
    modes,
    observed,
    deadlines,
    thresholds,
    suppressions,
];

type BuildRule = fn(&Draft, &Document<'_>, &mut Vec<Diagnostic>);

const BUILD_RULES: &[BuildRule] = &[race, static_link, debug, toolchain, environment];

/// Variables of the build's environment that have a key of their own.
const VARIABLES: &[(&str, &str)] = &[
    ("GOOS", "goos"),
    ("GOARCH", "goarch"),
    ("CGO_ENABLED", "cgo"),
    ("GOEXPERIMENT", "experiment"),
    ("GOTOOLCHAIN", "toolchain"),
];

/// Everything in `file` that contradicts itself.
pub(super) fn check(file: &ScenarioFile, drafts: &[Draft], document: &Document<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    RULES.iter().for_each(|rule| rule(file, document, &mut found));
    contract(file, drafts, document, &mut found);
    for draft in drafts {
        BUILD_RULES.iter().for_each(|rule| rule(draft, document, &mut found));
    }
    found
}

fn name(file: &ScenarioFile, document: &Document<'_>, found: &mut Vec<Diagnostic>) {
    if let Some(name) = file.name.as_ref().filter(|name| !is_safe_name(name)) {
        found.push(unsafe_name(document.value(&["name"]), "a scenario", name));
    }
}

/// Keys of tests in a program's scenario, and of programs in a scenario of tests.
fn gotest(file: &ScenarioFile, document: &Document<'_>, found: &mut Vec<Diagnostic>) {
    let workload = &file.workload;
    let at = |key: &str| document.key(&["workload", key]);
    if workload.kind == Kind::Binary {
        return of_tests_alone(file, document, found);
    }
    let on_test = workload.checkpoint.as_ref().is_none_or(|checkpoint| checkpoint.on == On::Test);
    let wrong = [
        (workload.driver.is_some(), "driver", "tests have no load from outside: they are their own"),
        (
            !on_test,
            "checkpoint",
            "tests have a checkpoint after each iteration (`on = \"test\"`) and no other",
        ),
        (workload.operations.is_some(), "operations", "tests are counted by `count` in `[workload.test]`"),
    ];
    found.extend(wrong.iter().filter(|(is, ..)| *is).map(|(_, key, why)| Diagnostic::new(at(key), *why)));
    if file.capture.asan == Some(true) {
        let span = document.key(&["capture", "asan"]);
        found.push(Diagnostic::new(span, "`asan` is for programs: tests are run several times in a process"));
    }
    let modes = file.capture.modes.iter().flatten().enumerate();
    for (index, _) in modes.filter(|(_, mode)| **mode == Mode::Natural) {
        let span = document.value(&["capture", "modes", &index.to_string()]);
        let message = "tests are judged in step mode: one at a time, with a forced GC after each";
        found.push(
            Diagnostic::new(span, message)
                .help("write `modes = [\"plain\", \"step\"]`, or leave the key out"),
        );
    }
    let Some(test) = &workload.test else { return };
    let key = |key: &str| document.key(&["workload", "test", key]);
    if workload.kind == Kind::Test && (test.bench.is_some() || test.operations.is_some()) {
        let name = if test.bench.is_some() { "bench" } else { "operations" };
        found.push(Diagnostic::new(key(name), format!("`{name}` is for `kind = \"bench\"`")));
    }
    if workload.kind == Kind::Bench && test.run.is_some() {
        let wrong = Diagnostic::new(key("run"), "`run` is for `kind = \"test\"`");
        found.push(wrong.help("`bench` selects benchmarks"));
    }
    let is_seed = |text: &String| matches!(text.as_str(), "on" | "off") || text.parse::<i64>().is_ok();
    if test.shuffle.as_ref().is_some_and(|text| !is_seed(text)) {
        let span = document.value(&["workload", "test", "shuffle"]);
        found.push(Diagnostic::new(span, "`shuffle` is `on`, `off` or a number, the seed"));
    }
}

/// What a program does not have.
fn of_tests_alone(file: &ScenarioFile, document: &Document<'_>, found: &mut Vec<Diagnostic>) {
    let help = "add `kind = \"test\"` (or `\"bench\"`) to `[workload]`";
    if file.workload.test.is_some() {
        let span = document.key(&["workload", "test"]);
        found.push(
            Diagnostic::new(span, "`test` is for tests and benchmarks, and this is a program").help(help),
        );
    }
    if file.workload.checkpoint.as_ref().is_some_and(|checkpoint| checkpoint.on == On::Test) {
        let span = document.value(&["workload", "checkpoint", "on"]);
        found.push(
            Diagnostic::new(span, "`on = \"test\"` is what tests have, and this is a program").help(help),
        );
    }
    let leaks = file.expect.iter().flat_map(|expect| &expect.leaks).enumerate();
    for (index, _) in leaks.filter(|(_, leak)| leak.test.is_some()) {
        let span = document.value(&["expect", "leaks", &index.to_string(), "test"]);
        found.push(Diagnostic::new(span, "a program has no tests").help(help));
    }
}

/// A number that nothing takes, or a place for one that is not there.
fn operations(file: &ScenarioFile, document: &Document<'_>, found: &mut Vec<Diagnostic>) {
    let workload = &file.workload;
    let driver = workload.driver.iter().flat_map(|driver| driver.command.iter().chain(driver.env.values()));
    let mut words = workload.args.iter().chain(workload.env.values()).chain(driver);
    let has_place = words.any(|word| word.contains(OPERATIONS));
    let at = |key: &str| document.key(&["workload", key]);
    if workload.operations.is_some() && !has_place {
        let message = format!(
            "`operations` is not taken by anything: `{OPERATIONS}` is neither in `args` nor in `env`"
        );
        found.push(Diagnostic::new(at("operations"), message));
    }
    if workload.operations.is_none() && has_place {
        let message = format!("`{OPERATIONS}` stands for `operations`, which is not there");
        found.push(
            Diagnostic::new(document.key(&["workload"]), message)
                .help("add `operations = 2000` to `[workload]`"),
        );
    }
}

fn control(file: &ScenarioFile, document: &Document<'_>, found: &mut Vec<Diagnostic>) {
    let Some(ControlFile { twin }) = &file.control else { return };
    let TwinFile { package, tags, revision, variant, scenario } = twin;
    let given =
        [package.is_some(), tags.is_some(), revision.is_some(), variant.is_some(), scenario.is_some()];
    if given.iter().filter(|given| **given).count() != 1 {
        found.push(Diagnostic::new(
            document.value(&["control", "twin"]),
            "`twin` takes exactly one of `package`, `tags`, `revision`, `variant` and `scenario`",
        ));
    }
}

fn checkpoint(file: &ScenarioFile, document: &Document<'_>, found: &mut Vec<Diagnostic>) {
    let Some(checkpoint) = &file.workload.checkpoint else { return };
    let on = checkpoint.on.name();
    let at = |key: &str| document.value(&["workload", "checkpoint", key]);
    if checkpoint.on == On::Call && checkpoint.func.as_ref().is_none_or(String::is_empty) {
        found.push(
            Diagnostic::new(at("on"), "`on = \"call\"` needs the function")
                .help("add `func = \"main.handle\"`, as the Go runtime spells it in a stack trace"),
        );
    }
    if checkpoint.on != On::Call && checkpoint.func.is_some() {
        let message = format!("`func` is for `on = \"call\"`, and here `on = \"{on}\"`");
        found.push(Diagnostic::new(document.key(&["workload", "checkpoint", "func"]), message));
    }
    every(checkpoint, document, found);
    if checkpoint.on == On::Round && file.workload.driver.is_none() {
        found.push(
            Diagnostic::new(at("on"), "`on = \"round\"` needs a driver, whose rounds it counts")
                .help("add `[workload.driver]` with `command = [\"…\"]`"),
        );
    }
}

fn every(checkpoint: &CheckpointFile, document: &Document<'_>, found: &mut Vec<Diagnostic>) {
    let at = document.value(&["workload", "checkpoint", "every"]);
    let on = checkpoint.on.name();
    let wrong = match (checkpoint.on, checkpoint.every) {
        (On::Call, None) => Some(
            Diagnostic::new(
                document.value(&["workload", "checkpoint", "on"]),
                "`on = \"call\"` needs the number of entries between checkpoints",
            )
            .help("add `every = 1000`; ten checkpoints in a run are plenty"),
        ),
        (On::Call, Some(Every::Period(_))) => {
            Some(Diagnostic::new(at, "`every` counts entries of the function with `on = \"call\"`"))
        }
        (On::Interval, Some(Every::Calls(_))) => Some(
            Diagnostic::new(at, "`every` is a duration with `on = \"interval\"`")
                .help("write it like `250ms` or `2s`"),
        ),
        (On::Call, Some(Every::Calls(0))) => Some(Diagnostic::new(at, "`every` must be at least 1")),
        (On::Interval, Some(Every::Period(period))) if period.0 == 0 => {
            Some(Diagnostic::new(at, "`every` must be longer than nothing"))
        }
        (On::Call | On::Interval, _) | (_, None) => None,
        (_, Some(_)) => Some(Diagnostic::new(
            document.key(&["workload", "checkpoint", "every"]),
            format!("`every` is for `on = \"call\"` and `on = \"interval\"`, and here `on = \"{on}\"`"),
        )),
    };
    found.extend(wrong);
}

fn driver(file: &ScenarioFile, document: &Document<'_>, found: &mut Vec<Diagnostic>) {
    let Some(DriverFile { ready: Some(ready), .. }) = &file.workload.driver else { return };
    let given = [ready.tcp.is_some(), ready.output.is_some(), ready.after.is_some()];
    if given.iter().filter(|given| **given).count() != 1 {
        found.push(Diagnostic::new(
            document.value(&["workload", "driver", "ready"]),
            "`ready` takes exactly one of `tcp`, `output` and `after`",
        ));
    }
}

fn modes(file: &ScenarioFile, document: &Document<'_>, found: &mut Vec<Diagnostic>) {
    let Some(modes) = &file.capture.modes else { return };
    for (index, mode) in modes.iter().enumerate() {
        if modes[..index].contains(mode) {
            let span = document.value(&["capture", "modes", &index.to_string()]);
            found.push(Diagnostic::new(span, "this mode is listed twice"));
        }
    }
    let on_gc = file.workload.checkpoint.as_ref().is_some_and(|checkpoint| checkpoint.on == On::Gc);
    if let (true, Some(index)) = (on_gc, modes.iter().position(|mode| *mode == Mode::Step)) {
        let span = document.value(&["capture", "modes", &index.to_string()]);
        found.push(
            Diagnostic::new(
                span,
                "step mode has no GC cycles of the program's own, and `on = \"gc\"` waits for them",
            )
            .help("use another `on` in `[workload.checkpoint]`, or drop the mode"),
        );
    }
}

fn observed(file: &ScenarioFile, document: &Document<'_>, found: &mut Vec<Diagnostic>) {
    let Some(modes) = &file.capture.modes else {
        if file.workload.checkpoint.as_ref().is_some_and(|checkpoint| checkpoint.on == On::Gc) {
            found.push(
                Diagnostic::new(
                    document.value(&["workload", "checkpoint", "on"]),
                    "`on = \"gc\"` waits for GC cycles of the program's own, and step mode has none",
                )
                .help("add `modes = [\"plain\", \"natural\"]` to `[capture]`"),
            );
        }
        return;
    };
    if file.expect.is_some() && modes.iter().all(|mode| *mode == Mode::Plain) && !modes.is_empty() {
        found.push(
            Diagnostic::new(
                document.value(&["capture", "modes"]),
                "plain runs observe nothing that `[expect]` could judge",
            )
            .help("add `natural` or `step`"),
        );
    }
    let dumped = file.capture.heap_dump.is_some_and(|dump| dump != HeapDump::Off);
    if dumped && !modes.contains(&Mode::Step) {
        found.push(Diagnostic::new(
            document.value(&["capture", "heap_dump"]),
            "heap dumps are made in step mode, which is not among `modes`",
        ));
    }
}

/// Expected leaks: variants that there are, holders that something can tell.
fn contract(file: &ScenarioFile, drafts: &[Draft], document: &Document<'_>, found: &mut Vec<Diagnostic>) {
    let Some(expect) = &file.expect else { return };
    let steps = file.capture.modes.as_ref().is_none_or(|modes| modes.contains(&Mode::Step));
    let dumps = steps && file.capture.heap_dump != Some(HeapDump::Off);
    for (index, leak) in expect.leaks.iter().enumerate() {
        let at = |key: &str| document.value(&["expect", "leaks", &index.to_string(), key]);
        if leak.site.is_empty() && leak.kind != LeakKind::Limit {
            let kind = leak.kind.word();
            found.push(
                Diagnostic::new(
                    at("kind"),
                    format!("a leak of kind `{kind}` needs the `site` that it must be found at"),
                )
                .help("add `site = \"main.handle\"`, or file and line: `site = \"cache.go:35\"`"),
            );
        }
        if leak.held_by.is_some() && !dumps {
            found.push(
                Diagnostic::new(at("held_by"), "only a heap dump tells who holds memory, and none is made")
                    .help("add `step` to `modes`, and leave `heap_dump` on"),
            );
        }
        for name in leak.variants.iter().filter(|name| drafts.iter().all(|draft| draft.name != **name)) {
            let wrong = Diagnostic::new(at("variants"), format!("there is no variant `{name}`"));
            let names = drafts.iter().map(|draft| draft.name.as_str());
            found.push(match did_you_mean(name, names) {
                Some(help) => wrong.help(help),
                None => wrong,
            });
        }
    }
}

fn deadlines(file: &ScenarioFile, document: &Document<'_>, found: &mut Vec<Diagnostic>) {
    if file.workload.timeout.is_some_and(|timeout| timeout.0 == 0) {
        found.push(Diagnostic::new(
            document.value(&["workload", "timeout"]),
            "`timeout` must be longer than nothing",
        ));
    }
}

/// One that names nothing would suppress everything.
fn suppressions(file: &ScenarioFile, document: &Document<'_>, found: &mut Vec<Diagnostic>) {
    for (index, one) in file.baseline.suppress.iter().enumerate() {
        let named = [&one.function, &one.creator, &one.path];
        let at = ["baseline", "suppress", &index.to_string()];
        if named.iter().all(|name| name.as_ref().is_none_or(String::is_empty)) {
            found.push(
                Diagnostic::new(document.value(&at), "this suppression names no leak")
                    .help("add `function`, `creator` or `path`; `*` stands for any text"),
            );
        }
        if one.reason.trim().is_empty() {
            let place = document.value(&[at[0], at[1], at[2], "reason"]);
            found.push(Diagnostic::new(place, "a suppression needs its reason"));
        }
    }
}

fn thresholds(file: &ScenarioFile, document: &Document<'_>, found: &mut Vec<Diagnostic>) {
    for (key, value) in
        [("bytes_per_op", file.thresholds.bytes_per_op), ("relative", file.thresholds.relative)]
    {
        if !value.is_finite() || value < 0.0 {
            let span = document.value(&["thresholds", key]);
            found.push(Diagnostic::new(span, format!("`{key}` must be a number that is not negative")));
        }
    }
    for (name, metric) in &file.thresholds.metrics {
        for (key, value) in [("rise", metric.rise), ("fall", metric.fall)] {
            if value.is_some_and(|value| !value.is_finite() || value < 0.0) {
                let span = document.value(&["thresholds", "metrics", name, key]);
                let message = format!("`{key}` must be a share that is not negative: 0.1 is ten percent");
                found.push(Diagnostic::new(span, message));
            }
        }
    }
}

fn race(draft: &Draft, document: &Document<'_>, found: &mut Vec<Diagnostic>) {
    // Go's race detector needs no cgo on macOS since 1.20.
    let needs_cgo = draft.keys.goos.as_deref() != Some("darwin");
    if draft.keys.race == Some(true) && draft.keys.cgo == Some(false) && needs_cgo {
        let message = format!("variant `{}`: the race detector needs cgo, and `cgo = false`", draft.name);
        found.push(Diagnostic::new(draft.key(document, "race"), message));
    }
}

fn static_link(draft: &Draft, document: &Document<'_>, found: &mut Vec<Diagnostic>) {
    if draft.keys.static_link == Some(true) && draft.keys.race == Some(true) {
        let message =
            format!("variant `{}`: the race detector's runtime cannot be linked statically", draft.name);
        found.push(Diagnostic::new(draft.key(document, "static"), message));
    }
}

fn debug(draft: &Draft, document: &Document<'_>, found: &mut Vec<Diagnostic>) {
    let Some(debug @ (DebugInfo::Full | DebugInfo::Split)) = draft.keys.debug else { return };
    let dropped = draft.keys.ldflags.iter().flatten().find(|word| is_strip(word));
    if let Some(word) = dropped {
        let wish = if debug == DebugInfo::Full { "full" } else { "split" };
        let message =
            format!("variant `{}`: `debug = \"{wish}\"`, but `{word}` in `ldflags` drops it", draft.name);
        found.push(Diagnostic::new(draft.key(document, "debug"), message));
    }
}

fn is_strip(word: &str) -> bool {
    matches!(word, "-s" | "-w" | "--s" | "--w" | "-s=true" | "-w=true")
}

fn toolchain(draft: &Draft, document: &Document<'_>, found: &mut Vec<Diagnostic>) {
    let Some(name) = &draft.keys.toolchain else { return };
    if is_release(name) {
        return;
    }
    let message = format!("variant `{}`: `{name}` is not the name of a Go release", draft.name);
    let diagnostic = Diagnostic::new(draft.key(document, "toolchain"), message);
    found.push(if is_release(&format!("go{name}")) {
        diagnostic.help(format!("did you mean `go{name}`?"))
    } else {
        diagnostic.help("write it like `go1.27.4`")
    });
}

/// `go1.26.8`, `go1.27rc1`: digits, dots and a release candidate's letters.
fn is_release(name: &str) -> bool {
    name.strip_prefix("go1.").is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_ascii_digit())
            && rest.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-')
    })
}

fn environment(draft: &Draft, document: &Document<'_>, found: &mut Vec<Diagnostic>) {
    for (variable, key) in VARIABLES {
        if draft.keys.env.as_ref().is_some_and(|env| env.contains_key(*variable)) {
            let message = format!("variant `{}`: `{variable}` has a key of its own", draft.name);
            found.push(Diagnostic::new(draft.key(document, "env"), message).help(format!("use `{key}`")));
        }
    }
}
