//! What is read is what was written; whatever the bytes are, nothing panics.

use std::borrow::Cow;

use proptest::prelude::*;
use synod_cache::reply::{Protocol, Reply};
use synod_script::{Ends, Host, Level, STACK_BYTES_MIN, Scripts};

/// Nobody, who can do nothing.
struct Nobody;

impl Host for Nobody {
    fn call(&mut self, _: &[&[u8]], _: &mut Reply) -> Result<(), Cow<'static, str>> {
        Err("ERR there are no commands".into())
    }

    fn may(&mut self, _: &[&[u8]]) -> Option<bool> {
        None
    }

    fn log(&mut self, _: Level, _: &[u8]) {}

    fn ends(&mut self) -> Option<Ends> {
        None
    }
}

/// What a script answers.
fn answer(scripts: &mut Scripts, body: &str, args: &[&[u8]]) -> Vec<u8> {
    let script = scripts
        .load(body.as_bytes(), true)
        .expect("it is compiled")
        .clone();
    let mut reply = Reply::new(Protocol::Resp3);
    scripts.run(&script, &[], args, &mut Nobody, &mut reply);
    reply.to_vec()
}

/// As a string of bytes.
fn bulk(bytes: &[u8]) -> Vec<u8> {
    let mut reply = Reply::new(Protocol::Resp3);
    reply.bulk(bytes);
    reply.to_vec()
}

/// On a thread with as much of a stack as those of the server have.
fn with_scripts(work: impl FnOnce(&mut Scripts) + Send + 'static) {
    let run = move || work(&mut Scripts::new().expect("there is memory"));
    let builder = std::thread::Builder::new().stack_size(STACK_BYTES_MIN);
    let thread = builder.spawn(run).expect("a thread");
    thread.join().expect("it did not panic");
}

/// Checks a property many times.
fn check<S: Strategy>(
    of: impl FnOnce() -> S + Send + 'static,
    property: impl Fn(&mut Scripts, S::Value) -> Result<(), TestCaseError> + Send + 'static,
) {
    with_scripts(move |scripts| {
        let scripts = std::cell::RefCell::new(scripts);
        let config = ProptestConfig {
            cases: 500,
            failure_persistence: None,
            ..ProptestConfig::default()
        };
        let mut runner = proptest::test_runner::TestRunner::new(config);
        let run = runner.run(&of(), |value| property(&mut scripts.borrow_mut(), value));
        run.expect("the property holds");
    });
}

#[derive(Clone, Debug)]
enum Data {
    Boolean(bool),
    Integer(i64),
    Text(Vec<u8>),
    List(Vec<Self>),
    /// With one key: the order of several is nobody's.
    Map(Vec<u8>, Box<Self>),
}

fn data() -> impl Strategy<Value = Data> {
    const EXACT: i64 = 1 << 53;
    let leaf = prop_oneof![
        any::<bool>().prop_map(Data::Boolean),
        (-EXACT..=EXACT).prop_map(Data::Integer),
        any::<i8>().prop_map(|number| Data::Integer(number.into())),
        proptest::collection::vec(any::<u8>(), 0..300).prop_map(Data::Text),
    ];
    leaf.prop_recursive(6, 60, 8, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 1..20).prop_map(Data::List),
            (proptest::collection::vec(any::<u8>(), 1..40), inner)
                .prop_map(|(key, value)| Data::Map(key, Box::new(value))),
        ]
    })
}

