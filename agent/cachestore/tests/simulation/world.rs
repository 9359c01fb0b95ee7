//! Clients, a cache, its log, its disk, and a replica.

mod hosting;

use std::collections::VecDeque;

use synod_cache::Policy;
use synod_cache::partition::Partition;
use synod_cachestore::{Fsync, Gathered, Recovered, Settings, Stopped, open, take};
use synod_replica::{ClusterUid, Completion, Disk as _, DiskError, Now};

use crate::disk::SimDisk;
use crate::filling::{NOW, Numbers, command, run};

const PARTITIONS: u32 = 3;
/// Small, so that there are many.
const SEGMENT_BYTES: u64 = 24 << 10;

/// What happened.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Played {
    pub(crate) records: u64,
    pub(crate) together: u64,
    pub(crate) acknowledged: u64,
    pub(crate) lost: u64,
    pub(crate) torn: u64,
    pub(crate) snapshots: u64,
    pub(crate) full: u64,
}

impl Played {
    pub(crate) fn add(&mut self, other: &Self) {
        self.records += other.records;
        self.together += other.together;
        self.acknowledged += other.acknowledged;
        self.lost += other.lost;
        self.torn += other.torn;
        self.snapshots += other.snapshots;
        self.full += other.full;
    }
}

/// What was done to partitions at once.
type Record = Vec<(u32, Vec<u8>)>;

/// A cache and what is around it.
pub(crate) struct World {
    numbers: Numbers,
    fsync: Fsync,
    disk: SimDisk,
    now: u64,
    cache: Option<Recovered>,
    /// All that was done since the beginning, and the place of the log where each ends, in this life.
    history: Vec<(Record, u64)>,
    replica: Vec<Partition>,
    /// Records whose replies wait.
    held: VecDeque<usize>,
    /// How many of the first records were acknowledged.
    acknowledged: usize,
    /// Until it dies.
    steps_left: u64,
    /// What the snapshot under way waits for.
    awaited: Option<(synod_replica::DiskTicket, Option<Result<(), DiskError>>)>,
    removes: Vec<u64>,
    pub(crate) played: Played,
}

fn replica() -> Vec<Partition> {
    let mut replica: Vec<_> = (0..u64::from(PARTITIONS))
        .map(|seed| Partition::new(1000 + seed))
        .collect();
    for partition in &mut replica {
        partition.set_primary(false);
        partition.set_recording(false);
    }
    replica
}

impl World {
    pub(crate) fn new(seed: u64, fsync: Fsync) -> Self {
        Self {
            numbers: Numbers(seed.wrapping_mul(7919) + 17),
            fsync,
            disk: SimDisk::default(),
            now: 0,
            cache: None,
            history: Vec::new(),
            replica: replica(),
            held: VecDeque::new(),
            acknowledged: 0,
            steps_left: 0,
            awaited: None,
            removes: Vec::new(),
            played: Played::default(),
        }
    }

    fn settings(&self) -> Settings {
        Settings {
            cluster: ClusterUid([7; 16]),
            shard: 1,
            partitions: PARTITIONS,
            disk_id: 99,
            seed: 5,
            now: self.clock(),
            segment_bytes: SEGMENT_BYTES,
            fsync: self.fsync,
        }
    }

    /// In Unix milliseconds.
    fn clock(&self) -> i64 {
        NOW + (self.now / 1_000_000) as i64
    }

    /// Starts, works, and takes snapshots, until it is to die.
    pub(crate) fn live(&mut self) -> Result<(), String> {
        self.steps_left = 20 + self.numbers.below(600);
        if !self.start()? {
            return Ok(());
        }
        let owner = self.cache.as_ref().expect("it started").owner;
        while self.steps_left > 0 {
            if self.numbers.below(60) == 0 {
                if take(self, &owner, PARTITIONS).is_ok() {
                    self.played.snapshots += 1;
                }
            } else if self.step().is_err() {
                break;
            }
            let failed = self
                .cache
                .as_ref()
                .and_then(|it| it.log.progress().failed.clone());
            if let Some(why) = failed {
                return Err(format!("the log failed: {why}"));
            }
        }
        self.check_replica()
    }

