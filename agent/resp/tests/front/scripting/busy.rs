//! Scripts that do not end, and those who want to end them.

use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

use synod_resp::persistence::{self, Fsync, Kept};
use synod_resp::{Server, Setup};

use super::play::ask;
use crate::client::{start, start_both};

const ENDLESS: &str = "while true do end";
const BUSY_SCRIPT: &str =
    "-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.";
const BUSY_FUNCTION: &str =
    "-BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.";

/// So many connections are with all threads for sure.
const CLIENTS: usize = 6;

struct Client(TcpStream);

impl Client {
    fn of(server: &Server) -> Self {
        let stream = TcpStream::connect(server.address()).expect("it listens");
        let time_out = Some(Duration::from_secs(20));
        stream.set_read_timeout(time_out).expect("a time-out");
        Self(stream)
    }

    fn ask(&mut self, words: &[&str]) -> String {
        let words = words.iter().map(|word| word.as_bytes().to_vec()).collect();
        let reply = ask(&mut self.0, &words);
        String::from_utf8_lossy(&reply).trim_end().to_owned()
    }

    fn send(&mut self, words: &[&str]) {
        use std::io::Write as _;
        let mut text = format!("*{}\r\n", words.len());
        for word in words {
            text += &format!("${}\r\n{word}\r\n", word.len());
        }
        self.0.write_all(text.as_bytes()).expect("it is read");
    }

    fn answer(&mut self) -> String {
        use std::io::Read as _;
        let mut bytes = [0; 4096];
        let read = self.0.read(&mut bytes).expect("an answer");
        String::from_utf8_lossy(&bytes[..read])
            .trim_end()
            .to_owned()
    }
}

/// A server on which a script is busy soon.
fn impatient() -> Server {
    let setup = Setup {
        config: vec![("busy-reply-threshold".to_owned(), "100".to_owned())],
        ..Setup::default()
    };
    start_both(5, setup)
}

/// As [`impatient`], and what is answered is on disk.
fn impatient_kept(directory: &Path) -> Server {
    let settings = persistence::Settings::alone(directory, Fsync::Always, 5, 7);
    let setup = Setup {
        config: vec![("busy-reply-threshold".to_owned(), "100".to_owned())],
        kept: Some(Kept::open(&settings).expect("it can be opened")),
        ..Setup::default()
    };
    start_both(5, setup)
}

/// Asks until a script is busy.
fn until_busy(client: &mut Client, busy: &str) {
    let since = Instant::now();
    while client.ask(&["get", "a"]) != busy {
        assert!(since.elapsed() < Duration::from_secs(10), "nobody is busy");
    }
}

#[test]
fn an_endless_script_is_killed_by_whoever_comes() {
    for killer in 0..CLIENTS {
        let server = impatient();
        let mut runs = Client::of(&server);
        let mut clients: Vec<_> = (0..CLIENTS).map(|_| Client::of(&server)).collect();
        runs.send(&["eval", ENDLESS, "0"]);
        for client in &mut clients {
            until_busy(client, BUSY_SCRIPT);
            assert_eq!(client.ask(&["ping"]), BUSY_SCRIPT);
            assert_eq!(client.ask(&["eval", "return 1", "0"]), BUSY_SCRIPT);
            assert_eq!(client.ask(&["mget", "a", "b"]), BUSY_SCRIPT);
            assert_eq!(client.ask(&["script", "flush"]), BUSY_SCRIPT);
            assert_eq!(client.ask(&["function", "kill"]), BUSY_SCRIPT);
            assert_eq!(client.ask(&["function", "stats"]), BUSY_SCRIPT);
        }
        // One who comes only now.
        assert_eq!(Client::of(&server).ask(&["get", "a"]), BUSY_SCRIPT);
        assert_eq!(clients[killer].ask(&["script", "kill"]), "+OK");
        let told = runs.answer();
        assert!(
            told.starts_with("-ERR Script killed by user with SCRIPT KILL. script: "),
            "{told}"
        );
        for client in &mut clients {
            assert_eq!(client.ask(&["ping"]), "+PONG");
            assert_eq!(client.ask(&["set", "a", "1"]), "+OK");
            let told = client.ask(&["script", "kill"]);
            assert_eq!(told, "-NOTBUSY No scripts in execution right now.");
        }
        assert_eq!(runs.ask(&["eval", "return 5", "0"]), ":5");
        server.stop();
    }
}

