//! `clavero mail`: what became of the messages about a petition, mails that came back, and what is sent once more.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand};

use super::operator::{actor, ensure_database, now};
use super::serve::{ConfigArgs, Service, runtime};
use super::told::Failure;
use crate::config::Config;
use crate::domain::{Language, PetitionNumber, calendar};
use crate::intake::Intake;
use crate::mail::bounce;

/// The Spanish of this command (see `spanish.rs`).
pub(super) const SPANISH: &[(&str, &str)] = &[
    (
        "mail",
        "Los mensajes: qué pasó con ellos, y los que volvieron",
    ),
    ("mail list", "Dice qué pasó con cada mensaje de un trámite"),
    ("mail list.number", "Número del trámite"),
    (
        "mail bounce",
        "Lee avisos de devolución (RFC 3464) y los anota junto a su mensaje, con una alarma",
    ),
    (
        "mail bounce!",
        "Ejemplos:
  clavero mail bounce devuelto.eml --config clavero.toml

Los archivos no se tocan. El servicio lee por sí mismo la carpeta «mail.bounces».

Estado de salida: 0 todos se anotaron, 1 alguno no es de un mensaje entregado, 3 no se pudo leer",
    ),
    (
        "mail retry",
        "Envía otra vez los mensajes apartados: todos, o los de un trámite",
    ),
    (
        "mail retry!",
        "Ejemplos:
  clavero mail retry --config clavero.toml
  clavero mail retry CLV-2026-123456789-F --config clavero.toml

Para cuando está arreglado lo que los detuvo. Si el servicio está en marcha, los envía enseguida y los intenta cinco
días; los que ya no tienen objeto no salen. Queda en la bitácora.

Estado de salida: 0 se envían, 1 no hay ninguno apartado, 3 no se hizo",
    ),
    (
        "mail retry.number",
        "Número del trámite; sin él, todos los mensajes apartados",
    ),
    ("mail retry.config", "Archivo de configuración (TOML)"),
    ("mail list.config", "Archivo de configuración (TOML)"),
    ("mail bounce.config", "Archivo de configuración (TOML)"),
    ("mail bounce.files", "Avisos, un correo (.eml) cada uno"),
];

/// Options of `mail`.
#[derive(Debug, Args)]
pub struct MailArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: MailCommand,
}

/// What can be done with messages.
#[derive(Debug, Subcommand)]
pub enum MailCommand {
    /// Tells what became of each message about a petition
    List {
        /// Number of the petition
        #[arg(value_name = "NUMBER")]
        number: PetitionNumber,
        /// The service's configuration.
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// Sends parked messages again: all of them, or those of one petition
    #[command(after_help = "EXAMPLES:
  clavero mail retry --config clavero.toml
  clavero mail retry CLV-2026-123456789-F --config clavero.toml

For when what stopped them is mended. If the service runs, it sends them at once and tries for five days; those that
have no object any more do not leave. It is noted in the log.

EXIT STATUS:
  0 they are sent, 1 none is parked, 3 not done")]
    Retry {
        /// Number of the petition; all parked messages without it
        #[arg(value_name = "NUMBER")]
        number: Option<PetitionNumber>,
        /// The service's configuration.
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// Reads delivery status notifications (RFC 3464) and notes them beside their message, with an alarm
    #[command(after_help = "EXAMPLES:
  clavero mail bounce returned.eml --config clavero.toml

The files are left alone. The service itself reads the folder `mail.bounces`.

EXIT STATUS:
  0 all were noted, 1 one is of no message that was handed over, 3 one can't be read")]
    Bounce {
        /// Notifications, one mail (.eml) each
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
        /// The service's configuration.
        #[command(flatten)]
        config: ConfigArgs,
    },
}

/// Runs the command.
///
/// # Errors
/// When the database or a file can't be read.
pub fn run(args: &MailArgs, language: Language) -> anyhow::Result<ExitCode> {
    let (MailCommand::List { config, .. }
    | MailCommand::Retry { config, .. }
    | MailCommand::Bounce { config, .. }) = &args.command;
    let config = Config::load(config.config.as_deref())?;
    ensure_database(&config)?;
    runtime()?.block_on(async {
        let service = Service::open(&config).await?;
        let intake = service.intake();
        let done = match &args.command {
            MailCommand::List { number, .. } => list(intake, number).await,
            MailCommand::Retry { number, .. } => retry(intake, number.as_ref(), language).await,
            MailCommand::Bounce { files, .. } => note(intake, files, language).await,
        };
        intake.store().close().await;
        done
    })
}

async fn list(intake: &Intake, number: &PetitionNumber) -> anyhow::Result<ExitCode> {
    ensure_petition(intake, number).await?;
    for message in intake.messages_of(number).await? {
        println!(
            "{}  {:<20} {:<4} {}  {}",
            calendar::stamp(message.created_at),
            message.kind.as_str(),
            message.channel.as_str(),
            message.masked_recipient,
            message.said
        );
    }
    Ok(ExitCode::SUCCESS)
}

async fn retry(
    intake: &Intake,
    number: Option<&PetitionNumber>,
    language: Language,
) -> anyhow::Result<ExitCode> {
    if let Some(number) = number {
        ensure_petition(intake, number).await?;
    }
    let store = intake.store();
    let retried = store.retry_parked(number, &actor(), now()).await?;
    for message in &retried {
        println!("{}  {}", message.number, message.kind);
    }
    let said = match retried.len() {
        0 => language
            .pick("ninguno está apartado", "none is parked")
            .to_owned(),
        1 => language
            .pick("1 se envía otra vez", "1 is sent again")
            .to_owned(),
        count => language.pick(
            format!("{count} se envían otra vez"),
            format!("{count} are sent again"),
        ),
    };
    println!("{said}");
    Ok(ExitCode::from(u8::from(retried.is_empty())))
}

async fn ensure_petition(intake: &Intake, number: &PetitionNumber) -> anyhow::Result<()> {
    if intake.store().petition(number).await?.is_none() {
        let (es, en) = ("no hay tal trámite", "there is no such petition");
        anyhow::bail!(Failure::new(
            format!("{number}: {es}"),
            format!("{number}: {en}")
        ));
    }
    Ok(())
}

async fn note(intake: &Intake, files: &[PathBuf], language: Language) -> anyhow::Result<ExitCode> {
    let mut all = true;
    for file in files {
        let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
        let known = match bounce::read(&bytes) {
            Some(bounce) => intake.mail_came_back(&bounce).await?,
            None => false,
        };
        all &= known;
        let said = if known {
            language.pick("anotado", "noted")
        } else {
            language.pick(
                "no es de un mensaje entregado",
                "of no message that was handed over",
            )
        };
        println!("{}: {said}", file.display());
    }
    Ok(ExitCode::from(u8::from(!all)))
}
