//! Scripts that want too much: they are errors, and others notice nothing.

use std::net::TcpStream;
use std::time::Duration;

use super::play::ask;
use crate::client::start;

/// Scripts, and what their errors begin with.
const HOSTILE: &[(&str, &str)] = &[
    // Memory.
    ("local s = 'x' while true do s = s .. s end", "-ERR"),
    ("local t = {} for i = 1, 1e9 do t[i] = i end", "-ERR"),
    // Depth.
    (
        "local function f() return 1 + f() end return f()",
        "-ERR user_script:1: stack overflow",
    ),
    (
        "local f; f = function() return pcall(f) end local n = 0 while f() do n = n + 1 if n > 10 then break end end return 1",
        "",
    ),
    (
        "local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k + 1] end return t[1]",
        "-ERR",
    ),
    (
        "local t = {} setmetatable(t, {__index = t}) return t.x",
        "-ERR",
    ),
    (
        "local t = {} for i = 1, 100000 do t = {t} end return cjson.encode(t)",
        "-ERR user_script:1: Cannot serialise, excessive nesting (1001)",
    ),
    (
        "cjson.encode_max_depth(2147483647) local t = {} for i = 1, 100000 do t = {t} end return cjson.encode(t)",
        "-ERR user_script:1: Cannot serialise, excessive nesting",
    ),
    (
        "cjson.decode_max_depth(2147483647) return cjson.decode(string.rep('[', 1000000))",
        "-ERR user_script:1: Found too many nested data structures",
    ),
    (
        "return cjson.decode(string.rep('{\"a\":', 1000000))",
        "-ERR user_script:1: Found too many nested data structures",
    ),
    (
        "return cmsgpack.unpack(string.rep('\\145', 1000000))",
        "-ERR user_script:1: ",
    ),
    (
        "return cmsgpack.unpack(string.rep('\\129', 1000000))",
        "-ERR user_script:1: ",
    ),
    (
        "local t = {} for i = 1, 100000 do t = {t} end return t",
        "*1",
    ),
    (
        "return string.find(string.rep('a', 1000000), string.rep('a?', 1000000))",
        "-ERR user_script:1: pattern too complex",
    ),
    (
        "return string.match('x', string.rep('(', 1000000))",
        "-ERR user_script:1: ",
    ),
    ("return loadstring(string.rep('(', 100000))", "$-1"),
    (
        "return loadstring('return ' .. string.rep('{', 100000))",
        "$-1",
    ),
    (
        "return loadstring('return ' .. string.rep('-', 100001) .. '1')",
        "",
    ),
    (
        "return loadstring('return ' .. string.rep('not ', 100000) .. '1')",
        "$-1",
    ),
    ("return loadstring(string.rep('do ', 100000))", "$-1"),
    (
        "local c = function() end for i = 1, 1000 do local d = c c = coroutine.wrap(function() d() end) end c()",
        "-ERR",
    ),
    // Width.
    (
        "return {unpack({}, 1, 2147483647)}",
        "-ERR user_script:1: too many results to unpack",
    ),
    (
        "return {unpack({}, -2147483648, 2147483647)}",
        "-ERR user_script:1: too many results to unpack",
    ),
    (
        "return {unpack({}, 0, 2^53)}",
        "-ERR user_script:1: too many results to unpack",
    ),
    ("return {unpack({}, 0/0, 1)}", ""),
    ("return redis.call('ping', unpack({}, 1, 7980))", "-ERR"),
    (
        "local t = {} for i = 1, 7900 do t[i] = i end return redis.call('rpush', 'l', unpack(t))",
        ":7900",
    ),
    ("return string.char(unpack({}, 1, 7900))", "-ERR"),
    ("return ('x'):byte(1, 1e9)", ":120"),
    ("return select('#', ('x'):rep(100000):byte(1, -1))", "-ERR"),
    ("return cmsgpack.unpack(string.rep('\\1', 1000000))", "-ERR"),
    (
        "return struct.unpack(string.rep('b', 100000), string.rep('\\1', 100000))",
        "-ERR",
    ),
    (
        "return struct.pack(string.rep('c', 10) .. '2000000000', 'x')",
        "-ERR",
    ),
    ("return struct.unpack('c2147483647', 'x')", "-ERR"),
    ("return struct.unpack('b', 'x', 2147483647)", "-ERR"),
    ("return struct.unpack('b', 'x', -2147483648)", "-ERR"),
    ("return table.concat({}, 'x', 1, 2147483647)", "-ERR"),
    ("return string.format('%99999d', 1)", "-ERR"),
    ("return string.format('%.99f', 1e308)", "$"),
    (
        "return cmsgpack.unpack('\\221\\255\\255\\255\\255')",
        "-ERR",
    ),
    (
        "local t = {3, 2, 1, 5, 4, 7, 6, 9, 8} table.sort(t, function() return true end) return 1",
        "",
    ),
    // What is nobody's.
    (
        "return loadstring('\\27Lua\\81\\0\\1\\4\\8\\4\\8\\0')",
        "$-1",
    ),
    (
        "return loadstring(string.dump(loadstring('return 1')))",
        "$-1",
    ),
    (
        "local parts = {'\\27Lua', 'Q'} local i = 0 return load(function() i = i + 1 return parts[i] end)",
        "$-1",
    ),
    ("return getmetatable(redis).__index.call", "-ERR"),
    ("getmetatable('').__index = {} return 1", "-ERR"),
    (
        "for k, v in pairs(getmetatable('')) do v.x = 1 end return 1",
        "-ERR",
    ),
    ("string.format = nil", "-ERR"),
    ("collectgarbage('stop') return 1", ":1"),
    ("error(redis)", "-"),
    (
        "error(setmetatable({}, {__index = function() error('x') end}))",
        "-",
    ),
    (
        "error(setmetatable({}, {__tostring = function() error('x') end}))",
        "-",
    ),
    (
        "return setmetatable({}, {__index = function() error('x') end})",
        "*0",
    ),
    (
        "return pcall(error, setmetatable({}, {__index = function() error('x') end}))",
        "-ERR",
    ),
];

