//! The binary: everything it can do is in [`clavero::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    clavero::cli::run()
}
