//! The developer's commands: `cargo xtask`.
fn main() {}
