//! Environment and TOML → typed configuration. Read once, all errors reported at once, unknown keys are errors, secrets
//! never printed. `clavero check-config --example` prints [`EXAMPLE`], which names every key with its default.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use figment::value::{Dict, Value};
use hyper::header::HeaderName;
use jiff::SignedDuration;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};

use crate::domain::EmailAddress;
use crate::mail::{MailError, Mailer, SmtpSettings, SmtpTls};
use crate::material::TrustFolder;
use crate::portal::{self, Keeping};
use crate::protection::Keyring;
use crate::seal::Seal;
use crate::verify::Policy;
use crate::webhook::{Webhook, WebhookError, WebhookSettings};
use crate::worker::Carriers;
use crate::worker::upkeep::Upkeep;
use crate::{argon, fetch, intake, people, sms, web};

/// Every key with its default, unit and meaning.
pub const EXAMPLE: &str = include_str!("config/example.toml");

/// Variables that begin like ours but are not configuration keys.
const OTHER_VARIABLES: [&str; 4] = ["lang", "config", "trust_dir", "ecuador_pki"];

/// Everything that is wrong with a configuration.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct ConfigError(pub Vec<String>);

/// What kind of installation this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Real employers: fixture roots are refused.
    Production,
    /// The demonstration.
    Demo,
    /// Tests.
    Test,
}

/// The configuration.
#[derive(Debug, Clone, Serialize)]
pub struct Config {
    /// What kind of installation this is.
    pub profile: Profile,
    /// Address and port to listen on.
    pub listen: SocketAddr,
    /// Address as people reach it; from `listen` when empty.
    pub public_url: String,
    /// Folder for everything that is kept.
    pub data_dir: PathBuf,
    /// `sqlite://…` or `postgres://…`; a file in `data_dir` when empty.
    #[serde(serialize_with = "without_password")]
    pub database: String,
    /// Who runs it.
    pub operator: Operator,
    /// What signatures are judged by.
    pub trust: Trust,
    /// Questions to CAs about revocation.
    pub fetch: Fetch,
    /// Limits.
    pub limits: Limits,
    /// Petitions.
    pub petition: Petition,
    /// Links.
    pub links: Links,
    /// The password policy.
    pub password: Password,
    /// Changes of e-mail.
    pub email: Email,
    /// The operator's seal.
    pub seal: SealFiles,
    /// Cases that people decide.
    pub review: Review,
    /// Mails.
    pub mail: Mail,
    /// The audit log.
    pub audit: Audit,
    /// The back office.
    pub office: Office,
    /// Proxies in front of the service.
    pub proxy: Proxy,
    /// Personal data at rest.
    pub protection: Protection,
    /// Short messages.
    pub sms: Sms,
    /// The portal whose passwords are set.
    pub portal: Portal,
    /// When undecided petitions ring.
    pub deadlines: Deadlines,
    /// How long data are kept.
    pub retention: Retention,
    /// The log.
    pub log: Log,
}

macro_rules! section {
    ($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $field:ident: $type:ty = $default:expr),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct $name { $($(#[$fdoc])* pub $field: $type),+ }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default),+ }
            }
        }
    };
}

section!(
    /// Keys outside any section.
    Top {
        /// See [`Config::profile`].
        profile: Profile = Profile::Production,
        /// See [`Config::listen`].
        listen: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 8080)),
        /// See [`Config::public_url`].
        public_url: String = String::new(),
        /// See [`Config::data_dir`].
        data_dir: PathBuf = PathBuf::from("clavero-data"),
        /// See [`Config::database`].
        database: String = String::new(),
    }
);
section!(
    /// Who runs the service.
    Operator {
        /// Name of the service, shown as its brand.
        service: String = "Clavero".to_owned(),
        /// Name of whoever answers for it.
        name: String = "Operador de Clavero".to_owned(),
        /// How people reach them, as a sentence; may be empty.
        contact: String = String::new(),
        /// Who is told of alarms by mail; nobody when empty.
        alarm_email: String = String::new(),
    }
);
section!(
    /// What signatures are judged by: folders with PEM or DER files.
    Trust {
        /// Roots; everything below them is trusted.
        roots: PathBuf = PathBuf::from("trust/roots"),
        /// Certificates between signers and roots.
        intermediates: PathBuf = PathBuf::from("trust/intermediates"),
        /// Revocation lists.
        crls: PathBuf = PathBuf::from("trust/crls"),
        /// OCSP answers.
        ocsp: PathBuf = PathBuf::from("trust/ocsp"),
        /// What is added to the table of entities.
        entities: PathBuf = PathBuf::from("trust/entities.toml"),
        /// How often the folders are read again, in seconds; 0 is never.
        reload_seconds: i64 = 60,
        /// How old an answer about a signer's revocation may be at the time that counts, in seconds, whatever its own
        /// `nextUpdate` says; 0 leaves it to that.
        evidence_age_seconds: i64 = 0,
    }
);
section!(
    /// Questions to CAs about revocation, at the addresses that certificates name.
    Fetch {
        /// Whether anybody is asked at all.
        enabled: bool = true,
        /// Whether machines of one's own network may be asked: for a mirror, and for tests.
        allow_private_targets: bool = false,
        /// The proxy that questions go through; it then resolves the names.
        proxy: String = String::new(),
        /// Until a connection stands, in seconds.
        connect_seconds: u64 = 5,
        /// Until one answer is complete, in seconds.
        request_seconds: u64 = 20,
        /// For all questions about one document, in seconds.
        document_seconds: u64 = 30,
        /// Questions under way at a time.
        at_once: usize = 8,
        /// Largest revocation list, in bytes.
        crl_bytes: usize = 64_000_000,
        /// Largest OCSP answer, in bytes.
        ocsp_bytes: usize = 65_536,
        /// Folder for answers that are remembered.
        folder: PathBuf = PathBuf::from("evidence"),
        /// Bytes in it; the oldest go first.
        folder_bytes: u64 = 256_000_000,
        /// Longest time a list is used without asking again, in seconds.
        crl_life_seconds: i64 = 3600,
        /// The same for OCSP answers.
        ocsp_life_seconds: i64 = 600,
        /// How long an address that failed is left alone, in seconds.
        failure_seconds: i64 = 60,
        /// When nobody answered: minutes until it is asked again, once for each; then a person must look.
        retry_minutes: Vec<i64> = vec![15, 60, 240],
    }
);
section!(
    /// Limits.
    Limits {
        /// Largest document, in bytes; at most 50 MB.
        upload_bytes: u64 = 10_000_000,
        /// Documents that may be tried under one number.
        documents_per_number: usize = 20,
        /// Bytes that stay free on the disk: with fewer, nothing more is taken.
        free_bytes: u64 = 500_000_000,
        /// Requests of one address within a minute; beyond it they are refused.
        requests_per_minute: NonZeroU32 = most(1_200),
        /// Wrong secrets and tokens from one address within a minute; beyond it they are refused.
        wrong_guesses_per_minute: NonZeroU32 = most(60),
        /// Petitions and documents of all addresses within a minute before work is asked.
        petitions_per_minute: NonZeroU32 = most(300),
        /// Petitions and documents of one address within an hour before work is asked.
        petitions_per_address_hour: NonZeroU32 = most(120),
        /// Petitions for one RUC within an hour before work is asked.
        petitions_per_ruc_hour: i64 = 30,
        /// Bytes uploaded for one RUC within a day before work is asked.
        upload_bytes_per_ruc_day: i64 = 500_000_000,
        /// Passes for each of about 256 tries: how much work is asked.
        work_cost: u32 = 5_000,
    }
);
/// A rate as it is written here.
const fn most(rate: u32) -> NonZeroU32 {
    NonZeroU32::new(rate).expect("no rate here is zero")
}