impl Data {
    /// As MessagePack, every part as short as it can be.
    fn pack(&self, to: &mut Vec<u8>) {
        let mut head = |short: Option<u8>, tag: u8, bytes: &[u8]| match short {
            Some(short) => to.push(short),
            None => {
                to.push(tag);
                to.extend_from_slice(bytes);
            }
        };
        match self {
            Self::Boolean(yes) => to.push(0xc2 | u8::from(*yes)),
            Self::Integer(number) => {
                let number = *number;
                if (-32..128).contains(&number) {
                    to.push(number as u8);
                } else if number >= 0 {
                    match number.ilog2() {
                        0..8 => head(None, 0xcc, &[number as u8]),
                        8..16 => head(None, 0xcd, &(number as u16).to_be_bytes()),
                        16..32 => head(None, 0xce, &(number as u32).to_be_bytes()),
                        _ => head(None, 0xcf, &number.to_be_bytes()),
                    }
                } else if let Ok(number) = i8::try_from(number) {
                    head(None, 0xd0, &number.to_be_bytes());
                } else if let Ok(number) = i16::try_from(number) {
                    head(None, 0xd1, &number.to_be_bytes());
                } else if let Ok(number) = i32::try_from(number) {
                    head(None, 0xd2, &number.to_be_bytes());
                } else {
                    head(None, 0xd3, &number.to_be_bytes());
                }
            }
            Self::Text(text) => {
                let length = text.len();
                if length < 32 {
                    to.push(0xa0 | length as u8);
                } else if length < 256 {
                    head(None, 0xd9, &[length as u8]);
                } else {
                    head(None, 0xda, &(length as u16).to_be_bytes());
                }
                to.extend_from_slice(text);
            }
            Self::List(list) => {
                let length = list.len() as u16;
                let short = (length < 16).then_some(0x90 | length as u8);
                head(short, 0xdc, &length.to_be_bytes());
                list.iter().for_each(|one| one.pack(to));
            }
            Self::Map(key, value) => {
                to.push(0x81);
                Self::Text(key.clone()).pack(to);
                value.pack(to);
            }
        }
    }

    /// As JSON, as it is written here.
    fn json(&self, to: &mut Vec<u8>) {
        match self {
            Self::Boolean(yes) => to.extend_from_slice(yes.to_string().as_bytes()),
            Self::Integer(number) => {
                // No more digits than are written.
                let number = number % 100_000_000_000_000;
                to.extend_from_slice(number.to_string().as_bytes());
            }
            Self::Text(text) => {
                to.push(b'"');
                for byte in text {
                    match byte {
                        b'"' | b'\\' | b'/' => to.extend_from_slice(&[b'\\', *byte]),
                        b'\n' => to.extend_from_slice(b"\\n"),
                        b'\r' => to.extend_from_slice(b"\\r"),
                        b'\t' => to.extend_from_slice(b"\\t"),
                        0x08 => to.extend_from_slice(b"\\b"),
                        0x0c => to.extend_from_slice(b"\\f"),
                        0..0x20 | 0x7f => to.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
                        other => to.push(*other),
                    }
                }
                to.push(b'"');
            }
            Self::List(list) => {
                to.push(b'[');
                for (index, one) in list.iter().enumerate() {
                    if index > 0 {
                        to.push(b',');
                    }
                    one.json(to);
                }
                to.push(b']');
            }
            Self::Map(key, value) => {
                to.push(b'{');
                Self::Text(key.clone()).json(to);
                to.push(b':');
                value.json(to);
                to.push(b'}');
            }
        }
    }
}

#[test]
fn messagepack_is_read_as_it_is_written() {
    check(data, |scripts, data| {
        let mut packed = Vec::new();
        data.pack(&mut packed);
        let script = "return cmsgpack.pack(cmsgpack.unpack(ARGV[1]))";
        prop_assert_eq!(answer(scripts, script, &[&packed]), bulk(&packed));
        Ok(())
    });
}

#[test]
fn json_is_read_as_it_is_written() {
    check(data, |scripts, data| {
        let mut json = Vec::new();
        data.json(&mut json);
        let script = "return cjson.encode(cjson.decode(ARGV[1]))";
        prop_assert_eq!(answer(scripts, script, &[&json]), bulk(&json));
        Ok(())
    });
}

#[test]
fn structures_are_read_as_they_are_written() {
    let of = || {
        let item = prop_oneof![
            Just("b"),
            Just("B"),
            Just(">h"),
            Just("<H"),
            Just("i"),
            Just(">I"),
            Just("i3"),
            Just("I2"),
            Just("d"),
            Just("c5"),
            Just("i4"),
        ];
        (proptest::collection::vec(item, 0..20), any::<u64>())
    };
    check(of, |scripts, (items, seed)| {
        let format = items.concat();
        let mut state = seed | 1;
        let size = answer(scripts, "return struct.size(ARGV[1])", &[format.as_bytes()]);
        let size: usize = String::from_utf8_lossy(&size[1..])
            .trim()
            .parse()
            .expect("a number");
        let bytes: Vec<u8> = (0..size)
            .map(|_| {
                state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
                // No byte makes of a double one that is not equal to itself.
                (state >> 33) as u8 & 0x3f
            })
            .collect();
        let script = "local f, values = ARGV[1], {struct.unpack(ARGV[1], ARGV[2])}
            table.remove(values)
            return struct.pack(f, unpack(values))";
        let told = answer(scripts, script, &[format.as_bytes(), &bytes]);
        prop_assert_eq!(told, bulk(&bytes), "{}", format);
        Ok(())
    });
}

