//! The binary `synod`: parses the command line, runs one subcommand, turns an error into one message and an exit code.

use std::process::ExitCode;

/// It gives back what a burst of work took: the operator's memory is what it holds, not what it once held.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    synod_operator::cli::main()
}
