//! The program: runs tests of the crate zookeeper-client by name, or the workers of the fault test. README.md of the folder
//! above says what it reads and prints.

mod basics;
mod bed;
mod locks;
mod sessions;
mod watching;
mod workload;

use std::process::ExitCode;

use bed::{Bed, Outcome, read_line};

/// The names of the tests.
const TESTS: [&str; 14] = [
    "nodes",
    "create-modes",
    "rights",
    "multi",
    "multi-read",
    "surface",
    "sasl-digest-md5",
    "watch-once",
    "watch-persistent",
    "lock",
    "lock-shared-prefix",
    "leader-latch",
    "session",
    "reattach",
];

#[tokio::main(worker_threads = 4)]
async fn main() -> ExitCode {
    let words: Vec<_> = std::env::args().skip(1).collect();
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    let good = match words[..] {
        ["list"] => {
            TESTS.iter().for_each(|name| println!("rust/{name}"));
            true
        }
        [word, connect, ref settings @ ..] => run(word, connect, settings).await,
        _ => {
            eprintln!("usage: list | (serve|all|lock|NAME) HOST:PORT,... [KEY=VALUE...]");
            false
        }
    };
    if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

async fn run(word: &str, connect: &str, settings: &[&str]) -> bool {
    let bed = |name: &str| Bed::new(name, connect, settings);
    match word {
        "lock" => match workload::run(&bed("rust/faults")).await {
            Ok(()) => true,
            Err(why) => {
                eprintln!("{why}");
                false
            }
        },
        "all" => {
            let mut good = true;
            for name in TESTS {
                good &= one(&bed(&format!("rust/{name}"))).await;
            }
            good
        }
        "serve" => {
            let mut good = true;
            while let Some(name) = read_line() {
                good &= one(&bed(&name)).await;
            }
            good
        }
        name => one(&bed(name)).await,
    }
}

async fn one(bed: &Bed) -> bool {
    let outcome = test(bed).await;
    match &outcome {
        Ok(()) => println!("ok {}", bed.name),
        Err(why) => println!(
            "FAILED {}: {}",
            bed.name,
            why.to_string().replace('\n', " ")
        ),
    }
    outcome.is_ok()
}

async fn test(bed: &Bed) -> Outcome {
    match bed.name.strip_prefix("rust/").unwrap_or_default() {
        "nodes" => basics::nodes(bed).await,
        "create-modes" => basics::create_modes(bed).await,
        "rights" => basics::rights(bed).await,
        "multi" => basics::multi(bed).await,
        "multi-read" => basics::multi_read(bed).await,
        "surface" => basics::surface(bed).await,
        "sasl-digest-md5" => sessions::sasl(bed).await,
        "watch-once" => watching::once(bed).await,
        "watch-persistent" => watching::persistent(bed).await,
        "lock" => locks::curator(bed).await,
        "lock-shared-prefix" => locks::shared_prefix(bed).await,
        "leader-latch" => locks::leader_latch(bed).await,
        "session" => sessions::session(bed).await,
        "reattach" => sessions::reattach(bed).await,
        _ => Err("there is no such test".into()),
    }
}