#[test]
fn what_came_behind_a_script_is_carried_out_when_it_is_over() {
    let server = impatient();
    let (mut runs, mut other) = (Client::of(&server), Client::of(&server));
    runs.send(&["eval", ENDLESS, "0"]);
    runs.send(&["set", "b", "1"]);
    until_busy(&mut other, BUSY_SCRIPT);
    runs.send(&["get", "b"]);
    assert_eq!(other.ask(&["script", "kill"]), "+OK");
    let mut told = runs.answer();
    while !told.ends_with("$1\r\n1") {
        told += "\r\n";
        told += &runs.answer();
    }
    assert!(told.contains("+OK"), "{told}");
    server.stop();
}

/// Nobody waits for a partition that a script has to know how far the log has to be.
#[test]
fn those_who_wrote_are_answered_although_a_script_does_not_end() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = impatient_kept(directory.path());
    let mut runs = Client::of(&server);
    let mut clients: Vec<_> = (0..CLIENTS).map(|_| Client::of(&server)).collect();
    for round in 0..3 {
        for (number, client) in clients.iter_mut().enumerate() {
            client.send(&["incr", &format!("{number}")]);
        }
        runs.send(&["eval", ENDLESS, "0"]);
        for client in &mut clients {
            let told = client.answer();
            assert!(
                [&*format!(":{}", round + 1), BUSY_SCRIPT].contains(&&*told),
                "{told}"
            );
        }
        until_busy(&mut clients[round], BUSY_SCRIPT);
        assert_eq!(clients[round].ask(&["script", "kill"]), "+OK");
        assert!(runs.answer().contains("Script killed by user"));
        for (number, client) in clients.iter_mut().enumerate() {
            client.ask(&["set", &format!("{number}"), &format!("{}", round + 1)]);
        }
    }
    server.stop();
}

#[test]
fn who_wrote_cannot_be_killed() {
    let server = impatient();
    let (mut runs, mut other) = (Client::of(&server), Client::of(&server));
    let script = "redis.call('set', 'a', 1) local n = 0 while n < 3e7 do n = n + 1 end return n";
    runs.send(&["eval", script, "0"]);
    until_busy(&mut other, BUSY_SCRIPT);
    let told = other.ask(&["script", "kill"]);
    assert!(told.starts_with("-UNKILLABLE Sorry the script"), "{told}");
    assert_eq!(runs.answer(), ":30000000");
    assert_eq!(other.ask(&["get", "a"]), "$1\r\n1");
    server.stop();
}

#[test]
fn who_catches_everything_is_killed_all_the_same() {
    for script in [
        "while true do pcall(function() while true do end end) end",
        "while true do xpcall(function() while true do end end, function(e) return e end) end",
        "while true do local c = coroutine.create(function() while true do end end) coroutine.resume(c) end",
        "while true do pcall(redis.call, 'get', 'a') end",
        "while true do redis.pcall('nope') end",
        "string.find(string.rep('a', 100000), string.rep('a-', 50) .. 'b')",
        "while true do string.gsub('abc', '.', function() while true do end end) end",
        "while true do load(function() while true do end end) end",
    ] {
        let server = impatient();
        let (mut runs, mut other) = (Client::of(&server), Client::of(&server));
        runs.send(&["eval", script, "0"]);
        until_busy(&mut other, BUSY_SCRIPT);
        assert_eq!(other.ask(&["script", "kill"]), "+OK", "{script}");
        let told = runs.answer();
        assert!(
            told.starts_with("-ERR Script killed by user"),
            "{script}: {told}"
        );
        assert_eq!(other.ask(&["ping"]), "+PONG");
        server.stop();
    }
}

