//! `trust check`: whether the store can do its work.

use std::process::ExitCode;

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tokio::runtime::Runtime;

use super::super::Language;
use super::super::serve::{ConfigArgs, given, runtime};
use super::list::Line;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::calendar;
use crate::fetch::{self, Client, FetchError, Fetcher, Judges};
use crate::verify::chain::{self, Budget, Purpose, Sources};
use crate::verify::entities::{ABROAD, Role, Status};
use crate::verify::{
    Addresses, Certificate, Coverage, Crl, Entities, Evidence, Policy, TrustStore, Wanted,
    coverage, wanted,
};

/// Options of `trust check`.
#[derive(Debug, Clone, Args)]
pub struct CheckArgs {
    /// Asks the revocation addresses of the table as well
    #[arg(long)]
    pub online: bool,
    /// Writes exactly one JSON object to standard output
    #[arg(long)]
    pub json: bool,
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// Largest list that is asked for: the largest known one has about 10 MB.
const MAX_LIST: usize = 64 * 1024 * 1024;

/// What may be said of a certificate of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Remark {
    /// No row of the table has its fingerprint.
    NotPinned,
    /// A subordinate lies among the roots: everything below it is trusted.
    SubordinateAmongRoots,
    /// A root lies among the subordinates: it ends no path.
    RootAmongSubordinates,
    /// No path leads from it to a root of the store.
    ChainIncomplete,
    /// The table accepts it, and it has expired.
    Expired,
    /// Expired, as the table knows.
    ExpiredAsKnown,
    /// Less than 90 days are left.
    ExpiresSoon,
    /// It does not count until somebody confirms it.
    HeldBack,
    /// It counts for the past only.
    PastOnly,
    /// Pinned by hand as nobody's in Ecuador, and its own name says Ecuador: whoever signs below it is refused.
    AbroadFromEcuador,
    /// No list at hand settles whether it is revoked, and no address of its own can be asked.
    StatusUnaskable,
    /// No list at hand settles whether it is revoked, and its addresses did not either.
    StatusUnanswered,
    /// Nobody is asked (`fetch.enabled`), and no list in force tells of it and of what it issued.
    NobodyAsked,
    /// Lists that stand in for whoever can't be asked end soon.
    ListsEndSoon,
}

impl Remark {
    /// Whether somebody should do something.
    fn is_problem(self) -> bool {
        !matches!(
            self,
            Self::ExpiredAsKnown
                | Self::ExpiresSoon
                | Self::HeldBack
                | Self::PastOnly
                | Self::ListsEndSoon
        )
    }

    /// Whether the day on which a list ends belongs to it.
    fn is_about_lists(self) -> bool {
        matches!(self, Self::NobodyAsked | Self::ListsEndSoon)
    }

