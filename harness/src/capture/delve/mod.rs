//! A repeat under the debugger: Delve, headless, driven through its JSON-RPC API.
//!
//! ```text
//! server       dlv on a private socket, and its end on every path
//! rpc          requests and replies, with deadlines
//! api          Delve's words
//! guard        the end of all, if we are killed
//! session      breakpoints, stops, the end
//! handover     Delve for somebody at a terminal, or for an editor
//! load         what drives a server meanwhile
//! corefile     a core file instead of a program
//! goroutines   who is left, where it waits
//! look         one of them closely: its variables, and on what it waits
//! things       channels and locks in variables
//! knots        who waits for whom
//! sources      lines of the program's source
//! value        a value in words
//! ```
//!
//! It tells what only a debugger can: arguments and variables. A stop costs milliseconds and changes the order of things, so it is a
//! repeat of its own and nothing of it is measured.

mod api;
mod corefile;
mod error;
mod goroutines;
mod guard;
mod handover;
mod knots;
mod load;
mod look;
mod rpc;
mod server;
mod session;
mod sources;
mod things;
mod value;

pub use corefile::{CorePlan, core};
pub use error::DelveError;
pub use guard::{GUARD, guard};
pub use handover::{Served, interactive, serve};
pub use session::{DebugPlan, debug};
