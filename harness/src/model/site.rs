//! An allocation site: the key under which live memory is compared between checkpoints, runs and
//! variants.
//!
//! The same line reaches `mallocgc` over several paths through the runtime, so leading runtime
//! frames are stripped, and so are `runtime.main`/`runtime.goexit` at the tail, whose lines differ
//! by architecture.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Bytes, Frame, ModuleTable, Stack};

/// A site. Ordered and hashable, so that it keys maps deterministically.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Site {
    /// What kind of memory this is; only [`SiteClass::User`] and [`SiteClass::Map`] are compared.
    pub class: SiteClass,
    /// Size of one object.
    pub object_size: Bytes,
    /// Frames after stripping, innermost first.
    pub stack: Stack,
}

/// Classes of sites by how reproducible their figures are (measured, see GO-FACTS section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SiteClass {
    /// Allocated on behalf of code of the main module or a dependency: exact in step mode.
    User,
    /// A map's buckets or groups: exact only with a fixed seed, growth comes in steps.
    Map,
    /// 16-byte blocks of the tiny allocator: they move between lines.
    Tiny,
    /// `runtime.acquireSudog` and other wait-queue cells.
    Sudog,
    /// Memory held by a `sync.Pool`.
    SyncPool,
    /// Memory held by a `sync.Map`.
    SyncMap,
    /// The standard library on its own goroutines, without a frame of the user's.
    Std,
    /// The runtime itself (goroutine descriptors, timers, stacks).
    Runtime,
    /// The probe.
    Probe,
}

/// Whose code a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Owner {
    /// Package `main` or another package of the main module.
    MainModule,
    /// A module the main module requires.
    Dependency,
    /// The standard library.
    Std,
    /// Package runtime and its internals.
    Runtime,
    /// The probe.
    Probe,
}

/// What the functions of the probe's planted leak begin with: a leak like one of the program's, so that a gate can be
/// seen to find it (`go/probe/planted.go`).
pub const PLANTED: &str = "harnessprobe.planted";

impl ModuleTable {
    /// Whose code `function` (a full Go symbol) is.
    #[must_use]
    pub fn owner(&self, function: &str) -> Owner {
        let package = package_of(function);
        // Tests that stand outside of their package are in one of their own beside it.
        let package = package.strip_suffix("_test").unwrap_or(package);
        let within = |root: &str| {
            !root.is_empty()
                && package.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if package == "main" || within(&self.main) {
            return Owner::MainModule;
        }
        if function.starts_with(PLANTED) {
            return Owner::MainModule;
        }
        if package == "harnessprobe" {
            return Owner::Probe;
        }
        if ["runtime", "internal/runtime", "internal/abi", "internal/bytealg"].iter().any(|root| {
            package.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        }) && !package.starts_with("runtime/pprof")
        {
            return Owner::Runtime;
        }
        if self.dependencies.iter().any(|root| within(root)) {
            return Owner::Dependency;
        }
        // The standard library's import paths have no dot in their first element; a module that is
        // not in the table (a replaced or vendored one without build info) nearly always has.
        let first = package.split('/').next().unwrap_or(package);
        if first.contains('.') { Owner::Dependency } else { Owner::Std }
    }

    /// The innermost frame of the main module, else of a dependency.
    #[must_use]
    pub fn user_frame<'a>(&self, stack: &'a [Frame]) -> Option<&'a Frame> {
        let innermost = |owner| stack.iter().find(|frame| self.owner(&frame.function) == owner);
        innermost(Owner::MainModule).or_else(|| innermost(Owner::Dependency))
    }
}

/// Import path of a full Go symbol: `net/http` of `net/http.(*conn).serve`, `a.b/c` of
/// `a.b/c.F[go.shape.int]`. The linker writes dots of the last path element as `%2e`.
#[must_use]
pub fn package_of(function: &str) -> &str {
    let bare = function.find('[').map_or(function, |at| &function[..at]);
    let after_slash = bare.rfind('/').map_or(0, |at| at + 1);
    bare[after_slash..].find('.').map_or(bare, |dot| &bare[..after_slash + dot])
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.rsplit('/').next().unwrap_or(&self.file);
        write!(f, "{} {}:{}", self.function, file, self.line)
    }
}

/// A file's path below the first of `roots` that it is in: directories, or the name of a module, which is how `-trimpath`
/// has it.
#[must_use]
pub fn below_any(file: &str, roots: &[&str]) -> Option<String> {
    let below = |root: &&str| {
        let rest = file.strip_prefix(root.trim_end_matches('/')).filter(|_| !root.is_empty())?;
        rest.strip_prefix('/').map(str::to_owned)
    };
    roots.iter().find_map(below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn package_is_read_off_any_symbol() {
        for (function, package) in [
            ("main.main", "main"),
            ("net/http.(*conn).serve", "net/http"),
            ("example.com/a/b.Map[go.shape.struct { x/y.z int }].Put", "example.com/a/b"),
            ("github.com/x/y%2ev2.F.func1", "github.com/x/y%2ev2"),
            ("runtime.gcBgMarkWorker", "runtime"),
        ] {
            assert_eq!(package_of(function), package, "{function}");
        }
    }

    #[test]
    fn owner_follows_the_module_table() {
        let table = ModuleTable { main: "leaky".into(), dependencies: vec!["example.com/dep".into()] };
        for (function, owner) in [
            ("main.handle", Owner::MainModule),
            ("leaky/internal/cache.(*Cache).Put", Owner::MainModule),
            ("leakyother.F", Owner::Std),
            ("example.com/dep/sub.F", Owner::Dependency),
            ("example.com/other.F", Owner::Dependency),
            ("internal/runtime/maps.newTable", Owner::Runtime),
            ("runtime/pprof.StartCPUProfile", Owner::Std),
            ("bytes.growSlice", Owner::Std),
            ("harnessprobe.take", Owner::Probe),
            ("harnessprobe.plant", Owner::Probe),
            ("harnessprobe.plantedObjects", Owner::MainModule),
        ] {
            assert_eq!(table.owner(function), owner, "{function}");
        }
    }
}
