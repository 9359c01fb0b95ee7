//! Keys that are used quietly are not taken for used: `CLIENT NO-TOUCH`.

use synod_cache::command::{Call, named};
use synod_cache::keys::Keys;
use synod_cache::partition::Partition;
use synod_cache::reply::{Protocol, Reply};

fn ask(partition: &mut Partition, line: &str) -> String {
    let args: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
    let mut reply = Reply::new(Protocol::Resp2);
    let mut partitions = [partition];
    let keys = Keys::new(&mut partitions, 0);
    Call::new(&args, keys, &mut reply).run(named(args[0]).expect("a command"));
    String::from_utf8_lossy(&reply.to_vec())
        .trim_end()
        .to_owned()
}

#[test]
fn a_key_that_is_read_quietly_stays_idle() {
    let mut partition = Partition::new(1);
    partition.set_now(1_000_000);
    ask(&mut partition, "set a 1");
    partition.set_now(1_020_000);
    partition.set_quiet(true);
    assert_eq!(ask(&mut partition, "get a"), "$1\r\n1");
    assert_eq!(ask(&mut partition, "object idletime a"), ":20");
    partition.set_quiet(false);
    assert_eq!(ask(&mut partition, "get a"), "$1\r\n1");
    assert_eq!(ask(&mut partition, "object idletime a"), ":0");
}
