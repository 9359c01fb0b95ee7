//! What was answered is there again, whatever becomes of the process.

use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use synod_resp::persistence::{self, Fsync, Kept};
use synod_resp::{Server, Settings, Setup};

use crate::client::{Client, start};

/// Where a process of its own is to keep its keys.
const DIRECTORY: &str = "SYNOD_TEST_DIRECTORY";

pub(crate) fn settings(directory: &Path, fsync: Fsync) -> persistence::Settings {
    persistence::Settings::alone(directory, fsync, 8, 7)
}

pub(crate) fn serve(settings: &persistence::Settings) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let kept = Kept::open(settings).expect("it can be opened");
    let settings = Settings {
        threads: 2,
        partitions: 8,
        ..Settings::default()
    };
    let setup = Setup {
        kept: Some(kept),
        ..Setup::default()
    };
    Server::start_with(listener, &settings, setup).expect("it starts")
}

#[test]
fn keys_are_there_again() {
    for fsync in [Fsync::Always, Fsync::EverySecond, Fsync::Never] {
        let directory = tempfile::tempdir().expect("a directory");
        let settings = settings(directory.path(), fsync);
        let mut dumps = Vec::new();
        for round in 0..4 {
            let server = serve(&settings);
            let mut client = Client::of(&server);
            for (key, dump) in &dumps {
                assert_eq!(&client.ask(&format!("dump {key}")), dump, "{key}");
            }
            client.ask(&format!("set a {round}"));
            client.ask(&format!("mset b {round} c {round} d {round}"));
            client.ask(&format!("rpush l {round} x y"));
            client.ask(&format!("zadd z {round} member-{round}"));
            client.ask(&format!("hset h f{round} {round}"));
            client.ask("sadd s 1 2 3 x");
            client.ask("xadd x * f v");
            client.ask("pexpireat b 4000000000000");
            if round == 1 {
                assert_eq!(client.ask("save"), "+OK");
            }
            if round == 2 {
                let answer = client.ask("bgrewriteaof");
                assert_eq!(answer, "+Background append only file rewriting started");
            }
            dumps = ["a", "b", "c", "d", "l", "z", "h", "s", "x"]
                .map(|key| (key, client.ask(&format!("dump {key}"))))
                .into();
            assert_eq!(client.ask("pexpiretime b"), ":4000000000000");
            server.stop();
        }
    }
}

#[test]
fn functions_are_there_again() {
    let directory = tempfile::tempdir().expect("a directory");
    let settings = settings(directory.path(), Fsync::Always);
    let code = |name: &str, does: &str| {
        format!(
            "function load replace #!lua\tname={name}\nredis.register_function('{name}',function()return({does})end)"
        )
    };
    for (round, save) in ["", "save", "bgrewriteaof", "save"].into_iter().enumerate() {
        let server = serve(&settings);
        let mut client = Client::of(&server);
        if round > 0 {
            assert_eq!(client.ask("fcall f 0"), format!(":{}", round - 1));
            assert_eq!(client.ask("fcall g 0"), format!("${} {}", 1, "v"));
            assert_eq!(client.ask("function delete h"), "+OK");
        }
        client.ask("set k v");
        assert_eq!(client.ask(&code("f", &round.to_string())), "$1 f");
        assert_eq!(client.ask(&code("g", "redis.call('get','k')")), "$1 g");
        assert_eq!(client.ask("multi"), "+OK");
        assert_eq!(client.ask(&code("h", "3")), "+QUEUED");
        assert_eq!(client.ask("fcall h 0"), "+QUEUED");
        assert_eq!(client.ask("exec"), "*2 $1 h :3");
        if !save.is_empty() {
            client.ask(save);
        }
        server.stop();
    }
    let server = serve(&settings);
    let mut client = Client::of(&server);
    assert_eq!(client.ask("function flush"), "+OK");
    server.stop();
    let server = serve(&settings);
    let mut client = Client::of(&server);
    assert_eq!(client.ask("fcall f 0"), "-ERR Function not found");
    server.stop();
}

#[test]
fn what_cannot_be_is_said() {
    let server = start(4);
    let mut client = Client::of(&server);
    let unkept =
        "-ERR this cache has no data directory, so nothing of it can be saved; start it with one";
    for command in [
        "save",
        "bgsave",
        "bgsave schedule",
        "bgrewriteaof",
        "lastsave",
    ] {
        assert_eq!(client.ask(command), unkept);
    }
    let outside = "-ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.";
    for (command, answer) in [
        ("bgsave now", "-ERR syntax error"),
        ("wait x y", "-ERR value is not an integer or out of range"),
        ("wait 1 x", "-ERR timeout is not an integer or out of range"),
        ("wait 1 -1", "-ERR timeout is negative"),
        ("wait 0 0", ":0"),
        ("wait -5 0", ":0"),
        (
            "waitaof 2 0 0",
            "-ERR value is out of range, value must between 0 and 1",
        ),
        (
            "waitaof 0 -1 0",
            "-ERR value is out of range, must be positive",
        ),
        ("waitaof 1 0 0", outside),
        ("waitaof 0 0 0", "*2 :0 :0"),
    ] {
        assert_eq!(client.ask(command), answer, "{command}");
    }
    let since = Instant::now();
    assert_eq!(client.ask("wait 1 60"), ":0");
    assert!(since.elapsed() >= Duration::from_millis(59));
    server.stop();
}