/// What a script answers.
fn eval(stream: &mut TcpStream, script: &str) -> String {
    let words = ["eval", script, "0"];
    let words = words.map(|word| word.as_bytes().to_vec()).to_vec();
    String::from_utf8_lossy(&ask(stream, &words)).into_owned()
}

#[test]
fn what_is_too_much_is_an_error() {
    let server = start(5);
    let mut stream = TcpStream::connect(server.address()).expect("it listens");
    let time_out = Some(Duration::from_secs(600));
    stream.set_read_timeout(time_out).expect("a time-out");
    let mut wrong = Vec::new();
    for (script, begin) in HOSTILE {
        let told = eval(&mut stream, script);
        if !told.starts_with(begin) {
            let shown: String = told.chars().take(200).collect();
            wrong.push(format!("{script}: {shown}"));
        }
        // What it did is of no harm to the next.
        let told = eval(&mut stream, "return string.format('%s', cjson.encode({1}))");
        assert_eq!(told, "$3\r\n[1]\r\n", "after {script}");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    server.stop();
}

#[test]
fn a_script_leaves_nothing_to_the_next() {
    let server = start(5);
    let mut stream = TcpStream::connect(server.address()).expect("it listens");
    for (first, second, told) in [
        ("KEYS.x = 1 ARGV.y = 2", "return {KEYS.x, ARGV.y}", "*0\r\n"),
        (
            "redis.setresp(3)",
            "return redis.call('get', 'none') == false",
            ":1\r\n",
        ),
        (
            "redis.call('select', 5)",
            "return redis.call('dbsize')",
            ":0\r\n",
        ),
    ] {
        eval(&mut stream, first);
        assert_eq!(eval(&mut stream, second), told, "{first}; {second}");
    }
    server.stop();
}
