//! The `phieu` program: parses the command line and reports errors.

use std::process::ExitCode;

fn main() -> ExitCode {
    phieu::cli::run()
}
