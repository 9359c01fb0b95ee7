//! Streams of many nodes.

use crate::play::play;

fn last_of(script: &str) -> String {
    let told = play(script);
    told.lines().last().expect("a reply").to_owned()
}

/// As redis-server 7.0 leaves of the same.
#[test]
fn rough_trimming_leaves_what_redis_leaves() {
    let add = |count: usize, value: &str| {
        let adds = (1..=count).map(|id| format!("xadd s {id}-0 f {value} g {id}\n"));
        adds.collect::<String>()
    };
    let long = "x".repeat(200);
    for (entries, value, trim, left) in [
        (450, "v", "maxlen ~ 250", 250),
        (450, "v", "maxlen ~ 100 limit 250", 250),
        (450, "v", "maxlen ~ 100 limit 99", 450),
        (450, "v", "minid ~ 351", 150),
        (450, "v", "minid ~ 301", 150),
        (450, "v", "maxlen = 251", 251),
        (150, &long, "maxlen ~ 1", 17),
        (150, &long, "maxlen ~ 50 limit 40", 112),
        (150, &long, "minid ~ 101", 55),
    ] {
        let told = last_of(&format!("{}xtrim s {trim}\nxlen s", add(entries, value)));
        assert_eq!(told, format!("(integer) {left}"), "{entries} {trim}");
    }
}

#[test]
fn a_stream_is_read_through_by_a_group() {
    let adds = (1..=300).map(|id| format!("xadd s {id}-0 f {id}\n"));
    let reads = (0..10).map(|_| "xreadgroup group g a count 29 streams s >\n");
    let acks = (1..=300).map(|id| format!("xack s g {id}-0\n"));
    let script = format!(
        "{}xgroup create s g 0\n{}xreadgroup group g b streams s >\n",
        adds.collect::<String>(),
        reads.collect::<String>(),
    );
    let pending = format!("{script}xpending s g - + 2000\n");
    assert_eq!(play(&pending).matches("\"a\"").count(), 290);
    assert_eq!(play(&pending).matches("\"b\"").count(), 10);
    let acknowledged = format!("{script}{}xpending s g\n", acks.collect::<String>());
    assert_eq!(play(&acknowledged).matches("(integer) 1\n").count(), 300);
    assert_eq!(last_of(&acknowledged), "4) (nil array)");
}
