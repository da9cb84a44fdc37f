//! Ingest: the files of one run in, [`RunPieces`](crate::model::RunPieces) out, each source still
//! in its own clock.
//!
//! Streams are folded here and never stored; whatever is missing or partial is named, together with what that costs. Nothing
//! is joined (that is `align`) and nothing is judged (`diagnose`).

mod probe;
mod sites;
mod trace;
