//! The binary `synod-agent`.
fn main() {}
