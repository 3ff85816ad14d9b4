//! `trust add` and `trust fetch`: certificates come in, what is pinned stays.

use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::super::serve::{ConfigArgs, runtime};
use super::super::{Language, UNREADABLE};
use super::{changing, files_below, role_words, short, shown};
use crate::config::Config;
use crate::domain::calendar;
use crate::fetch::Client;
use crate::material::{self, Pinned, TrustFolder};
use crate::verify::entities::{ABROAD, Authority, Entity, Placement, Refused, Status, Unwanted};
use crate::verify::{Certificate, Entities, quirk};

/// Options of `trust add`.
#[derive(Debug, Clone, Args)]
pub struct AddArgs {
    /// Files or folders: PEM, DER or P7B
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Accepts by hand what the table does not pin, with a confirmation
    #[arg(long)]
    pub pin: bool,
    /// Whose it is what is accepted by hand: the id of an entity, as in "clavero trust list", or abroad
    #[arg(long, value_name = "ID", requires = "pin")]
    pub entity: Option<String>,
    /// Does not ask: for scripts
    #[arg(long)]
    pub yes: bool,
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// Largest certificate that is downloaded: real ones have two kilobytes, chains some more.
const MAX_DOWNLOAD: usize = 1024 * 1024;

pub(super) fn run(args: &AddArgs, lang: Language) -> anyhow::Result<ExitCode> {
    let config = Config::load(args.config.config.as_deref())?;
    changing(&config, lang, |folder| {
        let mut desk = Desk::open(folder, lang)?;
        for file in files_below(&args.files)? {
            let bytes = material::read_file(&file).map_err(|error| error.reason(lang));
            desk.unread |= bytes.is_err();
            match bytes.and_then(|bytes| certificates_in(&bytes, lang)) {
                Ok(certificates) => {
                    for certificate in certificates {
                        desk.take(&certificate, &shown(&file), args)?;
                    }
                }
                Err(reason) => desk.refuse(&shown(&file), &reason),
            }
        }
        Ok(desk.close())
    })
}

/// Options of `trust fetch`.
#[derive(Debug, Clone, Args)]
pub struct FetchArgs {
    /// Only of this entity
    #[arg(long, value_name = "ID")]
    pub entity: Option<String>,
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// What the addresses of the table give.
pub(super) fn fetch(args: &FetchArgs, lang: Language) -> anyhow::Result<ExitCode> {
    let config = Config::load(args.config.config.as_deref())?;
    changing(&config, lang, |folder| {
        let mut desk = Desk::open(folder, lang)?;
        let client = Client::new(config.fetch_settings().limits)?;
        let runtime = runtime()?;
        let addresses: Vec<String> = desk
            .table
            .pinned()
            .filter(|(entity, _)| args.entity.as_ref().is_none_or(|id| *id == entity.id))
            .flat_map(|(_, row)| row.aia.clone())
            .collect();
        if addresses.is_empty() {
            anyhow::bail!(match lang {
                Language::Es => "la tabla no tiene direcciones de esa entidad",
                Language::En => "the table has no addresses of that entity",
            });
        }
        let unattended = AddArgs {
            files: Vec::new(),
            pin: false,
            entity: None,
            yes: true,
            config: args.config.clone(),
        };
        for address in addresses {
            let read = runtime
                .block_on(client.get(&address, MAX_DOWNLOAD))
                .map_err(|error| error.to_string())
                .and_then(|bytes| certificates_in(&bytes, lang));
            match read {
                Ok(certificates) => {
                    for certificate in certificates {
                        desk.take(&certificate, &address, &unattended)?;
                    }
                }
                Err(reason) => desk.refuse(&address, &reason),
            }
        }
        Ok(desk.close())
    })
}

fn certificates_in(bytes: &[u8], lang: Language) -> Result<Vec<Certificate>, String> {
    material::read_certificates(bytes)
        .map_err(|defect| lang.pick(defect.spanish(), defect.to_string()))
}

/// Where certificates are looked at one after another.
struct Desk<'a> {
    folder: &'a TrustFolder,
    table: std::sync::Arc<Entities>,
    lang: Language,
    kept: usize,
    refused: usize,
    /// Whether a file could not even be read.
    unread: bool,
}

impl<'a> Desk<'a> {
    fn open(folder: &'a TrustFolder, lang: Language) -> anyhow::Result<Self> {
        Ok(Self {
            folder,
            table: folder.table()?,
            lang,
            kept: 0,
            refused: 0,
            unread: false,
        })
    }

