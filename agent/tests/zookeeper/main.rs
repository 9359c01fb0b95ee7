//! A LockService's member in this process, and clients on bare sockets that do what no library's client would: send ahead without
//! reading, stop in the middle of a frame, ask while the member stops.

mod back_pressure;
mod client;
mod commands;
mod counts;
mod member;
mod read_only;
mod readers;
mod stop;
mod watches;
