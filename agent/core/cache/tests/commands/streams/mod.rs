//! Streams.

mod claims;
mod deliveries;
mod entries;
mod groups;
mod info;
mod lag;
mod long;
mod reading;
