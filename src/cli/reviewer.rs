//! `clavero reviewer`: the people of the back office, from the operator's console. Adding somebody prints a one-time link;
//! whoever opens it first chooses the password and sets up the second factor, so it is handed over in person.

use std::process::ExitCode;

use anyhow::bail;
use clap::{Args, Subcommand};
use serde_json::json;

use super::operator::with_existing_store;
use super::serve::{ConfigArgs, random};
use super::standing::ensure_keys;
use super::told::Failure;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::{
    EmailAddress, IdentityDocument, Language, Member, MemberRole, Ruc, Token, UserName, calendar,
};
use crate::people::{People, PeopleError};
use crate::store::MemberRow;

/// The Spanish of this command (see `spanish.rs`).
pub(super) const SPANISH: &[(&str, &str)] = &[
    (
        "reviewer",
        "Las personas de la oficina: quienes revisan, supervisan y auditan",
    ),
    (
        "reviewer!",
        "Ejemplos:
  clavero reviewer add ana --name \"Ana Pérez\" --role supervisor --email ana@operador.ec
  clavero reviewer list
  clavero reviewer reset ana
  clavero reviewer disable ana",
    ),
    (
        "reviewer add",
        "Agrega a alguien e imprime su enlace de alta, que sirve una sola vez",
    ),
    (
        "reviewer add!",
        "Ejemplos:
  clavero reviewer add ana --name \"Ana Pérez\" --role supervisor --email ana@operador.ec
  clavero reviewer add luis --name \"Luis Mora\" --document 2901047296 --tied 2990001015001

Entregue el enlace en persona o por un medio seguro: quien lo abra primero elige la clave.",
    ),
    (
        "reviewer add.user",
        "Nombre de usuario: letras minúsculas, números, puntos y guiones",
    ),
    ("reviewer add.name", "Nombre completo"),
    (
        "reviewer add.role",
        "Función: reviewer (revisa), supervisor o auditor (solo lee)",
    ),
    ("reviewer add.email", "Correo para las alarmas"),
    (
        "reviewer add.document",
        "Su cédula o pasaporte: no decidirá sobre empresas que represente",
    ),
    (
        "reviewer add.tied",
        "RUC con el que tiene un vínculo y sobre el que no debe decidir; se puede repetir",
    ),
    ("reviewer add.config", "Archivo de configuración (TOML)"),
    (
        "reviewer list",
        "Muestra quiénes son, su función y si pueden entrar",
    ),
    (
        "reviewer list!",
        "Ejemplos:\n  clavero reviewer list\n  clavero reviewer list --json",
    ),
    (
        "reviewer list.json",
        "Escribe exactamente un objeto JSON en la salida",
    ),
    ("reviewer list.config", "Archivo de configuración (TOML)"),
    (
        "reviewer disable",
        "Ya no deja entrar a alguien y cierra sus sesiones",
    ),
    (
        "reviewer disable!",
        "Ejemplos:\n  clavero reviewer disable ana",
    ),
    ("reviewer disable.user", "Nombre de usuario"),
    ("reviewer disable.config", "Archivo de configuración (TOML)"),
    ("reviewer enable", "Deja entrar otra vez a alguien"),
    (
        "reviewer enable!",
        "Ejemplos:\n  clavero reviewer enable ana",
    ),
    ("reviewer enable.user", "Nombre de usuario"),
    ("reviewer enable.config", "Archivo de configuración (TOML)"),
    (
        "reviewer reset",
        "Olvida la clave y el segundo factor de alguien e imprime un enlace de alta nuevo",
    ),
    ("reviewer reset!", "Ejemplos:\n  clavero reviewer reset ana"),
    ("reviewer reset.user", "Nombre de usuario"),
    ("reviewer reset.config", "Archivo de configuración (TOML)"),
];

/// Who did it, in the audit log.
const ACTOR: &str = "console";

