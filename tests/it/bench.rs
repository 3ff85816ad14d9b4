//! The flow without HTTP: an intake with the fixtures' trust and registry, messages in memory, and a clock that only the
//! test moves.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use clavero::clock::Clock;
use clavero::documents::{self, Documents};
use clavero::domain::{Action, Employer, Holidays, PetitionNumber, State, Token};
use clavero::extract::Extractor;
use clavero::fetch::{self, Fetcher};
use clavero::fixture::{employers, pdf, pki};
use clavero::intake::review::ReviewSettings;
use clavero::intake::{
    Budgets, Deadlines, FormOpener, Intake, IntakeError, Issued, Judgement, NewPetition, Receipt,
    Settings, Status,
};
use clavero::mail::{Letter, Mailer};
use clavero::portal::Keeping;
use clavero::protection::Keyring;
use clavero::seal::Seal;
use clavero::sms::{SentShortMessages, ShortMessage, Sms};
use clavero::store::{EmployerRecord, ImportKind, NewImport, RowCounts, Store, Wanted};
use clavero::verify::certificate::Certificate;
use clavero::verify::revocation::Crl;
use clavero::verify::{Evidence, Policy, TrustStore};
use clavero::worker::{self, Carriers};
use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::bucket::Bucket;
use crate::ground::Ground;
use crate::redaction::Listening;
use crate::served::binary;

/// When every test begins.
pub const BEGINNING: Timestamp = Timestamp::constant(1_772_366_400, 0); // 2026-03-01T12:00:00Z

/// Of most terms.
pub const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// A password that keeps every rule.
pub const GOOD: &str = "Tr3s*Gatos";

/// Everything a test of the flow needs.
pub struct Bench {
    ground: Ground,
    now: Arc<AtomicI64>,
    fetcher: Option<Fetcher>,
    keys: Keyring,
    /// What reads letters.
    program: PathBuf,
    /// The flow.
    pub intake: Intake,
    carriers: Carriers,
    letters: Arc<Mutex<Vec<Letter>>>,
    short_messages: SentShortMessages,
    /// Nothing personal and no secret may be logged meanwhile.
    _listening: Listening,
}

impl Bench {
    /// A fresh service that knows the sample employers.
    pub async fn new() -> Self {
        Self::on(Ground::folder()).await
    }

    /// One on SQLite, and one on PostgreSQL: for what keeps no documents.
    pub async fn on_each_engine(test: &str) -> Vec<Self> {
        Self::on_all(Ground::on_each_engine(test).await).await
    }

    /// One on each kind of ground that a service may stand on.
    pub async fn on_each_store(test: &str) -> Vec<Self> {
        Self::on_all(Ground::on_each_store(test).await).await
    }

    /// One with documents in this bucket, on PostgreSQL if there is a server.
    pub async fn with_bucket(test: &str, bucket: Bucket) -> Self {
        Self::on(Ground::with_bucket(test, bucket).await).await
    }

    async fn on_all(grounds: Vec<Ground>) -> Vec<Self> {
        let mut benches = Vec::new();
        for ground in grounds {
            benches.push(Self::on(ground).await);
        }
        benches
    }

    async fn on(ground: Ground) -> Self {
        Self::asking(ground, None, Keyring::default()).await
    }

    /// One that asks CAs about revocation and has no lists of subordinates at hand.
    pub async fn online(fetch: fetch::Settings) -> Self {
        let fetcher = Some(Fetcher::new(fetch).unwrap());
        Self::asking(Ground::folder(), fetcher, Keyring::default()).await
    }

    /// One that protects personal data with these keys.
    pub async fn protected(keys: Keyring) -> Self {
        Self::asking(Ground::folder(), None, keys).await
    }

    async fn asking(ground: Ground, fetcher: Option<Fetcher>, keys: Keyring) -> Self {
        let listening = Listening::begin();
        let now = Arc::new(AtomicI64::new(BEGINNING.as_millisecond()));
        let program = binary();
        let intake = intake(&ground, settings(), fetcher.clone(), &now, &keys, &program).await;
        keep_samples(intake.store()).await;
        let (mailer, letters) = Mailer::memory("Clavero <no-responder@clavero.test>").unwrap();
        let (sms, short_messages) = Sms::memory();
        let carriers = Carriers {
            mailer,
            sms,
            portal: None,
            bounces: None,
        };
        Self {
            ground,
            now,
            fetcher,
            keys,
            program,
            intake,
            carriers,
            letters,
            short_messages,
            _listening: listening,
        }
    }

    /// Stops, and starts again on what is on disk.
    pub async fn restart(&mut self) {
        self.restart_with(|_| ()).await;
    }

    /// Goes on with another program that reads letters.
    pub async fn reads_letters_with(&mut self, program: PathBuf) {
        self.program = program;
        self.restart().await;
    }

