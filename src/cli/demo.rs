//! `clavero demo`: the whole service on an empty machine, with employers, people and signed documents that do not exist.
//!
//! The port is bound before anything else, so that the first page answers at once; the samples are made while it already
//! does, because their forms come from the running service.

use std::fs;
use std::io::{Cursor, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::fixture::{write, write_trust};
use super::serve::{Service, start_log, until_stopped};
use crate::config::{Config, LogFormat, Profile};
use crate::domain::{Employer, Member, MemberRole};
use crate::fixture::employers::{SampleEmployer, employers};
use crate::fixture::people::{CAFE, person};
use crate::fixture::pki::{self, Defect, P12_PASSWORD};
use crate::fixture::samples::{Paper, Recipe, recipes};
use crate::intake::{FormOpener, Intake, NewPetition};
use crate::people::People;
use crate::registry::representatives;
use crate::store::ImportKind;
use crate::{import, threads, web};

/// The Spanish of this command (see `spanish.rs`).
pub(super) const SPANISH: &[(&str, &str)] = &[
    (
        "demo",
        "Enciende todo con empresas, certificados y documentos inventados, para probarlo",
    ),
    (
        "demo!",
        "Ejemplos:
  clavero demo
  clavero demo --port 0 --data /tmp/prueba",
    ),
    ("demo.data", "Carpeta de datos; se crea si no existe"),
    ("demo.port", "Puerto en 127.0.0.1; 0 elige uno libre"),
];

/// Options of the demonstration.
#[derive(Debug, Args)]
#[command(after_help = "EXAMPLES:
  clavero demo
  clavero demo --port 0 --data /tmp/trial")]
pub struct DemoArgs {
    /// Folder for all data; made when absent
    #[arg(long, default_value = "clavero-demo")]
    pub data: PathBuf,
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
}

/// How old samples may be: letters must be received within 72 hours of signing (DESIGN F).
const SAMPLES_LIFE: SignedDuration = SignedDuration::from_hours(24);

/// A revocation list must have been issued before the reception it speaks about.
const CRL_AGE: SignedDuration = SignedDuration::from_hours(1);

/// Runs the demonstration until it is told to stop.
///
/// # Errors
/// When the port is taken, or the folder can't be used.
pub fn run(args: &DemoArgs) -> anyhow::Result<ExitCode> {
    let listener = bind(args.port)?;
    let config = configuration(args, listener.local_addr()?)?;
    start_log(&config)?;
    write_trust(&config.path(Path::new("trust")), Timestamp::now() - CRL_AGE)?;
    until_stopped(async {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let service = Service::open(&config).await?;
        let samples = config.path(Path::new("samples"));
        println!("{}", welcome(&config.public_url, &samples));
        let demo = web::Demo {
            mails: config.path(&config.mail.folder),
            short_messages: config.path(&config.sms.folder),
            samples: samples.clone(),
        };
        staff(service.people()).await?;
        let (intake, stop) = (service.intake().clone(), service.stop());
        let preparing = tokio::spawn(async move {
            let done = prepare(&intake, &samples).await;
            match done {
                Ok(()) => println!("Las muestras están listas."),
                Err(_) => stop.cancel(),
            }
            done
        });
        service.run(listener, Some(demo)).await?;
        preparing.abort();
        if let Ok(done) = preparing.await {
            done.context("no se pudieron hacer las muestras")?;
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// The demo profile in the given folder; `CLAVERO_…` variables win, as with `serve`, except for the address.
fn configuration(args: &DemoArgs, address: SocketAddr) -> anyhow::Result<Config> {
    let mut config = Config::for_profile(Profile::Demo, &args.data, address)?;
    config.listen = address;
    let set = |key: &str| std::env::var_os(key).is_some();
    if !set("CLAVERO_OPERATOR__NAME") {
        "Demostración de Clavero".clone_into(&mut config.operator.name);
    }
    // What a demonstration says on its terminal is the welcome; only trouble is added to it.
    if !set("CLAVERO_LOG__LEVEL") {
        "warn".clone_into(&mut config.log.level);
    }
    if !set("CLAVERO_LOG__FORMAT") {
        config.log.format = LogFormat::Text;
    }
    // The sample members sign in without a telephone.
    if !set("CLAVERO_OFFICE__SECOND_FACTOR") {
        config.office.second_factor = false;
    }
    // Whoever tries a change of e-mail wants to try the reset after it; nobody's payroll hangs on this one.
    if !set("CLAVERO_EMAIL__HOLD_SECONDS") {
        config.email.hold_seconds = 0;
    }
    Ok(config)
}

/// Binds the port, or says in words what to do when somebody else has it.
fn bind(port: u16) -> anyhow::Result<TcpListener> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    match TcpListener::bind(address) {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == ErrorKind::AddrInUse => bail!(
            "el puerto {port} está ocupado; cierre el otro programa o elija otro: clavero demo --port {}",
            if port == u16::MAX { 0 } else { port + 1 }
        ),
        Err(error) => Err(error).with_context(|| format!("no se puede usar el puerto {port}")),
    }
}

/// What to open and what to try.
fn welcome(url: &str, samples: &Path) -> String {
    let folder = samples.display();
    format!(
        "Clavero, demostración: {url}

  {url}/demo          empresas de muestra, certificados y documentos ya firmados
  {url}/demo/mailbox  los correos y mensajes de texto que se envían
  {url}/demo/portal   el portal: pruebe la clave, o bloquee la cuenta con claves equivocadas
  {url}/oficina       la oficina: «revisora», «revisor», «supervisora», «supervisor» y «auditora», clave «{STAFF_PASSWORD}»
  {folder}  los mismos archivos; la clave de cada .p12 es «{P12_PASSWORD}»

Pruebe:
  1. Cree una solicitud para el RUC {CAFE} en {url}/solicitud y descargue el PDF.
  2. Fírmelo con FirmaEC y {folder}/lucia.p12, o con pyHanko:
     pyhanko sign addsig --field Firma pkcs12 --passfile {folder}/clave.txt solicitud.pdf firmada.pdf {folder}/lucia.p12
  3. Súbalo. El enlace llega al buzón: úselo pronto, dura poco.

Ctrl+C termina."
    )
}

// -- staff --------------------------------------------------------------------------------------------------------------

/// Password of every sample member.
const STAFF_PASSWORD: &str = "clavero de muestra";

/// The sample members; two of a kind, because some things need two different people.
const STAFF: &[(&str, &str, MemberRole)] = &[
    ("revisora", "Rosa Revisora", MemberRole::Reviewer),
    ("revisor", "Raúl Revisor", MemberRole::Reviewer),
    ("supervisora", "Sara Supervisora", MemberRole::Supervisor),
    ("supervisor", "Simón Supervisor", MemberRole::Supervisor),
    ("auditora", "Aura Auditora", MemberRole::Auditor),
];

/// Adds the sample members by their own one-time links, unless somebody is there already.
async fn staff(people: &People) -> anyhow::Result<()> {
    if people.any().await? {
        return Ok(());
    }
    for (user, name, role) in STAFF {
        let member = Member {
            user: user.parse().context("un usuario de muestra")?,
            name: (*name).to_owned(),
            role: *role,
            email: Some(
                format!("{user}@oficina-ficticia.ec")
                    .parse()
                    .context("un correo de muestra")?,
            ),
            document: None,
            tied_rucs: Vec::new(),
            created_at: people.now(),
            disabled_at: None,
        };
        let token = people.add(&member, "demo").await?;
        if people.settings().second_factor {
            println!("Enlace de alta de {user}: /oficina/alta/{}", token.reveal());
            continue;
        }
        let password = SecretString::from(STAFF_PASSWORD.to_owned());
        people
            .enrol(&token, password, "", Ipv4Addr::LOCALHOST.into())
            .await?;
    }
    Ok(())
}

// -- samples ------------------------------------------------------------------------------------------------------------

/// `samples/index.json`; paths are relative to it.
#[derive(Debug, Serialize, Deserialize)]
struct Index {
    made_at: Timestamp,
    employers: Vec<IndexEmployer>,
    documents: Vec<IndexDocument>,
}

#[derive(Debug, Serialize, Deserialize)]
struct IndexEmployer {
    ruc: String,
    branch: String,
    legal_name: String,
    kind: String,
    state: String,
    email: Option<String>,
    note: String,
    representatives: Vec<IndexPerson>,
}

#[derive(Debug, Serialize, Deserialize)]
struct IndexPerson {
    document: String,
    name: String,
    p12: String,
    password: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct IndexDocument {
    file: String,
    expected_outcome: String,
    expected_codes: Vec<String>,
    sentence: String,
    /// The petition whose form it is; nothing for an own letter.
    number: Option<String>,
    secret: Option<String>,
}

/// Puts the sample employers into the registry, unless they are there already, and makes the samples unless fresh ones
/// lie in `folder`. The index is written last: while it is missing, the samples are not ready.
async fn prepare(intake: &Intake, folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder)
        .with_context(|| format!("no se puede crear {}", folder.display()))?;
    import_registry(intake, folder).await?;
    let at = intake.now();
    let index = folder.join("index.json");
    let fresh = fs::read(&index)
        .ok()
        .and_then(|text| serde_json::from_slice::<Index>(&text).ok())
        .is_some_and(|index| at.duration_since(index.made_at) < SAMPLES_LIFE);
    if fresh {
        return Ok(());
    }
    let _ = fs::remove_file(&index);
    write(&folder.join("clave.txt"), P12_PASSWORD.as_bytes())?;
    let samples = employers();
    for who in signers(&samples) {
        let path = folder.join(format!("{who}.p12"));
        if let Some(person) = person(who).filter(|_| !path.exists()) {
            write(&path, &pki::issue(person, Defect::None).p12())?;
        }
    }
    let documents = make_documents(intake, folder, at).await?;
    let made = Index {
        made_at: at,
        employers: samples.iter().map(index_employer).collect(),
        documents,
    };
    let text = serde_json::to_vec_pretty(&made).context("el índice de muestras")?;
    let draft = folder.join("index.json.new");
    write(&draft, &text)?;
    fs::rename(&draft, &index).with_context(|| format!("no se puede escribir {}", index.display()))
}

async fn import_registry(intake: &Intake, folder: &Path) -> anyhow::Result<()> {
    let samples = employers();
    let table = registry_table(samples.iter().map(|sample| &sample.employer))?;
    write(&folder.join("registro.csv"), &table)?;
    let first = &samples[0].employer;
    if intake
        .store()
        .employer(&first.ruc, &first.branch)
        .await?
        .is_some()
    {
        // An address that was changed in an earlier run stays changed.
        return Ok(());
    }
    let table = import::read(
        ImportKind::Representatives,
        Cursor::new(table),
        &folder.join("registro-ordenado"),
        |_| Ok(()),
        |_| (),
    )?;
    let order = import::Order {
        file: "registro.csv",
        actor: "demo",
        whole: false,
        at: intake.now(),
    };
    import::take(intake.store(), table, &order, |_| ()).await?;
    Ok(())
}

/// The sample employers as the table that `registry import --kind representatives` reads (DESIGN §5).
fn registry_table<'a>(employers: impl Iterator<Item = &'a Employer>) -> anyhow::Result<Vec<u8>> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(representatives::HEADER)?;
    for employer in employers {
        let email = employer.email.as_ref().map_or("", |email| email.as_str());
        let head = [
            employer.ruc.as_str(),
            employer.branch.as_str(),
            &employer.legal_name,
            employer.kind.as_str(),
            employer.state.as_str(),
            email,
            employer.phone.as_deref().unwrap_or_default(),
        ];
        if employer.representatives.is_empty() {
            table.write_record(
                head.into_iter()
                    .chain(["", "", "", "", "", "", "", "muestra"]),
            )?;
        }
        for row in &employer.representatives {
            let from = row.from.to_string();
            let to = row.to.map(|day| day.to_string()).unwrap_or_default();
            let required = row.required_signatures.to_string();
            table.write_record(head.into_iter().chain([
                row.document.as_str(),
                &row.name,
                &row.post,
                &from,
                &to,
                row.mode.as_str(),
                &required,
                &row.source,
            ]))?;
        }
    }
    table
        .into_inner()
        .map_err(|error| anyhow::anyhow!("{error}"))
}

fn signers(samples: &[SampleEmployer]) -> Vec<&'static str> {
    // The accountant represents nobody, and that is what she is for.
    let mut all: Vec<&'static str> = samples
        .iter()
        .flat_map(|sample| sample.signers.iter().copied())
        .chain(["nelly"])
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn index_employer(sample: &SampleEmployer) -> IndexEmployer {
    let employer = &sample.employer;
    IndexEmployer {
        ruc: employer.ruc.as_str().to_owned(),
        branch: employer.branch.as_str().to_owned(),
        legal_name: employer.legal_name.clone(),
        kind: employer.kind.as_str().to_owned(),
        state: employer.state.as_str().to_owned(),
        email: employer
            .email
            .as_ref()
            .map(|email| email.as_str().to_owned()),
        note: sample.note.to_owned(),
        representatives: sample
            .signers
            .iter()
            .filter_map(|who| person(who))
            .map(|who| IndexPerson {
                document: who.document.to_owned(),
                name: who.full_name(),
                p12: format!("{}.p12", who.id),
                password: P12_PASSWORD.to_owned(),
            })
            .collect(),
    }
}

/// A paper that was handed out: the petition's number and secret, when it has one.
#[derive(Clone)]
struct HandedOut {
    bytes: Vec<u8>,
    number: Option<String>,
    secret: Option<String>,
}

async fn make_documents(
    intake: &Intake,
    folder: &Path,
    at: Timestamp,
) -> anyhow::Result<Vec<IndexDocument>> {
    let names: Vec<(String, String)> = employers()
        .into_iter()
        .map(|sample| {
            (
                sample.employer.ruc.as_str().to_owned(),
                sample.employer.legal_name,
            )
        })
        .collect();
    let mut papers: Vec<(&'static str, HandedOut)> = Vec::new();
    let mut documents = Vec::new();
    for recipe in recipes() {
        let paper = match recipe.paper {
            Paper::Form => {
                let legal_name = names
                    .iter()
                    .find(|(ruc, _)| ruc == recipe.content.ruc.as_str())
                    .map(|(_, name)| name.clone());
                form(intake, &recipe, legal_name).await?
            }
            Paper::FormOf(file) => papers
                .iter()
                .find(|(name, _)| *name == file)
                .map(|(_, paper)| paper.clone())
                .with_context(|| format!("{file} comes first in the recipes"))?,
            Paper::LetterBy(_) | Paper::Nothing => HandedOut {
                bytes: recipe.own_paper(at).context("una carta de muestra")?,
                number: None,
                secret: None,
            },
        };
        papers.push((recipe.file, paper.clone()));
        documents.push(IndexDocument {
            file: recipe.file.to_owned(),
            expected_outcome: recipe.outcome.as_str().to_owned(),
            expected_codes: recipe.codes.iter().map(|code| (*code).to_owned()).collect(),
            sentence: recipe.sentence.to_owned(),
            number: paper.number,
            secret: paper.secret,
        });
        let path = folder.join(recipe.file);
        let cooked = threads::occupy(move || recipe.cook(&paper.bytes, at)).await??;
        write(&path, &cooked)?;
    }
    Ok(documents)
}

async fn form(
    intake: &Intake,
    recipe: &Recipe,
    legal_name: Option<String>,
) -> anyhow::Result<HandedOut> {
    let content = recipe.content.clone();
    let issued = intake
        .issue(NewPetition {
            ruc: content.ruc,
            branch: content.branch,
            action: content.action,
            new_email: content.new_email,
            legal_name,
        })
        .await?;
    let opener = FormOpener::Secret(issued.secret.clone());
    let bytes = intake
        .form(&issued.number, &opener)
        .await?
        .context("un formulario recién hecho")?;
    Ok(HandedOut {
        bytes: bytes.to_vec(),
        number: Some(issued.number.as_str().to_owned()),
        secret: Some(issued.secret.reveal().to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registry_table_is_read_back_whole() {
        let samples = employers();
        let table = registry_table(samples.iter().map(|sample| &sample.employer)).unwrap();
        let mut read = crate::registry::Registry::default();
        for row in representatives::rows(table.as_slice()).unwrap() {
            read.add(row.unwrap().entry.taken.unwrap()).unwrap();
        }
        for sample in samples {
            let found = read.employer(&sample.employer.ruc, &sample.employer.branch);
            assert_eq!(
                found,
                Some(&sample.employer),
                "{}",
                sample.employer.legal_name
            );
        }
    }

    #[test]
    fn a_busy_port_names_the_next_step() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = bind(port).unwrap_err().to_string();
        assert!(
            error.contains("ocupado") && error.contains("--port"),
            "{error}"
        );
    }
}
