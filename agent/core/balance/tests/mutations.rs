//! Each deliberate mistake is found by a scenario, and none is found without it.
#![cfg(feature = "mutations")]

mod scenarios;

use std::panic::catch_unwind;

use synod_balance::mutation;

fn found_by() -> Option<&'static str> {
    let fails = |(_, run): &&(&str, fn())| catch_unwind(run).is_err();
    scenarios::ALL.iter().find(fails).map(|(name, _)| *name)
}

#[test]
fn every_mistake_is_found() {
    assert_eq!(found_by(), None, "without a mistake nothing is found");
    std::panic::set_hook(Box::new(|_| ()));
    let mut missed = Vec::new();
    for (name, breaks) in mutation::ALL {
        synod_mutation::switch(Some(name));
        match found_by() {
            Some(by) => println!("{name}: {by}"),
            None => missed.push(format!("{name}: {breaks}")),
        }
    }
    let _ = std::panic::take_hook();
    assert!(missed.is_empty(), "not found: {missed:#?}");
}