    fn say(self, lang: Language) -> &'static str {
        let (es, en) = match self {
            Self::NotPinned => (
                "ninguna fila de la tabla fija su huella",
                "no row of the table pins it",
            ),
            Self::SubordinateAmongRoots => (
                "una subordinada está entre las raíces: se confía en todo lo que emita",
                "a subordinate lies among the roots: everything below it is trusted",
            ),
            Self::RootAmongSubordinates => (
                "una raíz está entre las subordinadas: no termina ninguna cadena",
                "a root lies among the subordinates: it ends no path",
            ),
            Self::ChainIncomplete => (
                "su cadena no llega a ninguna raíz del almacén",
                "its chain reaches no root of the store",
            ),
            Self::Expired => ("caducó", "it has expired"),
            Self::ExpiredAsKnown => (
                "caducó; sirve para firmas anteriores",
                "expired; it serves earlier signatures",
            ),
            Self::ExpiresSoon => ("caduca en menos de 90 días", "it expires within 90 days"),
            Self::HeldBack => ("retenido: no cuenta", "held back: it does not count"),
            Self::PastOnly => ("solo para lo pasado", "for the past only"),
            Self::AbroadFromEcuador => (
                "está fijado como de nadie en el Ecuador (abroad), y su nombre dice C=EC: se rechaza a quien firme por debajo; si es de una entidad, «clavero trust add ARCHIVO --pin --entity ID» lo pasa a ella",
                "it is pinned as nobody's in Ecuador (abroad), and its name says C=EC: whoever signs below it is refused; if it is an entity's, `clavero trust add FILE --pin --entity ID` moves it there",
            ),
            Self::StatusUnaskable => (
                "no se puede consultar si está revocada: sin la lista (CRL) de su raíz en trust/crls, lo que se firme con ella espera a una persona",
                "nobody can be asked whether it is revoked: without the list (CRL) of its root in trust/crls, what is signed below it waits for a person",
            ),
            Self::StatusUnanswered => (
                "sus direcciones no dicen si está revocada: ponga la lista (CRL) de su raíz en trust/crls",
                "its addresses do not tell whether it is revoked: put the list (CRL) of its root into trust/crls",
            ),
            Self::NobodyAsked => (
                "no se le pregunta a nadie («fetch.enabled» está en false), y en trust/crls no hay listas (CRL) vigentes de ella y de su raíz: todo lo que se firme con ella espera a una persona",
                "nobody is asked (`fetch.enabled` is false), and trust/crls holds no lists (CRL) in force of it and of its root: everything that is signed below it waits for a person",
            ),
            Self::ListsEndSoon => (
                "una lista (CRL) de trust/crls que le hace falta termina pronto",
                "a list (CRL) in trust/crls that it depends on ends soon",
            ),
        };
        match lang {
            Language::Es => es,
            Language::En => en,
        }
    }
}

/// A certificate with what is to be said of it.
#[derive(Debug, Serialize)]
struct Checked {
    #[serde(flatten)]
    line: Line,
    remarks: Vec<Remark>,
    /// When the first of the lists ends, or ended, that it takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    lists_end: Option<Timestamp>,
}

/// An address with its answer.
#[derive(Debug, Serialize)]
struct Asked {
    entity: String,
    address: String,
    answers: bool,
    detail: String,
}

pub(super) fn run(args: &CheckArgs, lang: Language) -> anyhow::Result<ExitCode> {
    let config = Config::load(args.config.config.as_deref())?;
    let now = Clock::system().now();
    let folder = config.trust_folder();
    let table = folder.table()?;
    let (roots, intermediates) = folder.certificates()?;
    // Chains are looked at over everything that is there: whether it counts is another question.
    let whole = TrustStore::new(roots.clone(), intermediates.clone());
    let mut checked: Vec<Checked> = roots
        .iter()
        .map(|certificate| (certificate, Role::Root))
        .chain(intermediates.iter().map(|it| (it, Role::Subordinate)))
        .map(|(certificate, role)| check(certificate, role, &table, &whole, now))
        .collect();
    let statuses = Statuses::open(&config, args.online, &whole, now)?;
    let subordinates = checked.iter_mut().skip(roots.len()).zip(&intermediates);
    for (one, certificate) in subordinates {
        let counts = one.line.status == Some(Status::Accepted) && !one.line.expired;
        let found = counts.then(|| statuses.look_at(certificate));
        let (remark, ends) = found.unwrap_or_default();
        one.remarks.extend(remark);
        one.lists_end = ends;
    }
    let asked = if args.online {
        ask(&config, &table, &checked)?
    } else {
        Vec::new()
    };
    let digest = folder.store(config.trusts_strictly())?.digest();
    let problems = checked
        .iter()
        .filter(|one| one.remarks.iter().any(|remark| remark.is_problem()))
        .count();
    let silent = asked.iter().filter(|one| !one.answers).count();
    let good = problems == 0 && silent == 0 && !whole.roots().is_empty();
    if args.json {
        let object = serde_json::json!({
            "digest": digest, "good": good, "certificates": checked, "addresses": asked,
        });
        println!("{object}");
        return Ok(ExitCode::from(u8::from(!good)));
    }
    for one in checked.iter().filter(|one| !one.remarks.is_empty()) {
        let mark = if one.remarks.iter().any(|remark| remark.is_problem()) {
            '✗'
        } else {
            '!'
        };
        println!("{mark} {}", one.line.say(lang));
        for remark in &one.remarks {
            match one.lists_end.filter(|_| remark.is_about_lists()) {
                Some(end) => println!(
                    "    {}: {}",
                    remark.say(lang),
                    calendar::minute_in(lang, end)
                ),
                None => println!("    {}", remark.say(lang)),
            }
        }
    }
    for one in &asked {
        let mark = if one.answers { '✓' } else { '✗' };
        println!("{mark} {} · {} · {}", one.entity, one.address, one.detail);
    }
    println!(
        "{}",
        match lang {
            Language::Es => format!(
                "{} certificados, {problems} con algo que arreglar; {} direcciones, {silent} sin respuesta",
                checked.len(),
                asked.len()
            ),
            Language::En => format!(
                "{} certificates, {problems} need mending; {} addresses, {silent} without an answer",
                checked.len(),
                asked.len()
            ),
        }
    );
    Ok(ExitCode::from(u8::from(!good)))
}

