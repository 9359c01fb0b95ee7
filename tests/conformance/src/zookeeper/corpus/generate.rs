//! Scripts out of random numbers: volume, beside the directed ones.

use std::fmt::Write;

use fastrand::Rng;

/// The nodes that they are about: few, so that requests meet.
const NODES: [&str; 7] = ["/r", "/r/a", "/r/b", "/r/a/x", "/r/a/y", "/r/b/z", "/none"];

/// Access lists: whoever is named, somebody else is kept out.
const ACLS: [&str; 6] = [
    "open",
    "open",
    "open",
    "r:world:anyone&cdrwa:auth:",
    "cdrw:world:anyone",
    "none",
];

/// A script of about `requests` requests. The same seed gives the same script.
#[must_use]
pub fn generate(seed: u64, requests: usize) -> String {
    let mut random = Rng::with_seed(seed);
    let mut text = format!(
        "# Random requests on three connections, of the seed {seed}; made by\n\
         # synod-conformance --generate {seed} {requests}\n\n\
         A connect\nB connect\nC connect\nB auth digest bob:secret\nA create /r \"\" open 0\n"
    );
    for _ in 0..requests {
        let name = ["A", "B", "C"][random.usize(..3)];
        let line = match random.usize(..100) {
            0..4 => format!("{name} reconnect"),
            4..6 => format!("{name} {}", set_watches(&mut random)),
            // Alone: ZooKeeper goes by the list before until it has applied the new one, also for what comes later.
            6..8 => format!("{name} {}", set_acl(&mut random)),
            8..12 => format!("{name} multi {}", several(&mut random, write)),
            12..15 => format!("{name} multiRead {}", several(&mut random, read_of_several)),
            15..65 => format!("{name} {}", write(&mut random)),
            65..70 => format!(
                "{name} {} ; {} ; {}",
                write(&mut random),
                read(&mut random),
                write(&mut random)
            ),
            _ => format!("{name} {}", read(&mut random)),
        };
        let _ = writeln!(text, "{line}");
    }
    for name in ["A", "B", "C"] {
        let _ = writeln!(text, "{name} closeSession | closes | unordered");
    }
    text
}

fn node(random: &mut Rng) -> &'static str {
    NODES[random.usize(..NODES.len())]
}

/// Mostly a version that may be right.
fn version(random: &mut Rng) -> i32 {
    random.i32(-1..3).min(random.i32(-1..3))
}

fn several(random: &mut Rng, one: fn(&mut Rng) -> String) -> String {
    let count = random.usize(..5);
    let ops: Vec<_> = (0..count).map(|_| one(random)).collect();
    ops.join(" , ")
}

fn write(random: &mut Rng) -> String {
    let (node, version) = (node(random), version(random));
    let data = ["\"\"", "one", "~", "bytes:100"][random.usize(..4)];
    match random.usize(..10) {
        0..3 => {
            let verb = ["create", "create2"][random.usize(..2)];
            let acl = ACLS[random.usize(..ACLS.len())];
            format!("{verb} {node} {data} {acl} {}", random.usize(..4))
        }
        3 => format!("create {node}/{} {data} open 0", random.usize(..3)),
        4..6 => format!("delete {node} {version}"),
        6..8 => format!("setData {node} {data} {version}"),
        8 => format!("setData {node} {data} -1"),
        _ => format!("check {node} {version}"),
    }
}

fn read(random: &mut Rng) -> String {
    let node = node(random);
    let watch = ["", " watch"][random.usize(..2)];
    match random.usize(..13) {
        0..3 => format!("exists {node}{watch}"),
        3..6 => format!("getData {node}{watch}"),
        6 => format!("getChildren {node}{watch}"),
        7..9 => format!("getChildren2 {node}{watch}"),
        9 => format!("getACL {node}"),
        10 => format!("getAllChildrenNumber {node}"),
        11 => format!("addWatch {node} {}", random.usize(..2)),
        _ => format!("removeWatches {node} {}", random.usize(1..4)),
    }
}

fn set_acl(random: &mut Rng) -> String {
    let acl = ACLS[random.usize(..ACLS.len())];
    format!("setACL {} {acl} -1", node(random))
}

fn read_of_several(random: &mut Rng) -> String {
    let verb = ["getData", "getChildren"][random.usize(..2)];
    format!("{verb} {}", node(random))
}

fn set_watches(random: &mut Rng) -> String {
    let lists: Vec<_> = (0..3)
        .map(|_| {
            let count = random.usize(..3);
            let nodes: Vec<_> = (0..count).map(|_| node(random)).collect();
            if nodes.is_empty() {
                "-".to_owned()
            } else {
                nodes.join(",")
            }
        })
        .collect();
    format!("setWatches 0 {}", lists.join(" "))
}
