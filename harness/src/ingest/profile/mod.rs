//! From profiles as they were read to what they come to: merged, compared, filtered, counted.
//!
//! Input: [`Profile`](crate::format::pprof::Profile)s. Output: the lists of [`model::profile`](crate::model::profile). Whatever is counted here has
//! the number that `go tool pprof` prints: what is merged, which frames are dropped, how filters work and what is cut
//! off for being too small follow its source (github.com/google/pprof, as in Go 1.26), and the tests compare the two.
//! Must not decide how anything looks.

mod combine;
mod cut;
mod filter;
mod flame;
mod graph;
mod growth;
mod listing;
mod merge;
mod names;
mod nodes;
mod sites;
mod tagfilter;
mod tags;
#[cfg(test)]
mod tests;
mod traces;
mod view;
mod weighted;

pub use combine::{Against, CombineError, combine, compare, diff_label};
pub use cut::{Cut, Edges, Order};
pub use filter::{FilterError, Filters, Unmatched};
pub use growth::{growth, reached};
pub use listing::Trim;
pub use nodes::Granularity;
pub use view::{UnknownSampleType, View};
