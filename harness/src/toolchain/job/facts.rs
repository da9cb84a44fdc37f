//! What is told of a variant's binaries: how they were made, what differs between them, and how they run here.

use std::collections::BTreeMap;

use super::{Job, Names, Pair};
use crate::model::ModuleTable;
use crate::scenario::{DebugInfo, Kind};
use crate::toolchain::built::{BuildFacts, Built, GoInfo};
use crate::toolchain::cgo;
use crate::toolchain::emulator::{self, Runner};
use crate::toolchain::overlay::Injection;
use crate::toolchain::readback::disagreements;
use crate::toolchain::release::GoroutineLeak;

impl Job<'_> {
    pub(super) fn built(&self, pair: Pair, injection: Injection, names: Names) -> Built {
        let Pair { plain, plain_read, probed, probed_read } = pair;
        let goflags = self.go.setting("GOFLAGS");
        let mut notes: Vec<String> =
            plain.note.into_iter().chain(probed.note).chain(injection.notes).collect();
        if !goflags.is_empty() {
            notes.push(format!("GOFLAGS is set and applies to every variant: `{goflags}`"));
        }
        notes.extend(disagreements(self.spec, goflags, &plain_read.facts));
        let leak = self.go.release.goroutine_leak();
        if self.scenario.capture.goroutine_leak && leak == GoroutineLeak::Absent {
            notes
                .push(format!("{} has no goroutineleak profile; it came with Go 1.26", self.go.info.version));
        }
        let can_dump = self.go.info.goos != "js";
        if injection.heap_dump && !can_dump {
            notes.push("no heap dump: the runtime writes no files under js".to_owned());
        }
        let facts = BuildFacts {
            package: self.tested(),
            go: self.go.info.clone(),
            command: plain.command,
            env: self.own_variables(),
            plain: plain_read.facts,
            probed: probed_read.facts,
            modules: self.modules(plain_read.modules),
            build_ms: (plain.millis, probed.millis),
            differences: self.differences(injection.differences),
            notes,
            heap_dump: injection.heap_dump && can_dump,
            no_symbols: names.missing,
            goroutine_leak: self.scenario.capture.goroutine_leak && leak != GoroutineLeak::Absent,
            runner: self.runner(),
        };
        Built {
            plain: plain.binary,
            probed: probed.binary,
            symbols: names.file,
            sections: names.sections,
            escapes: Vec::new(),
            asan: None,
            covered: None,
            inputs: Vec::new(),
            dir: self.main.dir.clone(),
            facts,
            reused: false,
        }
    }

    /// How its programs run here. What the scenario has run them decides, if it is another processor's.
    pub(in crate::toolchain) fn runner(&self) -> Runner {
        let GoInfo { goos, goarch, .. } = &self.go.info;
        let exec = &self.scenario.workload.exec;
        emulator::named(exec, (goos, goarch)).unwrap_or_else(|| {
            let runner = emulator::runner((goos, goarch), self.go.goroot(), self.environment, self.interrupt);
            // A compiler for the target that has its libraries somewhere else knows where.
            match self.go.setting("CGO_ENABLED") == "1" && runner.emulator().is_some() {
                true => runner.with_libraries(cgo::sysroot(&self.go, &self.main.dir, self.interrupt)),
                false => runner,
            }
        })
    }

    /// Import path of the package whose tests are built.
    fn tested(&self) -> String {
        match self.scenario.workload.kind {
            Kind::Binary => String::new(),
            Kind::Test | Kind::Bench => self.main.import_path.clone(),
        }
    }

    /// Whose code a symbol is. A package of the standard library has no module: its tests' own code is its own.
    fn modules(&self, mut read: ModuleTable) -> ModuleTable {
        if read.main.is_empty() {
            read.main = self.tested();
        }
        read
    }

    /// Variables of the build that are not the user's environment.
    pub(in crate::toolchain) fn own_variables(&self) -> BTreeMap<String, String> {
        self.go
            .env
            .iter()
            .filter(|(name, value)| self.environment.vars.get(*name) != Some(*value))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }

    fn differences(&self, injected: Vec<String>) -> Vec<String> {
        let mut differences = injected;
        differences.extend(self.leak_experiment().map(|name| {
            format!(
                "GOEXPERIMENT={name}: {} has the goroutineleak profile only with it",
                self.go.info.version
            )
        }));
        if self.spec.debug == DebugInfo::Split {
            differences.push("debug information is in the binary".to_owned());
        }
        differences
    }
}
