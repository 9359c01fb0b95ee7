//! The program: runs tests of the crates fred and redis by name. README.md of the folder above says what it reads and prints.

mod bed;
mod fred_tests;
mod redis_tests;

use std::process::ExitCode;

use bed::{Bed, Outcome, read_line};

#[tokio::main(worker_threads = 4)]
async fn main() -> ExitCode {
    let words: Vec<_> = std::env::args().skip(1).collect();
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    let good = match words[..] {
        ["list"] => {
            names().iter().for_each(|name| println!("{name}"));
            true
        }
        [word, address, ..] => run(word, address).await,
        _ => {
            eprintln!("usage: list | (serve|all|NAME) HOST:PORT [KEY=VALUE...]");
            false
        }
    };
    if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The names of all tests.
fn names() -> Vec<String> {
    let mut names = Vec::new();
    for protocol in [2, 3] {
        let of = |name: &&str| format!("fred/resp{protocol}/{name}");
        names.extend(fred_tests::TESTS.iter().map(of));
        let of = |name: &&str| format!("redis-rs/resp{protocol}/{name}");
        names.extend(redis_tests::TESTS.iter().map(of));
    }
    names
}

async fn run(word: &str, address: &str) -> bool {
    let mut good = true;
    match word {
        "all" => {
            for name in names() {
                good &= one(&name, address).await;
            }
        }
        "serve" => {
            while let Some(name) = read_line() {
                good &= one(&name, address).await;
            }
        }
        name => good = one(name, address).await,
    }
    good
}

async fn one(name: &str, address: &str) -> bool {
    let bed = Bed {
        name: name.to_owned(),
        address: address.to_owned(),
    };
    let outcome = test(&bed).await;
    match &outcome {
        Ok(()) => println!("ok {name}"),
        Err(why) => println!("FAILED {name}: {}", why.to_string().replace('\n', " ")),
    }
    outcome.is_ok()
}

async fn test(bed: &Bed) -> Outcome {
    redis_tests::empty(bed).await?;
    let mut parts = bed.name.splitn(3, '/');
    match (parts.next(), parts.next(), parts.next()) {
        (Some("fred"), Some(protocol), Some(name)) => fred_tests::run(bed, protocol, name).await,
        (Some("redis-rs"), Some(protocol), Some(name)) => {
            redis_tests::run(bed, protocol, name).await
        }
        _ => Err("there is no such test".into()),
    }
}
