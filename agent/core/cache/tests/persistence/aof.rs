//! Logs of commands are carried out again.

use std::convert::Infallible;

use synod_cache::Export;
use synod_cache::aof::{Failed, Failure, Replay, Replayed};
use synod_cache::partition::Partition;

use crate::filling::{NOW, Numbers, fill, partitions, run};

fn command(line: &str) -> Vec<u8> {
    let words: Vec<_> = line.split(' ').collect();
    let mut text = format!("*{}\r\n", words.len());
    for word in words {
        text += &format!("${}\r\n{word}\r\n", word.len());
    }
    text.into_bytes()
}

fn replayed(log: &[u8], chunk: usize, is_last: bool) -> Result<(Vec<Partition>, Replayed), Failed> {
    let mut partitions: Vec<_> = (0..3).map(Partition::new).collect();
    let mut replay = Replay::default();
    for chunk in log.chunks(chunk) {
        replay.feed(chunk, &mut partitions)?;
    }
    let replayed = replay.end(is_last, &mut partitions)?;
    Ok((partitions, replayed))
}

fn log() -> Vec<u8> {
    let lines = [
        "SELECT 0",
        "SET a 1 PXAT 1000",
        "MULTI",
        "INCR a",
        "RPUSH l x y z",
        "EXEC",
        "SELECT 9",
        "PEXPIREAT missing 5",
        "XADD s 5-1 f v",
        "XGROUP CREATE s g 0",
        "FUNCTION LOAD x",
    ];
    let mut log = b"#TS:1767225600\r\n".to_vec();
    lines.iter().for_each(|line| log.extend(command(line)));
    log
}

#[test]
fn commands_are_carried_out() {
    let log = log();
    for chunk in [1, 7, log.len()] {
        let (mut partitions, told) = replayed(&log, chunk, false).expect("it is whole");
        let all = Replayed {
            commands: 6,
            passed_over: 1,
            ..Replayed::default()
        };
        assert_eq!(told, all);
        assert_eq!(run(&mut partitions, 0, &[b"get", b"a"]), "$1\r\n2\r\n");
        assert_eq!(
            run(&mut partitions, 0, &[b"pexpiretime", b"a"]),
            ":1000\r\n"
        );
        assert_eq!(run(&mut partitions, 0, &[b"llen", b"l"]), ":3\r\n");
        assert_eq!(run(&mut partitions, 9, &[b"xlen", b"s"]), ":1\r\n");
    }
}

#[test]
fn the_last_file_may_be_cut() {
    let log = log();
    let transaction = command("MULTI");
    let begins = log
        .windows(transaction.len())
        .position(|it| it == transaction);
    let begins = begins.expect("it is there") as u64;
    let ends = begins + 3 * 20;
    for length in 1..log.len() {
        match replayed(&log[..length], 64, true) {
            Ok((mut partitions, told)) => {
                let is_done = run(&mut partitions, 0, &[b"llen", b"l"]) == ":3\r\n";
                if told.cut_at == Some(begins) {
                    assert!(!is_done && (length as u64) < ends + 60, "{length}");
                }
                assert!(told.cut_at.is_none_or(|at| at < length as u64));
            }
            Err(error) => panic!("{length}: {error}"),
        }
    }
    let cut = replayed(&log[..log.len() - 3], 64, false).expect_err("others follow");
    assert_eq!(cut.failure, Failure::Cut);
}

#[test]
fn what_is_no_log_is_refused() {
    let failure = |log: &[u8]| replayed(log, 64, true).expect_err("it fails");
    assert_eq!(failure(b"hello\r\n").failure, Failure::NoCommand);
    assert_eq!(
        failure(&command("nonsense a")).failure,
        Failure::Unknown("nonsense".into())
    );
    assert_eq!(failure(&command("select 16")).failure, Failure::Database);
    assert_eq!(
        failure(&[log(), b"*x\r\n".to_vec()].concat()).failure,
        Failure::NoCommand
    );
}

#[test]
fn a_log_may_begin_with_what_was_saved() {
    let mut filled = partitions(1);
    fill(&mut filled, &mut Numbers(7), 300);
    let mut saved = Vec::new();
    let export = Export {
        version: 12,
        now: NOW,
    };
    let given = export.write(&[filled[0].pin()], |piece| {
        saved.extend_from_slice(piece);
        Ok::<_, Infallible>(())
    });
    let keys = given.expect("nothing fails").keys;
    saved.extend(command("SET new 1"));
    for chunk in [1, 100, saved.len()] {
        let (mut partitions, told) = replayed(&saved, chunk, false).expect("it is whole");
        assert_eq!((told.keys, told.commands), (keys, 1));
        let there = partitions.iter_mut().map(|it| it.contents().len());
        assert_eq!(there.sum::<usize>(), keys + 1);
    }
    let cut = replayed(&saved[..200], 64, true).expect_err("what was saved is cut");
    assert!(matches!(cut.failure, Failure::Saved(_)), "{cut}");
}
