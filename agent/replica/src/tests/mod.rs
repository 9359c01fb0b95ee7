//! Properties and golden bytes of the encodings, which no public face shows.

mod codecs;
mod golden;
mod windows;
