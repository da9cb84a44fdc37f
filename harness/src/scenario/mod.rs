//! scenario stage.
