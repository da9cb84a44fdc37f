//! Memory of C that LeakSanitizer proves to be lost.

use super::{Bytes, Objects, Stack};

/// What LeakSanitizer says of a variant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum CLeaks {
    /// Nobody asked.
    #[default]
    NotAsked,
    /// There is no answer, and why.
    NotRun(String),
    /// What nothing refers to any more when the program ends, most first; it may be nothing.
    Found(Vec<CLeak>),
}

/// Memory that was allocated over one stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CLeak {
    /// Nothing at all refers to it; otherwise only other memory that is lost does.
    pub direct: bool,
    /// All of it.
    pub bytes: Bytes,
    /// Allocations.
    pub objects: Objects,
    /// From the allocator on, innermost first, up to where Go calls C. A frame that could not be named has module and
    /// offset for its function, and no file.
    pub stack: Stack,
}
