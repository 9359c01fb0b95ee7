//! The command line of `synod`: one subcommand, one file.

use std::process::ExitCode;

/// Runs the command line of this process and says how it ended.
pub fn main() -> ExitCode {
    ExitCode::SUCCESS
}
