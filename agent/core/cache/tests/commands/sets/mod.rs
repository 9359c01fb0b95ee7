//! Sets.

mod algebra;
mod large;
mod members;
mod notices;
mod random;
mod scan;
