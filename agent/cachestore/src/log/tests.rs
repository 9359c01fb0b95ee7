//! A log on a disk of which each operation does what it is told to.

use synod_replica::ClusterUid;
use synod_replica::framing::Node;

use super::*;

/// Operations that were submitted, and have not been done.
#[derive(Default)]
struct Submitted {
    ops: VecDeque<(DiskTicket, DiskOp)>,
    last: u64,
}

impl Disk for Submitted {
    fn submit(&mut self, op: DiskOp) -> DiskTicket {
        self.last += 1;
        self.ops.push_back((DiskTicket(self.last), op));
        DiskTicket(self.last)
    }

    fn list(&self) -> Result<Vec<String>, DiskError> {
        unreachable!("a log only writes")
    }

    fn length(&self, _: &str) -> Result<u64, DiskError> {
        unreachable!("a log only writes")
    }

    fn read(&self, _: &str, _: u64, _: usize) -> Result<Bytes, DiskError> {
        unreachable!("a log only writes")
    }
}

impl Submitted {
    /// All is done, each as `how` says.
    fn carry_out(&mut self, log: &mut Log, how: impl Fn(&DiskOp) -> Result<(), DiskError>) {
        while let Some((ticket, op)) = self.ops.pop_front() {
            let result = how(&op);
            assert!(log.complete(Now(0), &Completion { ticket, result }));
        }
    }
}

fn log(fsync: Fsync) -> Log {
    let owner = Owner {
        cluster: ClusterUid([1; 16]),
        node: Node(1),
        disk_id: 7,
    };
    let begin = Begin {
        owner,
        epoch: 0,
        segment: 1,
        offset: SEGMENT_HEADER as u64,
        commit: 0,
    };
    Log::new(begin, 1 << 20, fsync)
}

fn gathered(body: Vec<u8>, through: u64) -> Gathered {
    Gathered {
        body: Some(body),
        through,
        cuts: 0,
    }
}

#[test]
fn a_sync_that_failed_is_not_made_good_by_what_comes_after_it() {
    let (mut log, mut disk) = (log(Fsync::Always), Submitted::default());
    log.submit(Now(0), gathered(vec![1, 0], 2), &mut disk);
    disk.carry_out(&mut log, |op| match op {
        DiskOp::Sync { .. } => Err(DiskError::Failed("EIO".to_owned())),
        _ => Err(DiskError::Full),
    });
    assert_eq!(log.progress().failed.as_deref(), Some("EIO"));
    assert_eq!(log.next_deadline(), None, "it is not tried again");
}

#[test]
fn what_there_was_no_space_for_is_written_later() {
    let (mut log, mut disk) = (log(Fsync::Always), Submitted::default());
    log.submit(Now(0), gathered(vec![1, 0], 2), &mut disk);
    disk.carry_out(&mut log, |op| match op {
        DiskOp::Sync { .. } => Ok(()),
        _ => Err(DiskError::Full),
    });
    assert!(log.progress().is_full && log.progress().synced == 0);
    log.submit(Now(0) + FULL_RETRY, Gathered::default(), &mut disk);
    disk.carry_out(&mut log, |_| Ok(()));
    assert!(!log.progress().is_full && log.progress().synced == 2);
}

#[test]
fn what_is_too_long_for_the_log_fails_it() {
    let (mut log, mut disk) = (log(Fsync::EverySecond), Submitted::default());
    // Nothing is written to it, so it takes no memory.
    let body = vec![0; u32::MAX as usize + 1];
    log.submit(Now(0), gathered(body, 1), &mut disk);
    assert!(log.progress().failed.is_some() && disk.ops.is_empty());
    assert!(!log.takes());
}