/// Rates of a demonstration or a test, where one machine plays everybody.
#[derive(Serialize)]
struct Generous {
    free_bytes: u64,
    requests_per_minute: u32,
    wrong_guesses_per_minute: u32,
    petitions_per_minute: u32,
    petitions_per_address_hour: u32,
    petitions_per_ruc_hour: i64,
    upload_bytes_per_ruc_day: i64,
}

const GENEROUS: Generous = Generous {
    free_bytes: 16_000_000,
    requests_per_minute: 1_000_000,
    wrong_guesses_per_minute: 300,
    petitions_per_minute: 1_000_000,
    petitions_per_address_hour: 1_000_000,
    petitions_per_ruc_hour: 1_000_000,
    upload_bytes_per_ruc_day: 1_000_000_000_000,
};

section!(
    /// Petitions. Times in seconds.
    Petition {
        /// How long a number lives.
        life_seconds: i64 = 7 * 24 * 3600,
        /// How long after signing an own letter is taken.
        letter_window_seconds: i64 = 72 * 3600,
        /// How far the signer's clock may be ahead.
        clock_tolerance_seconds: i64 = 300,
    }
);
section!(
    /// Links. Times in seconds.
    Links {
        /// Life of a password link.
        life_seconds: i64 = 180,
        /// Password links within an hour.
        per_hour: usize = 3,
        /// Password links for one approval.
        in_all: usize = 6,
        /// How long after an approval links may be asked for.
        approval_life_seconds: i64 = 24 * 3600,
        /// Life of a link that confirms an address or freezes an account.
        confirmation_life_seconds: i64 = 24 * 3600,
    }
);
section!(
    /// The password policy and its hash (RFC 9106).
    Password {
        /// Fewest characters.
        least: usize = 8,
        /// Most characters.
        most: usize = 12,
        /// Argon2id memory in KiB.
        argon2_memory_kib: u32 = 19_456,
        /// Argon2id passes.
        argon2_passes: u32 = 2,
        /// Argon2id lanes.
        argon2_lanes: u32 = 1,
    }
);
section!(
    /// Changes of e-mail. Times in seconds.
    Email {
        /// How long a reset through a changed address waits; 0 is allowed.
        hold_seconds: i64 = 24 * 3600,
    }
);
section!(
    /// The operator's seal, in PEM: signs receipts, heads of the audit log, evidence packages. Nothing is sealed without.
    SealFiles {
        /// File with the key.
        key: PathBuf = PathBuf::new(),
        /// File with its certificate, and those above it.
        certificate: PathBuf = PathBuf::new(),
        /// Password of the key.
        password: Secret = Secret::default(),
    }
);
section!(
    /// Cases that people decide.
    Review {
        /// How long a case is somebody's without a sign of life.
        lease_seconds: i64 = 600,
        /// How many of a thousand cases that one person could decide are looked at by a second one.
        second_look_per_mille: u32 = 50,
        /// Working days that a company has to complete a petition (COA Art. 140).
        completion_days: u32 = 10,
        /// Working days within which a refusal can be appealed.
        appeal_days: u32 = 10,
    }
);
section!(
    /// Messages: into a folder, or over SMTP.
    Mail {
        /// `folder` or `smtp`.
        transport: MailTransport = MailTransport::Folder,
        /// Sender, with or without a name.
        from: String = "Clavero <no-responder@clavero.invalid>".to_owned(),
        /// Folder for messages.
        folder: PathBuf = PathBuf::from("mail"),
        /// SMTP server.
        host: String = "localhost".to_owned(),
        /// Its port.
        port: u16 = 587,
        /// `none` (same machine only), `starttls` or `tls`.
        tls: SmtpTls = SmtpTls::Starttls,
        /// PEM file with the authority of a mail server of one's own; empty for publicly known ones.
        authority: PathBuf = PathBuf::new(),
        /// Name for the SMTP server; empty when it asks for none.
        user: String = String::new(),
        /// Password for the SMTP server.
        password: Secret = Secret::default(),
        /// Folder into which a mail server puts what came back (RFC 3464), one `.eml` file each; none when empty.
        bounces: PathBuf = PathBuf::new(),
    }
);
section!(
    /// Short messages to mobile telephones: into a folder, or to a gateway.
    Sms {
        /// `folder` or `webhook`.
        connector: SmsConnector = SmsConnector::Folder,
        /// Folder for short messages.
        folder: PathBuf = PathBuf::from("sms"),
        /// Address of the gateway.
        url: String = String::new(),
        /// What calls are signed with, at least 32 characters.
        secret: Secret = Secret::default(),
        /// PEM file with the authority of a gateway of one's own; empty for publicly known ones.
        authority: PathBuf = PathBuf::new(),
        /// Until the gateway has answered, in seconds.
        request_seconds: u64 = 20,
    }
);
section!(
    /// The portal whose passwords are set.
    Portal {
        /// `embedded` or `webhook`.
        connector: PortalConnector = PortalConnector::Embedded,
        /// Address that takes new passwords.
        url: String = String::new(),
        /// What calls are signed with, at least 32 characters.
        secret: Secret = Secret::default(),
        /// PEM file with the authority of a portal of one's own; empty for publicly known ones.
        authority: PathBuf = PathBuf::new(),
        /// What the portal gets: `argon2id`, a string that it stores, or `password`.
        hand_over: HandOver = HandOver::Argon2id,
        /// Until the portal has answered, in seconds.
        request_seconds: u64 = 20,
        /// Wrong passwords in a row that lock an embedded account.
        login_failures: i64 = 5,
    }
);
section!(
    /// When a petition rings that waits for its decision. Nothing is ever decided because time has passed.
    Deadlines {
        /// So many hours after its reception.
        alarm_hours: i64 = 24,
        /// On this working day.
        alarm_working_days: u32 = 20,
    }
);
section!(
    /// The audit log.
    Audit {
        /// Folder for its heads, one file per day: copies of it kept elsewhere prove that the log was not rewritten.
        heads: PathBuf = PathBuf::from("heads"),
    }
);
section!(
    /// The back office. Times in seconds.
    Office {
        /// A session ends when it was not used for so long.
        idle_seconds: i64 = 30 * 60,
        /// A session ends after so long whatever happens.
        session_seconds: i64 = 10 * 3600,
        /// How long a one-time link to set up password and second factor lives.
        enrolment_seconds: i64 = 24 * 3600,
        /// Whether everybody needs a second factor; a production service always asks for one.
        second_factor: bool = true,
        /// Fewest characters of a password.
        password_least: usize = 12,
    }
);
section!(
    /// Proxies in front of the service: only what they say about a client's address is believed.
    Proxy {
        /// Addresses of the proxies.
        trusted: Vec<IpAddr> = Vec::new(),
        /// Header in which they write whom they speak for.
        header: String = "x-forwarded-for".to_owned(),
    }
);
section!(
    /// Personal data at rest.
    Protection {
        /// Keys of 32 bytes in base64. The first one protects; the others only open what was protected with them.
        keys: Secrets = Secrets::default(),
        /// File with further keys, one in each line, behind the ones above; empty when there is none.
        keys_file: PathBuf = PathBuf::new(),
    }
);
section!(
    /// How long data are kept, in days; 0 is for good.
    Retention {
        /// Forms that nobody signed, after their number has expired.
        unused_days: u32 = 30,
        /// Documents, attachments and evidence, after the last decision.
        documents_days: u32 = 1825,
        /// What was decided and why; never before its document.
        reports_days: u32 = 1825,
        /// Messages that are done with.
        messages_days: u32 = 180,
        /// Links that are dead.
        links_days: u32 = 30,
    }
);
section!(
    /// The log, on standard error.
    Log {
        /// `json` or `text`.
        format: LogFormat = LogFormat::Json,
        /// What is logged, as `tracing` writes filters.
        level: String = "info".to_owned(),
    }
);

