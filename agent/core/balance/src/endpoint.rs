//! What is known of a backend before anything was sent to it.

use std::sync::Arc;

/// The highest weight. It leaves room for thousandths in 32 bits.
pub const WEIGHT_MAX: u32 = 65_535;

/// A backend, as the configuration or an EndpointSlice names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Who it is: equal names are the same backend, whose figures go on. An address and port, mostly.
    pub name: Arc<str>,
    /// Its part relative to others', at most [`WEIGHT_MAX`]. With 0 it takes nobody but those who stick to it.
    pub weight: u32,
    /// Where it is, if that is known.
    pub zone: Option<Arc<str>>,
    /// Whether it may be asked.
    pub condition: Condition,
}

impl Endpoint {
    /// A ready one of weight 1 anywhere.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: Arc::from(name),
            weight: 1,
            zone: None,
            condition: Condition::Ready,
        }
    }
}

/// Whether a backend may be asked, by its own word. Kubernetes' three conditions come to these three.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Condition {
    /// Ready.
    #[default]
    Ready,
    /// Serving and terminating: it ends what it has. It takes those who stick to it, and everybody once there is no ready one
    /// (as Kubernetes' proxies do: KEP-1669).
    Terminating,
    /// Not serving: nobody.
    Unready,
}
