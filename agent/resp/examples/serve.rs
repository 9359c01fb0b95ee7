//! A server without anything around it: `serve PORT THREADS [NAME VALUE]…`, with settings as `CONFIG SET` names them.
//!
//! With `directory DIR` keys are kept there, as `fsync always|everysec|no` says; a new one begins with what `import PATH` holds, which
//! a Redis saved. With `memcached PORT` it speaks memcached's protocol there.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use synod_resp::persistence::{self, Fsync, Kept};
use synod_resp::{Server, Settings, Setup};

/// As the agent has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const PARTITIONS: usize = 16;

fn main() {
    let args: Vec<_> = std::env::args().skip(1).collect();
    let number = |index: usize| args.get(index).map(|it| it.parse().expect("a number"));
    let port: usize = number(0).expect("a port");
    let settings = Settings {
        threads: number(1).unwrap_or(1),
        partitions: PARTITIONS,
        ..Settings::default()
    };
    let pairs = args.get(2..).unwrap_or_default().chunks_exact(2);
    let mut pairs: BTreeMap<_, _> = pairs.map(|it| (it[0].clone(), it[1].clone())).collect();
    let listener = TcpListener::bind(("127.0.0.1", port as u16)).expect("it is free");
    let memcached = pairs.remove("memcached");
    let kept = kept(&mut pairs);
    let setup = Setup {
        config: pairs.into_iter().collect(),
        on_shutdown: Some(Box::new(|_| std::process::exit(0))),
        on_log: None,
        kept,
    };
    let server = Server::start_with(listener, &settings, setup).expect("threads");
    if let Some(port) = memcached {
        let port: u16 = port.parse().expect("a port");
        let listener = TcpListener::bind(("127.0.0.1", port)).expect("it is free");
        server.serve_memcached(&listener).expect("it listens");
    }
    println!("listens at {}", server.address());
    loop {
        std::thread::park();
    }
}

/// What is kept in a directory, if one is named.
fn kept(pairs: &mut BTreeMap<String, String>) -> Option<Kept> {
    let (fsync, import) = (pairs.remove("fsync"), pairs.remove("import"));
    let directory = pairs.remove("directory")?;
    let fsync = match fsync.as_deref() {
        Some("always") => Fsync::Always,
        Some("no") => Fsync::Never,
        _ => Fsync::EverySecond,
    };
    let directory = Path::new(&directory);
    let mut settings = persistence::Settings::alone(directory, fsync, PARTITIONS as u32, seed());
    settings.import = import.map(Into::into);
    let kept = Kept::open(&settings).unwrap_or_else(|error| {
        eprintln!("{error}");
        std::process::exit(1);
    });
    println!("{:?}", kept.found());
    Some(kept)
}

/// Nobody who is served guesses it, in an example.
fn seed() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_nanos() as u64
}
