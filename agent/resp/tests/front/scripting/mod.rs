//! Scripts and functions, as Redis runs them: what is in the texts was answered by redis-server 7.0, but for `newer.txt` and `users.txt`,
//! where 7.2 answers otherwise.
//!
//! A text is played by `play`. `BESIDE=127.0.0.1:6379` plays it at a Redis instead; `UPDATE_EXPECT=1` writes what is answered.

mod around;
mod busy;
mod hostile;
mod play;

use play::check;

#[test]
fn what_scripts_return_is_answered() {
    check("conversions");
}

#[test]
fn errors_are_told_with_their_place() {
    check("errors");
}

#[test]
fn there_is_little_to_be_found() {
    check("sandbox");
}

#[test]
fn json_is_read_and_written() {
    check("json");
}

#[test]
fn messagepack_is_read_and_written() {
    check("msgpack");
}

#[test]
fn structures_and_bits_are_packed() {
    check("structs");
}

#[test]
fn patterns_are_those_of_lua() {
    check("patterns");
}

#[test]
fn commands_about_scripts_are_carried_out() {
    check("commands");
}

#[test]
fn functions_are_called() {
    check("functions");
}

#[test]
fn scripts_of_everyday_work() {
    check("everyday");
}

#[test]
fn scripts_take_no_more_memory_than_there_may_be() {
    check("full");
}

#[test]
fn scripts_may_what_their_user_may() {
    check("users");
}

/// What is in 7.2, and not in the 7.0 that there is to be asked, or where that is wrong.
#[test]
fn what_is_newer_is_so_as_well() {
    check("newer");
}
