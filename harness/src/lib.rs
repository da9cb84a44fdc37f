//! Finds, explains and gates memory leaks in Go programs.
//!
//! The crate is a line of stages; data moves forward only:
//!
//! ```text
//! scenarios/*.toml
//!    | scenario     text -> Scenario, Vec<Variant>
//!    | toolchain    Variant -> Built (go build with the probe in an overlay, read back)
//!    | capture      Built -> capture directory with a versioned manifest
//! ===|============= disk: everything below repeats with `harness analyze DIR`, without Go =====
//!    | format       bytes -> typed records, each decoder on its own, bounded memory
//!    | ingest       records -> model pieces, each in its own clock
//!    | align        pieces -> Timeline: one row per GC cycle, every cell with source and confidence
//!    | diagnose     Timelines + snapshots -> findings with evidence
//!    | baseline     findings and metrics x accepted baseline -> comparison -> verdict
//!    | lab          what was built -> facts of the builds, and their differences
//!    | report       one Report document -> terminal | json
//!    v
//!  exit code
//! ```
//!
//! `cli` is the only module that prints, reads the environment and decides how the process ends;
//! `model` holds the vocabulary the stages share and knows none of them. ARCHITECTURE.md at the
//! root of the repository has a paragraph per directory.

pub mod align;
pub mod baseline;
pub mod capture;
pub mod cli;
pub mod diagnose;
pub mod format;
pub mod ingest;
pub mod lab;
pub mod model;
pub mod report;
pub mod scenario;
pub mod toolchain;
