//! The sections of the configuration: each key with its unit, its meaning and its default, and the words and secrets that stand
//! in them.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

use jiff::civil::Date;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};

use super::Profile;
use crate::mail::SmtpTls;
use crate::web::Network;

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
        /// See [`super::Config::profile`].
        profile: Profile = Profile::Production,
        /// See [`super::Config::listen`].
        listen: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 8080)),
        /// See [`super::Config::public_url`].
        public_url: String = String::new(),
        /// See [`super::Config::data_dir`].
        data_dir: PathBuf = PathBuf::from("clavero-data"),
        /// See [`super::Config::database`].
        database: String = String::new(),
    }
);
section!(
    /// Where documents are kept.
    DocumentStore {
        /// `folder`, `database` or `s3`.
        kind: DocumentKind = DocumentKind::Folder,
        /// Folder for documents.
        folder: PathBuf = PathBuf::from("documents"),
        /// Address of an S3-compatible store, without the bucket.
        endpoint: String = String::new(),
        /// Its bucket, which must be there.
        bucket: String = String::new(),
        /// Its region.
        region: String = "us-east-1".to_owned(),
        /// What the names of all objects begin with.
        prefix: String = String::new(),
        /// Name of the access key.
        key_id: String = String::new(),
        /// The access key.
        secret: Secret = Secret::default(),
        /// PEM file with the authority of a store of one's own; empty for publicly known ones.
        authority: PathBuf = PathBuf::new(),
        /// Whether documents may travel without TLS to another machine.
        allow_http: bool = false,
        /// Until one answer is complete, in seconds.
        request_seconds: u64 = 20,
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
        /// Whom to ask about personal data, as a sentence; empty when that is `contact`.
        data_contact: String = String::new(),
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
        /// Documents that may wait for their decision: beyond it uploads are told to come back (503).
        undecided: i64 = 500,
        /// Of those, how many may wait for longer than a moment, for each processor.
        undecided_per_processor: i64 = 8,
        /// Requests of one address within a minute; beyond it they are refused.
        requests_per_minute: NonZeroU32 = most(1_200),
        /// Wrong secrets and tokens from one address within a minute; beyond it they are refused.
        wrong_guesses_per_minute: NonZeroU32 = most(60),
        /// Petitions and documents of all addresses within a minute before work is asked.
        petitions_per_minute: NonZeroU32 = most(300),
        /// Petitions and documents of one address within an hour before work is asked.
        petitions_per_address_hour: NonZeroU32 = most(120),
        /// Bytes uploaded by one address within a day before work is asked. A town behind one address sends some thousand forms.
        upload_bytes_per_address_day: i64 = 1_000_000_000,
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
pub(super) struct Generous {
    free_bytes: u64,
    undecided: i64,
    undecided_per_processor: i64,
    requests_per_minute: u32,
    wrong_guesses_per_minute: u32,
    petitions_per_minute: u32,
    petitions_per_address_hour: u32,
    upload_bytes_per_address_day: i64,
    petitions_per_ruc_hour: i64,
    upload_bytes_per_ruc_day: i64,
}

pub(super) const GENEROUS: Generous = Generous {
    free_bytes: 16_000_000,
    undecided: 1_000_000,
    undecided_per_processor: 1_000_000,
    requests_per_minute: 1_000_000,
    wrong_guesses_per_minute: 300,
    petitions_per_minute: 1_000_000,
    petitions_per_address_hour: 1_000_000,
    upload_bytes_per_address_day: 1_000_000_000_000,
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
        /// Password links that may be asked for within an hour; the first one comes with the approval.
        per_hour: usize = 3,
        /// Password links for one approval.
        in_all: usize = 6,
        /// How long after an approval links may be asked for.
        approval_life_seconds: i64 = 24 * 3600,
        /// Life of a link that confirms an address.
        confirmation_life_seconds: i64 = 24 * 3600,
        /// Life of a link that stops an account («no fui yo»): a week at least.
        stop_life_seconds: i64 = 7 * 24 * 3600,
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
    /// When a petition rings that waits for its decision, and what terms do not count. Nothing is ever decided because time has
    /// passed.
    Deadlines {
        /// So many hours after its reception.
        alarm_hours: i64 = 24,
        /// On this working day.
        alarm_working_days: u32 = 20,
        /// Days that no term counts beside weekends and the country's holidays: of the place (COA Art. 159), or by decree.
        holidays: Vec<Date> = Vec::new(),
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
        /// Addresses of the proxies, or networks that hold nothing else.
        trusted: Vec<Network> = Vec::new(),
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
        /// Forms that nobody signed, and files without a number and without a signature that holds, after their number has expired.
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

/// Where documents are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DocumentKind {
    /// In a folder of the machine.
    Folder,
    /// In the database.
    Database,
    /// In a bucket of an S3-compatible store.
    S3,
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

/// What is shown in the place of a secret.
pub(super) const HIDDEN: &str = "(hidden)";

/// A value that is never printed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub Option<SecretString>);

impl Secret {
    /// Whether there is one.
    #[must_use]
    pub fn is_set(&self) -> bool {
        let secret = self.0.as_ref();
        secret.is_some_and(|secret| !secret.expose_secret().is_empty())
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(if self.is_set() { HIDDEN } else { "" })
    }
}

/// Values that are never printed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Secrets(pub Vec<SecretString>);

impl Serialize for Secrets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|_| HIDDEN))
    }
}

/// A database address without the password it may carry.
pub(super) fn without_password<S: Serializer>(url: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hide_password(url))
}

/// The same address, to be shown.
pub(super) fn hide_password(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://{HIDDEN}@{rest}"),
        _ => url.to_owned(),
    }
}
