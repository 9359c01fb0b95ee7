//! Sessions that run out.

use super::*;

/// Nobody is served while the nodes of one command are deleted: what goes with many sessions goes by several.
pub(super) fn sessions_with_many_nodes_expire_one_by_one() {
    let mut bench = bench();
    let nodes = 0..5_000;
    let ops = nodes.map(|number| create(&format!("/{number}"), CreateMode::Ephemeral));
    let many = bench.write(1, Write::Multi(ops.collect()));
    assert!(matches!(many, Outcome::Multi(Ok(_))));
    let mine = bench.create(2, "/mine", CreateMode::Ephemeral);
    mine.expect("created");
    bench.store.lead(at(0), ballot(1));
    let mut expired = Vec::new();
    for half in 0..22 {
        for command in bench.store.due(Now(half * SECOND / 2), 100) {
            let command = Command::decode(&command).expect("a command");
            if let Command::Expire { sessions, .. } = &command {
                expired.push(sessions.iter().map(|(id, _)| *id).collect::<Vec<_>>());
            }
            bench.apply(&command);
        }
    }
    assert_eq!(expired, [[id(1)], [id(2)]]);
    assert!(!bench.has("/0") && !bench.has("/mine"));
}
