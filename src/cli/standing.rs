//! What a configuration that can be read still lacks before anybody is served: `serve` refuses or warns, and `check-config` says all
//! of it.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::ensure;

use super::operator::{now, open_store};
use super::serve::{judgement, random};
use super::told::Failure;
use crate::config::{Config, MailTransport, Profile};
use crate::domain::{Language, calendar};
use crate::intake::lapsing::{self, Gaps};
use crate::store::{Store, StoreError};
use crate::verify::{Certificate, Entities};

/// Everybody but the owner.
const OTHERS: u32 = 0o077;

/// Something that will not go well.
pub(super) struct Doubt {
    /// Nothing comes of the service as it is set up; otherwise it is a matter of caution.
    pub(super) grave: bool,
    /// The key of the configuration.
    pub(super) key: &'static str,
    es: String,
    en: String,
}

impl Doubt {
    fn grave(key: &'static str, es: impl Into<String>, en: impl Into<String>) -> Self {
        let (es, en) = (es.into(), en.into());
        let grave = true;
        Self { grave, key, es, en }
    }

    fn caution(key: &'static str, es: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            grave: false,
            ..Self::grave(key, es, en)
        }
    }

    /// What it is, and what to do about it.
    pub(super) fn say(&self, language: Language) -> &str {
        language.pick(&self.es, &self.en)
    }
}

/// Everything that will not go well, as far as the configuration and the files that it names tell.
pub(super) fn doubts(config: &Config) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    if config.profile == Profile::Production {
        real_employers(config, &mut doubts);
    }
    let data = &config.data_dir;
    if is_open(data) {
        let folder = data.display();
        doubts.push(Doubt::caution(
            "data_dir",
            format!(
                "otras personas de esta máquina pueden entrar en {folder}: «chmod 700 {folder}»"
            ),
            format!("others on this machine may enter {folder}: `chmod 700 {folder}`"),
        ));
    }
    proxies(config, &mut doubts);
    bounces(config, &mut doubts);
    seal(config, &mut doubts);
    lists(config, &mut doubts);
    for (key, file) in [
        ("protection.keys_file", &config.protection.keys_file),
        ("seal.key", &config.seal.key),
    ] {
        if !file.as_os_str().is_empty() {
            key_file(key, &config.path(file), data, &mut doubts);
        }
    }
    doubts
}

/// What a service for real employers can't do without.
fn real_employers(config: &Config, doubts: &mut Vec<Doubt>) {
    if config.is_public_url_missing() {
        doubts.push(Doubt::grave(
            "public_url",
            "falta: es la dirección https://… con la que comienzan los enlaces de los correos (CLAVERO_PUBLIC_URL)",
            "missing: the address https://… that links in mails begin with (CLAVERO_PUBLIC_URL)",
        ));
    }
    let mail = &config.mail;
    match mail.transport {
        MailTransport::Folder => doubts.push(Doubt::grave(
            "mail.transport",
            "los correos quedan en una carpeta y no llegan a nadie: ponga \"smtp\" y el servidor en «mail.host»",
            "mails stay in a folder and reach nobody: set \"smtp\", and the server in `mail.host`",
        )),
        MailTransport::Smtp if mail.from.trim_end_matches('>').ends_with(".invalid") => {
            doubts.push(Doubt::grave(
                "mail.from",
                format!("{} no existe: los servidores lo rechazan; ponga un remitente de su dominio", mail.from),
                format!("{} does not exist: servers refuse it; set a sender of your domain", mail.from),
            ));
        }
        MailTransport::Smtp => {}
    }
    if config.contact().is_none() {
        doubts.push(Doubt::caution(
            "operator.contact",
            "falta: páginas y correos no dicen a quién llamar",
            "missing: pages and mails do not say whom to call",
        ));
    }
    if config.operator.alarm_email.is_empty() {
        doubts.push(Doubt::caution(
            "operator.alarm_email",
            "falta: las alarmas no llegan a nadie por correo",
            "missing: alarms reach nobody by mail",
        ));
    }
}

/// Whom a proxy speaks for is believed of everybody in these networks.
fn proxies(config: &Config, doubts: &mut Vec<Doubt>) {
    let wide = config.proxy.trusted.iter().filter(|it| it.is_wide());
    for network in wide {
        doubts.push(Doubt::caution(
            "proxy.trusted",
            format!("{network} tiene mucho más que sus proxies: cualquiera allí elige con qué dirección se le cuenta; nombre solo las de ellos"),
            format!("{network} holds far more than your proxies: anybody there chooses the address that counts; name theirs alone"),
        ));
    }
}

