//! `clavero check-config`: reads the configuration, opens what it names, and says what is wrong before anybody notices.

use std::process::ExitCode;

use anyhow::Context;
use clap::Args;

use super::operator::{open_documents, open_store};
use super::serve::{ConfigArgs, judgement, runtime};
use crate::clock::Clock;
use crate::config::{Config, DocumentKind, EXAMPLE, MailTransport, Profile};
use crate::fetch::{Client, Targets};
use crate::fixture::is_fixture_key;

/// Options of `check-config`.
#[derive(Debug, Clone, Args)]
pub struct CheckConfigArgs {
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Print an example with every key and its default, and do nothing else
    #[arg(long)]
    pub example: bool,
}

/// Checks, or prints the example.
pub fn run(args: &CheckConfigArgs) -> anyhow::Result<ExitCode> {
    if args.example {
        print!("{EXAMPLE}");
        return Ok(ExitCode::SUCCESS);
    }
    let config = Config::load(args.config.config.as_deref())?;
    println!("{}", toml::to_string(&config)?);
    let checks = [
        ("trust", trust(&config)),
        ("fetch", fetch(&config)),
        ("seal", seal(&config)),
        ("mail", mail(&config)),
        ("protection", protection(&config)),
        ("database", runtime()?.block_on(database(&config))),
        ("documents", runtime()?.block_on(documents(&config))),
    ];
    let mut failed = false;
    for (name, result) in checks {
        match result {
            Ok(fact) => println!("✓ {name} {fact}"),
            Err(error) => {
                failed = true;
                println!("✗ {name}: {error:#}");
            }
        }
    }
    Ok(ExitCode::from(u8::from(failed)))
}

fn trust(config: &Config) -> anyhow::Result<String> {
    let judgement = judgement(config)?;
    let roots = judgement.trust.roots().len();
    anyhow::ensure!(
        roots > 0,
        "no root in {}: nobody's signature would be accepted; put the roots you accept there",
        config.path(&config.trust.roots).display()
    );
    Ok(format!(
        "{roots} roots, {} revocation lists",
        judgement.evidence.crls.len()
    ))
}

/// Nobody is asked for the sake of a check.
fn fetch(config: &Config) -> anyhow::Result<String> {
    if !config.fetch.enabled {
        return Ok("off: only lists and answers in the trust folders count".to_owned());
    }
    let limits = config.fetch_settings().limits;
    let whom = match limits.targets {
        Targets::Public => "public addresses",
        Targets::Any => "any address, private ones included",
    };
    Client::new(limits)?;
    Ok(format!("asks {whom} about revocation"))
}

fn seal(config: &Config) -> anyhow::Result<String> {
    let Some(seal) = config.operator_seal()? else {
        return Ok("none: receipts and heads of the audit log are not signed".to_owned());
    };
    let facts = seal.certificate().facts();
    anyhow::ensure!(
        config.profile != Profile::Production || !is_fixture_key(seal.certificate().der()),
        "{} belongs to the test fixtures, whose keys are public",
        facts.subject
    );
    Ok(format!("of {} until {}", facts.subject, facts.not_after))
}

/// Without a key nothing is wrong for a trial, and something is for real employers.
fn protection(config: &Config) -> anyhow::Result<String> {
    let keys = config.keyring()?;
    Ok(match keys.current() {
        Some(key) => format!("personal data are protected with the key {key}"),
        None => "off: personal data are kept in the open (protection.keys)".to_owned(),
    })
}

async fn database(config: &Config) -> anyhow::Result<String> {
    // Checking must not leave anything behind: a database that is not there yet is made by `serve`.
    if config.database.starts_with("sqlite:") && !config.data_dir.exists() {
        return Ok(format!("will be made in {}", config.data_dir.display()));
    }
    let store = open_store(config).await?;
    store.ping().await?;
    store.close().await;
    Ok(String::new())
}

/// A store of documents must take bytes, give them back and delete them: keys of a bucket often allow only some of it.
async fn documents(config: &Config) -> anyhow::Result<String> {
    let place = config.documents_place();
    if config.documents.kind != DocumentKind::S3 && !config.data_dir.exists() {
        return Ok(format!("will go into {place}"));
    }
    let store = open_store(config).await?;
    let documents = open_documents(config, &store)?;
    let used = documents.ready(Clock::system().now()).await;
    store.close().await;
    used.with_context(|| {
        format!("{place} can't be used; are address, bucket and key right, and may the key list, read, write and delete?")
    })?;
    Ok(format!("in {place}"))
}

/// A folder for messages must be there or be made by `serve`; an SMTP server is only described.
fn mail(config: &Config) -> anyhow::Result<String> {
    if config.mail.transport == MailTransport::Folder && !config.data_dir.exists() {
        return Ok(format!(
            "will go into {}",
            config.path(&config.mail.folder).display()
        ));
    }
    config.mailer()?;
    Ok(String::new())
}
