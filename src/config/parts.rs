//! What each part of the program is given of the configuration: others get values, never the configuration.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::SignedDuration;
use secrecy::{ExposeSecret, SecretString};

use crate::domain::{Holidays, Language, system_error};
use crate::mail::{Mailer, Patience, SmtpSettings};
use crate::material::TrustFolder;
use crate::portal::{self, Keeping};
use crate::protection::{Keyring, ProtectionError};
use crate::seal::{Seal, SealError};
use crate::verify::Policy;
use crate::webhook::{Webhook, WebhookSettings};
use crate::worker::Carriers;
use crate::worker::upkeep::Upkeep;
use crate::{argon, documents, fetch, intake, people, sms, web};

use super::check::in_words;
use super::sections::hide_password;
use super::{
    Config, ConfigError, DocumentKind, HandOver, MailTransport, PortalConnector, Profile,
    Retention, Secret, SmsConnector,
};

/// Processors of this machine.
fn processors() -> i64 {
    let found = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    i64::try_from(found).unwrap_or(i64::MAX)
}

impl Config {
    pub(super) fn portal_webhook(&self) -> WebhookSettings {
        let portal = &self.portal;
        webhook(&portal.url, &portal.secret, portal.request_seconds)
    }

    pub(super) fn sms_webhook(&self) -> WebhookSettings {
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
    ///
    /// # Errors
    /// When a folder can't be made or an authority can't be read.
    pub fn carriers(&self) -> Result<Carriers, ConfigError> {
        let bounces = Some(self.path(&self.mail.bounces))
            .filter(|_| !self.mail.bounces.as_os_str().is_empty());
        if let Some(folder) = &bounces {
            let made = std::fs::create_dir_all(folder);
            made.map_err(|error| unmade("mail.bounces", folder, &error))?;
        }
        Ok(Carriers {
            mailer: self.mailer()?,
            sms: self.short_messages()?,
            portal: self.other_portal()?,
            bounces,
        })
    }

    fn short_messages(&self) -> Result<sms::Sms, ConfigError> {
        if let Some(caller) = self.sms_caller()? {
            return Ok(sms::Sms::webhook(caller));
        }
        let folder = self.path(&self.sms.folder);
        sms::Sms::folder(&folder).map_err(|error| unmade("sms.folder", &folder, &error))
    }

    /// The line to a gateway for short messages; none where they go into a folder.
    ///
    /// # Errors
    /// When its authority can't be read.
    pub fn sms_caller(&self) -> Result<Option<Webhook>, ConfigError> {
        if self.sms.connector == SmsConnector::Folder {
            return Ok(None);
        }
        let caller = self.caller("sms", self.sms_webhook(), &self.sms.authority);
        caller.map(Some)
    }

    /// The portal of another system, where keys do not stay in our own table.
    ///
    /// # Errors
    /// When its authority can't be read.
    pub fn other_portal(&self) -> Result<Option<portal::Portal>, ConfigError> {
        let caller = self.portal_caller()?;
        Ok(caller.map(|caller| portal::Portal::new(caller, self.keeping())))
    }

    /// The line to the portal of another system.
    ///
    /// # Errors
    /// When its authority can't be read.
    pub fn portal_caller(&self) -> Result<Option<Webhook>, ConfigError> {
        if self.portal.connector == PortalConnector::Embedded {
            return Ok(None);
        }
        let caller = self.caller("portal", self.portal_webhook(), &self.portal.authority);
        caller.map(Some)
    }

    fn caller(
        &self,
        section: &str,
        settings: WebhookSettings,
        authority: &Path,
    ) -> Result<Webhook, ConfigError> {
        let authority = self.authority(&format!("{section}.authority"), authority)?;
        let settings = WebhookSettings {
            authority,
            ..settings
        };
        Webhook::new(&settings).map_err(|unusable| {
            let (key, es, en) = in_words(unusable);
            ConfigError::one(&format!("{section}.{key}"), es, en)
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

    /// Where documents are kept.
    ///
    /// # Errors
    /// When the authority of the store can't be read.
    pub fn document_settings(&self) -> Result<documents::Settings, ConfigError> {
        let section = &self.documents;
        match section.kind {
            DocumentKind::Folder => Ok(documents::Settings::Folder(self.path(&section.folder))),
            DocumentKind::Database => Ok(documents::Settings::Database),
            #[cfg(feature = "s3")]
            DocumentKind::S3 => Ok(documents::Settings::S3(documents::S3Settings {
                endpoint: section.endpoint.trim_end_matches('/').to_owned(),
                bucket: section.bucket.clone(),
                region: section.region.clone(),
                prefix: section.prefix.clone(),
                key_id: section.key_id.clone(),
                secret: section.secret.0.clone().unwrap_or_default(),
                authority: self.authority("documents.authority", &section.authority)?,
                patience: Duration::from_secs(section.request_seconds),
            })),
            #[cfg(not(feature = "s3"))]
            DocumentKind::S3 => Err(ConfigError::one(
                "documents.kind",
                "este programa se construyó sin s3",
                "built without s3",
            )),
        }
    }

    /// Where documents are kept, in words: two configurations that say the same share their documents.
    #[must_use]
    pub fn documents_place(&self, language: Language) -> String {
        let section = &self.documents;
        match section.kind {
            DocumentKind::Folder => self.path(&section.folder).display().to_string(),
            DocumentKind::Database => {
                let database = hide_password(&self.database);
                language.pick(
                    format!("la base de datos {database}"),
                    format!("the database {database}"),
                )
            }
            DocumentKind::S3 => {
                let (bucket, endpoint) = (&section.bucket, &section.endpoint);
                let prefix = &section.prefix;
                language.pick(
                    format!("el bucket {bucket} de {endpoint}, {prefix:?}"),
                    format!("the bucket {bucket} of {endpoint}, {prefix:?}"),
                )
            }
        }
    }

    /// A file with a further authority, if one is named.
    fn authority(&self, key: &str, file: &Path) -> Result<Option<Vec<u8>>, ConfigError> {
        if file.as_os_str().is_empty() {
            return Ok(None);
        }
        let read = std::fs::read(self.path(file));
        read.map(Some)
            .map_err(|error| self.unread(key, file, &error))
    }

    /// A file that the configuration names, and that can't be read, as the path where it was looked for.
    fn unread(&self, key: &str, file: &Path, error: &std::io::Error) -> ConfigError {
        let path = self.path(file);
        let path = path.display();
        let (es, en) = if file.is_absolute() {
            ("", "")
        } else {
            (
                "; las rutas relativas parten de «data_dir»: use una ruta completa",
                "; relative paths start at `data_dir`: use a whole path",
            )
        };
        ConfigError::one(
            key,
            format!("{path} no se puede leer: {}{es}", system_error(error)),
            format!("{path} can't be read: {error}{en}"),
        )
    }

    /// The keys that protect personal data; without any, nothing is protected.
    ///
    /// # Errors
    /// When one of them is no key, or their file can't be read.
    pub fn keyring(&self) -> Result<Keyring, ConfigError> {
        let file = &self.protection.keys_file;
        let further = if file.as_os_str().is_empty() {
            SecretString::default()
        } else {
            let text = std::fs::read_to_string(self.path(file));
            text.map_err(|error| self.unread("protection.keys_file", file, &error))?
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
        Keyring::from_base64(keys).map_err(|error| {
            let spanish = match error {
                ProtectionError::Key => {
                    "una llave son 32 bytes al azar en base64 (openssl rand -base64 32)".to_owned()
                }
                ProtectionError::Twice => "la misma llave consta dos veces".to_owned(),
                ref other => other.to_string(),
            };
            ConfigError::one("protection.keys", spanish, error.to_string())
        })
    }

    /// Whether nobody said how people reach the service: on what it listens no link leads anywhere but on this machine.
    #[must_use]
    pub fn is_public_url_missing(&self) -> bool {
        self.public_url == format!("http://{}", self.listen)
    }

    /// The database in words, without a password.
    #[must_use]
    pub fn database_place(&self) -> String {
        hide_password(&self.database)
    }

    /// Makes the folder of everything that is kept, and for nobody else on the machine: a database and messages lie in it. One
    /// that is there already stays as it is.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn make_data_dir(&self) -> std::io::Result<()> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.data_dir)
    }

    /// How to reach the operator, where it is told.
    #[must_use]
    pub fn contact(&self) -> Option<String> {
        told(&self.operator.contact)
    }

    /// What the page about personal data says besides.
    #[must_use]
    pub fn privacy(&self) -> web::Privacy {
        web::Privacy {
            contact: told(&self.operator.data_contact),
            terms: self.retention.terms(),
        }
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
            contact: self.contact(),
            public_url: self.public_url.clone(),
            upload_bytes: self.limits.upload_bytes,
            documents_per_number: self.limits.documents_per_number,
            budgets: intake::Budgets {
                free_bytes: self.limits.free_bytes,
                petitions_per_ruc_hour: self.limits.petitions_per_ruc_hour,
                upload_bytes_per_address_day: self.limits.upload_bytes_per_address_day,
                upload_bytes_per_ruc_day: self.limits.upload_bytes_per_ruc_day,
                work_cost: self.limits.work_cost,
                undecided: self.limits.undecided,
                standing: self
                    .limits
                    .undecided_per_processor
                    .saturating_mul(processors()),
            },
            petition_life: seconds(self.petition.life_seconds),
            letter_window: seconds(self.petition.letter_window_seconds),
            clock_tolerance: seconds(self.petition.clock_tolerance_seconds),
            link_life: seconds(self.links.life_seconds),
            confirmation_life: seconds(self.links.confirmation_life_seconds),
            stop_life: seconds(self.links.stop_life_seconds),
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
                holidays: Holidays::with(self.deadlines.holidays.iter().copied()),
            },
            arriving: self.path(Path::new("arriving")),
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
    pub(super) fn argon2(&self) -> argon::Parameters {
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
            std::fs::read(self.path(file)).map_err(|error| self.unread(key, file, &error))
        };
        let key = read("seal.key", &self.seal.key)?;
        let certificate = read("seal.certificate", &self.seal.certificate)?;
        let password = self.seal.password.0.as_ref();
        let password = password.map_or("", |password| password.expose_secret());
        Seal::from_pem(&key, password.as_bytes(), &certificate)
            .map(Some)
            .map_err(|error| {
                let (name, spanish) = match error {
                    SealError::Key => (
                        "seal.key",
                        "la llave no se puede leer (PEM, RSA de 2048 bits o más, o una curva; ¿es esa su clave?)",
                    ),
                    SealError::Certificate => (
                        "seal.certificate",
                        "no se puede leer (PEM, primero el suyo, luego los que están sobre él)",
                    ),
                    SealError::Mismatch => ("seal.certificate", "es de otra llave"),
                    SealError::Usage => ("seal.certificate", "no es para firmar"),
                    _ => ("seal", "el sello no se puede usar"),
                };
                ConfigError::one(name, spanish, error.to_string())
            })
    }

    /// The way messages travel.
    pub fn mailer(&self) -> Result<Mailer, ConfigError> {
        let made = match self.mail.transport {
            MailTransport::Folder => {
                let folder = self.path(&self.mail.folder);
                std::fs::create_dir_all(&folder)
                    .map_err(|error| unmade("mail.folder", &folder, &error))?;
                Mailer::folder(&self.mail.from, &folder)
            }
            MailTransport::Smtp => {
                let password = self
                    .mail
                    .password
                    .0
                    .clone()
                    .filter(|_| !self.mail.user.is_empty());
                let settings = SmtpSettings {
                    authority: self.authority("mail.authority", &self.mail.authority)?,
                    host: self.mail.host.clone(),
                    port: self.mail.port,
                    tls: self.mail.tls,
                    credentials: password.map(|password| (self.mail.user.clone(), password)),
                    patience: Patience::default(),
                };
                Mailer::smtp(&self.mail.from, &settings)
            }
        };
        made.map_err(|error| {
            let said = error.to_string();
            ConfigError::one("mail", said.clone(), said)
        })
    }
}

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

/// A sentence of the configuration, unless it is blank.
fn told(sentence: &str) -> Option<String> {
    Some(sentence.trim().to_owned()).filter(|sentence| !sentence.is_empty())
}

/// A folder that the configuration names, and that can't be made.
fn unmade(key: &str, folder: &Path, error: &std::io::Error) -> ConfigError {
    let folder = folder.display();
    ConfigError::one(
        key,
        format!("{folder} no se puede crear: {}", system_error(error)),
        format!("{folder} can't be made: {error}"),
    )
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