#[test]
fn who_waits_for_the_disk_is_answered() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = serve(&settings(directory.path(), Fsync::Never));
    let mut client = Client::of(&server);
    client.ask("set a 1");
    assert_eq!(client.ask("waitaof 1 0 0"), "*2 :1 :0");
    client.ask("set a 2");
    let since = Instant::now();
    assert_eq!(
        client.ask("waitaof 1 1 80"),
        "*2 :1 :0",
        "there is no replica"
    );
    assert!(since.elapsed() >= Duration::from_millis(79));
    client.ask("multi");
    client.ask("set a 3");
    client.ask("waitaof 1 0 0");
    let answer = client.ask("exec");
    assert_eq!(answer, "*2 +OK *2 :1 :0", "of what was before it");
    let saved: i64 = client.ask("lastsave")[1..].parse().expect("a number");
    assert!(saved > 1_700_000_000);
    server.stop();
}

/// A server in a process of its own, if the environment says so.
#[test]
fn child() {
    let Ok(directory) = std::env::var(DIRECTORY) else {
        return;
    };
    let server = serve(&settings(Path::new(&directory), Fsync::Always));
    println!("\nlistens at {}", server.address());
    loop {
        std::thread::park();
    }
}

fn spawn(directory: &Path) -> (Child, SocketAddr) {
    let itself = std::env::current_exe().expect("a path");
    let mut child = Command::new(itself)
        .args(["--exact", "persistence::child", "--nocapture"])
        .env(DIRECTORY, directory)
        .stdout(Stdio::piped())
        .spawn()
        .expect("a process");
    let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    let mut lines = lines.map_while(Result::ok);
    let address = lines.find_map(|line| line.strip_prefix("listens at ").map(str::to_owned));
    let address = address.expect("it starts").parse().expect("an address");
    // It may say more.
    std::thread::spawn(move || lines.for_each(drop));
    (child, address)
}

/// Writes until the server is gone; `acknowledged` is the last number that was.
fn write(address: SocketAddr, client: u64, acknowledged: &AtomicU64, stops: &AtomicBool) {
    let mut connection = Client::at(address);
    let mut number = acknowledged.load(Ordering::Relaxed);
    while !stops.load(Ordering::Relaxed) {
        number += 1;
        let commands = [
            format!("set only-{client} {number}"),
            format!("mset one-{client} {number} other-{client} {number} third-{client} {number}"),
            format!("incr count-{client}"),
        ];
        for command in &commands {
            if connection.try_ask(command).is_none() {
                return;
            }
        }
        acknowledged.store(number, Ordering::Relaxed);
    }
}

fn check(address: SocketAddr, client: u64, acknowledged: u64) -> u64 {
    let mut connection = Client::at(address);
    let mut get = |key: &str| -> u64 {
        let answer = connection.ask(&format!("get {key}-{client}"));
        let text = answer.split(' ').next_back().expect("a word");
        text.parse().unwrap_or(0)
    };
    let (only, count) = (get("only"), get("count"));
    let together = [get("one"), get("other"), get("third")];
    assert!(only >= acknowledged, "{only} is left of {acknowledged}");
    assert!(together[0] >= acknowledged && count >= acknowledged);
    assert!(
        together.iter().all(|it| *it == together[0]),
        "all or none: {together:?}"
    );
    only.min(count)
}

fn sum(numbers: &[AtomicU64]) -> u64 {
    numbers.iter().map(|it| it.load(Ordering::Relaxed)).sum()
}

/// However long that takes on a machine that has much to do.
pub(crate) fn wait_until(is_so: impl Fn() -> bool) {
    let since = Instant::now();
    while !is_so() {
        assert!(
            since.elapsed() < Duration::from_secs(120),
            "nothing happens"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_process_that_is_killed_has_lost_nothing() {
    const CLIENTS: u64 = 4;
    let directory = tempfile::tempdir().expect("a directory");
    let acknowledged: Vec<_> = (0..CLIENTS).map(|_| AtomicU64::new(0)).collect();
    let (mut child, mut address) = spawn(directory.path());
    for round in 0..4_u64 {
        let stops = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for client in 0..CLIENTS {
                let (acknowledged, stops) = (&acknowledged[client as usize], &stops);
                scope.spawn(move || write(address, client, acknowledged, stops));
            }
            let begun = sum(&acknowledged);
            wait_until(|| sum(&acknowledged) > begun + 10);
            if round % 2 == 1 {
                assert!(Client::at(address).ask("bgsave").starts_with("+Background"));
            }
            wait_until(|| sum(&acknowledged) > begun + 20);
            std::thread::sleep(Duration::from_millis(7 * round));
            child.kill().expect("it is there");
            child.wait().expect("it ends");
            stops.store(true, Ordering::Relaxed);
        });
        (child, address) = spawn(directory.path());
        for client in 0..CLIENTS {
            let acknowledged = &acknowledged[client as usize];
            let was = acknowledged.load(Ordering::Relaxed);
            acknowledged.store(check(address, client, was), Ordering::Relaxed);
        }
    }
    println!("{} rounds were acknowledged", sum(&acknowledged));
    child.kill().expect("it is there");
    child.wait().expect("it ends");
}
