//! Side-by-side measurements against the peers.
fn main() {}
