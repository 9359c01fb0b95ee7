//! The scenarios, each by name.

mod scenarios;

#[test]
fn each_holds() {
    let mut failed = Vec::new();
    for (name, run) in scenarios::ALL {
        if std::panic::catch_unwind(run).is_err() {
            failed.push(*name);
        }
    }
    assert!(failed.is_empty(), "do not hold: {failed:#?}");
}