impl Retention {
    /// The terms as spans of time.
    #[must_use]
    pub fn terms(&self) -> intake::Terms {
        let days = |days: u32| (days > 0).then(|| SignedDuration::from_hours(24 * i64::from(days)));
        intake::Terms {
            unused: days(self.unused_days),
            documents: days(self.documents_days),
            reports: days(self.reports_days),
            messages: days(self.messages_days),
            links: days(self.links_days),
        }
    }
}

/// How messages travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailTransport {
    /// Into a folder.
    Folder,
    /// Over SMTP.
    Smtp,
}

/// How short messages travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmsConnector {
    /// Into a folder.
    Folder,
    /// To a gateway's address.
    Webhook,
}

/// Who keeps the passwords.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PortalConnector {
    /// A table of ours.
    Embedded,
    /// Another system, at an address.
    Webhook,
}

/// What another system gets of a new password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HandOver {
    /// Its Argon2id string.
    Argon2id,
    /// The password itself.
    Password,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object per line.
    Json,
    /// For people.
    Text,
}

/// A value that is never printed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub Option<SecretString>);

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let set = self
            .0
            .as_ref()
            .is_some_and(|secret| !secret.expose_secret().is_empty());
        serializer.serialize_str(if set { "(hidden)" } else { "" })
    }
}

