//! Which checkout of the sources a capture is repeated over: captures are copied, to another machine or another checkout.
//!
//! Input: a manifest's scenario and where the user stands. Output: the directory that takes the place of the recorded
//! one, which may be the same. A checkout is told by the module's name at the same place in it; whether its sources are
//! the same, the digests of the replay say.

use camino::{Utf8Path, Utf8PathBuf};

use crate::scenario::{Scenario, module_name};

/// What is looked for.
pub(super) struct Wanted<'a> {
    /// Path of the main module (`example.com/app`); empty if nothing was built.
    pub(super) module: &'a str,
    pub(super) scenario: &'a Scenario,
}

impl Wanted<'_> {
    /// The recorded directory of everything, and the one in its place: that of the first of `places` if it lies in such
    /// a checkout, else the recorded one, else that of another place.
    pub(super) fn find(&self, places: [&Utf8Path; 2]) -> Option<(Utf8PathBuf, Utf8PathBuf)> {
        let module = &self.scenario.workload.module;
        let was = common(module, self.scenario.path.parent().unwrap_or(module));
        let inside = module.strip_prefix(&was).unwrap_or(module).to_owned();
        let around = |place: &Utf8Path| {
            let mut above = place.ancestors().filter(|dir| self.is_at(&dir.join(&inside)));
            above.next().map(Utf8Path::to_owned)
        };
        let [here, there] = places;
        let recorded = || module.is_dir().then(|| was.clone());
        let is = around(here).or_else(recorded).or_else(|| around(there))?;
        Some((was, is))
    }

    fn is_at(&self, dir: &Utf8Path) -> bool {
        !self.module.is_empty() && module_name(dir).is_some_and(|name| name == self.module)
    }
}

/// Puts everything that a scenario names below `was` to the same place below `is`.
pub(super) fn relocate(scenario: &mut Scenario, was: &Utf8Path, is: &Utf8Path) {
    let workload = &mut scenario.workload;
    let mut paths = vec![&mut scenario.path, &mut scenario.baseline, &mut workload.module, &mut workload.dir];
    paths.extend(workload.stdin.as_mut());
    paths.extend(workload.driver.as_mut().map(|driver| &mut driver.dir));
    for path in paths {
        if let Ok(inside) = path.strip_prefix(was) {
            *path = is.join(inside);
        }
    }
    for pgo in scenario.variants.iter_mut().filter_map(|variant| variant.build.pgo.as_mut()) {
        if let Ok(inside) = Utf8Path::new(pgo.as_str()).strip_prefix(was) {
            *pgo = is.join(inside).to_string();
        }
    }
}

/// The deepest directory that holds both.
fn common(a: &Utf8Path, b: &Utf8Path) -> Utf8PathBuf {
    let shared = a.components().zip(b.components()).take_while(|(a, b)| a == b);
    shared.map(|(component, _)| component).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checkouts `one` and `two`, and a capture's scenario in `one`.
    fn checkouts() -> (tempfile::TempDir, Utf8PathBuf, Scenario) {
        let directory = tempfile::tempdir().expect("temporary");
        let root = Utf8PathBuf::try_from(directory.path().to_owned()).expect("utf-8");
        for name in ["one", "two"] {
            let module = root.join(name).join("programs/app");
            std::fs::create_dir_all(&module).expect("made");
            std::fs::write(module.join("go.mod"), "module example.com/app\n\ngo 1.23\n").expect("written");
        }
        let mut scenario = crate::scenario::for_package(&root.join("one/programs/app"), "./");
        scenario.path = root.join("one/scenarios/app.toml");
        scenario.workload.stdin = Some("/elsewhere/input".into());
        (directory, root, scenario)
    }

    fn found(module: &str, scenario: &Scenario, from: &Utf8Path) -> Option<Utf8PathBuf> {
        Wanted { module, scenario }.find([from, from]).map(|(_, is)| is)
    }

    #[test]
    fn the_checkout_in_which_the_user_stands_comes_before_the_recorded_one() {
        let (_directory, root, scenario) = checkouts();
        for from in ["two", "two/programs", "two/programs/app"] {
            let is = found("example.com/app", &scenario, &root.join(from));
            assert_eq!(is, Some(root.join("two")), "{from}");
        }
    }

    #[test]
    fn elsewhere_and_in_a_checkout_of_another_module_it_is_the_recorded_one() {
        let (_directory, root, scenario) = checkouts();
        assert_eq!(found("example.com/app", &scenario, &root), Some(root.join("one")));
        std::fs::write(root.join("two/programs/app/go.mod"), "module example.com/application\n")
            .expect("written");
        assert_eq!(found("example.com/app", &scenario, &root.join("two")), Some(root.join("one")));
    }

    #[test]
    fn without_any_checkout_there_is_none() {
        let (_directory, root, scenario) = checkouts();
        std::fs::remove_dir_all(root.join("one")).expect("removed");
        assert_eq!(found("example.com/app", &scenario, &root), None);
    }

    #[test]
    fn what_lies_in_the_checkout_moves_and_what_lies_elsewhere_stays() {
        let (_directory, root, mut scenario) = checkouts();
        relocate(&mut scenario, &root.join("one"), &root.join("two"));
        assert_eq!(scenario.workload.module, root.join("two/programs/app"));
        assert_eq!(scenario.path, root.join("two/scenarios/app.toml"));
        assert_eq!(scenario.workload.stdin.as_deref(), Some(Utf8Path::new("/elsewhere/input")));
    }
}
