//! `kubectl` against `synod local`.