    async fn begins_again(&mut self, settings: Settings) {
        let (ground, fetcher) = (&self.ground, self.fetcher.clone());
        let (now, keys, program) = (&self.now, &self.keys, &self.program);
        self.intake = intake(ground, settings, fetcher, now, keys, program).await;
    }

    /// The folder with documents and messages.
    pub fn folder(&self) -> &Path {
        self.ground.folder.path()
    }

    /// The address of the database.
    pub fn database(&self) -> &str {
        &self.ground.database
    }

    /// The documents, as another instance sees them.
    pub fn documents(&self) -> Documents {
        let documents = Documents::open(&self.ground.documents, self.intake.store()).unwrap();
        documents.with_keys(self.keys.clone())
    }

    /// The server with the documents.
    pub fn bucket_mut(&mut self) -> &mut Bucket {
        self.ground.bucket.as_mut().expect("a bench with a bucket")
    }

    /// Lets time pass.
    pub fn pass(&self, time: SignedDuration) {
        let milliseconds = i64::try_from(time.as_millis()).unwrap();
        self.now.fetch_add(milliseconds, Ordering::SeqCst);
    }

    /// Does everything that is due.
    pub async fn work(&self) {
        worker::drain(&self.intake, &self.carriers).await.unwrap();
    }

    /// The same, with another way for mails to travel.
    pub async fn work_with(&self, mailer: &Mailer) {
        let carriers = Carriers {
            mailer: mailer.clone(),
            ..self.carriers.clone()
        };
        worker::drain(&self.intake, &carriers).await.unwrap();
    }

    /// Works beside the test until it is told to end, as a service does.
    pub fn starts_working(&self) -> Working {
        let stop = CancellationToken::new();
        let (intake, carriers) = (self.intake.clone(), self.carriers.clone());
        let worker = tokio::spawn(worker::run(intake, carriers, stop.clone()));
        Working { stop, worker }
    }

    /// Other ways out of the house from now on.
    pub fn change_carriers(&mut self, change: impl FnOnce(&mut Carriers)) {
        change(&mut self.carriers);
    }

    /// Every short message that was sent and not replaced, the oldest first.
    pub fn short_messages(&self) -> Vec<ShortMessage> {
        self.short_messages.lock().unwrap().clone()
    }

    /// From now on alarms are mailed to this address.
    pub async fn alarms_go_to(&mut self, address: &str) {
        let address = address.parse().unwrap();
        self.restart_with(|settings| settings.alarm_email = Some(address))
            .await;
    }

    /// Starts again with other decisions of the operator.
    pub async fn restart_with(&mut self, change: impl FnOnce(&mut Settings)) {
        self.intake.store().close().await;
        let mut settings = self.intake.settings().clone();
        change(&mut settings);
        self.begins_again(settings).await;
    }

    /// Goes on elsewhere: with another database and other documents, which must be the same.
    pub async fn goes_on_with(&mut self, database: String, documents: documents::Settings) {
        self.intake.store().close().await;
        self.ground.database = database;
        self.ground.documents = documents;
        self.restart().await;
    }

    /// Imports a table with these entries, under this name.
    pub async fn imports(&self, kind: ImportKind, file: &str, wanted: Vec<Wanted>) {
        import(self.intake.store(), kind, file, wanted, self.intake.now()).await;
    }

    /// Imports another entry for an employer that the registry knows.
    pub async fn changes_employer(
        &self,
        ruc: &str,
        file: &str,
        change: impl FnOnce(&mut Employer),
    ) {
        let mut employer = self.record(ruc).await.employer;
        change(&mut employer);
        let wanted = Wanted::Employer {
            employer,
            complete: true,
        };
        let kind = ImportKind::Representatives;
        self.imports(kind, file, vec![wanted]).await;
    }

    /// Takes back what was imported last, as whoever looks after the registry does.
    pub async fn undoes_last_import(&self) {
        let (store, at) = (self.intake.store(), self.intake.now());
        let last = store.imports().await.unwrap().pop().unwrap();
        let mut undo = store.open_undo(last.id, "test", at).await.unwrap();
        while store.undo_some(&mut undo).await.unwrap() {}
        store.finish_import(&mut undo, at).await.unwrap();
    }

    /// Everything that was mailed and not replaced, the oldest first.
    pub fn letters(&self) -> Vec<Letter> {
        self.letters.lock().unwrap().clone()
    }

    /// The token of the last link of this kind (`clave`, `correo`, `no-fui-yo`) that was mailed.
    pub fn token(&self, kind: &str) -> Token {
        let letters = self.letters();
        let link = letters
            .iter()
            .rev()
            .flat_map(|letter| &letter.links)
            .find(|link| link.contains(&format!("/{kind}/")))
            .unwrap_or_else(|| panic!("no /{kind}/ link among {} letters", letters.len()));
        Token::presented(link.rsplit('/').next().unwrap()).unwrap()
    }

