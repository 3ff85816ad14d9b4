//! `clavero check-config`: reads the configuration, opens what it names, and says what is wrong before anybody notices.

use std::process::ExitCode;

use anyhow::Context;
use clap::Args;

use super::serve::{ConfigArgs, judgement, runtime};
use crate::config::{Config, EXAMPLE};
use crate::store::Store;

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
    let mut checks = vec![
        ("trust", trust(&config)),
        (
            "mail",
            config.mailer().map(|_| String::new()).map_err(Into::into),
        ),
    ];
    checks.push(("database", runtime()?.block_on(database(&config))));
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

async fn database(config: &Config) -> anyhow::Result<String> {
    std::fs::create_dir_all(&config.data_dir).context("data_dir")?;
    let store = Store::open(&config.database).await?;
    store.ping().await?;
    store.close().await;
    Ok(String::new())
}
