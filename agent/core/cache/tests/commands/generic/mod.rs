//! Commands for keys of all kinds, and for databases.

mod expiries;
mod keys;
mod kinds;
mod moves;
mod notices;
mod objects;
mod payloads;
mod scans;
mod sorts;
