//! The real disk against real directories.

use std::sync::mpsc;

use bytes::Bytes;
use synod_agent::disk::{DataDirectory, DirectoryError, RealDisk};
use synod_agent::metrics::DiskMetrics;
use synod_replica::{Completion, Disk, DiskError, DiskOp, DiskTicket};
use tempfile::TempDir;

struct Bench {
    _directory: TempDir,
    disk: RealDisk,
    completions: mpsc::Receiver<Completion>,
}

impl Bench {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (told, completions) = mpsc::channel();
        let disk = RealDisk::start(
            DataDirectory::open(directory.path()).unwrap(),
            DiskMetrics::unseen(),
            Box::new(move |completed| {
                completed
                    .into_iter()
                    .for_each(|one| told.send(one).unwrap())
            }),
        )
        .unwrap();
        Self {
            _directory: directory,
            disk,
            completions,
        }
    }

    /// Ends a turn, as the engine's loop does: `idle`, or so only once others had their turn.
    fn begin(&mut self, idle: bool, later: bool) {
        self.disk.begin(idle);
        if self.disk.holds() {
            self.disk.release(later);
        }
        assert!(!self.disk.holds());
    }

    /// Submits all at once; their results, after checking that they come in order.
    fn carry_out(&mut self, ops: Vec<DiskOp>) -> Vec<Result<(), DiskError>> {
        let tickets: Vec<_> = ops.into_iter().map(|op| self.disk.submit(op)).collect();
        self.begin(false, false);
        self.results(tickets)
    }

    fn results(&self, tickets: Vec<DiskTicket>) -> Vec<Result<(), DiskError>> {
        tickets
            .into_iter()
            .map(|ticket| {
                let completion = self.completions.recv().unwrap();
                assert_eq!(completion.ticket, ticket);
                completion.result
            })
            .collect()
    }

    fn content(&self, file: &str) -> Vec<u8> {
        let length = usize::try_from(self.disk.length(file).unwrap()).unwrap();
        self.disk.read(file, 0, length).unwrap().to_vec()
    }
}

fn create(file: &str, preallocate: u64) -> DiskOp {
    DiskOp::Create {
        file: file.into(),
        preallocate,
    }
}

