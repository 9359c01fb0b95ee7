//! Random runs of commands, reads, compactions, leases, snapshots and watches, compared with a naive model.

mod model;

use model::steps::step;
use model::world::World;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn behaves_as_the_model(steps in prop::collection::vec(step(), 1..160)) {
        World::run(&steps);
    }
}