#[test]
fn functions_are_killed_as_functions() {
    let server = impatient();
    let (mut runs, mut other) = (Client::of(&server), Client::of(&server));
    let library = "#!lua name=l\nredis.register_function('f', function() while true do end end)";
    assert_eq!(runs.ask(&["function", "load", library]), "$1\r\nl");
    runs.send(&["fcall", "f", "1", "k", "a"]);
    until_busy(&mut other, BUSY_FUNCTION);
    assert_eq!(other.ask(&["script", "kill"]), BUSY_FUNCTION);
    let stats = other.ask(&["function", "stats"]);
    let begin = "*4\r\n$14\r\nrunning_script\r\n*6\r\n$4\r\nname\r\n$1\r\nf\r\n$7\r\ncommand\r\n*5\r\n$5\r\nfcall\r\n";
    assert!(stats.starts_with(begin), "{stats}");
    assert_eq!(other.ask(&["function", "kill"]), "+OK");
    let told = runs.answer();
    let why = "-ERR Script killed by user with FUNCTION KILL. script: f, on @user_function:2.";
    assert_eq!(told, why);
    server.stop();
}

#[test]
fn transactions_with_scripts_are_looked_after_as_well() {
    let server = impatient();
    let (mut runs, mut other) = (Client::of(&server), Client::of(&server));
    runs.ask(&["multi"]);
    runs.ask(&["eval", ENDLESS, "0"]);
    runs.ask(&["incr", "n"]);
    runs.send(&["exec"]);
    until_busy(&mut other, BUSY_SCRIPT);
    other.ask(&["script", "kill"]);
    let told = runs.answer();
    assert!(told.starts_with("*2\r\n-ERR Script killed"), "{told}");
    assert!(told.ends_with(":1"), "{told}");
    server.stop();
}

#[test]
fn clients_that_wait_or_watch_may_go_meanwhile() {
    let server = impatient();
    let mut runs = Client::of(&server);
    let mut waits: Vec<_> = (0..CLIENTS).map(|_| Client::of(&server)).collect();
    let mut watches: Vec<_> = (0..CLIENTS).map(|_| Client::of(&server)).collect();
    let mut other = Client::of(&server);
    for client in &mut waits {
        client.send(&["blpop", "list", "0"]);
    }
    for client in &mut watches {
        assert_eq!(client.ask(&["watch", "a", "b"]), "+OK");
    }
    runs.send(&["eval", ENDLESS, "0"]);
    until_busy(&mut other, BUSY_SCRIPT);
    waits.truncate(CLIENTS / 2);
    watches.truncate(CLIENTS / 2);
    for client in &mut watches {
        assert_eq!(client.ask(&["unwatch"]), "+OK");
    }
    assert_eq!(other.ask(&["script", "kill"]), "+OK");
    runs.answer();
    assert_eq!(other.ask(&["rpush", "list", "1", "2", "3"]), ":3");
    for client in &mut waits {
        let told = client.answer();
        assert!(told.starts_with("*2\r\n$4\r\nlist"), "{told}");
    }
    server.stop();
}

#[test]
fn commands_are_queued_no_more_than_carried_out() {
    let server = impatient();
    let (mut runs, mut other) = (Client::of(&server), Client::of(&server));
    runs.send(&["eval", ENDLESS, "0"]);
    until_busy(&mut other, BUSY_SCRIPT);
    assert_eq!(other.ask(&["multi"]), "+OK");
    assert_eq!(other.ask(&["get", "a"]), BUSY_SCRIPT);
    assert_eq!(other.ask(&["discard"]), "+OK");
    assert_eq!(other.ask(&["script", "kill"]), "+OK");
    server.stop();
}

#[test]
fn a_server_stops_although_a_script_does_not() {
    let server = impatient();
    let (mut runs, mut other) = (Client::of(&server), Client::of(&server));
    runs.send(&["eval", ENDLESS, "0"]);
    until_busy(&mut other, BUSY_SCRIPT);
    server.stop();
}

#[test]
fn libraries_that_do_not_end_are_not_loaded() {
    let server = start(5);
    let mut client = Client::of(&server);
    let library = "#!lua name=l\nwhile true do end";
    let told = client.ask(&["function", "load", library]);
    let why = "-ERR Error registering functions: ERR FUNCTION LOAD timeout";
    assert!(told.starts_with(why), "{told}");
    assert_eq!(client.ask(&["ping"]), "+PONG");
    server.stop();
}