/// Values that are never printed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Secrets(pub Vec<SecretString>);

impl Serialize for Secrets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|_| "(hidden)"))
    }
}

/// A database address without the password it may carry.
fn without_password<S: Serializer>(url: &str, serializer: S) -> Result<S::Ok, S::Error> {
    let shown = match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://(hidden)@{rest}"),
        _ => url.to_owned(),
    };
    serializer.serialize_str(&shown)
}

impl Config {
    /// Reads `file`, if any, and the environment (`CLAVERO_LINKS__LIFE_SECONDS=180`), which wins.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let mut figment = Figment::new();
        if let Some(file) = file {
            if !file.is_file() {
                return Err(ConfigError(vec![format!(
                    "{}: no such file",
                    file.display()
                )]));
            }
            figment = figment.merge(Toml::file_exact(file));
        }
        Self::from_figment(&figment.merge(environment()))
    }

    /// The defaults of a profile, rooted in `data_dir`, with the environment on top.
    pub fn for_profile(
        profile: Profile,
        data_dir: &Path,
        listen: SocketAddr,
    ) -> Result<Self, ConfigError> {
        let top = Serialized::defaults(Preset {
            profile,
            data_dir: data_dir.to_owned(),
            listen,
            fetch: Fetch {
                // The fixtures' addresses lead nowhere, and their lists are at hand.
                enabled: profile == Profile::Production,
                ..Fetch::default()
            },
        });
        Self::from_figment(&Figment::new().merge(top).merge(environment()))
    }

    fn from_figment(figment: &Figment) -> Result<Self, ConfigError> {
        let mut errors = Vec::new();
        let top = top(figment, &mut errors);
        let figment = &match top.profile {
            Profile::Production => figment.clone(),
            Profile::Demo | Profile::Test => figment
                .clone()
                .join(Serialized::default("limits", GENEROUS)),
        };
        let mut config = Self {
            profile: Profile::Production,
            listen: Top::default().listen,
            public_url: String::new(),
            data_dir: PathBuf::new(),
            database: String::new(),
            operator: section(figment, "operator", &mut errors),
            trust: section(figment, "trust", &mut errors),
            fetch: section(figment, "fetch", &mut errors),
            limits: section(figment, "limits", &mut errors),
            petition: section(figment, "petition", &mut errors),
            links: section(figment, "links", &mut errors),
            password: section(figment, "password", &mut errors),
            email: section(figment, "email", &mut errors),
            seal: section(figment, "seal", &mut errors),
            review: section(figment, "review", &mut errors),
            mail: section(figment, "mail", &mut errors),
            audit: section(figment, "audit", &mut errors),
            office: section(figment, "office", &mut errors),
            proxy: section(figment, "proxy", &mut errors),
            protection: section(figment, "protection", &mut errors),
            sms: section(figment, "sms", &mut errors),
            portal: section(figment, "portal", &mut errors),
            deadlines: section(figment, "deadlines", &mut errors),
            retention: section(figment, "retention", &mut errors),
            log: section(figment, "log", &mut errors),
        };
        config.profile = top.profile;
        config.listen = top.listen;
        config.data_dir = top.data_dir;
        config.public_url = if top.public_url.is_empty() {
            format!("http://{}", config.listen)
        } else {
            top.public_url.trim_end_matches('/').to_owned()
        };
        config.database = if top.database.is_empty() {
            format!(
                "sqlite://{}?mode=rwc",
                config.data_dir.join("clavero.sqlite").display()
            )
        } else {
            top.database
        };
        config.check(&mut errors);
        if errors.is_empty() {
            Ok(config)
        } else {
            Err(ConfigError(errors))
        }
    }

    /// What types can't say.
    fn check(&self, errors: &mut Vec<String>) {
        let mut must = |holds: bool, text: &str| {
            if !holds {
                errors.push(text.to_owned());
            }
        };
        must(
            (1..=50_000_000).contains(&self.limits.upload_bytes),
            "limits.upload_bytes: from 1 to 50000000",
        );
        must(
            self.limits.documents_per_number > 0,
            "limits.documents_per_number: at least 1",
        );
        must(
            self.limits.petitions_per_ruc_hour > 0 && self.limits.upload_bytes_per_ruc_day > 0,
            "limits.petitions_per_ruc_hour, limits.upload_bytes_per_ruc_day: at least 1",
        );
        must(
            (1..=1_000_000).contains(&self.limits.work_cost),
            "limits.work_cost: from 1 to 1000000",
        );
        must(self.password.least >= 8, "password.least: at least 8");
        must(
            self.password.most >= self.password.least,
            "password.most: not below password.least",
        );
        must(
            self.password.argon2_memory_kib >= 8 * self.password.argon2_lanes,
            "password.argon2_memory_kib: too small",
        );
        // Six messages in all, and links within a day: who counts them must find them.
        must(
            [self.retention.messages_days, self.retention.links_days]
                .iter()
                .all(|days| *days == 0 || *days >= 7),
            "retention: messages and links are kept for 7 days at least",
        );
        must(
            self.email.hold_seconds >= 0,
            "email.hold_seconds: not negative",
        );
        must(
            (30..=86_400).contains(&self.review.lease_seconds)
                && self.review.second_look_per_mille <= 1000
                && (1..=60).contains(&self.review.completion_days)
                && (1..=60).contains(&self.review.appeal_days),
            "review: lease_seconds 30 to 86400, second_look_per_mille up to 1000, days 1 to 60",
        );
        for (name, seconds) in [
            ("petition.life_seconds", self.petition.life_seconds),
            (
                "petition.letter_window_seconds",
                self.petition.letter_window_seconds,
            ),
            ("links.life_seconds", self.links.life_seconds),
            (
                "links.approval_life_seconds",
                self.links.approval_life_seconds,
            ),
            (
                "links.confirmation_life_seconds",
                self.links.confirmation_life_seconds,
            ),
        ] {
            must(
                (1..=366 * 24 * 3600).contains(&seconds),
                &format!("{name}: from 1 second to a year"),
            );
        }
        must(
            (0..=366 * 24 * 3600).contains(&self.trust.evidence_age_seconds),
            "trust.evidence_age_seconds: from 0 (as long as answers say themselves) to a year",
        );
        // A worker's lease on a document lasts a minute; longer questions would be asked twice.
        must(
            (1..=45).contains(&self.fetch.document_seconds),
            "fetch.document_seconds: from 1 to 45",
        );
        for (name, seconds) in [
            ("fetch.connect_seconds", self.fetch.connect_seconds),
            ("fetch.request_seconds", self.fetch.request_seconds),
        ] {
            must(seconds > 0, &format!("{name}: at least 1"));
        }
        must(
            self.fetch.crl_bytes > 0 && self.fetch.ocsp_bytes > 0 && self.fetch.at_once > 0,
            "fetch.crl_bytes, fetch.ocsp_bytes, fetch.at_once: at least 1",
        );
        must(
            self.fetch.crl_life_seconds >= 0
                && self.fetch.ocsp_life_seconds >= 0
                && self.fetch.failure_seconds >= 0,
            "fetch: no time is negative",
        );
        must(
            self.fetch.retry_minutes.len() <= 10
                && self
                    .fetch
                    .retry_minutes
                    .iter()
                    .all(|minutes| (1..=7 * 24 * 60).contains(minutes)),
            "fetch.retry_minutes: at most 10, each from 1 minute to a week",
        );
        must(
            self.seal.key.as_os_str().is_empty() == self.seal.certificate.as_os_str().is_empty(),
            "seal.key, seal.certificate: both or none",
        );
        must(
            self.office.idle_seconds > 0
                && self.office.session_seconds > 0
                && self.office.enrolment_seconds > 0,
            "office: no time is zero or negative",
        );
        must(
            (8..=64).contains(&self.office.password_least),
            "office.password_least: from 8 to 64",
        );
        must(
            self.profile != Profile::Production || self.office.second_factor,
            "office.second_factor: a production service always asks for one",
        );
        must(
            HeaderName::try_from(self.proxy.header.as_str()).is_ok(),
            "proxy.header: not the name of a header",
        );
        let web = self.public_url.starts_with("http://") || self.public_url.starts_with("https://");
        must(
            web,
            "public_url: begins with https:// (or http:// for a trial)",
        );
        let secure = self.public_url.starts_with("https://")
            || ["http://127.0.0.1", "http://localhost", "http://[::1]"]
                .iter()
                .any(|l| self.public_url.starts_with(l));
        must(
            self.profile != Profile::Production || secure,
            "public_url: a production service is reached over https://",
        );
        let known = self.database.starts_with("sqlite:") || self.database.starts_with("postgres");
        must(known, "database: sqlite://… or postgres://…");
        must(
            self.mail.transport != MailTransport::Smtp || !self.mail.host.is_empty(),
            "mail.host: missing",
        );
        let local = ["localhost", "127.0.0.1", "::1"].contains(&self.mail.host.as_str());
        must(
            self.profile != Profile::Production
                || self.mail.transport != MailTransport::Smtp
                || self.mail.tls != SmtpTls::None
                || local,
            "mail.tls: none is for a server on the same machine; links must not travel in the open",
        );
        self.check_connectors(&mut must);
    }

    /// What is asked of the ways to other systems.
    fn check_connectors(&self, must: &mut impl FnMut(bool, &str)) {
        let alarm = &self.operator.alarm_email;
        must(
            alarm.is_empty() || alarm.parse::<EmailAddress>().is_ok(),
            "operator.alarm_email: not an e-mail address",
        );
        let portal = &self.portal;
        let in_clear =
            portal.connector == PortalConnector::Webhook && portal.hand_over == HandOver::Password;
        must(
            !in_clear
                || !self.protection.keys.0.is_empty()
                || !self.protection.keys_file.as_os_str().is_empty(),
            "portal.hand_over: \"password\" needs a key in protection.keys, which protects what waits for the portal",
        );
        must(
            (1..=100).contains(&portal.login_failures),
            "portal.login_failures: from 1 to 100",
        );
        for (name, used, address) in [
            (
                "portal",
                portal.connector == PortalConnector::Webhook,
                self.portal_webhook(),
            ),
            (
                "sms",
                self.sms.connector == SmsConnector::Webhook,
                self.sms_webhook(),
            ),
        ] {
            if used && let Err(error) = Webhook::new(&address) {
                must(false, &format!("{name}: {error}"));
            }
        }
        must(
            (1..=24 * 365).contains(&self.deadlines.alarm_hours)
                && (1..=250).contains(&self.deadlines.alarm_working_days),
            "deadlines: alarm_hours from 1 to 8760, alarm_working_days from 1 to 250",
        );
    }

    fn portal_webhook(&self) -> WebhookSettings {
        let portal = &self.portal;
        webhook(&portal.url, &portal.secret, portal.request_seconds)
    }

    fn sms_webhook(&self) -> WebhookSettings {
        let sms = &self.sms;
        webhook(&sms.url, &sms.secret, sms.request_seconds)
    }

    /// How a new password is kept until the portal has it.
    #[must_use]
    pub fn keeping(&self) -> Keeping {
        match (self.portal.connector, self.portal.hand_over) {
            (PortalConnector::Embedded, _) => Keeping::Embedded,
            (PortalConnector::Webhook, HandOver::Argon2id) => Keeping::Argon2id,
            (PortalConnector::Webhook, HandOver::Password) => Keeping::Password,
        }
    }

    /// The ways out of the house: mails, short messages, the portal.
    pub fn carriers(&self) -> Result<Carriers, MailError> {
        let failed = |error: WebhookError| MailError::Permanent(error.to_string());
        let unreadable = |error: std::io::Error| MailError::Permanent(error.to_string());
        let call = |settings: WebhookSettings, authority: &Path| {
            let authority = Some(authority)
                .filter(|file| !file.as_os_str().is_empty())
                .map(|file| std::fs::read(self.path(file)))
                .transpose()
                .map_err(unreadable)?;
            Webhook::new(&WebhookSettings {
                authority,
                ..settings
            })
            .map_err(failed)
        };
        let sms = match self.sms.connector {
            SmsConnector::Folder => {
                sms::Sms::folder(&self.path(&self.sms.folder)).map_err(unreadable)?
            }
            SmsConnector::Webhook => {
                sms::Sms::webhook(call(self.sms_webhook(), &self.sms.authority)?)
            }
        };
        let portal = match self.portal.connector {
            PortalConnector::Embedded => None,
            PortalConnector::Webhook => Some(portal::Portal::new(
                call(self.portal_webhook(), &self.portal.authority)?,
                self.keeping(),
            )),
        };
        let bounces = Some(self.path(&self.mail.bounces))
            .filter(|_| !self.mail.bounces.as_os_str().is_empty());
        if let Some(folder) = &bounces {
            std::fs::create_dir_all(folder).map_err(unreadable)?;
        }
        Ok(Carriers {
            mailer: self.mailer()?,
            sms,
            portal,
            bounces,
        })
    }

    /// A path as written: relative ones are inside `data_dir`.
    #[must_use]
    pub fn path(&self, path: &Path) -> PathBuf {
        self.data_dir.join(path)
    }

    /// The file of an embedded database; `None` for a server.
    #[must_use]
    pub fn database_file(&self) -> Option<&Path> {
        let address = self.database.strip_prefix("sqlite:")?;
        let file = address.strip_prefix("//").unwrap_or(address);
        Some(Path::new(file.split('?').next().unwrap_or(file)))
    }

    /// The keys that protect personal data; without any, nothing is protected.
    ///
    /// # Errors
    /// When one of them is no key, or their file can't be read.
    pub fn keyring(&self) -> Result<Keyring, ConfigError> {
        let wrong =
            |error: &dyn std::fmt::Display| ConfigError(vec![format!("protection.keys: {error}")]);
        let file = &self.protection.keys_file;
        let further = if file.as_os_str().is_empty() {
            SecretString::default()
        } else {
            let text = std::fs::read_to_string(self.path(file));
            text.map_err(|error| wrong(&format!("{}: {error}", file.display())))?
                .into()
        };
        let lines = further.expose_secret().lines().map(str::trim);
        let configured = self
            .protection
            .keys
            .0
            .iter()
            .map(ExposeSecret::expose_secret);
        let keys = configured.chain(lines.filter(|line| !line.is_empty()));
        Keyring::from_base64(keys).map_err(|error| wrong(&error))
    }

    /// What is looked after by the calendar.
    ///
    /// # Errors
    /// When the operator's seal can't be used.
    pub fn upkeep(&self) -> Result<Upkeep, ConfigError> {
        Ok(Upkeep {
            seal: self.operator_seal()?,
            heads: self.path(&self.audit.heads),
            terms: self.retention.terms(),
        })
    }

    /// Where whom to trust is kept.
    #[must_use]
    pub fn trust_folder(&self) -> TrustFolder {
        TrustFolder {
            roots: self.path(&self.trust.roots),
            intermediates: self.path(&self.trust.intermediates),
            entities: self.path(&self.trust.entities),
        }
    }

    /// Whether only pinned issuers speak for Ecuador: wherever real employers are.
    #[must_use]
    pub fn trusts_strictly(&self) -> bool {
        self.profile == Profile::Production
    }

    /// What the intake needs of it.
    #[must_use]
    pub fn intake_settings(&self, seal: Option<Seal>) -> intake::Settings {
        let seconds = SignedDuration::from_secs;
        intake::Settings {
            operator: self.operator.name.clone(),
            public_url: self.public_url.clone(),
            upload_bytes: self.limits.upload_bytes,
            documents_per_number: self.limits.documents_per_number,
            budgets: intake::Budgets {
                free_bytes: self.limits.free_bytes,
                petitions_per_ruc_hour: self.limits.petitions_per_ruc_hour,
                upload_bytes_per_ruc_day: self.limits.upload_bytes_per_ruc_day,
                work_cost: self.limits.work_cost,
            },
            petition_life: seconds(self.petition.life_seconds),
            letter_window: seconds(self.petition.letter_window_seconds),
            clock_tolerance: seconds(self.petition.clock_tolerance_seconds),
            link_life: seconds(self.links.life_seconds),
            confirmation_life: seconds(self.links.confirmation_life_seconds),
            links_per_hour: self.links.per_hour,
            links_in_all: self.links.in_all,
            approval_life: seconds(self.links.approval_life_seconds),
            revocation_retries: self
                .fetch
                .retry_minutes
                .iter()
                .map(|minutes| SignedDuration::from_mins(*minutes))
                .collect(),
            email_hold: seconds(self.email.hold_seconds),
            seal,
            review: intake::review::ReviewSettings {
                lease: seconds(self.review.lease_seconds),
                second_look_per_mille: self.review.second_look_per_mille,
                completion_days: self.review.completion_days,
                appeal_days: self.review.appeal_days,
            },
            password_length: self.password.least..=self.password.most,
            argon2: self.argon2(),
            portal: self.keeping(),
            login_failures: self.portal.login_failures,
            deadlines: intake::Deadlines {
                first: SignedDuration::from_hours(self.deadlines.alarm_hours),
                working_days: self.deadlines.alarm_working_days,
            },
            alarm_email: self.operator.alarm_email.parse().ok(),
        }
    }

    /// What the back office needs of it.
    #[must_use]
    pub fn people_settings(&self) -> people::Settings {
        let seconds = SignedDuration::from_secs;
        people::Settings {
            idle: seconds(self.office.idle_seconds),
            session_life: seconds(self.office.session_seconds),
            enrolment_life: seconds(self.office.enrolment_seconds),
            second_factor: self.office.second_factor,
            password_least: self.office.password_least,
            argon2: self.argon2(),
            service: self.operator.service.clone(),
        }
    }

    /// How passwords are kept.
    fn argon2(&self) -> argon::Parameters {
        (
            self.password.argon2_memory_kib,
            self.password.argon2_passes,
            self.password.argon2_lanes,
        )
    }

    /// How often one address may do what.
    #[must_use]
    pub fn rates(&self) -> web::Rates {
        let limits = &self.limits;
        web::Rates {
            requests_per_minute: limits.requests_per_minute,
            wrong_guesses_per_minute: limits.wrong_guesses_per_minute,
            petitions_per_minute: limits.petitions_per_minute,
            petitions_per_address_hour: limits.petitions_per_address_hour,
        }
    }

    /// The rules of validation.
    #[must_use]
    pub fn policy(&self) -> Policy {
        let age = self.trust.evidence_age_seconds;
        Policy {
            evidence_age: (age > 0).then(|| SignedDuration::from_secs(age)),
            ..Policy::default()
        }
    }

    /// How CAs are asked about revocation.
    #[must_use]
    pub fn fetch_settings(&self) -> fetch::Settings {
        let fetch = &self.fetch;
        let seconds = Duration::from_secs;
        fetch::Settings {
            limits: fetch::Limits {
                targets: if fetch.allow_private_targets {
                    fetch::Targets::Any
                } else {
                    fetch::Targets::Public
                },
                proxy: Some(fetch.proxy.clone()).filter(|proxy| !proxy.is_empty()),
                connect: seconds(fetch.connect_seconds),
                request: seconds(fetch.request_seconds),
            },
            document: seconds(fetch.document_seconds),
            at_once: fetch.at_once,
            crl_bytes: fetch.crl_bytes,
            ocsp_bytes: fetch.ocsp_bytes,
            folder: Some(self.path(&fetch.folder)),
            cache: fetch::CacheLimits {
                bytes: fetch.folder_bytes,
                crl_life: SignedDuration::from_secs(fetch.crl_life_seconds),
                ocsp_life: SignedDuration::from_secs(fetch.ocsp_life_seconds),
                failure_life: SignedDuration::from_secs(fetch.failure_seconds),
            },
        }
    }

    /// The operator's seal, if there is one.
    pub fn operator_seal(&self) -> Result<Option<Seal>, ConfigError> {
        if self.seal.key.as_os_str().is_empty() {
            return Ok(None);
        }
        let read = |key: &str, file: &Path| {
            std::fs::read(self.path(file))
                .map_err(|error| ConfigError(vec![format!("{key}: {error}")]))
        };
        let key = read("seal.key", &self.seal.key)?;
        let certificate = read("seal.certificate", &self.seal.certificate)?;
        let password = self.seal.password.0.as_ref();
        let password = password.map_or("", |password| password.expose_secret());
        Seal::from_pem(&key, password.as_bytes(), &certificate)
            .map(Some)
            .map_err(|error| ConfigError(vec![error.to_string()]))
    }

    /// The way messages travel.
    pub fn mailer(&self) -> Result<Mailer, MailError> {
        match self.mail.transport {
            MailTransport::Folder => Mailer::folder(&self.mail.from, &self.path(&self.mail.folder)),
            MailTransport::Smtp => {
                let password = self
                    .mail
                    .password
                    .0
                    .clone()
                    .filter(|_| !self.mail.user.is_empty());
                let authority = Some(&self.mail.authority)
                    .filter(|file| !file.as_os_str().is_empty())
                    .map(|file| std::fs::read(self.path(file)))
                    .transpose()
                    .map_err(|error| MailError::Permanent(format!("mail.authority: {error}")))?;
                let settings = SmtpSettings {
                    authority,
                    host: self.mail.host.clone(),
                    port: self.mail.port,
                    tls: self.mail.tls,
                    credentials: password.map(|password| (self.mail.user.clone(), password)),
                };
                Mailer::smtp(&self.mail.from, &settings)
            }
        }
    }
}

