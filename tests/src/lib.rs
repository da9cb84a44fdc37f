//! What the end-to-end tests stand on: the built `harness` binary, run in a directory of its own
//! with copies of scenarios and programs, and a look at the process table.
//!
//! Input: this work tree. Output: [`Ended`] runs. Must not know the crate `harness`: these tests
//! see what a user sees, files, text, exit codes and processes.
//!
//! ```no_run
//! # fn main() -> anyhow::Result<()> {
//! let bench = harness_tests::Bench::new()?;
//! bench.program("hang")?;
//! bench.write("scenarios/hang.toml", "[workload]\nmodule = \"../fixtures/programs/hang\"\n")?;
//! let ended = bench.run(["run", "hang"])?;
//! assert_eq!(ended.code, Some(4), "{ended}");
//! assert_eq!(bench.processes()?, []);
//! # Ok(())
//! # }
//! ```

mod bench;
mod binary;
mod browser;
mod ended;
mod processes;
mod proxy;

pub use bench::Bench;
pub use binary::harness_binary;
pub use browser::Browser;
pub use ended::Ended;
pub use processes::Process;
pub use proxy::Proxy;
