//! Environment and TOML → typed configuration. Read once, all errors reported at once, unknown keys are errors, secrets
//! never printed. `clavero check-config --example` prints an [`example()`], which names every key with its default.

mod check;
mod keys;
mod parts;
mod sections;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use serde::{Deserialize, Serialize};

use keys::Given;
pub use sections::*;

use crate::domain::Language;

/// Every key with its default, unit and meaning.
#[must_use]
pub fn example(language: Language) -> &'static str {
    language.pick(
        include_str!("config/example.es.toml"),
        include_str!("config/example.en.toml"),
    )
}

/// Variables that begin like ours but are not configuration keys.
const OTHER_VARIABLES: [&str; 4] = ["lang", "config", "trust_dir", "ecuador_pki"];

/// Something that is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The key, the variable or the file.
    name: String,
    es: String,
    en: String,
}

impl Fault {
    pub(crate) fn new(name: &str, es: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            es: es.into(),
            en: en.into(),
        }
    }

    /// What is wrong, and with what.
    #[must_use]
    pub fn say(&self, language: Language) -> String {
        let text = language.pick(&self.es, &self.en);
        format!("{}: {text}", self.name)
    }
}

/// Everything that is wrong with a configuration.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.say(Language::En))]
pub struct ConfigError(pub Vec<Fault>);

impl ConfigError {
    pub(crate) fn one(name: &str, es: impl Into<String>, en: impl Into<String>) -> Self {
        Self(vec![Fault::new(name, es, en)])
    }

    /// A line for each fault.
    #[must_use]
    pub fn say(&self, language: Language) -> String {
        let lines: Vec<String> = self.0.iter().map(|fault| fault.say(language)).collect();
        lines.join("\n")
    }
}

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
    /// Where documents are kept.
    pub documents: DocumentStore,
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

