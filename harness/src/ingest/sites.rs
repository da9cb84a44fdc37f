//! Which site a profiled stack belongs to, and of which class that site is.
//!
//! Input: a stack as the runtime recorded it and an object size. Output: a [`Site`], stripped so that
//! the same line has the same key in every run. Classes follow what was measured to be comparable:
//! everything that is not the user's own, or moves between lines by chance, gets a noise class.

use crate::model::{Bytes, Frame, ModuleTable, Owner, Site, SiteClass, Stack};

/// Blocks of the tiny allocator (`runtime.maxTinySize`): several small pointer-free objects share
/// one, and it is booked on whichever line came first.
const TINY_BLOCK: Bytes = Bytes(16);

/// Prefixes of runtime functions that allocate a map's tables, buckets or groups.
const MAP_ALLOCATORS: [&str; 6] = [
    "internal/runtime/maps.",
    "runtime.mapassign",
    "runtime.makemap",
    "runtime.hashGrow",
    "runtime.growWork",
    "runtime.makeBucketArray",
];

/// What the runtime allocates for itself while the user's code runs: defer records, which go back to
/// a pool, the caches of type assertions and switches, which grow by chance (one miss in a
/// thousand, runtime/iface.go, Go 1.22-1.27), and the array of a processor's timers, which is
/// doubled on whichever line starts one too many (`addHeap` in runtime/time.go since Go 1.23,
/// `doaddtimer` before). The timers themselves are the user's.
const RUNTIMES_OWN: [&str; 5] = [
    "runtime.newdefer",
    "runtime.buildTypeAssertCache",
    "runtime.buildInterfaceSwitchCache",
    "runtime.(*timers).",
    "runtime.doaddtimer",
];

/// The site of an allocation of `object_size` at `stack`.
pub(super) fn site(modules: &ModuleTable, stack: &[Frame], object_size: Bytes) -> Site {
    let leading = stack.iter().take_while(|frame| owner(modules, frame) == Owner::Runtime).count();
    let (runtime, rest) = stack.split_at(leading);
    let rest = without_start(rest);
    let class = class(modules, runtime, rest, object_size);
    let kept: Stack = if rest.is_empty() { runtime.into() } else { rest.into() };
    Site { class, object_size, stack: kept }
}

fn class(modules: &ModuleTable, runtime: &[Frame], rest: &[Frame], object_size: Bytes) -> SiteClass {
    let any = |frames: &[Frame], wanted: &[&str]| {
        frames.iter().any(|frame| wanted.iter().any(|prefix| frame.function.starts_with(prefix)))
    };
    let has = |wanted| rest.iter().any(|frame| owner(modules, frame) == wanted);
    let is_user = |frame: &Frame| matches!(owner(modules, frame), Owner::MainModule | Owner::Dependency);
    // What lies between the user's innermost frame and the runtime: who really allocates.
    let allocator = &rest[..rest.iter().position(is_user).unwrap_or(rest.len())];
    if has(Owner::Probe) {
        SiteClass::Probe
    } else if any(runtime, &["runtime.acquireSudog"]) {
        SiteClass::Sudog
    } else if any(rest, &["sync.(*Pool).", "sync.(*poolChain).", "sync.(*poolDequeue)."]) && !pool_miss(rest)
    {
        SiteClass::SyncPool
    } else if any(runtime, &RUNTIMES_OWN) {
        SiteClass::Runtime
    } else if any(allocator, &["sync.(*Map).", "internal/sync."]) {
        SiteClass::SyncMap
    } else if !has(Owner::MainModule) && !has(Owner::Dependency) {
        if rest.is_empty() { SiteClass::Runtime } else { SiteClass::Std }
    } else if any(runtime, &MAP_ALLOCATORS) {
        SiteClass::Map
    } else if object_size == TINY_BLOCK {
        SiteClass::Tiny
    } else {
        SiteClass::User
    }
}

