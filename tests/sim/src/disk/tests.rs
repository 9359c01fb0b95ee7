use super::*;

fn run(disk: &mut SimDisk, op: DiskOp) -> Result<(), DiskError> {
    disk.submit(op);
    let at = disk.next_completion().expect("queued");
    disk.complete(at, 1).remove(0).result
}

fn write(file: &str, offset: u64, bytes: &'static [u8]) -> DiskOp {
    DiskOp::Write {
        file: file.into(),
        offset,
        parts: vec![Bytes::from_static(bytes)],
    }
}

#[test]
fn synced_bytes_and_names_survive_and_others_may_not() {
    let mut lost = 0;
    let mut kept = 0;
    for seed in 0..200 {
        let mut disk = SimDisk::new(Random::new(seed), DiskProfile::QUICK);
        let file = || "a".to_owned();
        let create = DiskOp::Create {
            file: file(),
            preallocate: 4096,
        };
        run(&mut disk, create).expect("create");
        run(&mut disk, write("a", 0, b"first")).expect("write");
        run(&mut disk, DiskOp::Sync { file: file() }).expect("sync");
        run(&mut disk, DiskOp::SyncDirectory).expect("sync directory");
        run(&mut disk, write("a", 5, b"second")).expect("write");
        disk.crash(true);
        assert_eq!(disk.length("a"), Ok(4096));
        let all = disk.read("a", 0, 11).expect("read");
        assert_eq!(&all[..5], b"first");
        match &all[5..] {
            b"second" => kept += 1,
            b"\0\0\0\0\0\0" => lost += 1,
            other => panic!("torn within a sector: {other:?}"),
        }
    }
    assert!(lost > 20 && kept > 20, "lost {lost}, kept {kept}");
}

#[test]
fn a_name_that_was_not_synced_may_vanish() {
    let mut gone = 0;
    for seed in 0..100 {
        let mut disk = SimDisk::new(Random::new(seed), DiskProfile::QUICK);
        let create = DiskOp::Create {
            file: "a".into(),
            preallocate: 0,
        };
        run(&mut disk, create).expect("create");
        disk.crash(true);
        gone += usize::from(disk.list().expect("list").is_empty());
    }
    assert!((10..90).contains(&gone), "gone {gone}");
}

#[test]
fn a_process_that_dies_keeps_the_page_cache() {
    let mut disk = SimDisk::new(Random::new(1), DiskProfile::QUICK);
    run(
        &mut disk,
        DiskOp::Create {
            file: "a".into(),
            preallocate: 0,
        },
    )
    .expect("create");
    run(&mut disk, write("a", 0, b"x")).expect("write");
    assert_eq!(disk.crash(false), 0);
    assert_eq!(disk.read("a", 0, 9), Ok(Bytes::from_static(b"x")));
}
