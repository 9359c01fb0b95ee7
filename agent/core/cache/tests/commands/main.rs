//! Commands as clients give them, and what they are answered.
//!
//! Each script is played at one partition and at several, and what was done is done again at replicas by its effects: they must
//! hold the same.

mod bitmaps;
mod generic;
mod geo;
mod hashes;
mod hyperloglogs;
mod large_strings;
mod lists;
mod play;
mod sets;
mod sorted_sets;
mod streams;
mod strings;
