//! What kind of world a seed makes: how many members, which faults and how often, how network and disks behave. Each
//! seed enables its own few kinds of faults (swarm testing: Groce et al., ISSTA 2012), since a world in which everything
//! fails at once hides as much as a quiet one.

use synod_paxos::Span;

use crate::clock::{MS, SECOND};
use crate::disk::DiskProfile;
use crate::net::NetProfile;
use crate::random::Random;

/// The kinds of faults. Their order is that of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// A process dies; the machine does not.
    Kill,
    /// A machine loses power: what was not synced is lost in part.
    Power,
    /// The leader's machine loses power.
    PowerLeader,
    /// All machines lose power at once.
    PowerAll,
    /// A process does not run for a while; its clocks go on.
    Pause,
    /// The leader's process does not run for a while.
    PauseLeader,
    /// One node is cut off from all others.
    Isolate,
    /// The leader is cut off from all others.
    IsolateLeader,
    /// The nodes fall into two groups.
    Split,
    /// Some pairs cannot talk.
    Partial,
    /// Some pairs can talk in one direction only.
    OneWay,
    /// Connections are reset, though nobody died.
    Reset,
    /// The network loses, repeats and reorders for a while.
    Storm,
    /// A disk is slow for a while.
    SlowDisk,
    /// A disk is full for a while.
    FullDisk,
    /// A sync fails.
    FailSync,
    /// A disk rots where it was synced; found at the restart.
    Rot,
    /// A disk is lost and replaced by an empty one.
    Wipe,
    /// A founder's disk is lost or rots while the group begins, and whoever starts the member does not know.
    DamageFounder,
    /// The first founder that votes dies as soon as a second one does, and stays away until the others have a leader.
    LoseFirstVoter,
    /// A wall clock is set.
    WallJump,
    /// The leader is cut off and another one elected while the leases that it was granted may still run.
    Usurp,
    /// An expiry of a leader that was deposed since arrives late.
    Ghost,
    /// Somebody hands leadership over.
    Transfer,
    /// A snapshot is asked for.
    Snapshot,
    /// A step of membership: add, promote, remove, swap, a learner.
    Membership,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 26] = [
        Self::Kill,
        Self::Power,
        Self::PowerLeader,
        Self::PowerAll,
        Self::Pause,
        Self::PauseLeader,
        Self::Isolate,
        Self::IsolateLeader,
        Self::Split,
        Self::Partial,
        Self::OneWay,
        Self::Reset,
        Self::Storm,
        Self::SlowDisk,
        Self::FullDisk,
        Self::FailSync,
        Self::Rot,
        Self::Wipe,
        Self::DamageFounder,
        Self::LoseFirstVoter,
        Self::WallJump,
        Self::Usurp,
        Self::Ghost,
        Self::Transfer,
        Self::Snapshot,
        Self::Membership,
    ];

    /// How often it comes, where it is enabled.
    const fn weight(self) -> u64 {
        match self {
            Self::PowerLeader | Self::IsolateLeader | Self::Membership => 12,
            Self::Power | Self::Kill | Self::Wipe | Self::Rot | Self::Split => 8,
            Self::PowerAll | Self::FailSync | Self::FullDisk => 4,
            _ => 6,
        }
    }
}

/// A share of the operations of each kind.
#[derive(Clone, Debug)]
pub struct Mix {
    /// In the order put, delete, swap, batch, range, serializable range, past range, grant, put with lease, revoke,
    /// keep-alive, compact.
    pub weights: [u64; 12],
}

/// What happens while a group begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beginning {
    /// Nothing.
    Peaceful,
    /// [`Fault::DamageFounder`], after so many nanoseconds.
    FounderDamaged(u64),
    /// [`Fault::LoseFirstVoter`].
    FirstVoterLost,
}

