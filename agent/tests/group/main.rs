//! Agents in one process over loopback: they elect, replicate, lose a leader, change members, drain, lose their data, and go on
//! with what a survivor has.

#[path = "../authority/mod.rs"]
mod authority;
mod clients;
mod directory;
mod leadership;
mod listeners;
mod membership;
mod overload;
#[path = "../../../tests/strangers.rs"]
mod strangers;
mod survivor;
mod world;
