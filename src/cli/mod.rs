//! The command line: one file a command.

use std::process::ExitCode;

/// Parses the arguments, runs the command, prints an error in one line.
#[must_use]
pub fn run() -> ExitCode {
    ExitCode::from(2)
}