/// The world of one seed.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Voters at the start.
    pub members: u64,
    /// Enabled faults with their weights.
    pub faults: Vec<(Fault, u64)>,
    /// What happens while the group begins.
    pub beginning: Beginning,
    /// Mean time between faults in nanoseconds.
    pub fault_mean: u64,
    /// Mean length of a fault that lasts, in nanoseconds.
    pub fault_length: u64,
    /// The network between faults.
    pub net: NetProfile,
    /// The disks between faults.
    pub disk: DiskProfile,
    /// How often a leader is heard of.
    pub heartbeat: Span,
    /// The election time-out.
    pub election: Span,
    /// Length of a leader lease and the greatest difference of clock rates in ppm, where leases are on.
    pub lease: Option<(Span, u32)>,
    /// By how much each clock may be off in rate, in ppm.
    pub drift_ppm: u64,
    /// Clients.
    pub clients: usize,
    /// Mean time between a client's operations in nanoseconds.
    pub think_mean: u64,
    /// Keys.
    pub keys: u64,
    /// Bytes added to some values, so that logs and snapshots grow.
    pub padding: usize,
    /// What clients do.
    pub mix: Mix,
    /// Size of a log segment in bytes.
    pub segment_bytes: u64,
    /// Bytes of applied entries after which a snapshot is written.
    pub snapshot_log_bytes: u64,
    /// Slots kept in memory behind the newest snapshot.
    pub log_margin_slots: u64,
    /// Bytes of applied entries kept in memory.
    pub log_memory_bytes: u64,
    /// Pieces of snapshots in bytes.
    pub snapshot_piece_bytes: usize,
    /// Whether some members run an older feature level.
    pub mixed_levels: bool,
    /// The store's quota, where runs are to reach it.
    pub quota_bytes: Option<u64>,
    /// Operations to be answered before faults stop.
    pub operations: u64,
}

impl Profile {
    /// The world of a seed.
    #[must_use]
    pub fn draw(random: &mut Random) -> Self {
        let members = [1, 3, 3, 3, 3, 3, 5, 5][random.below(8) as usize];
        let lease = random.chance(300);
        let heartbeat = *random.pick(&[30, 50, 100]);
        let election = heartbeat * random.between(4, 10);
        let padding = *random.pick(&[0, 0, 100, 2_000]);
        // Where much is written, a snapshot must get through before the log has moved on by several.
        let heavy = padding > 1_000;
        let snapshot_log_bytes: u64 = *random.pick(&[8, 32, 128, 1_024]) << 10;
        let snapshot_piece_bytes: usize = *random.pick(&[512, 2_048, 65_536]);
        let mut net = net(random);
        let mut disk = disk(random);
        if lease && random.chance(700) {
            // Mistakes about leases show in short windows only.
            net.delay_mean = net.delay_mean.min(500_000);
            disk.sync_mean = disk.sync_mean.min(500_000);
        }
        let slow = net.delay_mean > 5_000_000;
        // The same where each lost piece is waited for.
        let lossy = net.loss_per_mille > 10;
        let piece_bytes_min = match (heavy || slow, lossy) {
            (true, _) => 8_192,
            (false, true) => 2_048,
            (false, false) => 0,
        };
        let drift = if lease {
            *random.pick(&[10_000, 300_000, 300_000])
        } else {
            *random.pick(&[0, 100, 1_000, 50_000])
        };
        Self {
            members,
            faults: faults(random, members, lease),
            beginning: beginning(random, members),
            fault_mean: random.between(100, 700) * MS,
            fault_length: random.between(50, 2_000) * MS,
            net,
            disk,
            heartbeat: Span::from_millis(heartbeat),
            election: Span::from_millis(election),
            lease: lease.then(|| {
                (
                    Span::from_millis(election * random.between(5, 9) / 10),
                    drift as u32,
                )
            }),
            // Two clocks differ by at most the stated rate if each is off by less than half of it.
            drift_ppm: if lease { drift * 45 / 100 } else { drift },
            clients: random.between(4, 8) as usize,
            think_mean: random.between(20, 60) * MS,
            keys: random.between(3, 24),
            padding,
            mix: mix(random),
            segment_bytes: *random.pick(&[16, 64, 256]) << 10,
            snapshot_log_bytes: if heavy {
                snapshot_log_bytes.max(128 << 10)
            } else {
                snapshot_log_bytes
            },
            log_margin_slots: *random.pick(&[64, 256, 2_048]),
            log_memory_bytes: *random.pick(&[32, 128, 16_384]) << 10,
            snapshot_piece_bytes: snapshot_piece_bytes.max(piece_bytes_min),
            mixed_levels: random.chance(200),
            quota_bytes: random.chance(100).then(|| random.between(10, 50) << 10),
            operations: 1_050,
        }
    }

