//! A server without anything around it: `serve PORT THREADS [DIRECTORY [always|everysec|no [IMPORT]]]`.
//!
//! With a directory keys are kept there; a new one begins with what `IMPORT` holds, which a Redis saved.

use std::net::TcpListener;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use synod_resp::persistence::{self, Fsync, Kept};
use synod_resp::{Server, Settings, Setup};

/// As the agent has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let args: Vec<_> = std::env::args().skip(1).collect();
    let number = |index: usize| args.get(index).map(|it| it.parse().expect("a number"));
    let port: usize = number(0).expect("a port");
    let settings = Settings {
        threads: number(1).unwrap_or(1),
        partitions: 16,
        ..Settings::default()
    };
    let listener = TcpListener::bind(("127.0.0.1", port as u16)).expect("it is free");
    let kept = args.get(2).map(|directory| {
        let fsync = match args.get(3).map(String::as_str) {
            Some("always") => Fsync::Always,
            Some("no") => Fsync::Never,
            _ => Fsync::EverySecond,
        };
        let mut settings = persistence::Settings::alone(Path::new(directory), fsync, 16, seed());
        settings.import = args.get(4).map(Into::into);
        let kept = Kept::open(&settings).unwrap_or_else(|error| {
            eprintln!("{error}");
            std::process::exit(1);
        });
        println!("{:?}", kept.found());
        kept
    });
    let setup = Setup {
        kept,
        ..Setup::default()
    };
    let server = Server::start_with(listener, &settings, setup).expect("threads");
    println!("listens at {}", server.address());
    loop {
        std::thread::park();
    }
}

/// Nobody who is served guesses it, in an example.
fn seed() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_nanos() as u64
}
