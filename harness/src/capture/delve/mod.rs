//! A repeat under the debugger: Delve, headless, driven through its JSON-RPC API.
//!
//! ```text
//! server       dlv on a private socket, and its end on every path
//! rpc          requests and replies, with deadlines
//! api          Delve's words
//! guard        the end of all, if we are killed
//! session      breakpoints, stops, the end
//! goroutines   who is left, where it waits, and on what
//! value        a value in words
//! ```
//!
//! It tells what only a debugger can: arguments and variables. A stop costs milliseconds and changes the order of things, so it is a
//! repeat of its own and nothing of it is measured.

mod api;
mod error;
mod goroutines;
mod guard;
mod rpc;
mod server;
mod session;
mod value;

pub use error::DelveError;
pub use guard::{GUARD, guard};
pub use session::{DebugPlan, debug};
