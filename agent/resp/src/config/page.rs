//! The page of all settings, made of the table.

use std::fmt::Write as _;

use super::kind::Kind;
use super::setting::{Access, Changes, Setting};
use super::table::{ALIASES, SETTINGS};

const HEAD: &str = "\
# Settings

All that `CONFIG GET` tells; made by `UPDATE_EXPECT=1 cargo test -p synod-resp --lib page`. What nothing depends on is kept because clients and tools
ask for it, and set it: it changes nothing here.

| setting | values | usually | who sets it | what it changes |
|---|---|---|---|---|
";

/// Settings that are read where they are needed.
const READ: &[(&str, &str)] = &[
    ("appendonly", "what `INFO` tells of it"),
    ("enable-debug-command", "whether `DEBUG` is refused"),
    (
        "enable-protected-configs",
        "whether what is protected may be set",
    ),
    (
        "latency-tracking-info-percentiles",
        "what `INFO latencystats` tells",
    ),
    ("maxclients", "how many clients are taken"),
    ("loglevel", "what scripts write to the log"),
    (
        "proto-max-bulk-len",
        "the longest argument that clients may send",
    ),
    (
        "requirepass",
        "the password of the user that everybody is who does not say otherwise",
    ),
    (
        "timeout",
        "after how many seconds of silence a client is closed",
    ),
];

#[test]
fn the_page_is_that_of_the_table() {
    let mut page = HEAD.to_owned();
    for setting in SETTINGS {
        row(&mut page, setting);
    }
    page += "\nNames of before:\n\n";
    for (alias, name) in ALIASES {
        let _ = writeln!(page, "- `{alias}`: `{name}`");
    }
    expect_test::expect_file!["../../SETTINGS.md"].assert_eq(&page);
}

fn row(page: &mut String, setting: &Setting) {
    let values = match setting.kind {
        Kind::Flag => "yes, no".to_owned(),
        Kind::Number { least, most } => format!("{least} to {most}"),
        Kind::Memory { least, most } => format!("{least} to {most} bytes"),
        Kind::MemoryOrPart => "bytes, or hundredths of maxmemory".to_owned(),
        Kind::Choice(words) => words.join(", "),
        Kind::Text => "text".to_owned(),
        Kind::Form(_) => "text of its own form".to_owned(),
    };
    let access = match setting.access {
        Access::Clients => "clients",
        Access::Nobody => "nobody while it runs",
        Access::Protected => "clients, if allowed",
    };
    let read = READ.iter().find(|(name, _)| *name == setting.name);
    let changes = match setting.changes {
        Changes::Nothing => read.map_or("nothing", |(_, changes)| changes),
        Changes::Limits => "up to which size collections are shown as small",
        Changes::Eviction => "what is evicted first",
        Changes::Memory => "how much memory keys and values may take",
        Changes::Notices => "what is told of changes to keys",
        Changes::Listeners => "what is kept for clients that are sent what they do not ask for",
        Changes::Slow => "what is done with commands that take long",
        Changes::Disk => "when what is written to the log is synced",
    };
    let _ = writeln!(
        page,
        "| {} | {values} | {} | {access} | {changes} |",
        setting.name, setting.initial
    );
}
