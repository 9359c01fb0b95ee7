//! What random steps meet too seldom.

#[path = "scenarios/mod.rs"]
mod scenarios;

#[test]
fn scenarios() {
    for (name, run) in scenarios::ALL {
        eprintln!("{name}");
        run();
    }
}
