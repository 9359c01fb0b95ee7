//! `MONITOR`: clients that see all commands.
//!
//! A line is written once and posted to the threads where somebody sees it; who does not read is closed at the bound of those who are
//! sent what they do not ask for.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use synod_cache::command::{Spec, Traits};

use crate::Shared;
use crate::mailbox::Message;
use crate::secrets::{REDACTED, is_secret};

/// Whether a command is shown when it was carried out. Those of administrators are too dangerous; others show themselves before.
pub(crate) const fn shows(spec: &Spec) -> bool {
    !spec.flags.has(Traits::ADMIN) && !spec.flags.has(Traits::SKIP_MONITOR)
}

/// Whether those who see all commands may not call one.
pub(crate) fn is_barred(spec: &Spec) -> bool {
    let barred = [Traits::READONLY, Traits::WRITE, Traits::MAY_REPLICATE];
    let is_published = ["publish", "spublish"].contains(&spec.name);
    is_published || barred.iter().any(|barred| spec.flags.has(*barred))
}

/// Shows a command that was carried out, in a database, for a client with this address, or for `lua`. To be called with the
/// partitions that it needed, so that what is shown is in the order in which it was done.
#[cold]
pub(crate) fn show(shared: &Shared, database: usize, from: &str, args: &[&[u8]]) {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let time = (since.as_secs(), since.subsec_micros());
    let line = Arc::new(line(time, database, from, args));
    for mailbox in shared.monitors.among(&shared.mailboxes) {
        mailbox.post(Message::Line(Arc::clone(&line)));
    }
}

fn line(time: (u64, u32), database: usize, from: &str, args: &[&[u8]]) -> Vec<u8> {
    let mut line = String::new();
    let _ = write!(line, "+{}.{:06} [{database} {from}]", time.0, time.1);
    for (index, argument) in args.iter().enumerate() {
        let argument = if is_secret(args, index) {
            REDACTED
        } else {
            argument
        };
        line.push_str(" \"");
        argument
            .iter()
            .for_each(|byte| push_shown(&mut line, *byte));
        line.push('"');
    }
    line.push_str("\r\n");
    line.into_bytes()
}

/// As C programs show bytes that are not to be printed.
fn push_shown(line: &mut String, byte: u8) {
    match byte {
        b'\\' | b'"' => line.extend(['\\', char::from(byte)]),
        b'\n' => line.push_str("\\n"),
        b'\r' => line.push_str("\\r"),
        b'\t' => line.push_str("\\t"),
        0x07 => line.push_str("\\a"),
        0x08 => line.push_str("\\b"),
        b' '..=b'~' => line.push(char::from(byte)),
        _ => {
            let _ = write!(line, "\\x{byte:02x}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `MONITOR` of redis-server 7.0 shows them.
    #[test]
    fn lines_are_as_in_redis() {
        for (words, shown) in [
            (&["get", "k"][..], r#""get" "k""#),
            (&["SET", "", "a b"], r#""SET" "" "a b""#),
            (
                &["set", "\"\\", "\u{7}\u{8}\t\r\n\0\u{7f}"],
                r#""set" "\"\\" "\a\b\t\r\n\x00\x7f""#,
            ),
            (&["set", "é"], r#""set" "\xc3\xa9""#),
            (&["auth", "p"], r#""auth" "(redacted)""#),
            (&["AUTH", "u", "p"], r#""AUTH" "(redacted)" "(redacted)""#),
            (
                &["hello", "3", "auth", "u", "p", "setname", "n"],
                r#""hello" "3" "auth" "(redacted)" "(redacted)" "setname" "n""#,
            ),
            (&["get", "auth", "x"], r#""get" "auth" "x""#),
        ] {
            let args: Vec<_> = words.iter().map(|word| word.as_bytes()).collect();
            let line = line((12, 345), 7, "127.0.0.1:1", &args);
            let line = String::from_utf8(line).expect("it is text");
            assert_eq!(line, format!("+12.000345 [7 127.0.0.1:1] {shown}\r\n"));
        }
    }
}
