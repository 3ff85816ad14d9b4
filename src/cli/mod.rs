//! The command line: one file per command, each a thin shell around the library.
//!
//! Help is written once in English, in the doc comments, and once in Spanish, in `spanish.rs`; people see Spanish
//! unless they ask for `--lang en`.

pub mod audit;
pub mod breach;
pub mod check_config;
pub mod decide;
pub mod demo;
pub mod evidence;
pub mod explain;
pub mod fixture;
pub mod load;
pub mod mail;
mod material_args;
pub mod migrate_store;
pub mod online;
mod operator;
pub mod output;
pub mod protect;
pub mod registry;
pub mod reprocess;
pub mod reviewer;
pub mod serve;
mod spanish;
mod standing;
pub mod subject;
mod told;
pub mod trust;
mod usage;
pub mod verify;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use rustix::fs::Mode;
use rustix::process::umask;

use crate::domain::Language;
use crate::{extract, pages};

/// Gives an Ecuadorian employer its portal password back, on the strength of an electronic signature alone.
#[derive(Debug, Parser)]
#[command(name = "clavero", version, disable_help_subcommand = true)]
pub struct Cli {
    /// Language.
    #[command(flatten)]
    pub spoken: Spoken,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The option that every command has.
#[derive(Debug, Args)]
pub struct Spoken {
    /// Language of help and messages: es or en; the variable CLAVERO_LANG says the same
    #[arg(
        long,
        global = true,
        default_value_t = Language::Es,
        env = "CLAVERO_LANG",
        hide_env = true,
        hide_default_value = true,
        display_order = 900
    )]
    pub lang: Language,
}

/// `clavero verify` and nothing else: who validates one document per process does not wait for the description of twenty
/// other commands. What this can't read, help included, is left to [`Cli`].
#[derive(Debug, Parser)]
#[command(name = "clavero", disable_help_flag = true)]
struct VerifyAlone {
    #[command(flatten)]
    spoken: Spoken,
    #[command(flatten)]
    args: verify::VerifyArgs,
}

impl VerifyAlone {
    fn read(arguments: &[OsString]) -> Option<Cli> {
        let (program, rest) = arguments.split_first()?;
        let (command, rest) = rest.split_first()?;
        if command != "verify" {
            return None;
        }
        let read = Self::try_parse_from(std::iter::once(program).chain(rest)).ok()?;
        Some(Cli {
            spoken: read.spoken,
            command: Command::Verify(Box::new(read.args)),
        })
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Everything at once on an empty machine, with employers and documents that do not exist
    Demo(demo::DemoArgs),
    /// Validates one signed document offline: PDF, .p7m or .p7s
    Verify(Box<verify::VerifyArgs>),
    /// Says what a code means and what to do about it
    Explain(explain::ExplainArgs),
    /// Runs the service: pages, API and queue
    #[command(
        after_help = "EXAMPLES:\n  clavero check-config --example > clavero.toml\n  \
        clavero serve --config clavero.toml\n  CLAVERO_LISTEN=0.0.0.0:8080 CLAVERO_PUBLIC_URL=https://clavero.example.ec clavero serve"
    )]
    Serve(serve::ConfigArgs),
    /// Dry run of the whole decision on files, against a registry in a file
    Decide(Box<decide::DecideArgs>),
    /// Employers and representatives
    Registry(registry::RegistryArgs),
    /// Evidence packages: everything that a decision rests on, in one file
    Evidence(evidence::EvidenceArgs),
    /// Makes the report about a decided petition again, from what was kept, and compares
    Reprocess(reprocess::ReprocessArgs),
    /// The people of the back office: reviewers, supervisors and auditors
    Reviewer(reviewer::ReviewerArgs),
    /// Messages: what became of them, and mails that came back
    Mail(mail::MailArgs),
    /// Whom the service trusts: entities, roots and subordinates
    Trust(trust::TrustArgs),
    /// The audit log: whether it is whole, and its rows as a table
    Audit(audit::AuditArgs),
    /// What a person may ask for about their own data: access, correction, deletion (LOPDP)
    Subject(Box<subject::SubjectArgs>),
    /// Breaches of personal data: the clock and the report
    Breach(breach::BreachArgs),
    /// Personal data at rest: what is protected, and with which key
    Protect(protect::ProtectArgs),
    /// Moves an installation's database and documents into other stores
    MigrateStore(migrate_store::MigrateStoreArgs),
    /// Checks the configuration and everything it names
    CheckConfig(check_config::CheckConfigArgs),
    /// Makes test certificates, signatures and attacks; nothing of it has legal value
    Fixture(fixture::FixtureArgs),
    /// Measures a running service with signed petitions; for tests, never beside real employers
    Load(load::LoadArgs),
    /// Internal: reads a PDF from standard input and writes its text, within limits.
    #[command(name = extract::CHILD_COMMAND, hide = true)]
    ExtractText,
    /// Internal: reads a PDF from standard input and writes the pixels of one page, within limits.
    #[command(name = pages::CHILD_COMMAND, hide = true)]
    DrawPage {
        /// The page; the first is 1.
        page: u32,
        /// Width in pixels.
        width: u16,
    },
}