fn check(
    certificate: &Certificate,
    folder: Role,
    table: &Entities,
    store: &TrustStore,
    now: Timestamp,
) -> Checked {
    let line = Line::of(certificate, folder, table, now);
    let mut remarks = Vec::new();
    match (folder, certificate.is_self_issued()) {
        (Role::Root, false) => remarks.push(Remark::SubordinateAmongRoots),
        (Role::Subordinate, true) => remarks.push(Remark::RootAmongSubordinates),
        _ => {}
    }
    if line.status.is_none() {
        remarks.push(Remark::NotPinned);
    }
    if folder == Role::Subordinate && !reaches_a_root(certificate, store) {
        remarks.push(Remark::ChainIncomplete);
    }
    // By its key, too: another certificate of a key that is held back does not count either.
    match table.standing(certificate).map(|row| row.status) {
        Some(Status::PastOnly) if line.expired => remarks.push(Remark::ExpiredAsKnown),
        Some(Status::PastOnly) => remarks.push(Remark::PastOnly),
        Some(Status::HeldBack) => remarks.push(Remark::HeldBack),
        _ if line.expired => remarks.push(Remark::Expired),
        _ => {}
    }
    if line.expires_soon {
        remarks.push(Remark::ExpiresSoon);
    }
    let is_abroad = line.entity.as_deref() == Some(ABROAD);
    let mut name = certificate.subject().text().split([',', '+']);
    if is_abroad && name.any(|part| part.eq_ignore_ascii_case("C=EC")) {
        remarks.push(Remark::AbroadFromEcuador);
    }
    Checked {
        line,
        remarks,
        lists_end: None,
    }
}

/// By what is learned whether a subordinate is revoked: lists and answers of the operator, and its addresses if they may be asked.
struct Statuses<'a> {
    store: &'a TrustStore,
    given: Evidence,
    policy: Policy,
    now: Timestamp,
    online: Option<(Fetcher, Runtime)>,
    /// What the lists say by themselves.
    covered: Vec<Coverage>,
    /// Whether the service asks anybody.
    asks: bool,
}

impl<'a> Statuses<'a> {
    fn open(
        config: &Config,
        online: bool,
        store: &'a TrustStore,
        now: Timestamp,
    ) -> anyhow::Result<Self> {
        // Asked anew each time: what a service remembers is no proof that an address answers.
        let settings = fetch::Settings {
            folder: None,
            ..config.fetch_settings()
        };
        let online = online.then(|| anyhow::Ok((Fetcher::new(settings)?, runtime()?)));
        let (given, policy) = (given(config)?, config.policy());
        Ok(Self {
            covered: coverage::of(store, &given, &policy, now),
            store,
            given,
            policy,
            now,
            online: online.transpose()?,
            asks: config.fetch.enabled,
        })
    }