    /// Keeps what is pinned; explains the rest, or pins it by hand if that was asked for.
    fn take(
        &mut self,
        certificate: &Certificate,
        from: &str,
        args: &AddArgs,
    ) -> anyhow::Result<()> {
        let table = self.table.clone();
        let placement = table.place(certificate);
        let label = format!("{from} · {}", certificate.subject().text());
        let by_hand = match placement {
            Placement::Pinned(entity, authority) => {
                let stated = args.entity.as_ref().filter(|id| **id != entity.id);
                if stated.is_none() {
                    return self.keep(certificate, authority, entity);
                }
                table.additions().pins(authority.sha256)
            }
            Placement::Refused(_) | Placement::Unknown | Placement::SameKey(..) => args.pin,
            _ => false,
        };
        if !by_hand {
            self.refuse(&label, &explain(placement, self.lang));
            return Ok(());
        }
        if let Some(rule) = quirk::of(certificate).first() {
            let words = self.say(
                format!(
                    "incumple una regla que solo la tabla disculpa ({})",
                    rule.as_str()
                ),
                format!(
                    "it breaks a rule that only the table forgives ({})",
                    rule.as_str()
                ),
            );
            self.refuse(&label, &words);
            return Ok(());
        }
        let known = match placement {
            Placement::Refused(row) => Some(row.entity.clone()),
            Placement::SameKey(entity, _) => Some(entity.id.clone()),
            _ => None,
        };
        // Below a certificate of nobody in Ecuador every signature is refused: that is said, never assumed.
        let Some(id) = args.entity.clone().or(known) else {
            let ids = ids(&table);
            let words = self.say(
                format!(
                    "diga de quién es con --entity: {ids}. Con «--entity {ABROAD}» no es de ninguna entidad del Ecuador, y se \
                     rechaza a quien firme por debajo (sirve para autoridades de sellado de tiempo)"
                ),
                format!(
                    "say whose it is with --entity: {ids}. With `--entity {ABROAD}` it is no Ecuadorian entity's, and whoever \
                     signs below it is refused (good for timestamping authorities)"
                ),
            );
            self.refuse(&label, &words);
            return Ok(());
        };
        if id != ABROAD && table.get(&id).is_none() {
            let ids = ids(&table);
            anyhow::bail!(self.say(
                format!("no hay ninguna entidad «{id}» en la tabla: {ids}, o {ABROAD}"),
                format!("there is no entity \"{id}\" in the table: {ids}, or {ABROAD}"),
            ));
        }
        if !args.yes && !self.confirmed(certificate, &id)? {
            let words = self.say("no se confirmó".into(), "not confirmed".into());
            self.refuse(&label, &words);
            return Ok(());
        }
        self.pin(certificate, &id)
    }

    fn keep(
        &mut self,
        certificate: &Certificate,
        authority: &Authority,
        entity: &Entity,
    ) -> anyhow::Result<()> {
        let new = self.folder.keep(certificate, authority, &entity.id)?;
        let news = if new {
            None
        } else {
            Some(self.say("ya estaba".into(), "already there".into()))
        };
        self.tell_kept(authority, entity, news);
        Ok(())
    }

    fn tell_kept(&mut self, authority: &Authority, entity: &Entity, news: Option<String>) {
        self.kept += 1;
        let mut words = vec![
            entity.id.clone(),
            authority.name.clone(),
            role_words(authority.role, self.lang).to_owned(),
            self.say(
                format!(
                    "vale hasta el {}",
                    calendar::day_in(self.lang, authority.not_after)
                ),
                format!(
                    "valid until {}",
                    calendar::day_in(self.lang, authority.not_after)
                ),
            ),
            short(authority.sha256),
        ];
        words.extend(news);
        if authority.status != Status::Accepted {
            let why = authority.why.as_deref().unwrap_or_default();
            words.push(format!(
                "{}: {why}",
                super::status_words(authority.status, self.lang)
            ));
        }
        println!("✓ {}", words.join(" · "));
    }

    fn pin(&mut self, certificate: &Certificate, id: &str) -> anyhow::Result<()> {
        let pinned = self.folder.pin(certificate, id)?;
        self.table = self.folder.table()?;
        let table = self.table.clone();
        let news = match pinned {
            Pinned::New => self.say("fijado a mano".into(), "pinned by hand".into()),
            Pinned::Moved(from) => {
                self.say(format!("antes de {from}"), format!("{from}'s until now"))
            }
            Pinned::Already => self.say("ya estaba".into(), "already there".into()),
        };
        if let Some((entity, authority)) = table.authority(certificate.sha256()) {
            self.tell_kept(authority, entity, Some(news));
        }
        Ok(())
    }