/// An allocation by the pool's `New` function is the user's own; only the pool's cells are not.
fn pool_miss(rest: &[Frame]) -> bool {
    rest.first().is_some_and(|frame| !frame.function.starts_with("sync."))
        && rest.iter().position(|frame| frame.function.starts_with("sync.(*Pool).Get")).is_some()
}

/// Without the frames under every goroutine, whose lines differ by architecture and release.
fn without_start(stack: &[Frame]) -> &[Frame] {
    let is_start =
        |frame: &&Frame| matches!(&*frame.function, "runtime.main" | "runtime.goexit" | "runtime.doInit1");
    let tail = stack.iter().rev().take_while(is_start).count();
    &stack[..stack.len() - tail]
}

fn owner(modules: &ModuleTable, frame: &Frame) -> Owner {
    modules.owner(&frame.function)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack(functions: &[&str]) -> Vec<Frame> {
        let frame = |name: &&str| Frame { function: (*name).into(), file: "f.go".into(), line: 1 };
        functions.iter().map(frame).collect()
    }

    fn class_of(functions: &[&str], size: u64) -> SiteClass {
        let modules =
            ModuleTable { main: "example.com/app".into(), dependencies: vec!["dep.org/lib".into()] };
        site(&modules, &stack(functions), Bytes(size)).class
    }

    #[test]
    fn a_site_keeps_the_users_frames_only() {
        let functions = ["runtime.makeslice", "bytes.growSlice", "main.handle", "main.main", "runtime.main"];
        let site = site(&ModuleTable::default(), &stack(&functions), Bytes(64));
        let kept: Vec<&str> = site.stack.iter().map(|frame| &*frame.function).collect();
        assert_eq!(kept, ["bytes.growSlice", "main.handle", "main.main"]);
        assert_eq!(site.class, SiteClass::User);
    }

    #[test]
    fn noise_is_told_from_the_users_memory() {
        for (functions, size, class) in [
            (&["runtime.acquireSudog", "runtime.chanrecv", "main.wait"][..], 112, SiteClass::Sudog),
            (&["internal/runtime/maps.newTable", "runtime.mapassign", "main.put"], 512, SiteClass::Map),
            (&["main.name"], 16, SiteClass::Tiny),
            (&["runtime.malg", "runtime.newproc1"], 448, SiteClass::Runtime),
            (&["net/http.(*conn).serve"], 4096, SiteClass::Std),
            (&["sync.(*poolChain).pushHead", "sync.(*Pool).Put", "main.f"], 128, SiteClass::SyncPool),
            (&["main.newBuffer", "sync.(*Pool).Get", "main.f"], 4096, SiteClass::User),
            (&["internal/sync.newEntryNode", "sync.(*Map).Store", "main.f"], 48, SiteClass::SyncMap),
            (&["main.visit", "sync.(*Map).Range", "main.f"], 48, SiteClass::User),
            (&["runtime.buildTypeAssertCache", "runtime.typeAssert", "main.f"], 48, SiteClass::Runtime),
            (
                &["runtime.growslice", "runtime.(*timers).addHeap", "time.newTimer", "main.f"],
                4864,
                SiteClass::Runtime,
            ),
            (&["runtime.mallocgc", "time.newTimer", "main.f"], 112, SiteClass::User),
            (&["runtime.newdefer", "fmt.(*pp).handleMethods", "main.f"], 48, SiteClass::Runtime),
            (&["harnessprobe.take", "harnessprobe.Hit", "main.f"], 48, SiteClass::Probe),
            (&["dep.org/lib.New", "net/http.HandlerFunc.ServeHTTP"], 48, SiteClass::User),
        ] {
            assert_eq!(class_of(functions, size), class, "{functions:?}");
        }
    }

    #[test]
    fn runtime_only_stacks_keep_their_frames() {
        let site = site(&ModuleTable::default(), &stack(&["runtime.malg", "runtime.newproc1"]), Bytes(448));
        assert_eq!(site.stack.len(), 2);
    }
}