    /// Recovers, and looks what it found; whether it lived until then.
    fn start(&mut self) -> Result<bool, String> {
        self.disk.set_full(false);
        let opened = open(&self.disk, &self.settings()).map_err(|error| error.to_string())?;
        for op in opened.ops {
            if self.numbers.below(40) == 0 {
                // It dies while it recovers.
                self.disk.submit(op);
                return Ok(false);
            }
            self.disk.submit(op);
            let done = self.disk.step().expect("it was submitted");
            done.result.map_err(|error| format!("{error:?}"))?;
        }
        let mut cache = opened.recovered;
        self.played.torn += u64::from(cache.found.is_torn);
        self.check(&mut cache)?;
        for partition in &mut cache.partitions {
            partition.set_settings(synod_cache::Settings {
                policy: Policy::AllKeysLru,
                ..synod_cache::Settings::default()
            });
        }
        self.cache = Some(cache);
        Ok(true)
    }

    /// What is there is what the first records make, and those that were acknowledged are among them.
    fn check(&mut self, cache: &mut Recovered) -> Result<(), String> {
        let found: Vec<_> = (0..PARTITIONS)
            .map(|it| cache.gather.sequence(it))
            .collect();
        let mut made = replica();
        let mut count = vec![0; PARTITIONS as usize];
        let mut kept = 0;
        while count != found {
            let Some((record, _)) = self.history.get(kept) else {
                return Err(format!(
                    "{found:?} were found, which no records have come to"
                ));
            };
            for (partition, effects) in record {
                count[*partition as usize] += 1;
                let applied = made[*partition as usize].apply(effects);
                applied.map_err(|error| error.to_string())?;
            }
            kept += 1;
        }
        if kept < self.acknowledged {
            return Err(format!(
                "{} of {} records are left, {} were acknowledged",
                kept,
                self.history.len(),
                self.acknowledged
            ));
        }
        for (own, other) in cache.partitions.iter_mut().zip(&mut made) {
            if own.contents() != other.contents() {
                return Err(format!(
                    "what is there is not what the first {kept} records made"
                ));
            }
        }
        self.played.lost += (self.history.len() - kept) as u64;
        self.history.truncate(kept);
        self.history.iter_mut().for_each(|(_, place)| *place = 0);
        self.acknowledged = kept;
        self.replica = made;
        Ok(())
    }

    /// It dies, with the machine or alone.
    pub(crate) fn die(&mut self) -> Result<(), String> {
        let power = self.numbers.below(3) > 0;
        if let Some(cache) = self.cache.take() {
            let progress = cache.log.progress();
            // What the cache may have acknowledged with other settings, it owes as well.
            let owed = if power {
                progress.synced
            } else {
                progress.written
            };
            let owed = self.history.iter().take_while(|(_, place)| *place <= owed);
            self.acknowledged = self.acknowledged.max(owed.count());
        }
        self.disk.crash(power, &mut self.numbers);
        self.held.clear();
        self.awaited = None;
        self.removes.clear();
        Ok(())
    }

    /// Something happens.
    fn step(&mut self) -> Result<(), Stopped> {
        if self.steps_left == 0 {
            return Err(Stopped);
        }
        self.steps_left -= 1;
        self.now += 1_000_000 * (1 + self.numbers.below(100));
        match self.numbers.below(16) {
            0..=4 => self.client(),
            5 => self.tidy(),
            6 if self.numbers.below(10) == 0 => {
                let full = self.numbers.below(2) == 0;
                self.played.full += u64::from(full);
                self.disk.set_full(full);
            }
            6..=10 => self.write_log(),
            _ => {
                if let Some(completion) = self.disk.step() {
                    self.complete(&completion);
                }
            }
        }
        self.acknowledge();
        Ok(())
    }

