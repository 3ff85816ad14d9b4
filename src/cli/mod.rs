//! The command line: one file per command, each a thin shell around the library.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Clavero gives an Ecuadorian employer its portal password back.
#[derive(Debug, Parser)]
#[command(name = "clavero", version)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {}

/// Exit status for unreadable input or wrong usage (DESIGN §5).
pub const UNREADABLE: u8 = 3;

/// Runs the command that was asked for.
#[must_use]
pub fn run() -> ExitCode {
    match Cli::try_parse() {
        Ok(cli) => match cli.command {},
        Err(error) => {
            let _ = error.print();
            ExitCode::from(if error.use_stderr() { UNREADABLE } else { 0 })
        }
    }
}