/// Options of `reviewer`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "EXAMPLES:
  clavero reviewer add ana --name \"Ana Pérez\" --role supervisor --email ana@operator.ec
  clavero reviewer list
  clavero reviewer reset ana
  clavero reviewer disable ana")]
pub struct ReviewerArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: ReviewerCommand,
}

/// The commands of `reviewer`.
#[derive(Debug, Clone, Subcommand)]
pub enum ReviewerCommand {
    /// Adds somebody and prints their one-time link
    #[command(after_help = "EXAMPLES:
  clavero reviewer add ana --name \"Ana Pérez\" --role supervisor --email ana@operator.ec
  clavero reviewer add luis --name \"Luis Mora\" --document 2901047296 --tied 2990001015001

Hand the link over in person or by a safe way: who opens it first chooses the password.")]
    Add(AddArgs),
    /// Shows who they are, their roles and whether they may come in
    #[command(after_help = "EXAMPLES:\n  clavero reviewer list\n  clavero reviewer list --json")]
    List(ListArgs),
    /// Lets somebody in no more and ends their sessions
    #[command(after_help = "EXAMPLES:\n  clavero reviewer disable ana")]
    Disable(OneArgs),
    /// Lets somebody in again
    #[command(after_help = "EXAMPLES:\n  clavero reviewer enable ana")]
    Enable(OneArgs),
    /// Forgets somebody's password and second factor, and prints a new one-time link
    #[command(after_help = "EXAMPLES:\n  clavero reviewer reset ana")]
    Reset(OneArgs),
}

