//! Streams.

mod entries;
mod groups;
mod info;
mod long;
mod reading;