    /// What is to be said of a subordinate, and when the first list ends that it takes, where that matters.
    fn look_at(&self, subordinate: &Certificate) -> (Option<Remark>, Option<Timestamp>) {
        let mut covered = self.covered.iter();
        let covered = covered.find(|one| one.subordinate == *subordinate);
        let can_be_asked = self.asks && Addresses::of(subordinate).can_be_asked();
        match covered.filter(|_| !can_be_asked) {
            Some(one) if !self.asks && !one.holds => (Some(Remark::NobodyAsked), one.ends),
            Some(one) if one.ends_soon(self.now) => (Some(Remark::ListsEndSoon), one.ends),
            _ => (self.remark(subordinate), None),
        }
    }

    /// Nothing when its status is settled, or when it leads to no root, which is another remark.
    fn remark(&self, subordinate: &Certificate) -> Option<Remark> {
        let sources = Sources {
            trust: self.store,
            pool: self.store.intermediates(),
        };
        let path = coverage::path_of(subordinate, sources, self.now)?;
        let unsettled =
            |given: &Evidence| wanted::unsettled(&path, sources, given, &self.policy, self.now);
        let mut given = self.given.clone();
        let mut wanted = unsettled(&given);
        let is_open = |wanted: &[Wanted]| wanted.iter().any(|one| one.certificate == *subordinate);
        if !is_open(&wanted) {
            return None;
        }
        if !Addresses::of(subordinate).can_be_asked() {
            return Some(Remark::StatusUnaskable);
        }
        let (fetcher, runtime) = self.online.as_ref()?;
        let mut inquiry = fetcher.inquiry(self.now);
        let judges = Judges {
            trust: self.store,
            policy: &self.policy,
            at: self.now,
        };
        while runtime.block_on(inquiry.learn(&mut given, &wanted, judges)) {
            wanted = unsettled(&given);
        }
        is_open(&wanted).then_some(Remark::StatusUnanswered)
    }
}

/// By our own path rules, a day after the certificate began: that it has expired since is another remark.
fn reaches_a_root(certificate: &Certificate, store: &TrustStore) -> bool {
    let sources = Sources {
        trust: store,
        pool: store.intermediates(),
    };
    let begun = certificate.not_before() + SignedDuration::from_hours(24);
    chain::candidates(
        certificate,
        sources,
        Purpose::Issuing,
        &mut Budget::default(),
        begun,
    )
    .iter()
    .any(chain::Candidate::is_trusted)
}

/// Asks every address of what is in the store. A list must be one; a responder answers if a server is there at all.
fn ask(config: &Config, table: &Entities, checked: &[Checked]) -> anyhow::Result<Vec<Asked>> {
    let client = Client::new(config.fetch_settings().limits)?;
    let runtime = runtime()?;
    let mut asked: Vec<Asked> = Vec::new();
    for one in checked {
        let Some((entity, row)) = table.authority(one.line.sha256) else {
            continue;
        };
        let lists = row.crl.iter().map(|address| (address, true));
        let responders = row.ocsp.iter().map(|address| (address, false));
        for (address, is_list) in lists.chain(responders) {
            let known = asked.iter().any(|other| other.address == *address);
            if known || !address.starts_with("http") {
                continue;
            }
            let answer = runtime.block_on(client.get(address, MAX_LIST));
            let (answers, detail) = match answer {
                Ok(bytes) if is_list => match Crl::parse(bytes) {
                    Ok(_) => (true, "CRL".to_owned()),
                    Err(error) => (false, error.to_string()),
                },
                Ok(_) => (true, "OCSP".to_owned()),
                // Responders want a question; that one is missing is an answer.
                Err(FetchError::Status(status)) if !is_list && status < 500 => {
                    (true, format!("OCSP ({status})"))
                }
                Err(error) => (false, error.to_string()),
            };
            asked.push(Asked {
                entity: entity.id.clone(),
                address: address.clone(),
                answers,
                detail,
            });
        }
    }
    Ok(asked)
}
