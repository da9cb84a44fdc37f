//! End-to-end tests of the `harness` binary with real Go; see `tests/`.
