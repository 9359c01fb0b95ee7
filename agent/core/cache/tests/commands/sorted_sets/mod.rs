//! Commands for sorted sets.

mod add;
mod combine;
mod grow;
mod pop;
mod random;
mod range;
