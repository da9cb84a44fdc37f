//! Of a small heap written by hand.