/// How another system is called; a secret that is missing is one that is too short.
fn webhook(url: &str, secret: &Secret, request_seconds: u64) -> WebhookSettings {
    WebhookSettings {
        url: url.to_owned(),
        secret: secret.0.clone().unwrap_or_default(),
        authority: None,
        patience: Duration::from_secs(request_seconds),
    }
}

/// `CLAVERO_LINKS__LIFE_SECONDS` and so on; names are compared without their case.
fn environment() -> Env {
    Env::prefixed("CLAVERO_")
        .filter(|key| {
            !OTHER_VARIABLES.iter().any(|other| *key == **other) && !key.starts_with("test_")
        })
        .split("__")
}

/// Keys that a profile sets before the environment is asked.
#[derive(Serialize)]
struct Preset {
    profile: Profile,
    data_dir: PathBuf,
    listen: SocketAddr,
    fetch: Fetch,
}

const SECTIONS: &[&str] = &[
    "operator",
    "trust",
    "fetch",
    "limits",
    "petition",
    "links",
    "password",
    "email",
    "seal",
    "mail",
    "audit",
    "office",
    "proxy",
    "protection",
    "sms",
    "portal",
    "deadlines",
    "retention",
    "log",
    "operator",
    "trust",
    "fetch",
    "limits",
    "petition",
    "links",
    "password",
    "email",
    "seal",
    "review",
    "mail",
    "audit",
    "office",
    "proxy",
    "log",
];

