//! Random steps against a naive model: answers, stats, data, children, events, digests and snapshots.

mod model;

use model::World;
use model::steps::step;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn behaves_as_the_model(steps in prop::collection::vec(step(), 1..150)) {
        World::new().run(&steps);
    }
}