/// `serve` makes the folder of returned mails, and a mail server goes on writing into another one.
fn bounces(config: &Config, doubts: &mut Vec<Doubt>) {
    const KEY: &str = "mail.bounces";
    if config.mail.bounces.as_os_str().is_empty() {
        return;
    }
    let folder = config.path(&config.mail.bounces);
    let name = folder.display();
    if !folder.exists() {
        doubts.push(Doubt::caution(
            KEY,
            format!("{name} no existe y «serve» la creará vacía: ¿es allí donde el servidor de correo deja los devueltos?"),
            format!("{name} is not there, and `serve` will make it, empty: is it where the mail server puts what came back?"),
        ));
    } else if !folder.is_dir() {
        doubts.push(Doubt::grave(
            KEY,
            format!("{name} no es una carpeta"),
            format!("{name} is no folder"),
        ));
    }
}

/// What is sealed after the end of the certificate proves nothing. One that can't be read is told by whoever opens it.
fn seal(config: &Config, doubts: &mut Vec<Doubt>) {
    const KEY: &str = "seal.certificate";
    let Ok(Some(seal)) = config.operator_seal() else {
        return;
    };
    let Some(ended) = lapsing::of_seal(&seal, now()) else {
        return;
    };
    let day = |language| calendar::day_in(language, ended.at);
    let (es, en) = (day(Language::Es), day(Language::En));
    doubts.push(if ended.is_over {
        Doubt::grave(
            KEY,
            format!("el certificado del sello caducó el {es}: lo que se sella desde entonces no prueba nada a quien lo compruebe; renuévelo"),
            format!("the seal's certificate ended on {en}: what is sealed since then proves nothing to whoever checks it; renew it"),
        )
    } else {
        Doubt::caution(
            KEY,
            format!("el certificado del sello caduca el {es}: pida ya el siguiente"),
            format!("the seal's certificate ends on {en}: order the next one now"),
        )
    });
}

/// Where nobody is asked, lists of the operator alone let anybody be accepted. Folders that can't be read are told by whoever opens
/// them.
fn lists(config: &Config, doubts: &mut Vec<Doubt>) {
    const KEY: &str = "fetch.enabled";
    if config.fetch.enabled {
        return;
    }
    let Ok(judgement) = judgement(config) else {
        return;
    };
    let table = judgement.trust.entities();
    let now = now();
    let gaps = Gaps::of(&judgement, now);
    let subordinates = gaps.now.iter().map(|it| &it.subordinate);
    let names = some_names(subordinates, table);
    if !gaps.now.is_empty() {
        doubts.push(Doubt::grave(
            KEY,
            format!(
                "false: no se le pregunta a nadie por la revocación, y en {} no hay listas (CRL) vigentes para {}: todo lo que se firme bajo ellas espera a una persona; ponga las de cada una y de su raíz, o true",
                config.path(&config.trust.crls).display(),
                names(Language::Es)
            ),
            format!(
                "false: nobody is asked about revocation, and {} holds no lists (CRL) in force for {}: everything signed below them waits for a person; put there those of each one and of its root, or set true",
                config.path(&config.trust.crls).display(),
                names(Language::En)
            ),
        ));
    }
    let subordinates = gaps.soon.iter().map(|it| &it.subordinate);
    let names = some_names(subordinates, table);
    if let Some(first) = gaps.soon.iter().filter_map(|it| it.ends).min() {
        let at = |language| calendar::minute_in(language, first);
        doubts.push(Doubt::caution(
            KEY,
            format!(
                "false, y terminan pronto listas (CRL) de {}: la primera, el {}",
                names(Language::Es),
                at(Language::Es)
            ),
            format!(
                "false, and lists (CRL) of {} end soon: the first one on {}",
                names(Language::En),
                at(Language::En)
            ),
        ));
    }
}

/// The first of these certificates by name, and how many more there are.
fn some_names<'a>(
    certificates: impl Iterator<Item = &'a Certificate>,
    table: &Entities,
) -> impl Fn(Language) -> String {
    const MOST: usize = 3;
    let mut names: Vec<String> = certificates
        .map(|certificate| match table.authority(certificate.sha256()) {
            Some((_, row)) => row.name.clone(),
            None => certificate.subject().text().to_owned(),
        })
        .collect();
    let more = names.len().saturating_sub(MOST);
    names.truncate(MOST);
    let shown = names.join("; ");
    move |language| match more {
        0 => shown.clone(),
        more => language.pick(
            format!("{shown} y {more} más"),
            format!("{shown} and {more} more"),
        ),
    }
}

/// A configuration file with secrets in it that others may read.
pub(super) fn open_secrets(config: &Config, file: &Path) -> Option<Doubt> {
    let text = fs::read_to_string(file).ok().filter(|_| is_open(file))?;
    let secrets = config.secrets_in(&text).join(", ");
    let name = file.display();
    (!secrets.is_empty()).then(|| {
        Doubt::caution(
            "--config",
            format!("otras personas de esta máquina pueden leer {name}, que tiene {secrets}: «chmod 600 {name}»"),
            format!("others on this machine may read {name}, which holds {secrets}: `chmod 600 {name}`"),
        )
    })
}

