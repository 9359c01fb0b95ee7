//! `cargo xtask fuzz`: decoders under random bytes that follow their branches.
//!
//! The targets are libFuzzer's, in `tests/fuzz`. The compiler's instrumentation of coverage is a matter of stable flags,
//! so no nightly compiler and no cargo-fuzz are needed, only a C++ compiler for libFuzzer itself. The inputs that showed
//! something new are kept in the target folder, and the next run begins with them.

use std::path::PathBuf;

use synod_bed::process;

use crate::Failure;
use crate::workspace::{cargo, command, root, succeed, target};

/// What runs, in the order of running.
const TARGETS: [&str; 8] = [
    "jute_request",
    "jute_reply",
    "znode_store",
    "resp_request",
    "rdb_file",
    "aof_file",
    "cache_commands",
    "proxy_wire",
];

/// What makes the compiler count edges and tell of comparisons, as cargo-fuzz does without a sanitizer.
const FLAGS: &str = "--cfg fuzzing -Ccodegen-units=1 -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
     -Cllvm-args=-sanitizer-coverage-trace-compares";

/// Decoders under random bytes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only this target
    #[arg(long, value_parser = TARGETS)]
    target: Option<String>,
    /// How many inputs each target gets
    #[arg(long, default_value_t = 1_000_000)]
    runs: u64,
    /// Where randomness begins; what libFuzzer chooses if not given
    #[arg(long)]
    seed: Option<u32>,
}

/// Builds the targets and runs them.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let programs = build()?;
    let targets = match &arguments.target {
        Some(target) => std::slice::from_ref(target).to_vec(),
        None => TARGETS.map(str::to_owned).to_vec(),
    };
    for name in &targets {
        let inputs = target().join("fuzz/inputs").join(name);
        std::fs::create_dir_all(&inputs)
            .map_err(|error| format!("cannot make {}: {error}", inputs.display()))?;
        let mut fuzz = command(programs.join(name));
        fuzz.arg(format!("-runs={}", arguments.runs));
        fuzz.args(["-max_len=4096", "-print_final_stats=1", "-verbosity=0"]);
        fuzz.arg(format!("-artifact_prefix={}/failed-", inputs.display()));
        if let Some(seed) = arguments.seed {
            fuzz.arg(format!("-seed={seed}"));
        }
        succeed(fuzz.arg(&inputs))?;
    }
    println!("{} passed, 0 failed", targets.len());
    Ok(())
}

/// Builds them; where they are then.
fn build() -> Result<PathBuf, Failure> {
    let folder = target().join("fuzz");
    // With a target named, what runs while building is not instrumented.
    let triple = host()?;
    let mut build = cargo();
    build
        .env("RUSTFLAGS", FLAGS)
        .env("CARGO_TARGET_DIR", &folder)
        .args(["build", "--release", "--locked", "--target", &triple])
        .arg("--manifest-path")
        .arg(root().join("tests/fuzz/Cargo.toml"));
    succeed(&mut build)?;
    Ok(folder.join(triple).join("release"))
}

/// The name of this kind of machine, as the compiler gives it.
fn host() -> Result<String, Failure> {
    let about = process::output(command("rustc").arg("-vV"))?;
    let mut lines = about.lines();
    lines
        .find_map(|line| line.strip_prefix("host: "))
        .map(str::to_owned)
        .ok_or_else(|| "`rustc -vV` names no host".to_owned())
}
