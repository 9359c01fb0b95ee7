//! The checkers notice deliberate mistakes. All of them on demand: `cargo xtask sim --mutations all`; here the table is
//! held against the code, and a few are hunted.

#[cfg(feature = "mutations")]
mod hunt;
#[cfg(feature = "mutations")]
mod table;

#[cfg(not(feature = "mutations"))]
#[test]
fn mistakes_are_noticed() {
    println!("not run: needs --features mutations");
}

#[cfg(feature = "mutations")]
mod hunted {
    use super::{hunt, table};
    use synod_sim::mutation;
    use synod_sim::run::run;

    fn rows() -> Vec<table::Row> {
        table::rows(include_str!("../MUTATIONS.md"))
    }

    #[test]
    fn the_table_names_every_mistake() {
        table::names_all(
            &rows(),
            &mutation::all(),
            "MUTATIONS.md",
            "cargo xtask sim --mutations all",
        );
        hunt::all_are_caught(&rows());
    }

    /// The seeds of the table still catch their mistakes, and pass without them.
    #[test]
    fn a_few_mistakes_are_noticed() {
        hunt::still_catch(&rows(), 12, run);
    }
}