    /// Sets a password by the last link to one.
    pub async fn sets_password(&self, password: &str) {
        let link = self.token("clave");
        let set = self.intake.set_password(&link, password.into());
        set.await.unwrap();
    }

    /// What the registry has about this employer.
    pub async fn record(&self, ruc: &str) -> EmployerRecord {
        let (ruc, branch) = (ruc.parse().unwrap(), "0001".parse().unwrap());
        let record = self.intake.store().employer(&ruc, &branch).await;
        record.unwrap().unwrap()
    }

    /// A petition of this employer.
    pub async fn petition(&self, ruc: &str, new_email: Option<&str>) -> Petition {
        let action = if new_email.is_some() {
            Action::ChangeEmail
        } else {
            Action::ResetPassword
        };
        self.petition_for(ruc, action, new_email).await
    }

    /// A petition of this employer for something.
    pub async fn petition_for(
        &self,
        ruc: &str,
        action: Action,
        new_email: Option<&str>,
    ) -> Petition {
        let issued = self
            .intake
            .issue(NewPetition {
                ruc: ruc.parse().unwrap(),
                branch: "0001".parse().unwrap(),
                action,
                new_email: new_email.map(|email| email.parse().unwrap()),
                legal_name: None,
            })
            .await
            .unwrap();
        self.held(issued).await
    }

    /// A petition that was given out, as the company holds it.
    pub async fn held(&self, issued: Issued) -> Petition {
        let opener = FormOpener::Secret(issued.secret.clone());
        let form = self.intake.form(&issued.number, &opener).await;
        Petition {
            number: issued.number,
            secret: issued.secret,
            form: form.unwrap().unwrap(),
        }
    }

    /// Bytes signed by a person of the fixtures, now.
    pub fn sign(&self, paper: &[u8], who: &str) -> Vec<u8> {
        self.sign_as(paper, who, &pki::identity(who).unwrap())
    }

    /// Bytes signed with this identity, now.
    pub fn sign_as(&self, paper: &[u8], who: &str, identity: &pki::Identity) -> Vec<u8> {
        let options = pdf::SignOptions {
            field: format!("Firma-{who}"),
            ..pdf::SignOptions::at(self.intake.now())
        };
        pdf::sign_pdf(paper, identity, &options).unwrap()
    }

    /// From now on there is no table of employers that could be asked.
    pub async fn lose_the_registry(&self) {
        for table in ["employers", "representatives"] {
            self.meddle(&format!("alter table {table} rename to lost_{table}"))
                .await;
        }
    }

    /// What a petition's decision says about its signer is there and can't be read.
    pub async fn spoil_decision(&self, number: &PetitionNumber) {
        let spoilt = self
            .meddle(&format!(
                "update decisions set decision = replace(decision, '\"signer\":{{', '\"signer\":7,\"read_by_nobody\":{{') \
                 where number = '{number}'"
            ))
            .await;
        assert_eq!(spoilt, 1, "one decision about {number}");
    }

    /// Does behind the service's back what only a fault could do; how many rows changed.
    async fn meddle(&self, statement: &str) -> u64 {
        use sqlx::{AnyConnection, AssertSqlSafe, Connection, raw_sql};
        sqlx::any::install_default_drivers();
        let mut line = AnyConnection::connect(self.database()).await.unwrap();
        let statement = raw_sql(AssertSqlSafe(statement.to_owned()));
        statement.execute(&mut line).await.unwrap().rows_affected()
    }

    /// Uploads under a number, or without one.
    pub async fn upload(
        &self,
        under: Option<&PetitionNumber>,
        bytes: &[u8],
    ) -> Result<Receipt, IntakeError> {
        let chunks: Vec<Result<Bytes, ()>> = bytes
            .chunks(7_000)
            .map(|chunk| Ok(Bytes::copy_from_slice(chunk)))
            .collect();
        self.intake
            .receive(under, futures::stream::iter(chunks))
            .await
    }

    /// A petition whose form was signed by `who`, uploaded and worked through.
    pub async fn signed_petition(&self, ruc: &str, who: &str, new_email: Option<&str>) -> Petition {
        let petition = self.petition(ruc, new_email).await;
        self.sign_and_upload(&petition, who).await;
        petition
    }

    /// Signs the form of a petition, uploads it and works it through.
    pub async fn sign_and_upload(&self, petition: &Petition, who: &str) {
        let signed = self.sign(&petition.form, who);
        self.upload(Some(&petition.number), &signed).await.unwrap();
        self.work().await;
    }

    /// Where a petition stands.
    pub async fn status(&self, petition: &Petition) -> Status {
        self.intake
            .status(&petition.number, &petition.secret)
            .await
            .unwrap()
            .unwrap()
    }

