//! `clavero check-config`: reads the configuration, opens what it names, and says what is wrong before anybody notices.

use std::path::Path;
use std::process::ExitCode;

use anyhow::ensure;
use clap::Args;

use super::operator::{missing_database, now, open_documents, open_store};
use super::serve::{ConfigArgs, judgement, runtime};
use super::standing::{doubts, ensure_can_be_made, ensure_keys, ensure_writable, open_secrets};
use super::told::{Failure, told};
use crate::config::{Config, DocumentKind, MailTransport, Profile, example};
use crate::documents::{Documents, Settings};
use crate::domain::{Language, calendar};
use crate::fetch::{Client, Targets};
use crate::fixture::is_fixture_key;
use crate::store::Store;
use crate::web::size;
use crate::webhook::Webhook;

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
    let config = Config::load(args.config.config.as_deref()).map_err(|faults| {
        Failure::new(
            format!(
                "{}\nCorríjalo y repita la orden: carpetas, llaves y servidores se comprueban después.",
                faults.say(Language::Es)
            ),
            format!(
                "{}\nMend it and repeat the command: folders, keys and servers are checked after that.",
                faults.say(Language::En)
            ),
        )
    })?;
    println!("{}", toml::to_string(&as_given(&config))?);
    let file = args.config.config.as_deref();
    let mut doubts = doubts(&config);
    doubts.extend(file.and_then(|file| open_secrets(&config, file)));
    let checks = runtime()?.block_on(checks(&config, lang));
    let mut failed = false;
    for doubt in &doubts {
        failed |= doubt.grave;
        let mark = if doubt.grave { '✗' } else { '!' };
        println!("{mark} {}: {}", doubt.key, doubt.say(lang));
    }
    for (name, result) in checks {
        let section = |key: &str| key.split('.').next() == Some(name);
        match result {
            // Not said to be well beside what says that it is not.
            Ok(_) if doubts.iter().any(|doubt| doubt.grave && section(doubt.key)) => {}
            Ok(Fact::Good(fact)) => println!("✓ {name} {fact}"),
            Ok(Fact::Open(fact)) => println!("! {name}: {fact}"),
            Err(error) => {
                failed = true;
                println!("✗ {name}: {}", told(&error, lang));
            }
        }
    }
    Ok(ExitCode::from(u8::from(failed)))
}

/// What is shown: an address that a service for real employers lacks is not made up.
fn as_given(config: &Config) -> Config {
    let mut shown = config.clone();
    if shown.profile == Profile::Production && shown.is_public_url_missing() {
        shown.public_url.clear();
    }
    shown
}

/// What a check found.
enum Fact {
    /// It is well.
    Good(String),
    /// It could not be looked at, because of something else.
    Open(String),
}

/// The database, opened once for all that need it.
enum Opened {
    /// It is not there yet: `serve` makes it, and checking leaves nothing behind.
    Missing,
    /// It is there.
    Store(Store),
    /// It can't be opened, which is told once.
    Not,
}

impl Opened {
    fn store(&self) -> Option<&Store> {
        match self {
            Self::Store(store) => Some(store),
            Self::Missing | Self::Not => None,
        }
    }
}

fn not_looked_at(lang: Language) -> Fact {
    let says = lang.pick(
        "no se comprobó: primero hay que corregir lo que va con ✗",
        "not looked at: what has a ✗ must be mended first",
    );
    Fact::Open(says.to_owned())
}

