//! In what the replies of Redis 7.0 and ours may differ, and why. `differences.txt` pins each.

use crate::compare::Compare;
use crate::reply::Value;

/// A kind of difference.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    /// Outside of this project.
    pub(crate) reason: &'static str,
    /// Whether it is what these replies to a command differ in.
    is_it: fn(&Asked<'_>) -> bool,
}

/// What was asked and answered.
struct Asked<'a> {
    words: &'a [Vec<u8>],
    compare: Compare,
    ours: &'a Value,
    theirs: &'a Value,
}

impl Asked<'_> {
    fn is(&self, command: &str) -> bool {
        self.words[0].eq_ignore_ascii_case(command.as_bytes())
    }

    fn has(&self, index: usize, word: &str) -> bool {
        let found = self.words.get(index);
        found.is_some_and(|found| found.eq_ignore_ascii_case(word.as_bytes()))
    }

    fn fail(&self, ours: &str, theirs: &str) -> bool {
        self.ours.is_error(ours) && self.theirs.is_error(theirs)
    }

    fn are(&self, ours: &str, theirs: &str) -> bool {
        self.ours.bytes() == Some(ours.as_bytes()) && self.theirs.bytes() == Some(theirs.as_bytes())
    }
}

/// All of them.
pub(crate) const KINDS: &[Kind] = &[
    Kind {
        name: "encodings of small lists and sets",
        reason: "since Redis 7.2 small ones are listpacks",
        is_it: |it| {
            it.is("object")
                && it.has(1, "encoding")
                && (it.are("listpack", "quicklist") || it.are("listpack", "hashtable"))
        },
    },
    Kind {
        name: "scores in other digits",
        reason: "since Redis 7.2 numbers are written with no more digits than they need",
        is_it: |it| {
            let is_of_scores = [b'z', b'b'].contains(&it.words[0][0].to_ascii_lowercase());
            let asks_for_scores =
                |script: &[u8]| script.windows(12).any(|it| it == b"'WITHSCORES'");
            let is_script = it.is("eval") && it.words.get(1).is_some_and(|it| asks_for_scores(it));
            (is_of_scores || is_script)
                && it
                    .compare
                    .are_equal(&by_number(it.ours), &by_number(it.theirs))
        },
    },
    Kind {
        name: "the sign of nothing",
        reason: "Redis keeps that of a score that is stored if members are long, and else not",
        is_it: |it| {
            let unsigned = |value| unsigned_zeros(&by_number(value));
            [b'z', b'b'].contains(&it.words[0][0].to_ascii_lowercase())
                && it
                    .compare
                    .are_equal(&unsigned(it.ours), &unsigned(it.theirs))
        },
    },
    Kind {
        name: "streams without an identifier each",
        reason: "Redis 7.2 names the command in other words",
        is_it: |it| it.fail("ERR Unbalanced '", "ERR Unbalanced XREAD"),
    },
    Kind {
        name: "bits of nothing",
        reason: "since Redis 7.2 wrong arguments are errors even if there is no such key, or no string",
        is_it: |it| {
            let is_excuse = !it.theirs.is_error("ERR");
            (it.is("bitcount") || it.is("bitpos")) && it.ours.is_error("ERR") && is_excuse
        },
    },
    Kind {
        name: "times of consumers",
        reason: "Redis 7.2 tells two of each, and what they mean is another thing",
        is_it: |it| {
            it.is("xinfo")
                && it
                    .compare
                    .are_equal(&without_times(it.ours), &without_times(it.theirs))
        },
    },
    Kind {
        name: "consumers that get nothing",
        reason: "since Redis 7.2 they are made all the same; seeds make each before it reads",
        is_it: |it| it.is("xinfo") && it.has(1, "groups") && it.has(2, "x") && it.words.len() == 3,
    },
    Kind {
        name: "the words of HELP",
        reason: "they are for people, and those of Redis belong to others",
        is_it: |it| {
            let first = |value: &Value| value.elements().and_then(|lines| lines.first().cloned());
            let lines = |value: &Value| value.elements().map(<[Value]>::len);
            it.has(1, "help")
                && first(it.ours) == first(it.theirs)
                && lines(it.ours) == lines(it.theirs)
        },
    },
    Kind {
        name: "what the server calls itself",
        reason: "its version is 7.2, and clients are numbered as they come",
        is_it: |it| it.is("hello") && without_own(it.ours) == without_own(it.theirs),
    },
    Kind {
        name: "what a client is made with",
        reason: "CLIENT SETINFO comes with Redis 7.2",
        is_it: |it| {
            it.is("client")
                && it.has(1, "setinfo")
                && it.theirs.is_error("ERR unknown subcommand 'setinfo'")
        },
    },
    Kind {
        name: "errors that show what is no text",
        reason: "clients read errors as UTF-8, which ours are",
        is_it: |it| match (it.ours, it.theirs) {
            (Value::Error(ours), Value::Error(theirs)) => {
                *ours == String::from_utf8_lossy(theirs).as_bytes()
            }
            _ => false,
        },
    },
    Kind {
        name: "the rank with the score",
        reason: "it comes with Redis 7.2",
        is_it: |it| {
            (it.is("zrank") || it.is("zrevrank"))
                && it.words.len() == 4
                && it.theirs.is_error("ERR wrong number of arguments")
        },
    },
    Kind {
        name: "streams from their last entry",
        reason: "it comes with Redis 7.4",
        is_it: |it| {
            it.is("xread")
                && it.words.iter().any(|word| word == b"+")
                && it.theirs.is_error("ERR Invalid stream ID")
        },
    },
    Kind {
        name: "sorted sets that were sorted",
        reason: "Redis unpacks them, which only OBJECT ENCODING shows; seeds sort none that they look at later",
        is_it: |it| it.is("object") && it.has(2, "z") && it.are("listpack", "skiplist"),
    },
    Kind {
        name: "sorting after a number that was too large",
        reason: "Redis 7.0 does not forget what the C library said of a number in a command before",
        is_it: |it| {
            let words = "ERR One or more scores can't be converted into double";
            it.words[0].to_ascii_lowercase().starts_with(b"sort")
                && it.theirs.is_error(words)
                && !it.ours.is_error("")
        },
    },
    Kind {
        name: "time-outs that are too long",
        reason: "Redis 7.2 says so where 7.0 takes what overflows for negative",
        is_it: |it| it.fail("ERR timeout is out of range", "ERR timeout is negative"),
    },
];

