//! A heap dump as a graph: who holds what.
//!
//! ```text
//! collect     dump -> arrays, in one pass
//! arrange     objects in order of address
//! objects     which object does an address lie in
//! marks       what a reference sees of its target
//! bits        sets of nodes
//! resolve     pointers -> references, on all processors
//! names       static addresses -> variables
//! roots       pointers from outside -> holders: globals, goroutines, finalizers, timers
//! graph       all of that as nodes and references
//! classes     objects of one site and type are alike
//! dominators  who alone holds what
//! paths       shortest paths from roots
//! index       where in the file objects stand
//! fields      by which field one object leads to the next
//! merged      those two trees, with what is alike merged
//! summary     what is decided: [`HeapSummary`]
//! ages        how long objects have lived, by a trace
//! query       about one object, goroutine, type or site
//! ```
//!
//! Input: the reader of a dump, symbols, types. Output: [`Heap`], and of that a [`HeapSummary`](crate::model::heap::HeapSummary). 29 million objects take
//! about 80 bytes each, so nothing here has a pointer per object; nothing recurses.
//!
//! What must not happen here: knowing a type's layout (who finds types asks [`Loaded`] where pointers lead).

mod ages;
mod analysis;
mod arrange;
mod bits;
mod classes;
mod collect;
mod dominators;
mod edges;
mod fields;
mod graph;
mod index;
mod marks;
mod merged;
mod names;
mod objects;
mod paths;
mod query;
mod resolve;
mod roots;
mod summary;
#[cfg(test)]
mod tests;

pub use ages::Ages;
pub use analysis::{Heap, Loaded, Options};
pub use classes::Types;
pub use collect::{OnProgress, Progress};
pub use fields::{Fields, MapPlaces};
pub use names::{Symbols, Variable};
pub use summary::Earlier;
