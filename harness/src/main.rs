//! The `harness` command: dispatch only, everything else is in the library.

fn main() {}
