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

use crate::locks::{Locks, scenarios as locks};
use crate::profile::Profile;
use crate::run::{Run, run_in};
use crate::service::Service;
use crate::world::World;

/// A scenario.
#[derive(Clone, Copy)]
pub struct Scenario {
    /// Its name: what must not happen again.
    pub name: &'static str,
    /// Members.
    members: u64,
    act: Act,
}

/// What happens in it, to a group of which kind.
#[derive(Clone, Copy)]
enum Act {
    Keys(fn(&mut World)),
    Locks(fn(&mut World<Locks>)),
}

/// All of them.
pub const ALL: &[Scenario] = &[
    Scenario {
        name: "stale read from a leader that was cut off",
        members: 3,
        act: Act::Keys(reads::stale_read),
    },
    Scenario {
        name: "lease revoked by a leader that was deposed while it slept",
        members: 3,
        act: Act::Keys(leases::old_leader_revokes),
    },
    Scenario {
        name: "lease lost because its leader died",
        members: 3,
        act: Act::Keys(leases::lease_survives_leader),
    },
    Scenario {
        name: "keys outlive their lease",
        members: 3,
        act: Act::Keys(leases::keys_go_with_lease),
    },
    Scenario {
        name: "acknowledged write lost when all machines lose power",
        members: 3,
        act: Act::Keys(power::power_of_all),
    },
    Scenario {
        name: "acknowledged write lost by the only member",
        members: 1,
        act: Act::Keys(power::power_of_one),
    },
    Scenario {
        name: "revision drifts after crashes in the middle of writes",
        members: 3,
        act: Act::Keys(power::revision_drift),
    },
    Scenario {
        name: "watch events lost at a restart",
        members: 3,
        act: Act::Keys(watches::watch_over_restart),
    },
    Scenario {
        name: "delete event missing from a watch at the compacted revision",
        members: 1,
        act: Act::Keys(watches::delete_at_compaction),
    },
    Scenario {
        name: "watch of a future revision gets old events",
        members: 3,
        act: Act::Keys(watches::watch_future),
    },
    Scenario {
        name: "compacted revision readable at another member",
        members: 3,
        act: Act::Keys(reads::compaction_everywhere),
    },
    Scenario {
        name: "member that lost its disk elects a leader without the data",
        members: 3,
        act: Act::Keys(disks::lost_disk),
    },
    Scenario {
        name: "member whose disk was emptied unnoticed begins anew and elects a leader without the data",
        members: 3,
        act: Act::Keys(disks::emptied_founder),
    },
    Scenario {
        name: "laggard needs a snapshot and deviates",
        members: 3,
        act: Act::Keys(membership::laggard),
    },
    Scenario {
        name: "voter removed although the rest is no quorum",
        members: 3,
        act: Act::Keys(membership::below_quorum),
    },
    Scenario {
        name: "scaling from three to five to one and back loses data",
        members: 3,
        act: Act::Keys(membership::scale),
    },
    Scenario {
        name: "full disk acknowledges or dies",
        members: 3,
        act: Act::Keys(disks::full_disk),
    },
    Scenario {
        name: "failed sync is forgotten",
        members: 3,
        act: Act::Keys(disks::failed_sync),
    },
    Scenario {
        name: "group that lost its quorum for good goes on without what its survivor had",
        members: 3,
        act: Act::Keys(survivor::survivor),
    },
    Scenario {
        name: "survivor of many disturbed by members of before",
        members: 5,
        act: Act::Keys(survivor::survivor),
    },
    Scenario {
        name: "node that is to live for a minute lives for an idle hour",
        members: 3,
        act: Act::Locks(locks::idle_hour),
    },
    Scenario {
        name: "node that is to live for a minute lives for an idle hour of a group of one",
        members: 1,
        act: Act::Locks(locks::idle_hour),
    },
    Scenario {
        name: "holder of a lock that fell silent writes as if it had it",
        members: 3,
        act: Act::Locks(locks::silent_holder),
    },
    Scenario {
        name: "watch lost with its member",
        members: 3,
        act: Act::Locks(locks::watch_over_death),
    },
];

/// Runs one scenario.
#[must_use]
pub fn run(scenario: &Scenario, seed: u64) -> Run {
    match scenario.act {
        Act::Keys(act) => run_act(scenario.members, seed, act),
        Act::Locks(act) => run_act(scenario.members, seed, act),
    }
}

fn run_act<S: Service>(members: u64, seed: u64, act: fn(&mut World<S>)) -> Run {
    let mut world = World::<S>::new(seed, Some(Profile::quiet(members)));
    world.busy = false;
    run_in(world, seed, |world| {
        world.await_leader(None);
        act(world);
        world.end_chaos();
        world.busy = true;
        S::wake(world);
        world.must_progress("the scenario ended");
        world.fall_silent();
    })
}
