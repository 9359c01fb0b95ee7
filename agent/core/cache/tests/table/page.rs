//! The page of all commands, made of the table.

use std::fmt::Write as _;

use expect_test::expect_file;
use synod_cache::command::{Spec, all};

const HEAD: &str = "\
# Commands

All commands there are, of the table that they are called by; made by `UPDATE_EXPECT=1 cargo test -p synod-cache --test table`. What is said of a
command is what `COMMAND INFO` and `COMMAND DOCS` answer. Commands that are not of Redis 7.2, but of a later version, say so by their version.

";

#[test]
fn the_page_is_that_of_the_table() {
    let mut page = HEAD.to_owned();
    let mut groups: Vec<_> = all().map(|spec| spec.group).collect();
    groups.sort_unstable();
    groups.dedup();
    for group in groups {
        let _ = write!(
            page,
            "## {group}\n\n| command | arity | since | flags | categories | |\n|---|---|---|---|---|---|\n"
        );
        let mut of_it: Vec<_> = all().filter(|spec| spec.group == group).collect();
        of_it.sort_unstable_by_key(|spec| spec.name);
        for spec in of_it {
            row(&mut page, spec.name, spec);
            for sub in spec.subcommands {
                row(&mut page, &format!("{} {}", spec.name, sub.name), sub);
            }
        }
        page.push('\n');
    }
    page.truncate(page.trim_end().len());
    page.push('\n');
    expect_file!["../../../../resp/COMMANDS.md"].assert_eq(&page);
}

fn row(page: &mut String, name: &str, spec: &Spec) {
    let flags: Vec<_> = spec.flags.names().collect();
    let categories: Vec<_> = spec.all_categories().names().collect();
    let instead = spec
        .deprecated
        .map(|(since, instead)| format!(" Deprecated since {since}: {instead}."));
    let _ = writeln!(
        page,
        "| {} | {} | {} | {} | {} | {}{} |",
        name.to_uppercase(),
        spec.arity,
        spec.since,
        flags.join(" "),
        categories.join(" "),
        spec.summary,
        instead.unwrap_or_default()
    );
}
