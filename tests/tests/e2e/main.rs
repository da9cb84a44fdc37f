//! The built binary on the repository's scenarios, with real Go: what a user sees.
//!
//! One test binary with a module per question. Every test works in a directory of its own and
//! fails, loudly, where Go is missing.

mod analyze;
mod bisect;
mod ci;
mod ci_files;
mod coverage;
mod debug;
mod debug_sessions;
mod determinism;
mod exports;
mod foreign;
mod gates;
mod gotest;
mod help;
mod html;
mod identity;
mod init;
mod inspect_dump;
mod inspect_trace;
mod lab_builds;
mod lab_code;
mod lab_cross;
mod lab_debug;
mod lab_flags;
mod lab_linkage;
mod lab_modules;
mod lab_reproducible;
mod lab_runs;
mod lab_size;
mod lab_tags;
mod lab_time;
mod leak_repro;
mod manual;
mod pprof_reference;
mod programs;
mod releases;
mod replay;
mod report;
mod reproduce;
mod retention;
mod selftest;
mod trace_cases;
mod trace_reference;
mod tutorial;
mod zoo;