impl Command {
    /// Whether it may write what a service keeps: a database, documents, messages, whom to trust.
    fn keeps_data(&self) -> bool {
        !matches!(
            self,
            Self::Verify(_)
                | Self::Explain(_)
                | Self::Decide(_)
                | Self::Fixture(_)
                | Self::ExtractText
                | Self::DrawPage { .. }
        )
    }
}

/// Exit status for unreadable input or wrong usage (DESIGN §5).
pub const UNREADABLE: u8 = 3;

/// Exit code of a program whose output nobody reads any more, as shells know it: 128 and the number of SIGPIPE.
const NOBODY_READS: i32 = 141;

/// Output that can't be written is no accident of ours, and no reason for a stack trace: who pipes us into `head` has read
/// enough, and a disk may be full.
fn end_when_nothing_can_be_written(lang: Language) {
    const UNWRITTEN: &str = "failed printing to stdout: ";
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let said = panic.payload_as_str().unwrap_or_default();
        let Some(why) = said.strip_prefix(UNWRITTEN) else {
            return usual(panic);
        };
        if why.starts_with("Broken pipe") {
            std::process::exit(NOBODY_READS);
        }
        let what = lang.pick(
            "la salida no se pudo escribir",
            "the output could not be written",
        );
        // Nor, perhaps, can this.
        let _ = writeln!(std::io::stderr(), "clavero: {what}: {why}");
        std::process::exit(UNREADABLE.into());
    }));
}

/// Runs the command that was asked for.
#[must_use]
pub fn run() -> ExitCode {
    // Before any other use of it: whoever comes first decides that OpenSSL does not tidy up when the process ends, which
    // gives every block back one by one before the system takes them all.
    openssl::init();
    let arguments: Vec<OsString> = std::env::args_os().collect();
    // Each letter has a child: it is not kept waiting for the description of a command line that it has no use for.
    if arguments
        .get(1)
        .is_some_and(|command| command == extract::CHILD_COMMAND)
    {
        return extract::child();
    }
    let asks_for_json = arguments.iter().any(|argument| argument == "--json");
    let lang = language_of(&arguments);
    end_when_nothing_can_be_written(lang);
    let parsed = parse(&arguments, lang);
    if parsed.as_ref().is_ok_and(|cli| cli.command.keeps_data()) {
        // For nobody else on the machine.
        umask(Mode::RWXG | Mode::RWXO);
    }
    match parsed {
        Ok(cli) => match cli.command {
            Command::Demo(args) => exit(demo::run(&args), lang),
            Command::Verify(args) => verify::run(&args, cli.spoken.lang),
            Command::Explain(args) => explain::run(&args, cli.spoken.lang),
            Command::Serve(args) => exit(serve::run(&args), lang),
            Command::Decide(args) => exit(decide::run(&args, cli.spoken.lang), lang),
            Command::Registry(args) => exit(registry::run(&args, cli.spoken.lang), lang),
            Command::Evidence(args) => exit(evidence::run(&args, cli.spoken.lang), lang),
            Command::Reprocess(args) => exit(reprocess::run(&args, cli.spoken.lang), lang),
            Command::Reviewer(args) => exit(reviewer::run(&args, cli.spoken.lang), lang),
            Command::Mail(args) => exit(mail::run(&args, cli.spoken.lang), lang),
            Command::Trust(args) => exit(trust::run(&args, cli.spoken.lang), lang),
            Command::Audit(args) => exit(audit::run(&args, cli.spoken.lang), lang),
            Command::Subject(args) => exit(subject::run(&args, cli.spoken.lang), lang),
            Command::Breach(args) => exit(breach::run(&args), lang),
            Command::MigrateStore(args) => exit(migrate_store::run(&args, cli.spoken.lang), lang),
            Command::Protect(args) => exit(protect::run(&args, cli.spoken.lang), lang),
            Command::CheckConfig(args) => exit(check_config::run(&args, lang), lang),
            Command::Fixture(args) => exit(fixture::run(args), lang),
            Command::Load(args) => exit(load::run(args), lang),
            Command::ExtractText => extract::child(),
            Command::DrawPage { page, width } => pages::child(page, width),
        },
        // Who asked for JSON gets the usage error as JSON too.
        Err(error) if error.use_stderr() && asks_for_json => {
            let message = usage_error(&error, lang).unwrap_or_else(|| error.to_string());
            verify::fail(
                &material_args::InputError::new("usage", message.trim()),
                true,
                lang,
            )
        }
        Err(error) => {
            match usage_error(&error, lang) {
                Some(words) => eprintln!("{words}"),
                None => {
                    let _ = error.print();
                }
            }
            ExitCode::from(if error.use_stderr() { UNREADABLE } else { 0 })
        }
    }
}

