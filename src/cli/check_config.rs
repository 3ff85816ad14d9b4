//! `clavero check-config`: reads the configuration, opens what it names, and says what is wrong before anybody notices.

use std::process::ExitCode;

use clap::Args;

use super::operator::{open_documents, open_store};
use super::serve::{ConfigArgs, judgement, runtime};
use super::told::{Failure, told};
use crate::clock::Clock;
use crate::config::{Config, DocumentKind, MailTransport, Profile, example};
use crate::domain::Language;
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
pub fn run(args: &CheckConfigArgs, lang: Language) -> anyhow::Result<ExitCode> {
    if args.example {
        print!("{}", example(lang));
        return Ok(ExitCode::SUCCESS);
    }
    let config = Config::load(args.config.config.as_deref())?;
    println!("{}", toml::to_string(&config)?);
    let checks = [
        ("trust", trust(&config, lang)),
        ("fetch", fetch(&config, lang)),
        ("seal", seal(&config, lang)),
        ("mail", mail(&config, lang)),
        ("portal", portal(&config, lang)),
        ("protection", protection(&config, lang)),
        ("database", runtime()?.block_on(database(&config, lang))),
        ("documents", runtime()?.block_on(documents(&config, lang))),
    ];
    let mut failed = false;
    for (name, result) in checks {
        match result {
            Ok(fact) => println!("✓ {name} {fact}"),
            Err(error) => {
                failed = true;
                println!("✗ {name}: {}", told(&error, lang));
            }
        }
    }
    Ok(ExitCode::from(u8::from(failed)))
}

fn trust(config: &Config, lang: Language) -> anyhow::Result<String> {
    let judgement = judgement(config)?;
    let roots = judgement.trust.roots().len();
    let folder = config.path(&config.trust.roots);
    let folder = folder.display();
    anyhow::ensure!(
        roots > 0,
        Failure::new(
            format!(
                "no hay raíces en {folder}: no se aceptaría la firma de nadie; agregue las que acepta con «clavero trust add»"
            ),
            format!(
                "no root in {folder}: nobody's signature would be accepted; add those you accept by `clavero trust add`"
            ),
        )
    );
    let lists = judgement.evidence.crls.len();
    Ok(lang.pick(
        format!("raíces: {roots}, listas de revocación: {lists}"),
        format!("{roots} roots, {lists} revocation lists"),
    ))
}

/// Nobody is asked for the sake of a check.
fn fetch(config: &Config, lang: Language) -> anyhow::Result<String> {
    if !config.fetch.enabled {
        let off = lang.pick(
            "apagado: solo cuentan las listas y respuestas de las carpetas",
            "off: only lists and answers in the trust folders count",
        );
        return Ok(off.to_owned());
    }
    let limits = config.fetch_settings().limits;
    let whom = match limits.targets {
        Targets::Public => lang.pick("direcciones públicas", "public addresses"),
        Targets::Any => lang.pick(
            "cualquier dirección, también privadas",
            "any address, private ones included",
        ),
    };
    Client::new(limits)?;
    Ok(lang.pick(
        format!("pregunta a {whom} por la revocación"),
        format!("asks {whom} about revocation"),
    ))
}

fn seal(config: &Config, lang: Language) -> anyhow::Result<String> {
    let Some(seal) = config.operator_seal()? else {
        let none = lang.pick(
            "ninguno: los comprobantes y las cabezas de la bitácora no se firman",
            "none: receipts and heads of the audit log are not signed",
        );
        return Ok(none.to_owned());
    };
    let facts = seal.certificate().facts();
    anyhow::ensure!(
        config.profile != Profile::Production || !is_fixture_key(seal.certificate().der()),
        Failure::new(
            format!(
                "{} es de las pruebas, cuyas llaves son públicas",
                facts.subject
            ),
            format!(
                "{} belongs to the test fixtures, whose keys are public",
                facts.subject
            ),
        )
    );
    let (subject, until) = (&facts.subject, facts.not_after);
    Ok(lang.pick(
        format!("de {subject} hasta {until}"),
        format!("of {subject} until {until}"),
    ))
}

/// Without a key nothing is wrong for a trial, and something is for real employers.
fn protection(config: &Config, lang: Language) -> anyhow::Result<String> {
    let keys = config.keyring()?;
    Ok(match keys.current() {
        Some(key) => lang.pick(
            format!("los datos personales se cifran con la llave {key}"),
            format!("personal data are protected with the key {key}"),
        ),
        None => lang
            .pick(
                "apagada: los datos personales se guardan a la vista (protection.keys)",
                "off: personal data are kept in the open (protection.keys)",
            )
            .to_owned(),
    })
}

async fn database(config: &Config, lang: Language) -> anyhow::Result<String> {
    // Checking must not leave anything behind: a database that is not there yet is made by `serve`.
    if config.database.starts_with("sqlite:") && !config.data_dir.exists() {
        let folder = config.data_dir.display();
        return Ok(lang.pick(
            format!("se creará en {folder}"),
            format!("will be made in {folder}"),
        ));
    }
    let store = open_store(config).await?;
    store.ping().await?;
    store.close().await;
    Ok(String::new())
}

/// A store of documents must take bytes, give them back and delete them: keys of a bucket often allow only some of it.
async fn documents(config: &Config, lang: Language) -> anyhow::Result<String> {
    let place = config.documents_place(lang);
    if config.documents.kind != DocumentKind::S3 && !config.data_dir.exists() {
        return Ok(lang.pick(format!("irán a {place}"), format!("will go into {place}")));
    }
    let store = open_store(config).await?;
    let documents = open_documents(config, &store)?;
    let used = documents.ready(Clock::system().now()).await;
    store.close().await;
    used.map_err(|error| {
        let failure = Failure::new(
            format!(
                "{place} no se puede usar; ¿son correctos la dirección, el bucket y la llave, y puede la llave enumerar, leer, escribir y borrar?"
            ),
            format!(
                "{place} can't be used; are address, bucket and key right, and may the key list, read, write and delete?"
            ),
        );
        failure.because(error)
    })?;
    Ok(lang.pick(format!("en {place}"), format!("in {place}")))
}

/// A folder for messages must be there or be made by `serve`; an SMTP server is only described.
fn mail(config: &Config, lang: Language) -> anyhow::Result<String> {
    if config.mail.transport == MailTransport::Folder && !config.data_dir.exists() {
        let folder = config.path(&config.mail.folder);
        let folder = folder.display();
        return Ok(lang.pick(format!("irán a {folder}"), format!("will go into {folder}")));
    }
    config.carriers()?;
    Ok(String::new())
}

/// The portal is not called: a key that nobody asked for must not reach it.
fn portal(config: &Config, lang: Language) -> anyhow::Result<String> {
    Ok(match config.other_portal()? {
        None => lang
            .pick(
                "ninguno: las claves quedan en la tabla propia",
                "none: keys stay in our own table",
            )
            .to_owned(),
        Some(_) => config.portal.url.clone(),
    })
}