    /// A world in which nothing fails, for directed scenarios.
    #[must_use]
    pub fn quiet(members: u64) -> Self {
        let mut random = Random::new(members);
        Self {
            members,
            faults: Vec::new(),
            beginning: Beginning::Peaceful,
            fault_mean: SECOND,
            fault_length: SECOND,
            net: NetProfile::QUIET,
            disk: DiskProfile::QUICK,
            heartbeat: Span::from_millis(100),
            election: Span::from_millis(1_000),
            lease: None,
            drift_ppm: 0,
            mixed_levels: false,
            quota_bytes: None,
            ..Self::draw(&mut random)
        }
    }
}

/// Disks are damaged some while the founders meet, some after the group has begun.
fn beginning(random: &mut Random, members: u64) -> Beginning {
    let latest = *random.pick(&[200, 1_500]);
    if members > 1 && random.chance(300) {
        Beginning::FounderDamaged(random.between(1, latest) * MS)
    } else if members > 2 && random.chance(150) {
        Beginning::FirstVoterLost
    } else {
        Beginning::Peaceful
    }
}

fn faults(random: &mut Random, members: u64, lease: bool) -> Vec<(Fault, u64)> {
    // The machine that loses power is in every world: it is what a seed must have to count.
    let mut faults = vec![(Fault::Power, Fault::Power.weight())];
    if members > 1 {
        faults.push((Fault::PowerLeader, 4));
    }
    if members > 1 && lease {
        faults.extend([(Fault::Usurp, 40), (Fault::IsolateLeader, 10)]);
    }
    let per_mille = random.between(100, 600);
    for fault in Fault::ALL {
        let alone = matches!(
            fault,
            Fault::Isolate
                | Fault::IsolateLeader
                | Fault::Split
                | Fault::Partial
                | Fault::OneWay
                | Fault::Rot
                | Fault::Wipe
                | Fault::Usurp
        );
        // These come once, at the beginning.
        let first = matches!(fault, Fault::DamageFounder | Fault::LoseFirstVoter);
        if !first && (members > 1 || !alone) && random.chance(per_mille) {
            faults.push((fault, fault.weight()));
        }
    }
    faults
}

fn net(random: &mut Random) -> NetProfile {
    let bad = random.chance(500);
    NetProfile {
        delay_mean: *random.pick(&[100, 500, 2_000, 8_000]) * 1_000,
        loss_per_mille: if bad { random.below(50) } else { 0 },
        repeat_per_mille: if bad { random.below(50) } else { 0 },
        reorder_per_mille: if bad { random.below(300) } else { 0 },
        straggle_per_mille: if random.chance(300) {
            random.below(5)
        } else {
            0
        },
    }
}

fn disk(random: &mut Random) -> DiskProfile {
    DiskProfile {
        sync_mean: *random.pick(&[100, 500, 2_000, 10_000]) * 1_000,
        op_mean: *random.pick(&[5, 20, 100]) * 1_000,
        stall_per_mille: if random.chance(300) {
            random.below(5)
        } else {
            0
        },
        stall_mean: random.between(20, 400) * MS,
    }
}

fn mix(random: &mut Random) -> Mix {
    let mut weights = [20, 6, 12, 6, 16, 6, 6, 3, 8, 1, 8, 1];
    for weight in &mut weights {
        if random.chance(250) {
            *weight *= 3;
        } else if random.chance(150) {
            *weight = 0;
        }
    }
    weights[0] += 1;
    Mix { weights }
}