impl Config {
    /// Reads `file`, if any, and the environment (`CLAVERO_LINKS__LIFE_SECONDS=180`), which wins.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let mut figment = Figment::new();
        if let Some(file) = file {
            let name = file.display().to_string();
            if file.is_dir() {
                let (es, en) = (
                    "es una carpeta, y se espera un archivo",
                    "is a folder, and a file is expected",
                );
                return Err(ConfigError::one(&name, es, en));
            }
            if !file.is_file() {
                let (es, en) = (
                    "no existe; «clavero check-config --example > clavero.toml» escribe uno",
                    "no such file; `clavero check-config --example > clavero.toml` writes one",
                );
                return Err(ConfigError::one(&name, es, en));
            }
            figment = figment.merge(Toml::file_exact(file));
        }
        Self::from_figment(&figment.merge(environment()))
    }

    /// Names of the keys that stand with a secret in the text of a file which this was read from. Whatever is shown as hidden is one.
    #[must_use]
    pub fn secrets_in(&self, text: &str) -> Vec<String> {
        let Ok(file) = toml::from_str::<toml::Table>(text) else {
            return Vec::new();
        };
        let is_hidden = |shown: &toml::Value| shown.to_string().contains(HIDDEN);
        let is_set = |value: Option<&toml::Value>| match value {
            Some(toml::Value::String(text)) => !text.is_empty(),
            Some(toml::Value::Array(list)) => !list.is_empty(),
            _ => false,
        };
        let mut found = Vec::new();
        for (name, shown) in toml::Table::try_from(self).unwrap_or_default() {
            match shown {
                toml::Value::Table(keys) => {
                    let section = file.get(&name);
                    let hidden = keys.iter().filter(|(_, shown)| is_hidden(shown));
                    for (key, _) in hidden {
                        if is_set(section.and_then(|section| section.get(key))) {
                            found.push(format!("{name}.{key}"));
                        }
                    }
                }
                shown if is_hidden(&shown) && is_set(file.get(&name)) => found.push(name),
                _ => {}
            }
        }
        found
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
        let mut faults = Vec::new();
        let profile: Option<Profile> = figment.extract_inner("profile").ok();
        let figment = &match profile.unwrap_or(Profile::Production) {
            Profile::Production => figment.clone(),
            Profile::Demo | Profile::Test => figment
                .clone()
                .join(Serialized::default("limits", GENEROUS)),
        };
        let mut given =
            Given::of(figment, &mut faults).map_err(|fault| ConfigError(vec![fault]))?;
        let mut config = Self {
            profile: Profile::Production,
            listen: Top::default().listen,
            public_url: String::new(),
            data_dir: PathBuf::new(),
            database: String::new(),
            documents: given.section("documents"),
            operator: given.section("operator"),
            trust: given.section("trust"),
            fetch: given.section("fetch"),
            limits: given.section("limits"),
            petition: given.section("petition"),
            links: given.section("links"),
            password: given.section("password"),
            email: given.section("email"),
            seal: given.section("seal"),
            review: given.section("review"),
            mail: given.section("mail"),
            audit: given.section("audit"),
            office: given.section("office"),
            proxy: given.section("proxy"),
            protection: given.section("protection"),
            sms: given.section("sms"),
            portal: given.section("portal"),
            deadlines: given.section("deadlines"),
            retention: given.section("retention"),
            log: given.section("log"),
        };
        let top: Top = given.rest();
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
        config.check(&mut faults);
        if faults.is_empty() {
            Ok(config)
        } else {
            Err(ConfigError(faults))
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

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
    fn an_address_of_the_service_is_a_server_and_nothing_else() {
        for good in [
            "https://clavero.ec",
            "https://clavero.ec/",
            "https://clavero.ec:8443",
            "http://[::1]:8080",
        ] {
            load(&format!("public_url = \"{good}\"")).unwrap();
        }
        for wrong in [
            "https://portal.ec/clavero",
            "https://portal.ec?x=1",
            "https://portal.ec/#inicio",
            "https://yo@portal.ec",
            "https://",
        ] {
            let fault = load(&format!("public_url = \"{wrong}\"")).unwrap_err();
            assert!(
                fault.to_string().starts_with("public_url: "),
                "{wrong}: {fault}"
            );
        }
    }

    #[test]
    fn the_page_about_personal_data_is_told_whom_to_ask_and_the_terms() {
        let privacy = |toml: &str| load(toml).unwrap().privacy();
        let set = privacy(
            "[operator]\ndata_contact = \" datos@operador.ec \"\n[retention]\nunused_days = 45\nlinks_days = 0",
        );
        assert_eq!(set.contact.as_deref(), Some("datos@operador.ec"));
        assert_eq!(set.terms.unused, Some(SignedDuration::from_hours(45 * 24)));
        assert_eq!(set.terms.links, None);
        for blank in ["", "[operator]\ndata_contact = \"  \""] {
            assert_eq!(privacy(blank).contact, None);
        }
    }

    #[test]
    fn the_example_names_every_key_with_its_default() {
        let default = toml::to_string(&load("").unwrap()).unwrap();
        let without_words = |text: &'static str| -> Vec<&str> {
            let lines = text
                .lines()
                .map(|line| line.split(" #").next().unwrap_or(line).trim());
            lines
                .filter(|line| !line.is_empty() && !line.starts_with('#'))
                .collect()
        };
        let [es, en] = [Language::Es, Language::En].map(example);
        assert_eq!(without_words(es), without_words(en));
        assert_eq!(toml::to_string(&load(es).unwrap()).unwrap(), default);
        for line in default.lines() {
            let key = line
                .split(['=', ']'])
                .next()
                .unwrap()
                .trim()
                .trim_start_matches('[');
            assert!(es.contains(key), "the example lacks {key}");
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

    /// Each by the name under which it was given, with what might have been meant, and never with its value.
    #[test]
    fn a_fault_is_told_by_its_name_and_without_its_value() {
        let faults = load(
            "profil = \"demo\"\nlisten = \"here\"\nmail = 5\n[links]\nlife_second = 5\nper_hour = \"hunter2\"\n[lnks]\na = 1\n\
             [protection]\nkeys = \"hunter2\"\n[sms]\nsecret = 4711\nconnector = \"pigeon\"\n[log]\nlevel = true\n",
        )
        .unwrap_err();
        let spanish = faults.say(Language::Es);
        let expected = [
            "links.life_second: no existe esa clave; ¿quiso decir links.life_seconds?",
            "links.per_hour: se espera un número entero",
            "mail: es una sección: [mail]",
            "protection.keys: se espera una lista: [ … ]",
            "sms.connector: se espera una de estas palabras: folder, webhook",
            "sms.secret: se espera un texto entre comillas",
            "log.level: se espera un texto entre comillas",
            "listen: se espera DIRECCIÓN:PUERTO, por ejemplo 127.0.0.1:8080",
            "lnks: no existe esa clave; ¿quiso decir links?",
            "profil: no existe esa clave; ¿quiso decir profile?",
        ];
        assert_eq!(spanish.lines().collect::<Vec<_>>(), expected);
        for said in [spanish, faults.to_string()] {
            assert!(
                !said.contains("hunter2") && !said.contains("4711"),
                "{said}"
            );
        }
    }

    /// A number that is one, and too large: what is wrong is how large it is.
    #[test]
    fn a_number_out_of_its_range_is_told_the_range() {
        for (toml, expected) in [
            (
                "[mail]\nport = 99999",
                "mail.port: se espera un número entero de 1 a 65535",
            ),
            (
                "[mail]\nport = -1",
                "mail.port: se espera un número entero de 1 a 65535",
            ),
            (
                "[mail]\nport = \"25\"",
                "mail.port: se espera un número entero",
            ),
        ] {
            assert_eq!(load(toml).unwrap_err().say(Language::Es), expected);
        }
    }

    #[test]
    fn where_a_file_is_no_toml_is_told_in_spanish() {
        for (toml, expected) in [
            (
                "profile = \"test\"\npublic_url = \"https://a.ec\n",
                "clavero.toml: no se entiende como TOML en la línea 2, columna ",
            ),
            (
                "profile = \"test\"\nprofile = \"demo\"\n",
                "clavero.toml: no se entiende como TOML en la línea 2, columna 1: una clave o una sección consta dos veces",
            ),
            (
                "profile \"test\"\n",
                "clavero.toml: no se entiende como TOML en la línea 1, columna ",
            ),
        ] {
            let told = load(toml).unwrap_err().say(Language::Es);
            assert!(told.starts_with(expected), "{told}");
            assert!(!told.contains("TOML parse"), "{told}");
        }
        let quotes = load("public_url = \"https://a.ec\n").unwrap_err();
        assert!(
            quotes
                .say(Language::Es)
                .contains("unas comillas no se cierran"),
            "{}",
            quotes.say(Language::Es)
        );
    }

    /// Otherwise a company would find it, hours after whoever started the service has gone home.
    #[test]
    fn what_can_never_work_is_told_before_anybody_needs_it() {
        let secret = "secret = \"0123456789abcdef0123456789abcdef\"";
        let called = |section: &str, rest: &str| {
            format!("[{section}]\nconnector = \"webhook\"\n{secret}\n{rest}\n")
        };
        let vectors = [
            (
                "[mail]\nfrom = \"Clavero\"".to_owned(),
                "mail.from: se espera un remitente, por ejemplo Clavero <no-responder@ejemplo.ec>",
            ),
            (
                "[review]\nlease_seconds = 119".to_owned(),
                "review: lease_seconds de 120 a 86400, second_look_per_mille hasta 1000, los días de 1 a 60",
            ),
            (
                "[mail]\ntransport = \"smtp\"\nport = 0".to_owned(),
                "mail.port: de 1 a 65535",
            ),
            (
                "[log]\nlevel = \"inf\"".to_owned(),
                "log.level: off, error, warn, info, debug o trace; para una parte, clavero::web=debug",
            ),
            (
                "[log]\nlevel = \"info,clavero=loud\"".to_owned(),
                "log.level: off, error, warn, info, debug o trace; para una parte, clavero::web=debug",
            ),
            (
                "[fetch]\nproxy = \"proxy:3128\"".to_owned(),
                "fetch.proxy: http://HOST:PUERTO",
            ),
            (
                "[password]\nargon2_passes = 0".to_owned(),
                "password.argon2_memory_kib, argon2_passes, argon2_lanes: por lo menos 1 pasada y 1 carril, y 8 KiB de memoria por carril",
            ),
            (
                "[password]\nargon2_lanes = 600000000".to_owned(),
                "password.argon2_memory_kib, argon2_passes, argon2_lanes: por lo menos 1 pasada y 1 carril, y 8 KiB de memoria por carril",
            ),
            (
                "[links]\nper_hour = 0".to_owned(),
                "links.per_hour, links.in_all: por lo menos 1",
            ),
            (
                "[links]\nin_all = 0".to_owned(),
                "links.per_hour, links.in_all: por lo menos 1",
            ),
            (
                "[petition]\nclock_tolerance_seconds = -1".to_owned(),
                "petition.clock_tolerance_seconds: no puede ser negativo",
            ),
            (
                "[trust]\nreload_seconds = -1".to_owned(),
                "trust.reload_seconds: no puede ser negativo; 0 es nunca",
            ),
            (
                "[operator]\nname = \" \"".to_owned(),
                "operator.name, operator.service: no pueden quedar en blanco: constan en páginas y mensajes",
            ),
            (
                called("sms", "url = \"sms.ec\""),
                "sms.url: https://…; http:// es para la misma máquina",
            ),
            (
                called("portal", "url = \"http://portal.ec\""),
                "portal.url: https://…; http:// es para la misma máquina",
            ),
            (
                called("portal", "url = \"https://portal.ec\"\nrequest_seconds = 0"),
                "portal.request_seconds: de 1 a 300",
            ),
            (
                "[sms]\nconnector = \"webhook\"\nurl = \"https://sms.ec\"\nsecret = \"short\""
                    .to_owned(),
                "sms.secret: por lo menos 32 caracteres",
            ),
        ];
        for (toml, told) in vectors {
            let said = load(&toml).map(|_| String::new());
            let said = said.unwrap_or_else(|error| error.say(Language::Es));
            assert_eq!(said, told, "{toml}");
        }
        for good in ["debug", "info,clavero::web=debug,hyper=off", "3", ""] {
            assert!(
                load(&format!("[log]\nlevel = \"{good}\"")).is_ok(),
                "{good}"
            );
        }
    }

    #[test]
    fn a_file_that_is_named_and_not_there_is_told_by_its_key() {
        let webhook = "connector = \"webhook\"\nurl = \"https://x.ec\"\nauthority = \"none.pem\"\n\
                       secret = \"0123456789abcdef0123456789abcdef\"\n";
        for (section, rest) in [
            ("sms", webhook),
            ("portal", webhook),
            ("mail", "transport = \"smtp\"\nauthority = \"none.pem\""),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let config = load(&format!(
                "data_dir = {:?}\n[{section}]\n{rest}",
                folder.path()
            ))
            .unwrap();
            let told = config.carriers().err().unwrap().say(Language::Es);
            let path = folder.path().join("none.pem");
            let expected = format!(
                "{section}.authority: {} no se puede leer: no existe; las rutas relativas parten de «data_dir»: use una ruta completa",
                path.display()
            );
            assert_eq!(told, expected);
        }
    }

    /// Once, with the place and without the line, which may hold a secret.
    #[test]
    fn what_is_no_toml_is_told_once_and_not_quoted() {
        let error = load("[mail]\npassword = \"hunter2\n").unwrap_err();
        let said = error.say(Language::Es);
        assert_eq!(said.lines().count(), 1, "{said}");
        for (said, place) in [(said, "línea 2"), (error.to_string(), "line 2")] {
            assert!(said.contains(place) && !said.contains("hunter2"), "{said}");
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
    fn what_is_kept_is_for_nobody_else_on_the_machine() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let data_dir = folder.path().join("data");
        let config = load(&format!("data_dir = {data_dir:?}")).unwrap();
        config.make_data_dir().unwrap();
        config.make_data_dir().unwrap();
        let mode = data_dir.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
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
    fn a_bucket_needs_its_address_and_its_key_which_is_not_printed() {
        let bucket = |rest: &str| {
            let common = "kind = \"s3\"\nbucket = \"b\"\nkey_id = \"k\"\nsecret = \"hunter2\"\n";
            load(&format!("[documents]\n{common}{rest}\n"))
        };
        for good in [
            "endpoint = \"https://s3.example.ec\"",
            "endpoint = \"http://127.0.0.1:9000\"",
            "endpoint = \"http://store:9000\"\nallow_http = true",
        ] {
            let config = bucket(good).unwrap();
            let shown = toml::to_string(&config).unwrap() + &format!("{config:?}");
            assert!(!shown.contains("hunter2"), "{shown}");
            let settings = format!("{:?}", config.document_settings().unwrap());
            assert!(!settings.contains("hunter2"), "{settings}");
        }
        for wrong in [
            "",
            "endpoint = \"s3.example.ec\"",
            "endpoint = \"http://store:9000\"",
        ] {
            let told = bucket(wrong).unwrap_err().to_string();
            assert!(told.contains("documents.endpoint"), "{told}");
        }
        let nothing = load("[documents]\nkind = \"s3\"\n").unwrap_err();
        for key in ["documents.endpoint", "documents.bucket", "documents.key_id"] {
            assert!(nothing.to_string().contains(key), "{key}: {nothing}");
        }
    }

    #[test]
    fn the_secrets_of_a_file_are_named() {
        let text = "database = \"postgres://u:hunter2@db/x\"\n[mail]\nuser = \"u\"\npassword = \"hunter2\"\n[portal]\nsecret = \"x\"\n\
                    [protection]\nkeys = [\"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\"]\n[sms]\nsecret = \"\"\n";
        let config = load(text).unwrap();
        let named = [
            "database",
            "mail.password",
            "portal.secret",
            "protection.keys",
        ];
        assert_eq!(config.secrets_in(text), named);
        // What comes from elsewhere, from the environment say, stands in no file.
        assert_eq!(
            config.secrets_in("[mail]\nuser = \"u\"\npassword = \"\"\n"),
            [""; 0]
        );
        assert_eq!(config.secrets_in("no toml"), [""; 0]);
    }

    /// A proxy is believed about its clients: a network that holds everybody lets everybody choose an address.
    #[test]
    fn everybody_is_no_proxy_and_what_is_none_is_told_in_spanish() {
        let told = |toml: &str| load(toml).unwrap_err().say(Language::Es);
        for all in ["0.0.0.0/0", "::/0", "10.0.0.0/0"] {
            let told = told(&format!("[proxy]\ntrusted = [\"10.0.0.5\", \"{all}\"]"));
            assert!(
                told.starts_with("proxy.trusted: una red /0 es todo el mundo"),
                "{told}"
            );
        }
        assert_eq!(
            told("[proxy]\ntrusted = [\"nginx\"]"),
            "proxy.trusted: se espera una lista de direcciones o redes, por ejemplo [\"10.0.0.5\", \"10.1.0.0/16\"]"
        );
        for wrong in ["2026-02-31", "navidad"] {
            assert_eq!(
                told(&format!("[deadlines]\nholidays = [\"{wrong}\"]")),
                "deadlines.holidays: se espera una lista de días del calendario, AAAA-MM-DD: [\"2026-07-25\"]"
            );
        }
        let wide = |network: &str| {
            let config = load(&format!("[proxy]\ntrusted = [\"{network}\"]")).unwrap();
            config.proxy.trusted[0].is_wide()
        };
        for network in ["0.0.0.0/1", "192.0.0.0/7", "2000::/3", "fc00::/6"] {
            assert!(wide(network), "{network}");
        }
        for network in ["10.0.0.0/8", "10.0.0.5", "2800::/16", "fc00::/7", "::1"] {
            assert!(!wide(network), "{network}");
        }
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
