//! Reads a file that a Redis saved, damaged in as many ways as are asked for: nothing may panic, and nothing may take more memory
//! than it should.
//!
//!     cargo run --release -p synod-cache --example damage -- dump.rdb 100000 1

#[path = "../tests/rdb/damaged.rs"]
mod damaged;

fn main() {
    let args: Vec<_> = std::env::args().skip(1).collect();
    let [file, rounds, seed] = args.as_slice() else {
        eprintln!("usage: damage FILE ROUNDS SEED");
        std::process::exit(2);
    };
    let bytes = std::fs::read(file).expect("a file");
    let rounds = rounds.parse().expect("a number of rounds");
    damaged::damage(&bytes, seed.parse().expect("a number"), rounds);
    println!("{rounds} times without harm");
}