/// What is told of a stream without when its consumers were seen and active.
fn without_times(value: &Value) -> Value {
    const TIMES: [&[u8]; 4] = [b"seen-time", b"active-time", b"idle", b"inactive"];
    let is_time = |name: &Value| name.bytes().is_some_and(|name| TIMES.contains(&name));
    match value {
        Value::Array(values) => {
            let mut left = Vec::new();
            let mut values = values.iter();
            while let Some(value) = values.next() {
                if is_time(value) {
                    values.next();
                } else {
                    left.push(without_times(value));
                }
            }
            Value::Array(left)
        }
        Value::Map(pairs) => {
            let pairs = pairs.iter().filter(|(name, _)| !is_time(name));
            Value::Map(
                pairs
                    .map(|(name, value)| (name.clone(), without_times(value)))
                    .collect(),
            )
        }
        _ => value.clone(),
    }
}

/// What is told at the beginning, without the version and the client's number.
fn without_own(value: &Value) -> Vec<(Value, Value)> {
    let pairs = match value {
        Value::Map(pairs) => pairs.clone(),
        Value::Array(values) => {
            let pairs = values.chunks_exact(2);
            pairs
                .map(|pair| (pair[0].clone(), pair[1].clone()))
                .collect()
        }
        _ => Vec::new(),
    };
    let own = [&b"version"[..], b"id"];
    let is_own = |name: &Value| name.bytes().is_some_and(|name| own.contains(&name));
    pairs
        .into_iter()
        .filter(|(name, _)| !is_own(name))
        .collect()
}

/// Numbers in strings in the same digits.
fn by_number(value: &Value) -> Value {
    let all = |values: &[Value]| values.iter().map(by_number).collect();
    match value {
        Value::Bulk(bytes) | Value::Other(b',', bytes) => {
            let text = std::str::from_utf8(bytes).unwrap_or_default();
            let number = text.parse::<f64>().ok();
            // Members are no scores: what Redis writes begins so.
            let number = number.filter(|_| !text.starts_with([' ', '+']));
            match number {
                Some(number) => Value::Bulk(number.to_string().into_bytes()),
                None => value.clone(),
            }
        }
        Value::Array(values) => Value::Array(all(values)),
        Value::Set(values) => Value::Set(all(values)),
        _ => value.clone(),
    }
}

/// What is told in numbers, with no sign before a zero.
fn unsigned_zeros(value: &Value) -> Value {
    match value {
        Value::Bulk(bytes) if bytes == b"-0" => Value::Bulk(b"0".to_vec()),
        Value::Array(values) => Value::Array(values.iter().map(unsigned_zeros).collect()),
        Value::Set(values) => Value::Set(values.iter().map(unsigned_zeros).collect()),
        _ => value.clone(),
    }
}

/// The name of the kind of difference that these replies show, if it is known.
pub(crate) fn known(
    words: &[Vec<u8>],
    compare: Compare,
    ours: &Value,
    theirs: &Value,
) -> Option<&'static str> {
    let asked = Asked {
        words,
        compare,
        ours,
        theirs,
    };
    let mut kinds = KINDS.iter();
    kinds
        .find(|kind| (kind.is_it)(&asked))
        .map(|kind| kind.name)
}