    /// Where a petition stands, and why, in one line.
    pub async fn outcome(&self, petition: &Petition) -> (State, Vec<&'static str>) {
        let status = self.status(petition).await;
        let codes = status
            .reasons
            .iter()
            .map(|reason| reason.code.as_str())
            .collect();
        (status.state, codes)
    }
}

/// A worker beside the test.
pub struct Working {
    stop: CancellationToken,
    worker: JoinHandle<()>,
}

impl Working {
    /// What is under way is finished.
    pub async fn ends(self) {
        self.stop.cancel();
        self.worker.await.unwrap();
    }
}

/// A petition as the company holds it.
pub struct Petition {
    pub number: PetitionNumber,
    pub secret: Token,
    pub form: Bytes,
}

/// The operator's seal in every test: a key of the fixtures.
pub fn seal() -> Seal {
    let operator = pki::identity("rosa").unwrap();
    Seal::from_pem(&operator.key_pem(), b"", &operator.certificates_pem()).unwrap()
}

fn settings() -> Settings {
    let hours = SignedDuration::from_hours;
    Settings {
        operator: "Operador de prueba".to_owned(),
        contact: None,
        public_url: "https://clavero.test".to_owned(),
        upload_bytes: 1_000_000,
        documents_per_number: 20,
        budgets: Budgets::default(),
        petition_life: hours(7 * 24),
        letter_window: hours(72),
        clock_tolerance: SignedDuration::from_mins(5),
        link_life: SignedDuration::from_secs(180),
        confirmation_life: hours(24),
        stop_life: hours(7 * 24),
        links_per_hour: 3,
        links_in_all: 6,
        approval_life: hours(24),
        revocation_retries: [15, 60, 240].map(SignedDuration::from_mins).to_vec(),
        email_hold: hours(24),
        seal: Some(seal()),
        password_length: 8..=12,
        review: ReviewSettings {
            second_look_per_mille: 0,
            ..ReviewSettings::default()
        },
        argon2: (8, 1, 1),
        portal: Keeping::Embedded,
        login_failures: 5,
        deadlines: Deadlines {
            first: hours(24),
            working_days: 20,
            holidays: Holidays::default(),
        },
        arriving: std::env::temp_dir().join("clavero-arriving"),
        alarm_email: None,
    }
}

/// Puts the sample employers into the registry.
async fn keep_samples(store: &Store) {
    let samples = employers::employers().into_iter();
    let wanted = samples.map(|sample| Wanted::Employer {
        employer: sample.employer,
        complete: true,
    });
    let kind = ImportKind::Representatives;
    import(store, kind, "samples", wanted.collect(), BEGINNING).await;
}

async fn import(store: &Store, kind: ImportKind, file: &str, wanted: Vec<Wanted>, at: Timestamp) {
    let new = NewImport {
        kind,
        file,
        sha256: clavero::domain::Sha256::of(file.as_bytes()),
        whole: false,
        actor: "test",
        rows: RowCounts::default(),
    };
    let mut import = store.open_import(&new, at).await.unwrap();
    let end = file.to_owned();
    store.take(&mut import, wanted, end).await.unwrap();
    store.finish_import(&mut import, at).await.unwrap();
}

async fn intake(
    ground: &Ground,
    settings: Settings,
    fetcher: Option<Fetcher>,
    now: &Arc<AtomicI64>,
    keys: &Keyring,
    program: &Path,
) -> Intake {
    let certificates = |material: Vec<pki::Material>| {
        material
            .into_iter()
            .map(|file| Certificate::parse(file.der).unwrap())
            .collect()
    };
    let mut crls = pki::crls(BEGINNING - SignedDuration::from_hours(1));
    if fetcher.is_some() {
        crls.retain(|list| list.name.contains("raiz"));
    }
    let judgement = Judgement {
        trust: TrustStore::new(
            certificates(pki::roots()),
            certificates(pki::intermediates()),
        ),
        evidence: Evidence {
            crls: crls
                .into_iter()
                .map(|file| Crl::parse(file.der).unwrap())
                .collect(),
            ocsps: Vec::new(),
        },
        policy: Policy::default(),
    };
    let now = Arc::clone(now);
    let store = Store::open(&ground.database).await.unwrap();
    let documents = Documents::open(&ground.documents, &store).unwrap();
    Intake::new(
        store.with_keys(keys.clone()),
        documents.with_keys(keys.clone()),
        judgement,
        fetcher,
        Extractor::new(program.to_owned()),
        settings,
        Clock::new(move || Timestamp::from_millisecond(now.load(Ordering::SeqCst)).unwrap()),
        |bytes| openssl::rand::rand_bytes(bytes).unwrap(),
    )
}
