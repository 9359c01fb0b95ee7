//! Sets beyond what is kept small.

use std::collections::HashSet;

use crate::play::play_once;

/// The elements of the last array that a script told.
fn elements(told: &str) -> HashSet<String> {
    let lines = told.lines().rev();
    let lines = lines.take_while(|line| !line.starts_with('>'));
    let elements = lines.filter_map(|line| line.split_once('"'));
    elements
        .map(|(_, element)| element.trim_end_matches('"').to_owned())
        .collect()
}

fn added(key: &str, members: std::ops::Range<usize>) -> String {
    let members: Vec<_> = members.map(|member| format!("member-{member}")).collect();
    let some = members.chunks(100).map(|some| some.join(" "));
    some.map(|some| format!("sadd {key} {some}\n")).collect()
}

#[test]
fn a_set_grows_and_shrinks() {
    let added = added("s", 0..3000);
    let told = play_once(&format!("{added}scard s\nsmembers s"));
    assert!(told.contains("> scard s\n(integer) 3000\n"));
    assert_eq!(elements(&told).len(), 3000);
    let removed = added.replace("sadd", "srem");
    let told = play_once(&format!("{added}{removed}scard s\nsadd s 1\nsmembers s"));
    assert!(told.contains("> scard s\n(integer) 0\n"));
    assert_eq!(elements(&told), HashSet::from(["1".to_owned()]));
}

#[test]
fn members_of_any_size() {
    let long = "x".repeat(100_000);
    let told = play_once(&format!(
        "sadd s {long} a\nsismember s {long}\nsadd s {long}\nsrem s {long}\nscard s\nsmembers s"
    ));
    let told: Vec<_> = told.lines().filter(|line| !line.starts_with('>')).collect();
    assert_eq!(
        told,
        [
            "(integer) 2",
            "(integer) 1",
            "(integer) 0",
            "(integer) 1",
            "(integer) 1",
            "1) \"a\""
        ]
    );
}

#[test]
fn sets_are_combined() {
    let sets = added("a", 0..1000) + &added("b", 500..1500) + &added("c", 900..1000);
    let ask = |command: &str| elements(&play_once(&format!("{sets}{command}")));
    let members = |range: std::ops::Range<usize>| -> HashSet<_> {
        range.map(|member| format!("member-{member}")).collect()
    };
    for (command, expected) in [
        ("sinter a b", members(500..1000)),
        ("sinter b c a", members(900..1000)),
        ("sunion c a b", members(0..1500)),
        ("sdiff a b", members(0..500)),
        ("sdiff a c b", members(0..500)),
        ("sdiff b c a c a c a c a", members(1000..1500)),
        ("sdiffstore d a b\nsmembers d", members(0..500)),
        ("sunionstore a a b\nsmembers a", members(0..1500)),
        ("sinterstore b a b c\nsmembers b", members(900..1000)),
    ] {
        assert_eq!(ask(command), expected, "{command}");
    }
}

/// Each is taken once, is among the members, and is a member no more.
#[test]
fn random_members_are_different() {
    let set = added("s", 0..2000);
    let replies = |count: usize| {
        let told = play_once(&format!(
            "{set}srandmember s {count}\nspop s {count}\nsmembers s"
        ));
        let from = |command: &str| told.find(command).expect("it is told");
        let (asked, popped, left) = (from("> srandmember"), from("> spop"), from("> smembers"));
        [&told[asked..popped], &told[popped..left], &told[left..]].map(elements)
    };
    for count in [1, 10, 500, 700, 1999] {
        let [asked, popped, left] = replies(count);
        assert_eq!(
            [asked.len(), popped.len(), left.len()],
            [count, count, 2000 - count]
        );
        assert!(popped.is_disjoint(&left));
        let all: HashSet<_> = popped.union(&left).cloned().collect();
        assert_eq!(all.len(), 2000);
        assert!(asked.is_subset(&all));
    }
    let told = play_once(&format!("{set}srandmember s -5000"));
    assert_eq!(
        told.lines().filter(|line| line.contains(") \"")).count(),
        5000
    );
    assert!(elements(&told).len() > 1500);
}

/// From cursor to cursor all are met.
#[test]
fn a_walk_meets_all() {
    let set = added("s", 0..2000);
    let (mut cursor, mut met, mut parts) = ("0".to_owned(), HashSet::new(), 0);
    loop {
        let told = play_once(&format!("{set}sscan s {cursor} count 50 match member-*"));
        let reply = &told[told.find("> sscan").expect("it is told")..];
        cursor = reply
            .lines()
            .nth(1)
            .expect("a cursor")
            .split('"')
            .nth(1)
            .expect("a cursor")
            .to_owned();
        let some = elements(&reply.replacen(&format!("1) \"{cursor}\""), "", 1));
        assert!((1..400).contains(&some.len()), "{}", some.len());
        met.extend(some);
        parts += 1;
        if cursor == "0" {
            break;
        }
    }
    assert_eq!(met.len(), 2000);
    assert!((5..=40).contains(&parts), "{parts}");
}