    /// A client's command, or a transaction.
    fn client(&mut self) {
        let commands = if self.numbers.below(4) == 0 {
            1 + self.numbers.below(6)
        } else {
            1
        };
        let now = self.clock();
        let cache = self.cache.as_mut().expect("it lives");
        cache.partitions.iter_mut().for_each(|it| it.set_now(now));
        for _ in 0..commands {
            let (database, words) = command(&mut self.numbers);
            let words: Vec<_> = words.iter().map(Vec::as_slice).collect();
            run(&mut cache.partitions, database, &words);
        }
        if self.numbers.below(300) == 0 {
            run(&mut cache.partitions, 0, &[b"flushall"]);
        }
        self.record();
    }

    /// What expired goes, and something is evicted.
    fn tidy(&mut self) {
        let now = self.clock();
        let wanted = if self.numbers.below(3) == 0 { 400 } else { 0 };
        let cache = self.cache.as_mut().expect("it lives");
        let index = self.numbers.below(u64::from(PARTITIONS)) as u32;
        let partition = &mut cache.partitions[index as usize];
        partition.set_now(now);
        partition.expire(5);
        if wanted > 0 {
            partition.evict(wanted);
        }
        self.record_of(&[index]);
    }

    fn record(&mut self) {
        let all: Vec<_> = (0..PARTITIONS).collect();
        self.record_of(&all);
    }

    /// Appends what was done to these partitions.
    fn record_of(&mut self, which: &[u32]) {
        let cache = self.cache.as_mut().expect("it lives");
        let mut record: Record = Vec::new();
        for index in which {
            let partition = &mut cache.partitions[*index as usize];
            if !partition.effects().is_empty() {
                record.push((*index, partition.take_effects()));
            }
        }
        if record.is_empty() {
            return;
        }
        let parts: Vec<_> = record
            .iter()
            .map(|(it, effects)| (*it, effects.as_slice()))
            .collect();
        let place = cache.gather.append_together(&parts);
        for (partition, effects) in &record {
            let applied = self.replica[*partition as usize].apply(effects);
            applied.expect("a replica can do what was done");
        }
        self.played.records += 1;
        self.played.together += u64::from(record.len() > 1);
        self.held.push_back(self.history.len());
        self.history.push((record, place));
    }

    fn write_log(&mut self) {
        let now = Now(self.now);
        let cache = self.cache.as_ref().expect("it lives");
        let cuts = cache.log.progress().cuts;
        let gathers = cache.gather.waits() || cache.gather.waits_for_cut(cuts);
        let cache = self.cache.as_mut().expect("it lives");
        if cache.log.is_due(now, gathers) {
            let gathered = if cache.log.takes() {
                cache.gather.take()
            } else {
                Gathered::default()
            };
            cache.log.submit(now, gathered, &mut self.disk);
        }
        if !self.removes.is_empty() {
            let removes = std::mem::take(&mut self.removes);
            cache.log.remove(&removes, &mut self.disk);
        }
    }

    fn complete(&mut self, completion: &Completion) {
        let cache = self.cache.as_mut().expect("it lives");
        if cache.log.complete(Now(self.now), completion) {
            return;
        }
        if let Some((ticket, result)) = &mut self.awaited
            && *ticket == completion.ticket
        {
            *result = Some(completion.result.clone());
        }
    }

    /// Replies leave that may.
    fn acknowledge(&mut self) {
        let cache = self.cache.as_ref().expect("it lives");
        while let Some(&index) = self.held.front() {
            let place = self.history[index].1;
            let waits = self.fsync == Fsync::Always && cache.log.progress().synced < place;
            if waits && !synod_mutation::is_on("cachestore-reply-before-sync") {
                return;
            }
            self.held.pop_front();
            // Otherwise it is owed nothing but what the log has come to, see `die`.
            if self.fsync == Fsync::Always {
                self.acknowledged = index + 1;
                self.played.acknowledged += 1;
            }
        }
    }

    /// Whoever applied all records has what the cache has.
    fn check_replica(&mut self) -> Result<(), String> {
        self.record();
        let Some(cache) = &mut self.cache else {
            return Ok(());
        };
        for (own, other) in cache.partitions.iter_mut().zip(&mut self.replica) {
            if own.contents() != other.contents() {
                return Err("the replica has something else than the cache".to_owned());
            }
        }
        Ok(())
    }
}
