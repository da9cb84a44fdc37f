//! What a program's builds are, and how they differ: one file a topic.
//!
//! Input: records of `toolchain::lab`, decoded by `format`, and what the scenario expects. Output: an
//! [`Answer`](crate::model::lab::Answer) of each topic. Pure: nothing here starts a process or reads a file.

pub mod bisect;
pub mod code;
mod compare;
pub mod cross;
pub mod debug;
pub mod linkage;
pub mod modules;
pub mod reproducible;
pub mod runs;
pub mod size;
pub mod tags;
pub mod time;

pub use compare::{Records, against};
