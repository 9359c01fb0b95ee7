//! Damage is told from a write that was cut short, and refused.

use synod_cache::Pinned;
use synod_cachestore::{
    Cut, Fsync, Gathered, Host, OpenError, Recovered, Settings, Stopped, open, take,
};
use synod_replica::{ClusterUid, Disk as _, DiskError, DiskOp, Now};

use crate::disk::SimDisk;
use crate::filling::{NOW, run};

fn settings() -> Settings {
    Settings {
        cluster: ClusterUid([7; 16]),
        shard: 1,
        partitions: 2,
        disk_id: 99,
        seed: 5,
        now: NOW,
        segment_bytes: 64 << 10,
        fsync: Fsync::Always,
    }
}

/// A cache that does one thing after the other.
struct Quiet {
    disk: SimDisk,
    cache: Recovered,
}

impl Quiet {
    fn open(disk: &SimDisk) -> Self {
        let opened = open(disk, &settings()).expect("it is whole");
        let mut disk = disk.clone();
        for op in opened.ops {
            disk.submit(op);
            let done = disk.step().expect("it was submitted");
            done.result.expect("it works");
        }
        let cache = opened.recovered;
        Self { disk, cache }
    }

    fn set(&mut self, key: &str, value: &str) {
        let words = [b"set", key.as_bytes(), value.as_bytes()];
        run(&mut self.cache.partitions, 0, &words);
        for index in 0..2 {
            let effects = self.cache.partitions[index as usize].take_effects();
            if !effects.is_empty() {
                self.cache.gather.append(index, &effects);
            }
        }
        self.write();
    }

    fn write(&mut self) {
        let gathered = self.cache.gather.take();
        self.turn(gathered);
        while !self.cache.log.takes() {
            self.turn(Gathered::default());
        }
    }

    fn turn(&mut self, gathered: Gathered) {
        self.cache.log.submit(Now(0), gathered, &mut self.disk);
        while let Some(completion) = self.disk.step() {
            self.cache.log.complete(Now(0), &completion);
        }
    }

    fn get(&mut self, key: &str) -> String {
        let answer = run(&mut self.cache.partitions, 0, &[b"get", key.as_bytes()]);
        answer.lines().last().expect("a line").to_owned()
    }
}

impl Host for Quiet {
    fn cut(&mut self) -> Result<Cut, Stopped> {
        self.cache.gather.cut();
        self.write();
        let (segment, first_commit) = self.cache.log.progress().cut.expect("it was made");
        Ok(Cut {
            segment,
            first_commit,
        })
    }

    fn pin(&mut self, partition: u32) -> Result<(Pinned, u64), Stopped> {
        let pinned = self.cache.partitions[partition as usize].pin();
        Ok((pinned, self.cache.gather.sequence(partition)))
    }

    fn settle(&mut self) -> Result<(u64, u64), Stopped> {
        Ok(self.cache.gather.numbers())
    }

    fn carry_out(&mut self, op: DiskOp) -> Result<(), DiskError> {
        self.disk.submit(op);
        self.disk.step().expect("it was submitted").result
    }

    fn forget(&mut self, _: u64) {}
}

/// A disk with some commits in one segment.
fn filled() -> (SimDisk, String) {
    let disk = SimDisk::default();
    let mut cache = Quiet::open(&disk);
    for number in 0..20 {
        cache.set(&format!("key-{number}"), &"x".repeat(300));
    }
    let files = disk.list().expect("names");
    let last = files.iter().rfind(|it| it.starts_with("wal-"));
    (disk.clone(), last.expect("there is one").clone())
}

/// Where a key stands in a file.
fn place(disk: &SimDisk, file: &str, word: &str) -> usize {
    let bytes = disk.read(file, 0, usize::MAX).expect("it is there");
    let found = bytes
        .windows(word.len())
        .position(|it| it == word.as_bytes());
    found.expect("it is there")
}

#[test]
fn a_log_that_rotted_is_refused() {
    for key in ["key-0", "key-7", "key-18"] {
        let (disk, file) = filled();
        let at = place(&disk, &file, key);
        disk.alter(&file, |bytes| bytes[at] ^= 1);
        let before = disk.list();
        let error = open(&disk, &settings()).expect_err("it is damaged");
        assert!(
            matches!(&error, OpenError::Damaged { file: of, .. } if *of == file),
            "{error}"
        );
        assert!(error.to_string().contains("Nothing was changed"), "{error}");
        assert_eq!(disk.list(), before);
    }
}

#[test]
fn a_log_that_was_cut_short_is_read_up_to_there() {
    let (disk, file) = filled();
    let at = place(&disk, &file, "key-19");
    disk.alter(&file, |bytes| bytes[at + 100..].fill(0));
    let mut cache = Quiet::open(&disk);
    assert!(cache.cache.found.is_torn);
    assert_eq!(cache.get("key-18"), "x".repeat(300));
    assert_eq!(cache.get("key-19"), "$-1");
    cache.set("key-19", "again");
    let mut cache = Quiet::open(&disk);
    assert_eq!(cache.get("key-19"), "again");
    assert!(!cache.cache.found.is_torn);
}

#[test]
fn what_is_missing_is_missed() {
    let (disk, file) = filled();
    drop(Quiet::open(&disk));
    disk.remove(&file);
    let error = open(&disk, &settings()).expect_err("a segment is missing");
    assert!(matches!(error, OpenError::Damaged { .. }), "{error}");
    let (disk, _) = filled();
    disk.remove("identity");
    let error = open(&disk, &settings()).expect_err("nobody knows whose it is");
    assert!(matches!(error, OpenError::Damaged { .. }), "{error}");
}

#[test]
fn a_snapshot_that_rotted_is_refused() {
    let (disk, _) = filled();
    let mut cache = Quiet::open(&disk);
    let owner = cache.cache.owner;
    let taken = take(&mut cache, &owner, 2).expect("it is taken");
    cache.set("later", "1");
    let file = format!("snapshot-{:016x}", taken.cut.segment);
    let mut again = Quiet::open(&disk);
    assert_eq!(
        (again.get("key-3"), again.get("later")),
        ("x".repeat(300), "1".to_owned())
    );
    for word in ["SYNODCSN", "key-3"] {
        let whole = disk.copy();
        let at = place(&whole, &file, word);
        whole.alter(&file, |bytes| bytes[at] ^= 1);
        let error = open(&whole, &settings()).expect_err("it is damaged");
        assert!(
            matches!(&error, OpenError::Damaged { file: of, .. } if *of == file),
            "{error}"
        );
    }
    disk.alter(&file, |bytes| bytes.truncate(bytes.len() - 1));
    assert!(open(&disk, &settings()).is_err());
}

#[test]
fn another_ones_directory_is_refused() {
    let (disk, _) = filled();
    let other = Settings {
        shard: 2,
        ..settings()
    };
    let error = open(&disk, &other).expect_err("it is not that shard's");
    assert!(
        matches!(error, OpenError::Foreign { shard: 1, .. }),
        "{error}"
    );
    disk.alter("identity", |bytes| bytes[20] ^= 1);
    let error = open(&disk, &settings()).expect_err("it is damaged");
    assert!(matches!(error, OpenError::Damaged { .. }), "{error}");
}