/// Every check with its name. Some connectors can be opened only where tasks run.
async fn checks(config: &Config, lang: Language) -> [(&'static str, anyhow::Result<Fact>); 9] {
    let good = |result: anyhow::Result<String>| result.map(Fact::Good);
    let (opened, database) = match missing_database(config) {
        Some(_) => (Opened::Missing, good(new_database(config, lang))),
        // Told where the keys are.
        None if config.keyring().is_err() => (Opened::Not, Ok(not_looked_at(lang))),
        None => match open_store(config).await {
            Ok(store) => {
                let said = database(config, &store, lang).await;
                (Opened::Store(store), good(said))
            }
            Err(error) => (Opened::Not, Err(error)),
        },
    };
    let checks = [
        ("trust", good(trust(config, lang))),
        ("fetch", good(fetch(config, lang))),
        ("seal", good(seal(config, lang))),
        ("mail", good(mail(config, lang).await)),
        ("sms", good(sms(config, lang).await)),
        ("portal", good(portal(config, lang).await)),
        ("protection", good(protection(config, &opened, lang).await)),
        ("database", database),
        ("documents", documents(config, &opened, lang).await),
    ];
    if let Some(store) = opened.store() {
        store.close().await;
    }
    checks
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
async fn protection(config: &Config, opened: &Opened, lang: Language) -> anyhow::Result<String> {
    let keys = config.keyring()?;
    if let Some(store) = opened.store() {
        ensure_keys(store).await?;
    }
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

/// `serve` makes a file, and the data folder around it; any other folder must be there.
fn new_database(config: &Config, lang: Language) -> anyhow::Result<String> {
    if let Some(file) = config.database_file() {
        let folder = file.parent().unwrap_or(file);
        ensure!(
            folder.as_os_str().is_empty() || folder.is_dir() || config.data_dir.starts_with(folder),
            Failure::new(
                format!("la carpeta {} no existe («database»)", folder.display()),
                format!("there is no folder {} (`database`)", folder.display()),
            )
        );
        ensure_can_be_made(file)?;
    }
    let place = config.database_place();
    Ok(lang.pick(
        format!("se creará: {place}"),
        format!("will be made: {place}"),
    ))
}

async fn database(config: &Config, store: &Store, lang: Language) -> anyhow::Result<String> {
    let place = config.database_place();
    ensure_writable(config, store).await?;
    if let Some(behind) = store.clock_behind(now()).await? {
        let span = |lang| calendar::span_in(lang, behind.as_secs().unsigned_abs());
        return Err(Failure::new(
            format!(
                "la última fila de la bitácora se escribió con un reloj adelantado al de ahora en {}: ponga la máquina en hora (NTP); de esa hora depende qué certificados valen",
                span(Language::Es)
            ),
            format!(
                "the last row of the log was written by a clock that was ahead of the present one by {}: set the machine's clock (NTP); which certificates are valid depends on it",
                span(Language::En)
            ),
        )
        .into());
    }
    Ok(lang.pick(
        format!("se puede escribir: {place}"),
        format!("can be written: {place}"),
    ))
}

/// A store of documents must take bytes, give them back and delete them: keys of a bucket often allow only some of it.
async fn documents(config: &Config, opened: &Opened, lang: Language) -> anyhow::Result<Fact> {
    let place = config.documents_place(lang);
    let settings = config.document_settings()?;
    let later = || lang.pick(format!("irán a {place}"), format!("will go into {place}"));
    if let Settings::Folder(folder) = &settings
        && !config.data_dir.exists()
    {
        // As a document within it, whether the folder is there or not.
        ensure_can_be_made(&folder.join("documento"))?;
        return Ok(Fact::Good(later()));
    }
    let documents = match (Documents::apart(&settings)?, opened) {
        (Some(apart), _) => apart,
        (None, Opened::Store(store)) => open_documents(config, store)?,
        (None, Opened::Missing) => return Ok(Fact::Good(later())),
        (None, Opened::Not) => return Ok(not_looked_at(lang)),
    };
    let used = documents.ready(now()).await;
    let free = documents.free_bytes();
    used.map_err(|error| {
        let failure = match config.documents.kind {
            DocumentKind::S3 => Failure::new(
                format!(
                    "{place} no se puede usar; ¿son correctos la dirección, el bucket y la llave, y puede la llave enumerar, leer, escribir y borrar?"
                ),
                format!(
                    "{place} can't be used; are address, bucket and key right, and may the key list, read, write and delete?"
                ),
            ),
            DocumentKind::Folder | DocumentKind::Database => Failure::new(
                format!("{place} no se puede usar: revise los permisos"),
                format!("{place} can't be used: see who may write there"),
            ),
        };
        failure.because(error)
    })?;
    let least = config.limits.free_bytes;
    if let Some(free) = free?.filter(|free| *free < least) {
        let (left, must) = (size(free, lang), size(least, lang));
        return Err(Failure::new(
            format!("{place}: quedan {left} y deben quedar {must} («limits.free_bytes»): no se recibe nada más; haga sitio en el disco"),
            format!("{place}: {left} are left and {must} must be (`limits.free_bytes`): nothing more is taken; make room on the disk"),
        )
        .into());
    }
    let says = lang.pick(format!("en {place}"), format!("in {place}"));
    Ok(Fact::Good(says))
}

/// A folder is made by `serve` where it is missing. A server is greeted, and told who we are where it asks for that.
async fn mail(config: &Config, lang: Language) -> anyhow::Result<String> {
    if config.mail.transport == MailTransport::Folder {
        return Ok(will_go_into(&config.path(&config.mail.folder), lang));
    }
    let mailer = config.mailer()?;
    let server = format!("{}:{}", config.mail.host, config.mail.port);
    mailer.greet().await.map_err(|error| {
        let failure = Failure::new(
            format!("{server} no responde como debe: revise «mail.host», «port», «tls», «user» y la clave"),
            format!("{server} does not answer as it should: see `mail.host`, `port`, `tls`, `user` and the password"),
        );
        failure.because(error)
    })?;
    Ok(lang.pick(format!("{server} responde"), format!("{server} answers")))
}

async fn sms(config: &Config, lang: Language) -> anyhow::Result<String> {
    match config.sms_caller()? {
        None => Ok(lang.pick(
            format!(
                "no sale ninguno: {}",
                will_go_into(&config.path(&config.sms.folder), lang)
            ),
            format!(
                "none is sent: {}",
                will_go_into(&config.path(&config.sms.folder), lang)
            ),
        )),
        Some(caller) => reached(&caller, "sms", &config.sms.url, lang).await,
    }
}

/// No key is sent: one that nobody asked for must not reach the portal.
async fn portal(config: &Config, lang: Language) -> anyhow::Result<String> {
    match config.portal_caller()? {
        None => Ok(lang
            .pick(
                "ninguno: las claves quedan en la tabla propia",
                "none: keys stay in our own table",
            )
            .to_owned()),
        Some(caller) => reached(&caller, "portal", &config.portal.url, lang).await,
    }
}

fn will_go_into(folder: &Path, lang: Language) -> String {
    let folder = folder.display();
    lang.pick(
        format!("en la carpeta {folder}"),
        format!("in the folder {folder}"),
    )
}

/// Asks for nothing and listens to nothing: any answer shows that there is a way to whoever is there.
async fn reached(
    caller: &Webhook,
    section: &str,
    url: &str,
    lang: Language,
) -> anyhow::Result<String> {
    caller.reach().await.map_err(|error| {
        let failure = Failure::new(
            format!(
                "{url} no responde: revise «{section}.url», «{section}.authority» y el cortafuegos"
            ),
            format!(
                "{url} does not answer: see `{section}.url`, `{section}.authority` and the firewall"
            ),
        );
        failure.because(error)
    })?;
    Ok(lang.pick(format!("{url} responde"), format!("{url} answers")))
}