#[test]
fn no_bytes_are_too_strange() {
    let bytes = proptest::collection::vec(any::<u8>(), 0..200);
    let near = proptest::collection::vec(
        proptest::sample::select(
            b"[]{}\",:0123456789.eE+-tfnui\\ \0\x81\x91\xa1\xc0\xdb\xdc\xdd\xde\xdf%()$^*bfs!<>cx"
                .to_vec(),
        ),
        0..60,
    );
    check(
        move || (bytes, near),
        |scripts, (bytes, near)| {
            for bytes in [&bytes, &near] {
                for script in [
                    "return {pcall(cjson.decode, ARGV[1])}",
                    "return {pcall(cjson.encode, ARGV[1])}",
                    "return {pcall(cmsgpack.unpack, ARGV[1])}",
                    "return {pcall(cmsgpack.unpack_limit, ARGV[1], 3, 2)}",
                    "return {pcall(struct.unpack, ARGV[1], ARGV[1])}",
                    "return {pcall(struct.pack, ARGV[1], 1, 2, 3, 'a', 'b')}",
                    "return {pcall(struct.size, ARGV[1])}",
                    "return {pcall(string.find, ARGV[1], ARGV[1])}",
                    "return {pcall(string.gsub, 'some [text] %', ARGV[1], ARGV[1])}",
                    "return {pcall(string.match, ARGV[1], ARGV[1])}",
                    "return {pcall(string.gsub, ARGV[1], '(.)', function(c) return c .. c end)}",
                    "return {pcall(loadstring, ARGV[1])}",
                    "return {pcall(loadstring, 'return 1', ARGV[1])}",
                    "return {pcall(string.format, ARGV[1], 1, 2, 3)}",
                    "return {pcall(tonumber, ARGV[1])}",
                    "return redis.error_reply(ARGV[1])",
                    "return {err = ARGV[1]}",
                    "return {verbatim_string = {format = ARGV[1], string = ARGV[1]}}",
                ] {
                    let told = answer(scripts, script, &[bytes]);
                    prop_assert!(told.ends_with(b"\r\n"), "{}", script);
                }
            }
            Ok(())
        },
    );
}

#[test]
fn scripts_that_nobody_keeps_give_way() {
    let mut scripts = Scripts::within(4_000_000).expect("there is memory");
    scripts
        .load(b"return 'kept'", true)
        .expect("it is compiled");
    let text = "x".repeat(100_000);
    for number in 0..100 {
        let body = format!("return '{number}{text}'");
        scripts.load(body.as_bytes(), false).expect("there is room");
    }
    assert!(scripts.len() < 60, "{}", scripts.len());
    assert!(scripts.has(&synod_script::digest(b"return 'kept'")));
}

#[test]
fn no_script_is_too_strange() {
    let code = || {
        let word = prop_oneof![
            Just("return"),
            Just("local"),
            Just("x"),
            Just("="),
            Just("("),
            Just(")"),
            Just("{"),
            Just("}"),
            Just("function"),
            Just("end"),
            Just("if"),
            Just("then"),
            Just("for"),
            Just("do"),
            Just("1"),
            Just("'a'"),
            Just(","),
            Just("."),
            Just(".."),
            Just("KEYS"),
            Just("redis"),
            Just("call"),
            Just("["),
            Just("]"),
            Just("[["),
            Just("--"),
            Just("\n"),
            Just("#"),
            Just("not"),
            Just("nil"),
        ];
        proptest::collection::vec(word, 0..30).prop_map(|words| words.join(" "))
    };
    check(code, |scripts, code| {
        let script = scripts.load(code.as_bytes(), false).cloned();
        if let Ok(script) = script {
            let mut reply = Reply::new(Protocol::Resp2);
            scripts.run(&script, &[b"k"], &[], &mut Nobody, &mut reply);
            prop_assert!(reply.bytes().ends_with(b"\r\n"), "{}", code);
        }
        Ok(())
    });
}
