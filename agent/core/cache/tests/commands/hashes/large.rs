//! Hashes beyond what is kept small.

use std::collections::HashSet;

use crate::play::play_once;

fn put(fields: std::ops::Range<usize>) -> String {
    let fields: Vec<_> = fields
        .map(|field| format!("field-{field} value-{field}"))
        .collect();
    let some = fields.chunks(100).map(|some| some.join(" "));
    some.map(|some| format!("hset h {some}\n")).collect()
}

/// The strings of the reply to the last command.
fn last(told: &str) -> Vec<&str> {
    let reply = &told[told.rfind("> h").expect("a command")..];
    let strings = reply
        .lines()
        .skip(1)
        .filter_map(|line| line.split('"').nth(1));
    strings.collect()
}

#[test]
fn some_of_many_fields_expire() {
    let hash = put(0..1000);
    let soon: Vec<_> = (0..400).map(|field| format!("field-{field}")).collect();
    let later: Vec<_> = (300..500).map(|field| format!("field-{field}")).collect();
    let told = play_once(&format!(
        "{hash}hpexpire h 100 fields 400 {}\nhpexpire h 200 fields 200 {}\nhlen h\n+100\nhlen h\n+1\nhlen h\nhget h field-299\nhget h \
         field-300\n+100\nhlen h\nhpersist h fields 2 field-499 field-500\nhkeys h",
        soon.join(" "),
        later.join(" ")
    ));
    let counts: Vec<_> = told
        .split("> hlen h\n(integer) ")
        .skip(1)
        .map(|rest| rest.lines().next())
        .collect();
    assert_eq!(
        counts,
        [Some("1000"), Some("1000"), Some("700"), Some("500")]
    );
    assert!(told.contains("> hget h field-299\n(nil)\n> hget h field-300\n\"value-300\"\n"));
    assert!(told.contains("1) (integer) -2\n2) (integer) -1\n"));
    assert_eq!(last(&told).len(), 500);
}

#[test]
fn all_fields_expire() {
    let hash = put(0..300);
    let all: Vec<_> = (0..300).map(|field| format!("field-{field}")).collect();
    let told = play_once(&format!(
        "{hash}notices\nhpexpire h 5 fields 300 {}\n+6\nhset h f 1\nhgetall h",
        all.join(" ")
    ));
    assert!(told.ends_with(
        "> +6\n> hset h f 1\n(integer) 1\n* hexpired h\n* del h\n* hset h\n> hgetall h\n1) \"f\"\n2) \"1\"\n"
    ));
}

#[test]
fn random_fields_are_different() {
    let hash = put(0..1000);
    for count in [5, 400, 999] {
        let told = play_once(&format!("{hash}hrandfield h {count} withvalues"));
        let strings = last(&told);
        assert_eq!(strings.len(), 2 * count);
        let fields: HashSet<_> = strings.iter().step_by(2).collect();
        assert_eq!(fields.len(), count);
        for pair in strings.chunks(2) {
            assert_eq!(pair[0].replace("field", "value"), pair[1]);
        }
    }
}

#[test]
fn a_walk_meets_all() {
    let hash = put(0..1000);
    let (mut cursor, mut met) = ("0".to_owned(), HashSet::new());
    loop {
        let told = play_once(&format!("{hash}hscan h {cursor} count 20 novalues"));
        let strings = last(&told);
        met.extend(strings[1..].iter().map(|&field| field.to_owned()));
        cursor = strings[0].to_owned();
        if cursor == "0" {
            break;
        }
    }
    assert_eq!(met.len(), 1000);
}
