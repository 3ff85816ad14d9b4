//! `--online`: asks CAs about revocation for a command that judges files. Who may be asked, and how long it may take, is
//! section `[fetch]` of the configuration.

use std::fmt;
use std::path::Path;

use jiff::Timestamp;
use tokio::runtime::Runtime;

use super::material_args::{Conditions, InputError, configuration};
use super::serve::runtime;
use crate::config::Config;
use crate::fetch::{Failure, FetchError, Fetcher, Judges};
use crate::verify::{self, Report};

/// Who asks.
pub struct Online {
    fetcher: Fetcher,
    runtime: Runtime,
}

impl fmt::Debug for Online {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Online")
    }
}

impl Online {
    /// Remembers answers in `cache`, or in the folder of the service whose trust is used, or for this run only.
    ///
    /// # Errors
    /// When the configuration or the folder can't be used.
    pub fn open(cache: Option<&Path>, service: Option<&Config>) -> Result<Self, InputError> {
        let mut settings = match service {
            Some(config) => config.fetch_settings(),
            None => configuration()?.fetch_settings(),
        };
        if cache.is_some() || service.is_none() {
            settings.folder = cache.map(Path::to_owned);
        }
        let failed = |error: &dyn fmt::Display| InputError::new("fetch.unusable", error);
        Ok(Self {
            fetcher: Fetcher::new(settings).map_err(|error| failed(&error))?,
            runtime: runtime().map_err(|error| failed(&error))?,
        })
    }
}

impl Conditions {
    /// Judges; with `--online`, asks for what is missing and judges again. Addresses that gave nothing are told on
    /// standard error.
    #[must_use]
    pub fn conclude(&self, signed: &verify::Signed<'_>) -> Report {
        let mut evidence = self.evidence.clone();
        let mut inquiry = self
            .online
            .as_ref()
            .map(|online| (online, online.fetcher.inquiry(Timestamp::now())));
        let judges = Judges {
            trust: &self.trust,
            policy: &self.policy,
            at: self.at,
        };
        loop {
            let concluded =
                verify::conclude_and_want(signed, &self.trust, &evidence, &self.policy, self.at);
            let Some((online, inquiry)) = &mut inquiry else {
                return concluded.report;
            };
            let more = !concluded.wanted.is_empty()
                && online
                    .runtime
                    .block_on(inquiry.learn(&mut evidence, &concluded.wanted, judges));
            if !more {
                for failure in inquiry.failures() {
                    eprintln!("{}", told(failure));
                }
                return concluded.report;
            }
        }
    }
}

/// One line for the operator.
fn told(failure: &Failure) -> String {
    let why = match &failure.error {
        FetchError::Unusable => "no es una dirección utilizable".to_owned(),
        FetchError::Scheme => "solo se consulta por http o https".to_owned(),
        FetchError::PrivateTarget => {
            "lleva a una red privada (fetch.allow_private_targets)".to_owned()
        }
        FetchError::TooLarge => "la respuesta es demasiado grande".to_owned(),
        FetchError::TimedOut => "no respondió a tiempo".to_owned(),
        FetchError::Redirects => "redirige demasiadas veces o mal".to_owned(),
        FetchError::Status(status) => format!("respondió con el estado {status}"),
        FetchError::NoAnswer => "lo que llegó no es una respuesta".to_owned(),
        FetchError::Replayed => "la respuesta es de otra consulta".to_owned(),
        FetchError::Connection(cause) => format!("no hubo conexión ({cause})"),
        FetchError::Folder(cause) => format!("no se pudo usar la carpeta ({cause})"),
    };
    format!("· {}: {why}", failure.address)
}
