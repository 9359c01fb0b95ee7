//! The thread that writes the log, and those who wait for it.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use synod_cachestore::journal::{Journal, Told};
use synod_cachestore::{Fsync, Settings, open};
use synod_disk::{DataDirectory, DirectDisk};
use synod_replica::{ClusterUid, Disk as _};

fn start(directory: &Path, told: Told) -> Arc<Journal> {
    let directory = Arc::new(DataDirectory::open(directory).expect("a directory"));
    let mut disk = DirectDisk::new(directory);
    let settings = Settings {
        cluster: ClusterUid([7; 16]),
        shard: 1,
        partitions: 1,
        disk_id: 99,
        seed: 5,
        now: 0,
        segment_bytes: 1 << 20,
        fsync: Fsync::EverySecond,
    };
    let opened = open(&disk, &settings).expect("it can be opened");
    for op in opened.ops {
        disk.submit(op);
        let done = disk.completed().expect("it is done");
        done.result.expect("it can be");
    }
    let (gather, log) = (opened.recovered.gather, opened.recovered.log);
    let started = Journal::start(gather, log, disk, told);
    started.expect("a thread").0
}

#[test]
fn a_log_whose_thread_panicked_has_failed() {
    let directory = tempfile::tempdir().expect("a directory");
    let told = |bits: u64| assert!(bits == u64::MAX, "whoever is told panics");
    let journal = start(directory.path(), Box::new(told));
    journal.tell(1);
    journal.append(0, b"effects");
    let since = Instant::now();
    while !journal.is_failed() {
        assert!(since.elapsed() < Duration::from_secs(60), "nobody is told");
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(journal.refuses().is_some());
    journal.append(0, b"more");
    assert!(journal.settle().is_err(), "it waits for nobody");
}

#[test]
fn replies_wait_when_the_disk_lags_whatever_it_does_meanwhile() {
    let directory = tempfile::tempdir().expect("a directory");
    let (stands, is_standing) = std::sync::mpsc::channel();
    let (goes_on, may_go_on) = std::sync::mpsc::channel::<()>();
    let may_go_on = std::sync::Mutex::new(may_go_on);
    // Whoever is told stands for a disk that is busy with something that nobody waits for.
    let told = move |bits: u64| {
        if bits != u64::MAX {
            stands.send(()).expect("the test waits for it");
            let _ = may_go_on.lock().expect("nobody panics").recv();
        }
    };
    let journal = start(directory.path(), Box::new(told));
    journal.append(0, b"effects");
    journal.settle().expect("it is synced");
    journal.tell(1);
    is_standing.recv().expect("the log says that all is synced");
    let place = journal.append(0, b"more");
    let since = Instant::now();
    while !journal.holds(place) {
        let waited = since.elapsed();
        assert!(waited < Duration::from_secs(60), "nobody ever waits");
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(goes_on);
    journal.settle().expect("it goes on");
    assert!(!journal.holds(place));
}