/// Tries whether `serve` could make this file or folder: in the nearest folder that is there.
pub(super) fn ensure_can_be_made(path: &Path) -> anyhow::Result<()> {
    let parents = path.ancestors().skip(1);
    let there = parents
        .map(|it| {
            if it.as_os_str().is_empty() {
                Path::new(".")
            } else {
                it
            }
        })
        .find(|it| it.exists());
    let folder = there.unwrap_or(Path::new("."));
    let mut name = [0; 24];
    random(&mut name);
    let trial = folder.join(format!(".clavero-{}", hex::encode(name)));
    let tried = fs::create_dir(&trial).and_then(|()| fs::remove_dir(&trial));
    tried.map_err(|error| {
        let (folder, path) = (folder.display(), path.display());
        let ours = user_name(rustix::process::geteuid().as_raw());
        let failure = Failure::new(
            format!("{path} no se podrá crear: en {folder} no puede escribir {ours}, con quien corre este programa"),
            format!("{path} can't be made: {ours}, as whom this program runs, may not write in {folder}"),
        );
        failure.because(error).into()
    })
}

/// A file with a key that others may read, or that a backup takes along with what it protects.
fn key_file(key: &'static str, file: &Path, data: &Path, doubts: &mut Vec<Doubt>) {
    let name = file.display();
    if is_open(file) {
        doubts.push(Doubt::caution(
            key,
            format!("otras personas de esta máquina pueden leer {name}: «chmod 600 {name}»"),
            format!("others on this machine may read {name}: `chmod 600 {name}`"),
        ));
    }
    let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if real(file).starts_with(real(data)) {
        doubts.push(Doubt::caution(
            key,
            format!("{name} está dentro de «data_dir»: un respaldo lleva la llave junto con lo que ella protege"),
            format!("{name} lies within `data_dir`: a backup takes the key along with what it protects"),
        ));
    }
}

/// Whether others than the owner may do something with it.
fn is_open(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.mode() & OTHERS != 0)
}

/// The database of the configuration, if it can be written and every key is there that something in it is protected with. New
/// data must not come under another key beside data that nobody can read.
pub(super) async fn open_sound_store(config: &Config) -> anyhow::Result<Store> {
    let store = open_store(config).await?;
    ensure_writable(config, &store).await?;
    ensure_keys(&store).await?;
    Ok(store)
}

/// Something can be written: a file may be another user's, and a server's tables too.
pub(super) async fn ensure_writable(config: &Config, store: &Store) -> anyhow::Result<()> {
    let tried = store.try_writing().await;
    tried.map_err(|error| unwritable(config, error))
}

/// Every key is in the ring that something is protected with.
pub(super) async fn ensure_keys(store: &Store) -> anyhow::Result<()> {
    let unknown = store.unknown_keys().await?;
    let unknown: Vec<&str> = unknown.iter().map(String::as_str).collect();
    let names = unknown.join(", ");
    ensure!(
        unknown.is_empty(),
        Failure::new(
            format!(
                "en la base hay datos cifrados con una llave que no está: {names}; agréguela después de la actual en «protection.keys» o en «protection.keys_file»"
            ),
            format!(
                "the database holds data protected with a key that is not there: {names}; add it behind the current one in `protection.keys` or `protection.keys_file`"
            ),
        )
    );
    Ok(())
}

/// Why nothing can be written, with the file and its owner where there is one.
fn unwritable(config: &Config, error: StoreError) -> anyhow::Error {
    if error.is_passing() {
        return error.into();
    }
    let Some(file) = config.database_file() else {
        let failure = Failure::new(
            "la base de datos no se puede escribir: revise los permisos del usuario que consta en «database»",
            "the database can't be written: see what the user in `database` may do",
        );
        return failure.because(error).into();
    };
    let (name, owner) = (file.display(), owner(file));
    let ours = user_name(rustix::process::geteuid().as_raw());
    let failure = Failure::new(
        format!("{name} no se puede escribir; es de {owner}, y este programa corre como {ours}"),
        format!("{name} can't be written; it is {owner}'s, and this program runs as {ours}"),
    );
    failure.because(error).into()
}

fn owner(file: &Path) -> String {
    match fs::metadata(file) {
        Ok(found) => user_name(found.uid()),
        Err(_) => "?".to_owned(),
    }
}

/// The name of a user of this machine, or the number where there is none.
fn user_name(uid: u32) -> String {
    let users = fs::read_to_string(PathBuf::from("/etc/passwd")).unwrap_or_default();
    let number = uid.to_string();
    let name = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1) == Some(&number)).then(|| name.to_owned())
    });
    name.unwrap_or(number)
}
