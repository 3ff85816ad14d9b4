//! `trust list`: what is in the store.

use std::process::ExitCode;

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::super::Language;
use super::super::serve::ConfigArgs;
use super::{role_words, short, status_words};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::{Sha256, calendar};
use crate::verify::entities::{Role, Status};
use crate::verify::{Certificate, Entities};

/// Options of `trust list`.
#[derive(Debug, Clone, Args)]
pub struct ListArgs {
    /// Writes exactly one JSON object to standard output
    #[arg(long)]
    pub json: bool,
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// How long before its end a certificate is spoken of.
pub(super) const SOON: SignedDuration = SignedDuration::from_hours(90 * 24);

/// One certificate of the store.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Line {
    pub(super) sha256: Sha256,
    pub(super) entity: Option<String>,
    pub(super) role: Role,
    pub(super) name: String,
    pub(super) not_after: Timestamp,
    pub(super) status: Option<Status>,
    pub(super) why: Option<String>,
    pub(super) expired: bool,
    pub(super) expires_soon: bool,
}

impl Line {
    /// `folder` is the role that the certificate has by the folder it lies in.
    pub(super) fn of(
        certificate: &Certificate,
        folder: Role,
        table: &Entities,
        now: Timestamp,
    ) -> Self {
        let pinned = table.authority(certificate.sha256());
        let left = certificate.not_after().duration_since(now);
        Self {
            sha256: certificate.sha256(),
            entity: pinned.map(|(entity, _)| entity.id.clone()),
            role: folder,
            name: pinned.map_or_else(
                || certificate.subject().text().to_owned(),
                |(_, row)| row.name.clone(),
            ),
            not_after: certificate.not_after(),
            status: pinned.map(|(_, row)| row.status),
            why: pinned.and_then(|(_, row)| row.why.clone()),
            expired: left.is_negative(),
            expires_soon: !left.is_negative() && left < SOON,
        }
    }

    pub(super) fn say(&self, lang: Language) -> String {
        let day = calendar::day_in(lang, self.not_after);
        let until = match (lang, self.expired, self.expires_soon) {
            (Language::Es, true, _) => format!("caducó el {day}"),
            (Language::Es, _, true) => format!("caduca pronto: {day}"),
            (Language::Es, ..) => format!("hasta el {day}"),
            (Language::En, true, _) => format!("expired on {day}"),
            (Language::En, _, true) => format!("expires soon: {day}"),
            (Language::En, ..) => format!("until {day}"),
        };
        let nobody = match lang {
            Language::Es => "sin fijar",
            Language::En => "not pinned",
        };
        let mut words = vec![
            self.entity.clone().unwrap_or_else(|| nobody.to_owned()),
            role_words(self.role, lang).to_owned(),
            self.name.clone(),
            until,
            short(self.sha256),
        ];
        if let Some(status) = self.status.filter(|status| *status != Status::Accepted) {
            let why = self.why.as_deref().unwrap_or_default();
            words.push(format!("{}: {why}", status_words(status, lang)));
        }
        words.join(" · ")
    }
}

/// Every certificate of the folders, by entity.
pub(super) fn lines(config: &Config, now: Timestamp) -> anyhow::Result<Vec<Line>> {
    let folder = config.trust_folder();
    let table = folder.table()?;
    let (roots, intermediates) = folder.certificates()?;
    let of = |list: &[Certificate], role| -> Vec<Line> {
        list.iter()
            .map(|certificate| Line::of(certificate, role, &table, now))
            .collect()
    };
    let mut lines = of(&roots, Role::Root);
    lines.extend(of(&intermediates, Role::Subordinate));
    lines.sort_by(|one, other| (&one.entity, &one.name).cmp(&(&other.entity, &other.name)));
    Ok(lines)
}

pub(super) fn run(args: &ListArgs, lang: Language) -> anyhow::Result<ExitCode> {
    let config = Config::load(args.config.config.as_deref())?;
    let lines = lines(&config, Clock::system().now())?;
    let digest = config
        .trust_folder()
        .store(config.trusts_strictly())?
        .digest();
    if args.json {
        println!(
            "{}",
            serde_json::json!({"digest": digest, "certificates": lines})
        );
        return Ok(ExitCode::SUCCESS);
    }
    for line in &lines {
        let mark = if line.expired || line.expires_soon {
            '!'
        } else {
            ' '
        };
        println!("{mark} {}", line.say(lang));
    }
    let soon = lines.iter().filter(|line| line.expires_soon).count();
    let expired = lines.iter().filter(|line| line.expired).count();
    println!(
        "{}",
        match lang {
            Language::Es => format!(
                "{} certificados, {expired} caducados, {soon} caducan en 90 días · almacén {digest}",
                lines.len()
            ),
            Language::En => format!(
                "{} certificates, {expired} expired, {soon} expire within 90 days · store {digest}",
                lines.len()
            ),
        }
    );
    Ok(ExitCode::SUCCESS)
}
