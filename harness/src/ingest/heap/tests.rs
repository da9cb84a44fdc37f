//! Whole heaps.