/// What is wrong with the command line, where clap's own words are in another language.
fn usage_error(error: &clap::Error, lang: Language) -> Option<String> {
    match lang {
        Language::Es => usage::spanish(error),
        Language::En => None,
    }
}

/// A command's failure is told once, here, with its causes.
fn exit(result: anyhow::Result<ExitCode>, lang: Language) -> ExitCode {
    result.unwrap_or_else(|error| {
        if told::is_unread_output(&error) {
            std::process::exit(NOBODY_READS);
        }
        eprintln!("clavero: {}", told::told(&error, lang));
        ExitCode::from(UNREADABLE)
    })
}

/// Reads the arguments. Both languages take the same ones, and only what is printed differs: so the texts are put in place
/// when something is to be printed, which is never when a document is judged.
fn parse(arguments: &[OsString], lang: Language) -> Result<Cli, clap::Error> {
    let read = |command: clap::Command| {
        command
            .try_get_matches_from(arguments)
            .and_then(|matches| Cli::from_arg_matches(&matches))
    };
    if let Some(cli) = VerifyAlone::read(arguments) {
        return Ok(cli);
    }
    read(Cli::command()).or_else(|error| match error.kind() {
        // It says the same in both languages.
        ErrorKind::DisplayVersion => Err(error),
        _ => read(command(lang)),
    })
}

/// The command line in one language.
fn command(language: Language) -> clap::Command {
    match language {
        Language::Es => spanish::translate(Cli::command()),
        Language::En => Cli::command(),
    }
}

/// The language must be known before the arguments are parsed, because help is printed while parsing.
fn language_of(arguments: &[OsString]) -> Language {
    let words: Vec<&str> = arguments
        .iter()
        .filter_map(|argument| argument.to_str())
        .collect();
    let asked =
        words.windows(2).any(|pair| pair == ["--lang", "en"]) || words.contains(&"--lang=en");
    let preset = std::env::var("CLAVERO_LANG").is_ok_and(|language| language == "en");
    if asked || preset {
        Language::En
    } else {
        Language::Es
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verify_alone_is_read_as_the_whole_command_line_reads_it() {
        let all = |line: &str| -> Vec<OsString> {
            let words = std::iter::once("clavero").chain(line.split_whitespace());
            words.map(OsString::from).collect()
        };
        for line in [
            "verify a.pdf",
            "verify a.pdf --lang en --json --roots r --intermediates i --crls c --ocsp o",
            "verify --lang=es --at 2026-11-21T12:00:00Z --revocation none --trust-dir t -- -a.pdf",
            "verify a.p7s --original a.pdf --report a.html --online --cache d",
            "verify --schema",
        ] {
            let arguments = all(line);
            let whole = Cli::try_parse_from(&arguments).unwrap();
            let alone = VerifyAlone::read(&arguments).unwrap();
            assert_eq!(format!("{alone:?}"), format!("{whole:?}"), "{line}");
        }
        for line in [
            "",
            "verify",
            "verify --help",
            "verify --version",
            "verify a.pdf b.pdf",
            "verify a.pdf --cache d",
            "verify a.pdf --at yesterday",
            "--lang en verify a.pdf",
            "explain CERT_REVOKED",
        ] {
            assert!(VerifyAlone::read(&all(line)).is_none(), "{line}");
        }
    }
}
