//! The binary `synod`: parses the command line, runs one subcommand, turns an error into one message and an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    synod_operator::cli::main()
}
