//! toolchain stage.
