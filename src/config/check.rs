//! What the types of the keys can't say: ranges, and keys that only fit together.

use hyper::Uri;
use hyper::header::HeaderName;
use tracing::level_filters::LevelFilter;

use crate::argon;
use crate::domain::EmailAddress;
use crate::mail::{SmtpTls, is_sender};
use crate::web::Network;
use crate::webhook::{Unusable, Webhook};

use super::{
    Config, DocumentKind, Fault, HandOver, MailTransport, PortalConnector, Profile, SmsConnector,
};

impl Config {
    /// What types can't say.
    pub(super) fn check(&self, faults: &mut Vec<Fault>) {
        let mut must = |holds: bool, key: &str, es: &str, en: &str| {
            if !holds {
                faults.push(Fault::new(key, es, en));
            }
        };
        must(
            (1..=50_000_000).contains(&self.limits.upload_bytes),
            "limits.upload_bytes",
            "de 1 a 50000000",
            "from 1 to 50000000",
        );
        must(
            self.limits.documents_per_number > 0,
            "limits.documents_per_number",
            "por lo menos 1",
            "at least 1",
        );
        must(
            self.limits.petitions_per_ruc_hour > 0
                && self.limits.upload_bytes_per_ruc_day > 0
                && self.limits.upload_bytes_per_address_day > 0,
            "limits.petitions_per_ruc_hour, limits.upload_bytes_per_ruc_day, limits.upload_bytes_per_address_day",
            "por lo menos 1",
            "at least 1",
        );
        must(
            self.limits.undecided > 0 && self.limits.undecided_per_processor > 0,
            "limits.undecided, limits.undecided_per_processor",
            "por lo menos 1",
            "at least 1",
        );
        must(
            (1..=1_000_000).contains(&self.limits.work_cost),
            "limits.work_cost",
            "de 1 a 1000000",
            "from 1 to 1000000",
        );
        must(
            self.password.least >= 8,
            "password.least",
            "por lo menos 8",
            "at least 8",
        );
        must(
            self.password.most >= self.password.least,
            "password.most",
            "no menos que password.least",
            "not below password.least",
        );
        must(
            argon::takes(self.argon2()),
            "password.argon2_memory_kib, argon2_passes, argon2_lanes",
            "por lo menos 1 pasada y 1 carril, y 8 KiB de memoria por carril",
            "at least 1 pass and 1 lane, and 8 KiB of memory for each lane",
        );
        must(
            self.links.per_hour > 0 && self.links.in_all > 0,
            "links.per_hour, links.in_all",
            "por lo menos 1",
            "at least 1",
        );
        must(
            self.petition.clock_tolerance_seconds >= 0,
            "petition.clock_tolerance_seconds",
            "no puede ser negativo",
            "not negative",
        );
        must(
            self.trust.reload_seconds >= 0,
            "trust.reload_seconds",
            "no puede ser negativo; 0 es nunca",
            "not negative; 0 is never",
        );
        must(
            is_log_filter(&self.log.level),
            "log.level",
            "off, error, warn, info, debug o trace; para una parte, clavero::web=debug",
            "off, error, warn, info, debug or trace; for a part of it, clavero::web=debug",
        );
        // Six messages in all, and links within a day: who counts them must find them.
        must(
            [self.retention.messages_days, self.retention.links_days]
                .iter()
                .all(|days| *days == 0 || *days >= 7),
            "retention",
            "los mensajes y los enlaces se guardan por lo menos 7 días",
            "messages and links are kept for 7 days at least",
        );
        must(
            (0..=30 * 24 * 3600).contains(&self.email.hold_seconds),
            "email.hold_seconds",
            "de 0 a 30 días (2592000)",
            "from 0 to 30 days (2592000)",
        );
        must(
            // Signs of life come once a minute at most.
            (120..=86_400).contains(&self.review.lease_seconds)
                && self.review.second_look_per_mille <= 1000
                && (1..=60).contains(&self.review.completion_days)
                && (1..=60).contains(&self.review.appeal_days),
            "review",
            "lease_seconds de 120 a 86400, second_look_per_mille hasta 1000, los días de 1 a 60",
            "lease_seconds 120 to 86400, second_look_per_mille up to 1000, days 1 to 60",
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
                name,
                "de 1 segundo a un año",
                "from 1 second to a year",
            );
        }
        must(
            (7 * 24 * 3600..=366 * 24 * 3600).contains(&self.links.stop_life_seconds),
            "links.stop_life_seconds",
            "de una semana a un año",
            "from a week to a year",
        );
        must(
            (0..=366 * 24 * 3600).contains(&self.trust.evidence_age_seconds),
            "trust.evidence_age_seconds",
            "de 0 (lo que digan las propias respuestas) a un año",
            "from 0 (as long as answers say themselves) to a year",
        );
        // A worker's lease on a document lasts a minute; longer questions would be asked twice.
        must(
            (1..=45).contains(&self.fetch.document_seconds),
            "fetch.document_seconds",
            "de 1 a 45",
            "from 1 to 45",
        );
        for (name, seconds) in [
            ("fetch.connect_seconds", self.fetch.connect_seconds),
            ("fetch.request_seconds", self.fetch.request_seconds),
        ] {
            must(seconds > 0, name, "por lo menos 1", "at least 1");
        }
        let proxy = self.fetch.proxy.parse::<Uri>().unwrap_or_default();
        must(
            self.fetch.proxy.is_empty()
                || matches!(proxy.scheme_str(), Some("http" | "https")) && proxy.host().is_some(),
            "fetch.proxy",
            "http://HOST:PUERTO",
            "http://HOST:PORT",
        );
        must(
            self.fetch.crl_bytes > 0 && self.fetch.ocsp_bytes > 0 && self.fetch.at_once > 0,
            "fetch.crl_bytes, fetch.ocsp_bytes, fetch.at_once",
            "por lo menos 1",
            "at least 1",
        );
        must(
            self.fetch.crl_life_seconds >= 0
                && self.fetch.ocsp_life_seconds >= 0
                && self.fetch.failure_seconds >= 0,
            "fetch",
            "ningún tiempo es negativo",
            "no time is negative",
        );
        must(
            self.fetch.retry_minutes.len() <= 10
                && self
                    .fetch
                    .retry_minutes
                    .iter()
                    .all(|minutes| (1..=7 * 24 * 60).contains(minutes)),
            "fetch.retry_minutes",
            "hasta 10, cada una de 1 minuto a una semana",
            "at most 10, each from 1 minute to a week",
        );
        must(
            self.seal.key.as_os_str().is_empty() == self.seal.certificate.as_os_str().is_empty(),
            "seal.key, seal.certificate",
            "las dos o ninguna",
            "both or none",
        );
        must(
            self.office.idle_seconds > 0
                && self.office.session_seconds > 0
                && self.office.enrolment_seconds > 0,
            "office",
            "ningún tiempo es cero ni negativo",
            "no time is zero or negative",
        );
        must(
            (8..=64).contains(&self.office.password_least),
            "office.password_least",
            "de 8 a 64",
            "from 8 to 64",
        );
        must(
            self.profile != Profile::Production || self.office.second_factor,
            "office.second_factor",
            "un servicio de producción siempre lo pide",
            "a production service always asks for one",
        );
        must(
            !self.proxy.trusted.iter().any(Network::is_everybody),
            "proxy.trusted",
            "una red /0 es todo el mundo, y cualquiera elegiría con qué dirección se le cuenta: nombre solo sus proxies",
            "a network /0 is everybody, and anybody would choose the address that counts: name your proxies alone",
        );
        must(
            HeaderName::try_from(self.proxy.header.as_str()).is_ok(),
            "proxy.header",
            "no es el nombre de una cabecera",
            "not the name of a header",
        );
        let web = self.public_url.starts_with("http://") || self.public_url.starts_with("https://");
        must(
            web,
            "public_url",
            "comienza con https:// (o con http:// para una prueba)",
            "begins with https:// (or http:// for a trial)",
        );
        let uri = self.public_url.parse::<Uri>().unwrap_or_default();
        let bare =
            uri.path() == "/" && uri.query().is_none() && !self.public_url.contains(['@', '#']);
        must(
            !web || uri.host().is_some() && bare,
            "public_url",
            "solo https://SERVIDOR o https://SERVIDOR:PUERTO: el servicio ocupa la dirección entera, sin ruta ni otra cosa",
            "https://HOST or https://HOST:PORT alone: the service takes the whole address, without a path or anything else",
        );
        let secure = self.public_url.starts_with("https://")
            || ["http://127.0.0.1", "http://localhost", "http://[::1]"]
                .iter()
                .any(|l| self.public_url.starts_with(l));
        must(
            self.profile != Profile::Production || secure,
            "public_url",
            "a un servicio de producción se llega por https://",
            "a production service is reached over https://",
        );
        let known = self.database.starts_with("sqlite:") || self.database.starts_with("postgres");
        must(
            known,
            "database",
            "sqlite://… o postgres://…",
            "sqlite://… or postgres://…",
        );
        must(
            self.mail.transport != MailTransport::Smtp || !self.mail.host.is_empty(),
            "mail.host",
            "falta",
            "missing",
        );
        let local = ["localhost", "127.0.0.1", "::1"].contains(&self.mail.host.as_str());
        must(
            self.profile != Profile::Production
                || self.mail.transport != MailTransport::Smtp
                || self.mail.tls != SmtpTls::None
                || local,
            "mail.tls",
            "none es para un servidor en la misma máquina; los enlaces no deben viajar a la vista",
            "none is for a server on the same machine; links must not travel in the open",
        );
        self.check_documents(&mut must);
        self.check_connectors(&mut must);
    }

    /// What is asked of the store of documents.
    fn check_documents(&self, must: &mut impl FnMut(bool, &str, &str, &str)) {
        let documents = &self.documents;
        must(
            (1..=300).contains(&documents.request_seconds),
            "documents.request_seconds",
            "de 1 a 300",
            "from 1 to 300",
        );
        if documents.kind != DocumentKind::S3 {
            return;
        }
        must(
            cfg!(feature = "s3"),
            "documents.kind",
            "este programa se construyó sin `--features s3`; constrúyalo de nuevo, o use \"folder\" o \"database\"",
            "this program was built without `--features s3`; build it again, or take \"folder\" or \"database\"",
        );
        must(
            !documents.bucket.is_empty(),
            "documents.bucket",
            "falta; créelo en el almacén y nómbrelo aquí",
            "missing; make one in the store and name it here",
        );
        must(
            !documents.key_id.is_empty() && documents.secret.is_set(),
            "documents.key_id, documents.secret",
            "faltan; el almacén las entrega juntas (CLAVERO_DOCUMENTS__KEY_ID, CLAVERO_DOCUMENTS__SECRET)",
            "missing; the store gives them out together (CLAVERO_DOCUMENTS__KEY_ID, CLAVERO_DOCUMENTS__SECRET)",
        );
        let endpoint = documents.endpoint.parse::<Uri>().unwrap_or_default();
        must(
            endpoint.host().is_some() && endpoint.query().is_none(),
            "documents.endpoint",
            "https://HOST o https://HOST:PUERTO, sin el bucket",
            "https://HOST or https://HOST:PORT, without the bucket",
        );
        let near = matches!(endpoint.host(), Some("127.0.0.1" | "localhost" | "[::1]"));
        let scheme = endpoint.scheme_str();
        must(
            scheme == Some("https") || scheme == Some("http") && (near || documents.allow_http),
            "documents.endpoint",
            "https://…; http:// es para un almacén en la misma máquina, o con documents.allow_http = true",
            "https://…; http:// is for a store on the same machine, or with documents.allow_http = true",
        );
    }

    /// What is asked of the ways to other systems.
    fn check_connectors(&self, must: &mut impl FnMut(bool, &str, &str, &str)) {
        let operator = &self.operator;
        must(
            !operator.name.trim().is_empty() && !operator.service.trim().is_empty(),
            "operator.name, operator.service",
            "no pueden quedar en blanco: constan en páginas y mensajes",
            "not blank: they stand on pages and messages",
        );
        must(
            is_sender(&self.mail.from),
            "mail.from",
            "se espera un remitente, por ejemplo Clavero <no-responder@ejemplo.ec>",
            "a sender is expected, for example Clavero <no-reply@example.ec>",
        );
        must(
            self.mail.transport != MailTransport::Smtp || self.mail.port > 0,
            "mail.port",
            "de 1 a 65535",
            "from 1 to 65535",
        );
        let alarm = &self.operator.alarm_email;
        must(
            alarm.is_empty() || alarm.parse::<EmailAddress>().is_ok(),
            "operator.alarm_email",
            "no es una dirección de correo",
            "not an e-mail address",
        );
        let portal = &self.portal;
        let in_clear =
            portal.connector == PortalConnector::Webhook && portal.hand_over == HandOver::Password;
        must(
            !in_clear
                || !self.protection.keys.0.is_empty()
                || !self.protection.keys_file.as_os_str().is_empty(),
            "portal.hand_over",
            "\"password\" necesita una llave en protection.keys, que protege lo que espera al portal",
            "\"password\" needs a key in protection.keys, which protects what waits for the portal",
        );
        must(
            (1..=100).contains(&portal.login_failures),
            "portal.login_failures",
            "de 1 a 100",
            "from 1 to 100",
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
            if !used {
                continue;
            }
            must(
                (1..=300).contains(&address.patience.as_secs()),
                &format!("{name}.request_seconds"),
                "de 1 a 300",
                "from 1 to 300",
            );
            if let Err(unusable) = Webhook::new(&address) {
                let (key, es, en) = in_words(unusable);
                must(false, &format!("{name}.{key}"), es, en);
            }
        }
        must(
            (1..=24 * 365).contains(&self.deadlines.alarm_hours)
                && (1..=250).contains(&self.deadlines.alarm_working_days),
            "deadlines",
            "alarm_hours de 1 a 8760, alarm_working_days de 1 a 250",
            "alarm_hours from 1 to 8760, alarm_working_days from 1 to 250",
        );
    }
}

/// Which key keeps another system from being called, and what it should be.
pub(super) fn in_words(unusable: Unusable) -> (&'static str, &'static str, &'static str) {
    match unusable {
        Unusable::Url => (
            "url",
            "https://…; http:// es para la misma máquina",
            "https://…; http:// is for the same machine",
        ),
        Unusable::Secret => (
            "secret",
            "por lo menos 32 caracteres",
            "at least 32 characters",
        ),
        Unusable::Authority => ("authority", "no es un certificado PEM", "not PEM"),
        Unusable::Tls => ("url", "no se pudo preparar TLS", "TLS is not to be had"),
    }
}

/// Levels, for everything or for a part of it. A bare word that is no level would be taken for the name of a part, and
/// silence the rest.
fn is_log_filter(text: &str) -> bool {
    text.is_empty()
        || text.split(',').all(|directive| {
            let level = directive.rsplit('=').next().unwrap_or(directive);
            level.parse::<LevelFilter>().is_ok()
        })
}
