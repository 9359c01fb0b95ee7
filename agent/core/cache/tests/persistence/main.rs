//! What leaves a partition to be kept, and how it comes back: pieces of a pinned view, files of Redis, logs of commands.

mod aof;
mod export;
mod filling;
mod pieces;
