//! The custom resources of synod.dev/v1alpha1 as Rust types.
