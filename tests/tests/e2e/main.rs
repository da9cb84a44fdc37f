//! End-to-end tests: the built binary, real Go, real programs. One module per subject.

mod programs;