fn write(file: &str, offset: u64, parts: &[&'static [u8]]) -> DiskOp {
    DiskOp::Write {
        file: file.into(),
        offset,
        parts: parts.iter().map(|part| Bytes::from_static(part)).collect(),
    }
}

fn sync(file: &str) -> DiskOp {
    DiskOp::Sync { file: file.into() }
}

#[test]
fn what_is_written_is_read() {
    let mut bench = Bench::new();
    let results = bench.carry_out(vec![
        create("log-1", 8),
        write("log-1", 2, &[b"ab", b"", b"cd"]),
        sync("log-1"),
        create("log-2", 0),
        write("log-2", 0, &[b"hello, world"]),
        DiskOp::Truncate {
            file: "log-2".into(),
            length: 5,
        },
        sync("log-2"),
        DiskOp::SyncDirectory,
    ]);
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert_eq!(bench.disk.list().unwrap(), ["log-1", "log-2"]);
    assert_eq!(bench.content("log-1"), b"\0\0abcd\0\0");
    assert_eq!(bench.content("log-2"), b"hello");
    assert_eq!(bench.disk.read("log-2", 3, 100).unwrap(), "lo");
    assert_eq!(bench.disk.read("log-2", 9, 100).unwrap(), "");
}

/// Whether a turn waits for the disk, at once or after it was held back, makes no difference to what is done and told, nor to its
/// order: turns that do come between turns that do not, and whether one may depends on how quick the disk is found to be.
#[test]
fn turns_that_wait_for_the_disk_and_turns_that_do_not_keep_their_order() {
    let mut bench = Bench::new();
    bench.carry_out(vec![create("log", 0)]);
    let mut tickets = Vec::new();
    for turn in 0..200u64 {
        let idle = turn % 3 != 0;
        tickets.push(bench.disk.submit(write("log", 2 * turn, &[b"a", b"b"])));
        tickets.push(bench.disk.submit(sync("log")));
        if turn % 50 == 0 {
            tickets.push(bench.disk.submit(DiskOp::SyncDirectory));
        }
        bench.begin(idle, turn % 5 < 3);
        if turn % 2 == 0 {
            let results = bench.results(std::mem::take(&mut tickets));
            assert!(results.iter().all(Result::is_ok), "{results:?}");
        }
    }
    // What was submitted and not begun is carried out when the disk is dropped.
    tickets.push(bench.disk.submit(write("log", 400, &[b"!"])));
    let Bench {
        _directory: directory,
        disk,
        completions,
    } = bench;
    drop(disk);
    let told: Vec<_> = completions.iter().map(|told| told.ticket).collect();
    assert_eq!(told, tickets);
    let content = std::fs::read(directory.path().join("log")).unwrap();
    assert_eq!(content, [b"ab".repeat(200), b"!".to_vec()].concat());
}

#[test]
fn names_change_hands() {
    let mut bench = Bench::new();
    let rename = |from: &str, to: &str| DiskOp::Rename {
        from: from.into(),
        to: to.into(),
    };
    let results = bench.carry_out(vec![
        create("snapshot", 0),
        write("snapshot", 0, &[b"old"]),
        create("new", 0),
        write("new", 0, &[b"newer"]),
        rename("new", "snapshot"),
        write("snapshot", 5, &[b"!"]),
        DiskOp::SyncDirectory,
        create("gone", 0),
        DiskOp::Remove {
            file: "gone".into(),
        },
        DiskOp::Remove {
            file: "gone".into(),
        },
    ]);
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert_eq!(bench.disk.list().unwrap(), ["snapshot"]);
    assert_eq!(bench.content("snapshot"), b"newer!");
}

#[test]
fn many_parts_and_many_files() {
    const LETTERS: [&[u8]; 3] = [b"x", b"yy", b"zzz"];
    let mut bench = Bench::new();
    let parts: Vec<&'static [u8]> = (0..3000).map(|i| LETTERS[i % 3]).collect();
    let ops = (0..100).flat_map(|i| {
        let file = format!("f{i:03}");
        [create(&file, 0), write(&file, 0, &parts), sync(&file)]
    });
    let results = bench.carry_out(ops.collect());
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(bench.content("f099"), parts.concat());
    assert_eq!(bench.disk.list().unwrap().len(), 100);
}

#[test]
fn failures_are_told_apart() {
    let mut bench = Bench::new();
    std::fs::create_dir(bench._directory.path().join("folder")).unwrap();
    let results = bench.carry_out(vec![
        write("none", 0, &[b"a"]),
        sync("none"),
        sync("folder"),
    ]);
    assert_eq!(results[0], Err(DiskError::NotFound));
    assert_eq!(results[1], Err(DiskError::NotFound));
    assert!(
        matches!(&results[2], Err(DiskError::Failed(why)) if why.starts_with("fdatasync folder: ")),
        "{results:?}"
    );
    assert_eq!(bench.disk.length("none"), Err(DiskError::NotFound));
    assert_eq!(bench.disk.read("none", 0, 1), Err(DiskError::NotFound));
}

/// Other systems have no disk that is always full.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_called_full() {
    let device = std::path::Path::new("/dev/full");
    assert!(
        device.exists(),
        "/dev/full is missing: make it (`mknod -m 666 /dev/full c 1 7`)"
    );
    let mut bench = Bench::new();
    std::os::unix::fs::symlink(device, bench._directory.path().join("log")).unwrap();
    let results = bench.carry_out(vec![write("log", 0, &[b"a"])]);
    assert_eq!(results, [Err(DiskError::Full)]);
}

#[test]
fn a_directory_has_one_process() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("made/for/it");
    let first = DataDirectory::open(&path).unwrap();
    let error = DataDirectory::open(&path).unwrap_err();
    assert!(matches!(error, DirectoryError::InUse { .. }));
    assert_eq!(
        error.to_string(),
        format!(
            "data directory {} is in use by another process; stop that process, or give this one a directory of its own",
            path.display()
        )
    );
    drop(first);
    assert!(
        DataDirectory::open(&path)
            .unwrap()
            .list()
            .unwrap()
            .is_empty()
    );
}
