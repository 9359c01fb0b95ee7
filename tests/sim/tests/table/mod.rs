//! The tables of deliberate mistakes in the tree, as the tests read them.

use synod_sim::mutation::Mutation;

/// One row: the mistake, who caught it, with which seed if it was hunted.
pub(crate) type Row = (String, String, Option<u64>);

/// The rows of a table.
pub(crate) fn rows(table: &str) -> Vec<Row> {
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    rows.map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let name = cells[1].trim_matches('`').to_owned();
        (name, cells[3].to_owned(), cells[4].parse().ok())
    })
    .collect()
}

/// The table has a row for each of `mistakes` and no other; `file` holds it, `command` prints it.
pub(crate) fn names_all(rows: &[Row], mistakes: &[Mutation], file: &str, command: &str) {
    for Mutation { name: mistake, .. } in mistakes {
        let found = rows.iter().any(|(name, ..)| name == mistake);
        assert!(found, "{mistake} is not in {file}: run {command}");
    }
    assert_eq!(
        rows.len(),
        mistakes.len(),
        "{file} names mistakes that are gone"
    );
}
