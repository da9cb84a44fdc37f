//! Actions and keys in, facts out.

use super::*;
use crate::format::buildtime::Key;
use crate::model::WallTime;
use crate::model::lab::time::Step;

const MS: i64 = 1_000_000;

/// An action from `start` to `done` milliseconds, with a command.
fn action(id: u64, mode: &str, package: &str, deps: &[u64], (start, done): (i64, i64)) -> Action {
    let at = |ms: i64| Some(WallTime(1_000_000_000_000 + ms * MS));
    Action {
        id,
        mode: mode.to_owned(),
        package: package.to_owned(),
        deps: deps.to_vec(),
        ready: at(start - 1),
        start: at(start),
        done: at(done),
        n_commands: 1,
        real: Nanoseconds((done - start) * MS),
        cpu: Nanoseconds(MS),
        failed: false,
    }
}

/// `slow` and `fast` are compiled side by side, then `main`, then it is linked.
fn actions() -> Vec<Action> {
    vec![
        action(0, "link", "main", &[1, 2, 3], (80, 100)),
        action(1, "build", "main", &[2, 3], (60, 80)),
        action(2, "build", "slow", &[], (0, 60)),
        action(3, "build", "fast", &[], (0, 20)),
    ]
}

#[test]
fn the_critical_path_is_the_longest_chain() {
    let steps: Vec<(String, i64)> = chain::longest(&actions())
        .into_iter()
        .map(|Step { package, took, .. }| (package, took.0 / MS))
        .collect();
    assert_eq!(steps, [("slow".to_owned(), 60), ("main".to_owned(), 20), ("main".to_owned(), 20)]);
}

#[test]
fn a_circle_of_actions_is_in_no_chain_and_a_gap_breaks_one() {
    let mut actions = actions();
    actions[2].deps = vec![0];
    let steps = chain::longest(&actions);
    assert_eq!(steps.iter().map(|step| &*step.package).collect::<Vec<_>>(), ["fast"]);
    assert!(chain::longest(&[action(7, "build", "a", &[7, 99], (0, 1))]).is_empty());
}

#[test]
fn parallelism_is_action_time_over_the_time_in_which_there_were_any() {
    assert!((load::parallelism(&actions()) - 1.2).abs() < 1e-9);
    let over_time = load::over_time(&actions());
    assert_eq!(over_time.len(), 10);
    assert!((over_time[0] - 2.0).abs() < 1e-9 && (over_time[9] - 1.0).abs() < 1e-9, "{over_time:?}");
    assert_eq!(load::waited(&actions()), Nanoseconds(4 * MS));
    assert_eq!((load::parallelism(&[]), load::over_time(&[])), (0.0, Vec::new()));
}

#[test]
fn packages_from_the_cache_are_counted_and_have_no_time() {
    let mut actions = actions();
    (actions[3].n_commands, actions[3].real) = (0, Nanoseconds(0));
    actions.push(action(4, "cgo run", "slow", &[], (0, 5)));
    actions.push(action(5, "built-in package", "unsafe", &[], (0, 0)));
    let (n, compiled) = packages(&actions);
    assert_eq!(n, 3);
    let names: Vec<(&str, i64, u32)> =
        compiled.iter().map(|package| (&*package.package, package.took.0 / MS, package.commands)).collect();
    assert_eq!(names, [("slow", 65, 2), ("main", 20, 1)]);
}

fn key(inputs: &[&str]) -> Key {
    Key { inputs: inputs.iter().map(|input| (*input).to_owned()).collect() }
}

fn keys(packages: &[(&str, &[&str])]) -> Keys {
    let packages = packages.iter().map(|(name, inputs)| ((*name).to_owned(), key(inputs))).collect();
    Keys { packages, links: Default::default() }
}

#[test]
fn a_package_is_anew_for_its_own_reasons_or_for_what_it_imports() {
    let base = keys(&[
        ("fmt", &["compile compile version go1.26.8 [] []", "file a.go x"]),
        ("lib", &["compile compile version go1.26.8 [] []", "file a.go x"]),
        ("user", &["compile compile version go1.26.8 [] []", "import lib AAA", "import fmt F"]),
        ("gone", &[]),
    ]);
    let other = keys(&[
        ("fmt", &["compile compile version go1.26.8 [] []", "file a.go x"]),
        (
            "lib",
            &["compile compile version go1.26.8 [\"-race\"] [\"-N\" \"-l\"]", "file a.go y", "file b.go z"],
        ),
        ("user", &["compile compile version go1.26.8 [] []", "import lib BBB", "import fmt F"]),
        ("new", &[]),
    ]);
    let difference = keys::differ(&base, &other).expect("a difference");
    assert_eq!(
        (difference.shared, difference.added, difference.removed),
        (1, vec!["new".into()], vec!["gone".into()])
    );
    let [lib, user] = difference.anew.as_slice() else { panic!("{:?}", difference.anew) };
    assert_eq!(lib.because, ["gcflags [] -> [-race] [-N -l]", "another file a.go", "with file b.go"]);
    assert!(lib.imports.is_empty());
    assert_eq!((user.because.len(), user.imports.as_slice()), (0, ["lib".to_owned()].as_slice()));
    assert_eq!(keys::differ(&base, &base), None);
}

#[test]
fn trimpath_and_build_info_are_told_by_their_names() {
    let base = keys(&[("m", &["dir /src/m", r#"modinfo "path\tm\nbuild\t-compiler=gc\n""#])]);
    let other =
        keys(&[("m", &["trimpath", r#"modinfo "path\tm\nbuild\t-compiler=gc\nbuild\t-trimpath=true\n""#])]);
    let difference = keys::differ(&base, &other).expect("a difference");
    assert_eq!(difference.anew[0].because, ["with -trimpath", "build info: -trimpath"]);
    let moved =
        keys::differ(&base, &keys(&[("m", &["dir /other/m", base.packages["m"].inputs[1].as_str()])]));
    let moved = moved.expect("a difference").anew.remove(0).because;
    assert_eq!(moved, ["directory of its sources /src/m -> /other/m"]);
}