/// One section, or its defaults and an error.
fn section<T: Default + for<'de> Deserialize<'de>>(
    figment: &Figment,
    name: &str,
    errors: &mut Vec<String>,
) -> T {
    match figment.extract_inner::<T>(name) {
        Ok(section) => section,
        Err(error) if error.missing() => T::default(),
        Err(error) => {
            errors.extend(error.into_iter().map(|error| error.to_string()));
            T::default()
        }
    }
}

/// The keys outside any section, checked apart from the sections.
fn top(figment: &Figment, errors: &mut Vec<String>) -> Top {
    let all: Dict = match figment.extract() {
        Ok(all) => all,
        Err(error) => {
            errors.extend(error.into_iter().map(|error| error.to_string()));
            return Top::default();
        }
    };
    let top: Dict = all
        .into_iter()
        .filter(|(key, _)| !SECTIONS.contains(&key.as_str()))
        .collect();
    match Value::from(top).deserialize::<Top>() {
        Ok(top) => top,
        Err(error) => {
            errors.extend(error.into_iter().map(|error| error.to_string()));
            Top::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(toml: &str) -> Result<Config, ConfigError> {
        Config::from_figment(&Figment::new().merge(Toml::string(toml)))
    }

    #[test]
    fn nothing_at_all_is_a_configuration() {
        let config = load("").unwrap();
        assert_eq!(config.profile, Profile::Production);
        assert_eq!(config.links.life_seconds, 180);
        assert_eq!(config.public_url, "http://127.0.0.1:8080");
    }

    #[test]
    fn the_example_names_every_key_with_its_default() {
        let example = load(EXAMPLE).unwrap();
        let default = load("").unwrap();
        assert_eq!(
            toml::to_string(&example).unwrap(),
            toml::to_string(&default).unwrap()
        );
        for line in toml::to_string(&default).unwrap().lines() {
            let key = line
                .split(['=', ']'])
                .next()
                .unwrap()
                .trim()
                .trim_start_matches('[');
            assert!(EXAMPLE.contains(key), "the example lacks {key}");
        }
    }

    #[test]
    fn every_error_is_told_at_once() {
        let error = load(
            "profil = \"demo\"\n[links]\nlife_second = 5\n[password]\nleast = 4\n[limits]\nupload_bytes = \"much\"\n",
        )
        .unwrap_err();
        let text = error.to_string();
        for word in ["profil", "life_second", "password.least", "upload_bytes"] {
            assert!(text.contains(word), "{word} is missing in:\n{text}");
        }
    }

    #[test]
    fn how_old_an_answer_may_be_is_the_operators_choice() {
        assert_eq!(load("").unwrap().policy().evidence_age, None);
        let strict = load("[trust]\nevidence_age_seconds = 172800\n").unwrap();
        let age = SignedDuration::from_hours(48);
        assert_eq!(strict.policy().evidence_age, Some(age));
        assert!(load("[trust]\nevidence_age_seconds = -1\n").is_err());
    }

    #[test]
    fn secrets_are_not_printed() {
        let config = load(
            "database = \"postgres://u:hunter2@db/x\"\n[mail]\nuser = \"u\"\npassword = \"hunter2\"\n",
        )
        .unwrap();
        let shown = toml::to_string(&config).unwrap() + &format!("{:?}", config.mail);
        assert!(!shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn keys_are_checked_and_not_printed() {
        let key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
        let config = load(&format!("[protection]\nkeys = [\"{key}\"]\n")).unwrap();
        assert!(config.keyring().unwrap().current().is_some());
        let shown = toml::to_string(&config).unwrap() + &format!("{:?}", config.protection);
        assert!(!shown.contains(key), "{shown}");
        assert!(shown.contains("(hidden)"), "{shown}");
        let wrong = load("[protection]\nkeys = [\"hunter2\"]\n")
            .unwrap()
            .keyring()
            .unwrap_err();
        assert!(!wrong.to_string().contains("hunter2"), "{wrong}");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys");
        std::fs::write(&file, format!("\n{key}\n")).unwrap();
        let config = load(&format!("[protection]\nkeys_file = {file:?}\n")).unwrap();
        assert!(config.keyring().unwrap().current().is_some());
        assert!(load("").unwrap().keyring().unwrap().current().is_none());
    }

    #[test]
    fn a_production_service_needs_https() {
        assert!(load("public_url = \"http://clavero.ec\"").is_err());
        assert!(
            load("public_url = \"https://clavero.ec/\"")
                .is_ok_and(|c| c.public_url == "https://clavero.ec")
        );
        assert!(load("profile = \"demo\"\npublic_url = \"http://clavero.ec\"").is_ok());
    }
}