/// Options of `reviewer add`.
#[derive(Debug, Clone, Args)]
pub struct AddArgs {
    /// User name: small letters, digits, dots and hyphens
    pub user: UserName,
    /// Full name
    #[arg(long)]
    pub name: String,
    /// Role: reviewer, supervisor or auditor (reads only)
    #[arg(long, default_value = "reviewer")]
    pub role: MemberRole,
    /// Where alarms go
    #[arg(long)]
    pub email: Option<EmailAddress>,
    /// Their cédula or passport: they don't decide about employers they represent
    #[arg(long)]
    pub document: Option<IdentityDocument>,
    /// RUC they are tied to and must not decide about; may be repeated
    #[arg(long, value_name = "RUC")]
    pub tied: Vec<Ruc>,
    /// The service's configuration.
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// Options of `reviewer list`.
#[derive(Debug, Clone, Args)]
pub struct ListArgs {
    /// Writes exactly one JSON object to standard output
    #[arg(long)]
    pub json: bool,
    /// The service's configuration.
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// Options of the commands about one member.
#[derive(Debug, Clone, Args)]
pub struct OneArgs {
    /// User name
    pub user: UserName,
    /// The service's configuration.
    #[command(flatten)]
    pub config: ConfigArgs,
}

impl ReviewerCommand {
    fn config(&self) -> &ConfigArgs {
        match self {
            Self::Add(args) => &args.config,
            Self::List(args) => &args.config,
            Self::Disable(args) | Self::Enable(args) | Self::Reset(args) => &args.config,
        }
    }
}

/// Runs the command.
///
/// # Errors
/// When the configuration or the database can't be used, or there is no such member.
pub fn run(args: &ReviewerArgs, lang: Language) -> anyhow::Result<ExitCode> {
    let config = Config::load(args.command.config().config.as_deref())?;
    with_existing_store(&config, async |store| {
        // What is kept about people is protected: a key that is missing is told as everywhere else.
        ensure_keys(&store).await?;
        let people = People::new(store, config.people_settings(), Clock::system(), random);
        act(&args.command, &people, &config, lang).await?;
        Ok(ExitCode::SUCCESS)
    })
}

async fn act(
    command: &ReviewerCommand,
    people: &People,
    config: &Config,
    lang: Language,
) -> anyhow::Result<()> {
    let told = |es: &str, en: &str| println!("{}", if lang == Language::Es { es } else { en });
    match command {
        ReviewerCommand::Add(args) => {
            let token = add(people, args).await?;
            hand_over(people, config, &args.user, &token, lang);
            warn_without_document(people, &args.user, lang).await?;
        }
        ReviewerCommand::Reset(args) => {
            let token = people
                .reset(&args.user, ACTOR)
                .await
                .map_err(|error| missing(error, &args.user))?;
            hand_over(people, config, &args.user, &token, lang);
        }
        ReviewerCommand::Disable(args) => {
            let done = people.disable(&args.user, ACTOR, ACTOR).await;
            done.map_err(|error| missing(error, &args.user))?;
            told(
                "Ya no puede entrar; sus sesiones se cerraron.",
                "No longer let in; all sessions have ended.",
            );
            warn_of_few_supervisors(people, &args.user, lang).await?;
        }
        ReviewerCommand::Enable(args) => {
            let done = people.enable(&args.user, ACTOR, ACTOR).await;
            done.map_err(|error| missing(error, &args.user))?;
            told("Puede entrar otra vez.", "Let in again.");
            warn_without_document(people, &args.user, lang).await?;
        }
        ReviewerCommand::List(args) => list(&people.members().await?, args.json, lang),
    }
    Ok(())
}

async fn add(people: &People, args: &AddArgs) -> anyhow::Result<Token> {
    let name: String = args.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > 120 || name.chars().any(char::is_control) {
        bail!(Failure::new(
            "--name: de 1 a 120 caracteres, en una línea",
            "--name: 1 to 120 characters on one line"
        ));
    }
    let member = Member {
        user: args.user.clone(),
        name,
        role: args.role,
        email: args.email.clone(),
        document: args.document.clone(),
        tied_rucs: args.tied.clone(),
        created_at: people.now(),
        disabled_at: None,
    };
    match people.add(&member, ACTOR).await {
        Ok(token) => Ok(token),
        Err(PeopleError::Stale) => bail!(Failure::new(
            format!("{}: ese usuario ya existe", args.user),
            format!("{}: there is such a user already", args.user),
        )),
        Err(PeopleError::SamePerson(other)) => Err(same_person(&args.user, &other)),
        Err(other) => Err(other.into()),
    }
}

fn missing(error: PeopleError, user: &UserName) -> anyhow::Error {
    match error {
        PeopleError::Stale => Failure::new(
            format!("{user}: no existe, o ya estaba así"),
            format!("{user}: there is no such user, or nothing to change"),
        )
        .into(),
        PeopleError::SamePerson(other) => same_person(user, &other),
        other => other.into(),
    }
}

fn same_person(user: &UserName, other: &UserName) -> anyhow::Error {
    let (es, en) = (
        format!(
            "{user} no puede entrar: {other} tiene el mismo documento y puede entrar. Donde deciden dos deben ser dos personas: clavero reviewer disable {other}"
        ),
        format!(
            "{user} is not let in: {other} has the same document and is let in. Where two decide they must be two people: clavero reviewer disable {other}"
        ),
    );
    Failure::new(es, en).into()
}

/// Of whoever decides and has no document nobody can tell whether they are somebody else here, or represent an employer.
async fn warn_without_document(
    people: &People,
    user: &UserName,
    lang: Language,
) -> anyhow::Result<()> {
    let members = people.members().await?;
    let lacking = members.iter().any(|row| {
        row.member.user == *user
            && row.member.document.is_none()
            && row.member.role != MemberRole::Auditor
    });
    if lacking {
        let says = match lang {
            Language::Es => {
                "Aviso: no consta su documento (--document). Sin él no se puede saber si ya entra con otro usuario ni si representa a una empresa sobre la que decide."
            }
            Language::En => {
                "Warning: their document is not known (--document). Without it nobody can tell whether they come in under another name already, or represent an employer they decide about."
            }
        };
        eprintln!("{says}");
    }
    Ok(())
}

/// Changes and what a supervisor decides need two people: whoever leaves one or none behind is told.
async fn warn_of_few_supervisors(
    people: &People,
    user: &UserName,
    lang: Language,
) -> anyhow::Result<()> {
    let members = people.members().await?;
    let supervises = |row: &&MemberRow| row.member.role == MemberRole::Supervisor;
    let left = members
        .iter()
        .filter(supervises)
        .filter(|row| row.member.disabled_at.is_none() && row.password_hash.is_some())
        .count();
    let was_one = members
        .iter()
        .filter(supervises)
        .any(|row| row.member.user == *user);
    if !was_one || left > 1 {
        return Ok(());
    }
    let says = match (lang, left) {
        (Language::Es, 0) => {
            "Aviso: no queda nadie que supervise y pueda entrar. Los cambios del registro y de la confianza necesitan a dos supervisores, y las apelaciones a dos personas: clavero reviewer add USUARIO --name NOMBRE --role supervisor, o enable."
        }
        (Language::Es, _) => {
            "Aviso: queda una sola persona que supervisa y puede entrar. Los cambios del registro y de la confianza necesitan a dos: clavero reviewer add USUARIO --name NOMBRE --role supervisor, o enable."
        }
        (Language::En, 0) => {
            "Warning: no supervisor is left who can come in. Changes of registry and trust need two supervisors, and appeals two people: clavero reviewer add USER --name NAME --role supervisor, or enable."
        }
        (Language::En, _) => {
            "Warning: one supervisor is left who can come in. Changes of registry and trust need two: clavero reviewer add USER --name NAME --role supervisor, or enable."
        }
    };
    eprintln!("{says}");
    Ok(())
}

/// Prints the one-time link: the only place where it ever stands.
fn hand_over(people: &People, config: &Config, user: &UserName, token: &Token, lang: Language) {
    let link = format!("{}/oficina/alta/{}", config.public_url, token.reveal());
    let until = people.now() + people.settings().enrolment_life;
    let (says, once) = match lang {
        Language::Es => (
            format!(
                "Enlace de alta de {user}, hasta el {}:",
                calendar::say_minute(until)
            ),
            "Sirve una sola vez. Entréguelo en persona o por un medio seguro.",
        ),
        Language::En => (
            format!(
                "One-time link of {user}, until {}:",
                calendar::second_in(lang, until)
            ),
            "It works once. Hand it over in person or by a safe way.",
        ),
    };
    println!("{says}\n  {link}\n{once}");
}

fn list(members: &[MemberRow], json: bool, lang: Language) {
    let standing = |row: &MemberRow| match (row.member.disabled_at, &row.password_hash) {
        (Some(_), _) => "disabled",
        (None, None) => "invited",
        (None, Some(_)) => "active",
    };
    if json {
        let all: Vec<_> = members
            .iter()
            .map(|row| {
                json!({
                    "user": row.member.user.as_str(),
                    "name": row.member.name,
                    "role": row.member.role,
                    "standing": standing(row),
                    "second_factor": row.totp_secret.is_some(),
                    "tied_rucs": row.member.tied_rucs,
                })
            })
            .collect();
        println!("{}", json!({ "members": all }));
        return;
    }
    if members.is_empty() {
        println!(
            "{}",
            match lang {
                Language::Es =>
                    "Todavía no hay nadie: clavero reviewer add USUARIO --name NOMBRE --role supervisor",
                Language::En =>
                    "Nobody yet: clavero reviewer add USER --name NAME --role supervisor",
            }
        );
    }
    for row in members {
        let said = match (lang, standing(row)) {
            (Language::Es, "disabled") => "no puede entrar",
            (Language::Es, "invited") => "no ha usado su enlace",
            (Language::Es, _) => "activo",
            (Language::En, other) => other,
        };
        println!(
            "{:<20} {:<11} {:<22} {}",
            row.member.user,
            row.member.role.as_str(),
            said,
            row.member.name
        );
    }
}
