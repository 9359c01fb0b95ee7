//! Directed scenarios, each named for what once went wrong in some store of this kind (most of them in etcd, whose
//! robustness tests list their bugs). All checkers watch them as they watch random worlds.

mod disks;
mod leases;
mod membership;
mod power;
mod reads;
mod steps;
mod survivor;
mod watches;

use crate::profile::Profile;
use crate::run::{Run, run_in};
use crate::world::World;

/// A scenario.
#[derive(Clone, Copy)]
pub struct Scenario {
    /// Its name: what must not happen again.
    pub name: &'static str,
    /// Members.
    members: u64,
    act: fn(&mut World),
}

/// All of them.
pub const ALL: &[Scenario] = &[
    Scenario {
        name: "stale read from a leader that was cut off",
        members: 3,
        act: reads::stale_read,
    },
    Scenario {
        name: "lease revoked by a leader that was deposed while it slept",
        members: 3,
        act: leases::old_leader_revokes,
    },
    Scenario {
        name: "lease lost because its leader died",
        members: 3,
        act: leases::lease_survives_leader,
    },
    Scenario {
        name: "keys outlive their lease",
        members: 3,
        act: leases::keys_go_with_lease,
    },
    Scenario {
        name: "acknowledged write lost when all machines lose power",
        members: 3,
        act: power::power_of_all,
    },
    Scenario {
        name: "acknowledged write lost by the only member",
        members: 1,
        act: power::power_of_one,
    },
    Scenario {
        name: "revision drifts after crashes in the middle of writes",
        members: 3,
        act: power::revision_drift,
    },
    Scenario {
        name: "watch events lost at a restart",
        members: 3,
        act: watches::watch_over_restart,
    },
    Scenario {
        name: "delete event missing from a watch at the compacted revision",
        members: 1,
        act: watches::delete_at_compaction,
    },
    Scenario {
        name: "watch of a future revision gets old events",
        members: 3,
        act: watches::watch_future,
    },
    Scenario {
        name: "compacted revision readable at another member",
        members: 3,
        act: reads::compaction_everywhere,
    },
    Scenario {
        name: "member that lost its disk elects a leader without the data",
        members: 3,
        act: disks::lost_disk,
    },
    Scenario {
        name: "member whose disk was emptied unnoticed begins anew and elects a leader without the data",
        members: 3,
        act: disks::emptied_founder,
    },
    Scenario {
        name: "laggard needs a snapshot and deviates",
        members: 3,
        act: membership::laggard,
    },
    Scenario {
        name: "voter removed although the rest is no quorum",
        members: 3,
        act: membership::below_quorum,
    },
    Scenario {
        name: "scaling from three to five to one and back loses data",
        members: 3,
        act: membership::scale,
    },
    Scenario {
        name: "full disk acknowledges or dies",
        members: 3,
        act: disks::full_disk,
    },
    Scenario {
        name: "failed sync is forgotten",
        members: 3,
        act: disks::failed_sync,
    },
    Scenario {
        name: "group that lost its quorum for good goes on without what its survivor had",
        members: 3,
        act: survivor::survivor,
    },
    Scenario {
        name: "survivor of many disturbed by members of before",
        members: 5,
        act: survivor::survivor,
    },
];

/// Runs one scenario.
#[must_use]
pub fn run(scenario: &Scenario, seed: u64) -> Run {
    let mut world = World::new(seed, Some(Profile::quiet(scenario.members)));
    world.busy = false;
    run_in(world, seed, |world| {
        world.await_leader(None);
        (scenario.act)(world);
        world.end_chaos();
        world.busy = true;
        world.wake_clients();
        world.must_progress("the scenario ended");
        world.fall_silent();
    })
}
