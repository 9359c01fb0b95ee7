//! Sorted sets that cross every threshold.

use crate::play::play;

/// How many members there are; a prime, so that each has a score of its own.
const MEMBERS: usize = 1009;

const fn score(member: usize) -> usize {
    member * 7919 % MEMBERS
}

fn lines(range: std::ops::Range<usize>, line: impl Fn(usize) -> String) -> String {
    let lines: Vec<_> = range.map(line).collect();
    lines.join("\n")
}

/// What the last commands are answered.
fn last(script: &str, commands: usize) -> Vec<String> {
    let told = play(script);
    let answers: Vec<_> = told.split("> ").collect();
    let answers = &answers[answers.len() - commands..];
    let answer = |told: &&str| {
        told.split_once('\n')
            .map(|(_, answer)| answer.trim_end().to_owned())
    };
    answers.iter().filter_map(answer).collect()
}

#[test]
fn a_sorted_set_grows_and_shrinks() {
    let grown = lines(0..MEMBERS, |member| {
        format!("zadd z {} member-{member}", score(member))
    });
    let shrunk = lines(0..MEMBERS - 1, |member| format!("zrem z member-{member}"));
    let asked = "
        zrange z 0 0 withscores
        zrange z 500 500 withscores
        zrange z 0 0 rev withscores
        zcount z 100 (600
        zrangebyscore z 100 (600 limit 450 1 withscores
        zrank z member-1
        zrevrank z member-1
        zscore z member-1000";
    let told = last(&format!("{grown}{asked}"), 8);
    for (told, score) in [
        (&told[0], 0),
        (&told[1], 500),
        (&told[2], 1008),
        (&told[4], 550),
    ] {
        assert!(told.ends_with(&format!("2) \"{score}\"")), "{told}");
    }
    assert_eq!(told[3], "(integer) 500");
    assert_eq!(told[5], format!("(integer) {}", score(1)));
    assert_eq!(told[6], format!("(integer) {}", MEMBERS - 1 - score(1)));
    assert_eq!(told[7], format!("\"{}\"", score(1000)));
    let told = last(&format!("{grown}\n{shrunk}\nzrange z 0 -1 withscores"), 1);
    assert_eq!(
        told,
        [format!("1) \"member-1008\"\n2) \"{}\"", score(1008))]
    );
    let asked = "zremrangebyrank z 1 -2\nzrange z 0 -1 rev withscores\nzpopmax z 9\nzcard z";
    let told = last(&format!("{grown}\n{asked}"), 4);
    assert_eq!(told[0], "(integer) 1007");
    assert!(
        told[1].contains("2) \"1008\"") && told[1].ends_with("4) \"0\""),
        "{}",
        told[1]
    );
    assert_eq!(told[3], "(integer) 0");
}
