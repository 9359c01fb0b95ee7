//! What is written for Redis is what there was.

use std::convert::Infallible;

use synod_cache::partition::Partition;
use synod_cache::rdb::Records;
use synod_cache::{Export, Exported, Loaded};

use crate::filling::{NOW, Numbers, fill, partitions, run};

fn exported(filled: &mut [Partition], version: u16) -> (Vec<u8>, Exported) {
    let pinned: Vec<_> = filled.iter_mut().map(Partition::pin).collect();
    let mut file = Vec::new();
    let export = Export { version, now: NOW };
    let told = export.write(&pinned, |piece| {
        file.extend_from_slice(piece);
        Ok::<_, Infallible>(())
    });
    (file, told.expect("nothing fails"))
}

fn loaded(file: &[u8]) -> Partition {
    let mut loaded = Partition::new(5);
    loaded.set_now(NOW);
    for record in Records::of(file).expect("a file") {
        let record = record.expect("a key");
        assert_eq!(loaded.load(record), Ok(Loaded::Kept));
    }
    loaded
}

#[test]
fn a_file_has_all_there_is() {
    for (seed, count) in [(1, 1), (2, 5)] {
        let mut filled = partitions(count);
        fill(&mut filled, &mut Numbers(seed), 1500);
        run(
            &mut filled,
            0,
            &[b"set", b"gone", b"x", b"pxat", b"1767225500000"],
        );
        let (file, told) = exported(&mut filled, 12);
        run(&mut filled, 0, &[b"del", b"gone"]);
        let mut contents: Vec<_> = filled.iter_mut().flat_map(Partition::contents).collect();
        contents.sort();
        let mut again = loaded(&file).contents();
        assert_eq!(told.keys, again.len());
        assert_eq!(told.without_field_expiries, 0);
        // As which of Redis's encodings something is shown depends on what was under a key before.
        let forget = |contents: &mut Vec<synod_cache::Content>| {
            contents.iter_mut().for_each(|content| content.shown = 0);
        };
        forget(&mut contents);
        forget(&mut again);
        assert!(contents == again);
    }
}

#[test]
fn old_versions_know_no_fields_that_expire() {
    let mut filled = partitions(1);
    run(&mut filled, 0, &[b"hset", b"h", b"f", b"v", b"g", b"w"]);
    run(
        &mut filled,
        0,
        &[b"hpexpireat", b"h", b"4000000000000", b"fields", b"1", b"f"],
    );
    let (file, told) = exported(&mut filled, 10);
    assert_eq!(
        told,
        Exported {
            keys: 1,
            without_field_expiries: 1
        }
    );
    let mut again = [loaded(&file)];
    let answer = run(
        &mut again,
        0,
        &[b"hpexpiretime", b"h", b"fields", b"2", b"f", b"g"],
    );
    assert_eq!(answer, "*2\r\n:-1\r\n:-1\r\n");
}
