//! Choosing a backend for a request, and judging backends by what became of requests.
//!
//! Three types carry it. A [`Group`] is the control side of one set of backends: it is told endpoints, probes' results and the
//! time, and compiles a [`View`]. A view is an immutable table of who may be chosen, replaced as a whole. A [`Balancer`] is one
//! thread's side: it holds a view and its own cursors and entropy, and gives a [`Ticket`] for each request. What threads share are
//! a backend's figures ([`Backend`]): atomics that outlive views, so load follows a backend through every change of the list.
//!
//! It promises: a choice takes no lock, allocates nothing, and costs O(1) or O(log n) of n backends, except where those that come
//! first are excluded (tried, or at their limits), when it may look at each once; nobody is chosen who may not be
//! ([`view::Standing`] says who may); figures are counted back exactly, also for a ticket that is dropped.
//!
//! It does not know: clocks (moments are handed in), entropy (seeds are), sockets, names' addresses, protocols, Kubernetes.

pub mod algorithm;
mod backend;
mod balancer;
pub mod budget;
pub mod circuit;
mod endpoint;
mod entropy;
mod group;
pub mod health;
mod latency;
pub mod limiter;
mod locality;
mod moment;
pub mod mutation;
pub mod outlier;
mod pool;
mod refusal;
mod slow_start;
mod split;
pub mod sticky;
mod ticket;
pub mod view;

pub use algorithm::Algorithm;
pub use backend::{Backend, BackendId, Report};
pub use balancer::{Asked, Balancer, TRIED_MAX, Tried};
pub use endpoint::{Condition, Endpoint, WEIGHT_MAX};
pub use entropy::Draws;
pub use group::{Group, Settings};
pub use locality::Locality;
pub use moment::Moment;
pub use refusal::Refusal;
pub use slow_start::SlowStart;
pub use split::Split;
pub use ticket::{Notice, Outcome, Ticket};
pub use view::View;
