//! Call stacks, already symbolised, innermost frame first.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One logical call (inlined calls are frames of their own).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Frame {
    /// Full Go symbol, `net/http.(*conn).serve` or `main.(*Cache).Put`.
    pub function: Arc<str>,
    /// Source file as the binary names it (absolute, or module-relative under `-trimpath`).
    pub file: Arc<str>,
    /// Line, 0 when unknown.
    pub line: u32,
}

/// A call stack, innermost frame first. Cheap to clone.
pub type Stack = Arc<[Frame]>;
