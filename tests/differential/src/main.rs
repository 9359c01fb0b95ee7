//! The program behind `cargo xtask conformance --cache-differential`: the same random commands at `redis-server` and at the cache.
//!
//! What is played is in `grammar/`; the replies are compared byte for byte but for what a command leaves open ([`compare`]) and a
//! short list of known differences ([`differences`]). What differs is made small ([`shrink`]) and told with the line that plays it
//! again.

mod compare;
mod differences;
mod grammar;
mod keyspace;
mod peer;
mod pins;
mod play;
mod reply;
mod report;
mod shrink;
mod stream;
mod words;

use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;

use clap::Parser;
use synod_cache::command::named;

use grammar::Grammar;
use peer::{Peer, Redis};
use play::Stage;
use report::Report;
use stream::{Step, Stream};

/// The same random commands at redis-server and at the cache
#[derive(Parser)]
struct Arguments {
    /// The first seed
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many seeds
    #[arg(long, default_value_t = 4)]
    seeds: u64,
    /// How many commands of each seed
    #[arg(long, default_value_t = 10_000)]
    commands: usize,
    /// Only these commands of the seed, by their numbers
    #[arg(long, value_delimiter = ',')]
    only: Vec<usize>,
    /// Only commands of these groups, the names of files of grammar/
    #[arg(long, value_delimiter = ',')]
    groups: Vec<String>,
    /// A Redis 7.0 that runs already, of which all keys are removed
    #[arg(long, value_name = "ADDRESS")]
    redis: Option<SocketAddr>,
    /// Write what pins the known differences anew, and play nothing else
    #[arg(long)]
    record: bool,
    /// End after so many differences
    #[arg(long, default_value_t = 5)]
    failures: usize,
}

/// Keys are compared after so many commands.
const LOOK_EVERY: usize = 500;

fn grammar() -> Grammar {
    macro_rules! groups {
        ($($name:literal)*) => {
            &[$(($name, include_str!(concat!("../grammar/", $name, ".txt")))),*]
        };
    }
    Grammar::new(
        include_str!("../grammar/words.txt"),
        groups!("bitmaps" "connection" "generic" "geo" "hashes" "hyperloglogs" "lists" "pubsub" "scripts" "server" "sets" "sorted_sets" "streams" "strings" "transactions"),
    )
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("differential: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether nothing differs.
fn run(arguments: &Arguments) -> io::Result<bool> {
    let (redis, address) = match arguments.redis {
        Some(address) => (None, address),
        None => match Redis::start()? {
            None => {
                println!("not run: needs redis-server 7.0 (Debian's package redis-server)");
                println!("0 passed, 0 failed");
                return Ok(true);
            }
            Some(redis) => {
                let address = redis.address;
                (Some(redis), address)
            }
        },
    };
    if let Some(other) = peer::other_version(address)? {
        println!("not run: needs redis-server 7.0, this is {other}");
        println!("0 passed, 0 failed");
        return Ok(true);
    }
    let server = peer::ours()?;
    let ours = Peer::new(server.address())?;
    let mut stage = Stage::new(ours, Peer::new(address)?);
    let grammar = grammar();
    let mut report = Report::new(&arguments.groups, arguments.failures);
    if !stage.ours.has_resp3 {
        report.missing.insert("hello".to_owned());
    }
    if arguments.record {
        pins::record(&mut stage)?;
    } else if arguments.only.is_empty() {
        report.pins(&mut stage)?;
    }
    let seeds = if arguments.record { 0 } else { arguments.seeds };
    for seed in arguments.seed..arguments.seed + seeds {
        play_seed(arguments, &grammar, seed, &mut stage, &mut report)?;
        if report.is_enough() {
            break;
        }
    }
    drop(redis);
    server.stop();
    Ok(report.close(&stage.met))
}

/// Whether the cache knows what is called; what nobody knows is called `nosuch`, or has a subcommand `other`.
fn is_known(words: &[Vec<u8>]) -> bool {
    let Some(spec) = named(&words[0]) else {
        return words[0].starts_with(b"nosuch");
    };
    let Some(name) = words.get(1).filter(|_| !spec.subcommands.is_empty()) else {
        return true;
    };
    let mut known = spec.subcommands.iter();
    name == b"other" || known.any(|known| name.eq_ignore_ascii_case(known.name.as_bytes()))
}

fn play_seed(
    arguments: &Arguments,
    grammar: &Grammar,
    seed: u64,
    stage: &mut Stage,
    report: &mut Report,
) -> io::Result<()> {
    let mut stream = Stream::new(grammar, &arguments.groups, seed, is_known);
    let only: BTreeSet<_> = arguments.only.iter().copied().collect();
    let commands = only.last().map_or(arguments.commands, |last| last + 1);
    let wanted = |step: &Step| only.is_empty() || only.contains(&step.index);
    let mut since: Vec<Step> = Vec::new();
    stage.renew()?;
    let mut left = commands;
    while left > 0 && !report.is_enough() {
        let count = left.min(LOOK_EVERY);
        left -= count;
        let mut steps: Vec<_> = (0..count).map(|_| stream.step()).collect();
        steps.retain(wanted);
        let played = stage.play(&steps);
        let (done, differ) = match played {
            Some((done, difference)) => (done, Some(difference)),
            None => (steps.len(), keyspace::look(stage)),
        };
        let rest = steps.split_off(done);
        since.extend(steps);
        if let Some(difference) = differ {
            report.differ(seed, &since, difference, stage)?;
            since.clear();
            stage.renew()?;
            // What comes behind it is another seed's, so to say.
            drop(rest);
        }
    }
    report.seed(seed, commands, &stream.missing);
    Ok(())
}