    /// Shows what is to be trusted and asks for what only its own publication tells: the end of the fingerprint.
    fn confirmed(&self, certificate: &Certificate, id: &str) -> anyhow::Result<bool> {
        let fingerprint = certificate.sha256().to_string();
        let (start, end) = fingerprint.split_at(fingerprint.len() - 8);
        println!("{}", certificate.subject().text());
        println!(
            "  {} … {}",
            certificate.not_before(),
            certificate.not_after()
        );
        println!("  SHA-256 {start}????????");
        let whose = if id == ABROAD {
            self.say(
                format!("ninguna del Ecuador ({ABROAD}); se rechaza a quien firme por debajo"),
                format!("none in Ecuador ({ABROAD}); whoever signs below it is refused"),
            )
        } else {
            id.to_owned()
        };
        print!(
            "{} ",
            self.say(
                format!("Entidad: {whose}. Escriba las últimas 8 letras de la huella que publica la entidad:"),
                format!("Entity: {whose}. Type the last 8 letters of the fingerprint that the entity publishes:"),
            )
        );
        std::io::stdout().flush()?;
        let mut typed = String::new();
        std::io::stdin().lock().read_line(&mut typed)?;
        let typed: String = typed.trim().to_lowercase().replace(':', "");
        Ok(typed == end || typed == fingerprint)
    }

    fn refuse(&mut self, what: &str, reason: &str) {
        self.refused += 1;
        println!("✗ {what}: {reason}");
    }

    fn say(&self, es: String, en: String) -> String {
        match self.lang {
            Language::Es => es,
            Language::En => en,
        }
    }

    fn close(self) -> ExitCode {
        let (kept, refused) = (self.kept, self.refused);
        println!(
            "{}",
            self.say(
                format!("{kept} conservados, {refused} no"),
                format!("{kept} kept, {refused} not"),
            )
        );
        ExitCode::from(if self.unread {
            UNREADABLE
        } else {
            u8::from(refused > 0)
        })
    }
}

/// The ids of the entities in the table, in its order.
fn ids(table: &Entities) -> String {
    let ids = table.list().iter().filter(|entity| entity.is_ecuadorian());
    let ids: Vec<&str> = ids.map(|entity| entity.id.as_str()).collect();
    ids.join(", ")
}

/// Why a certificate is not kept.
fn explain(placement: Placement<'_>, lang: Language) -> String {
    let (es, en) = match placement {
        Placement::Pinned(entity, _) => (
            format!(
                "la tabla lo fija a {}: a otra entidad no se puede pasar",
                entity.id
            ),
            format!(
                "the table pins it to {}: it can't be moved to another entity",
                entity.id
            ),
        ),
        Placement::Refused(Refused {
            why: Unwanted::Superseded,
            entity,
            ..
        }) => (
            format!("reemplazado: la entidad {entity} usa certificados más nuevos"),
            format!("superseded: the entity {entity} uses newer certificates"),
        ),
        Placement::Refused(Refused { entity, .. }) => (
            format!(
                "sin confirmar: parece de {entity}, pero ninguna segunda fuente da su huella; compárela con la que publica \
                 la entidad y use --pin"
            ),
            format!(
                "unconfirmed: it looks like {entity}'s, but no second source gives its fingerprint; compare it with what \
                 the entity publishes and use --pin"
            ),
        ),
        Placement::NotACa => (
            "no es de una autoridad: los certificados de personas no se guardan aquí".to_owned(),
            "not an authority's: certificates of people are not kept here".to_owned(),
        ),
        Placement::SameKey(_, authority) => (
            format!(
                "tiene la clave de «{}», pero es otro certificado; si la entidad lo publica, use --pin",
                authority.name
            ),
            format!(
                "it has the key of \"{}\", but is another certificate; if the entity publishes it, use --pin",
                authority.name
            ),
        ),
        Placement::Namesake(authority) => (
            format!(
                "se llama como «{}» y tiene otra clave: o la renovaron, o es una imitación; no se acepta ni a mano",
                authority.name
            ),
            format!(
                "it bears the name of \"{}\" and has another key: renewed, or an imitation; not accepted even by hand",
                authority.name
            ),
        ),
        Placement::Unknown => (
            "no consta en la tabla de entidades; si responde por él, use --pin --entity ID"
                .to_owned(),
            "not in the table of entities; if you answer for it, use --pin --entity ID".to_owned(),
        ),
    };
    match lang {
        Language::Es => es,
        Language::En => en,
    }
}
