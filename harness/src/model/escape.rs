//! What the compiler says of values that it puts on the heap.

use serde::{Deserialize, Serialize};

/// A value that does not stay on the stack.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Escape {
    /// Import path of the package, as it stands in the names of its functions.
    pub package: String,
    /// Last element of the file's name.
    pub file: String,
    /// Its line.
    pub line: u32,
    /// `&entry{...} escapes to heap`
    pub what: String,
    /// Where it flows to in the end: `c.entries[q.ID] = e (assign)`; `None` where that says nothing new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<String>,
    /// Line of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow_line: Option<u32>,
    /// Bytes from the start of its line, from 1; 0 in captures of older harnesses.
    #[serde(default, skip_serializing_if = "is_unknown")]
    pub column: u32,
}

/// For `skip_serializing_if`.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_unknown(column: &u32) -> bool {
    *column == 0
}
