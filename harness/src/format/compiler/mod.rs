//! What the Go compiler says of its decisions.
//!
//! ```text
//! diagnostics   -json=0,file://DIR: a file per source file, a JSON value a line (Go 1.14-1.27)
//! remarks       -m=1 and -d=pgodebug=1: text on standard error, a remark a line
//! declared      Go source: which function a line belongs to
//! ```
//!
//! Input: bytes or text. Output: decisions by file and line, in the file names that the compiler uses. A line that is none
//! of these is left out: both forms have more to say than what is read here. Must not touch files, nor know what a
//! decision is worth.

mod declared;
mod diagnostics;
mod remarks;

pub use declared::{Declared, declared};
pub use diagnostics::{Decision, FileDecisions, Verdict, decisions};
pub use remarks::{Remark, Remarks, Said, remarks};
