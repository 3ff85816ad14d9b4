//! `clavero serve`: opens everything that the configuration names, serves pages and API, works through the queue, and
//! stops in an orderly way.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use super::operator::open_documents;
use super::standing::{doubts, open_sound_store};
use super::told::Failure;
use crate::clock::Clock;
use crate::config::{Config, LogFormat, Profile};
use crate::domain::Language;
use crate::extract::Extractor;
use crate::fetch::Fetcher;
use crate::fixture;
use crate::intake::{Intake, Judgement};
use crate::people::People;
use crate::proposals::Changes;
use crate::shared_trust::{self, Agreement};
use crate::store::Store;
use crate::verify::Evidence;
use crate::{material, threads, web, worker};

/// How long, after the last request, the work under way may take: a mail server that says nothing, a database that is away.
/// What is cut off is held by a lease, and done by whoever finds that it has lapsed.
const FINISH_LIMIT: Duration = Duration::from_secs(15);
/// How long threads beside the runtime may take after everything else has ended.
const THREADS_LIMIT: Duration = Duration::from_secs(1);

/// Who changes the trust store in the audit log, when the service finds its folders changed.
const ACTOR: &str = "service";

/// What is said when nothing comes of reading the trust folders again.
const UNUSABLE: &str = "the trust folders can't be used; the last good ones stay in use";

/// Options of `serve` and `check-config`.
#[derive(Debug, Clone, Args)]
pub struct ConfigArgs {
    /// Configuration file (TOML)
    #[arg(
        long,
        value_name = "FILE",
        env = "CLAVERO_CONFIG",
        hide_env_values = true
    )]
    pub config: Option<PathBuf>,
}

/// Runs the service until it is told to stop.
pub fn run(args: &ConfigArgs) -> anyhow::Result<ExitCode> {
    let config = Config::load(args.config.as_deref())?;
    start_log(&config)?;
    until_stopped(async {
        let listener = listen(&config).await?;
        let service = Service::open(&config).await?;
        service.run(listener, None).await?;
        Ok(ExitCode::SUCCESS)
    })
}

/// Runs a service to its end, and waits no longer than a second for what it has cut off.
pub fn until_stopped(
    service: impl Future<Output = anyhow::Result<ExitCode>>,
) -> anyhow::Result<ExitCode> {
    let runtime = runtime()?;
    let ended = runtime.block_on(service);
    runtime.shutdown_timeout(THREADS_LIMIT);
    ended
}

/// The runtime that every long-running command uses.
pub fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime can't be started")
}

/// Structured lines on standard error. No personal data, no secret and no address with a token is ever given to it.
pub fn start_log(config: &Config) -> anyhow::Result<()> {
    let filter: Targets = config.log.level.parse().context("log.level")?;
    // It would tell whole addresses, and those of links hold their tokens.
    let filter = filter.with_target("tower_http::csrf", LevelFilter::OFF);
    let lines = tracing_subscriber::fmt::layer()
        // A line that can't be written, for example because the disk is full, is lost; telling so on standard error as well
        // would be a panic.
        .log_internal_errors(false)
        .with_writer(std::io::stderr);
    let lines = match config.log.format {
        LogFormat::Json => lines.json().boxed(),
        LogFormat::Text => lines.boxed(),
    };
    // A second start in one process (tests) keeps the first log.
    let _ = tracing_subscriber::registry()
        .with(lines.with_filter(filter))
        .try_init();
    Ok(())
}

/// Binds the configured address.
pub async fn listen(config: &Config) -> anyhow::Result<TcpListener> {
    let listen = config.listen;
    TcpListener::bind(listen).await.map_err(|error| {
        let failure = Failure::new(
            format!(
                "{listen} no se puede usar; elija otra dirección con «listen» (CLAVERO_LISTEN)"
            ),
            format!("{listen} can't be used; choose another one with `listen` (CLAVERO_LISTEN)"),
        );
        failure.because(error).into()
    })
}

/// The service with everything opened.
pub struct Service {
    config: Config,
    intake: Intake,
    people: People,
    carriers: worker::Carriers,
    stop: CancellationToken,
}

impl Service {
    /// Opens database, documents, trust and mail, and refuses what must not be.
    pub async fn open(config: &Config) -> anyhow::Result<Self> {
        config.make_data_dir().map_err(|error| {
            let folder = config.data_dir.display();
            let failure = Failure::new(
                format!("la carpeta {folder} no se puede crear («data_dir»)"),
                format!("the folder {folder} can't be made (`data_dir`)"),
            );
            failure.because(error)
        })?;
        // What must not be trusted is found before anything is opened.
        judgement(config)?;
        warn_of_doubts(config)?;
        let store = open_sound_store(config).await?;
        let judgement = agreed_judgement(config, &store).await?;
        if judgement.trust.roots().is_empty() {
            let folder = config.path(&config.trust.roots);
            tracing::error!(folder = %folder.display(), "there is no root: what comes waits until there is one");
        }
        store
            .record_trust(&judgement.trust, ACTOR, Clock::system().now())
            .await?;
        let documents = open_documents(config, &store)?;
        if config.profile == Profile::Production && config.keyring()?.current().is_none() {
            tracing::warn!("personal data are kept in the open: protection.keys is empty");
        }
        let extractor = Extractor::own_binary().context("our own binary can't be found")?;
        let carriers = config.carriers()?;
        let fetcher = if config.fetch.enabled {
            Some(Fetcher::new(config.fetch_settings())?)
        } else {
            None
        };
        let people = People::new(
            store.clone(),
            config.people_settings(),
            Clock::system(),
            random,
        );
        let intake = Intake::new(
            store,
            documents,
            judgement,
            fetcher,
            extractor,
            config.intake_settings(config.operator_seal()?),
            Clock::system(),
            random,
        );
        Ok(Self {
            config: config.clone(),
            intake,
            people,
            carriers,
            stop: CancellationToken::new(),
        })
    }

    /// The flow behind the pages, for whoever prepares a demonstration.
    #[must_use]
    pub fn intake(&self) -> &Intake {
        &self.intake
    }

    /// The people of the back office.
    #[must_use]
    pub fn people(&self) -> &People {
        &self.people
    }

    /// Cancelled when the service stops.
    #[must_use]
    pub fn stop(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Serves `listener` and works through the queue until SIGTERM or SIGINT.
    pub async fn run(self, listener: TcpListener, demo: Option<web::Demo>) -> anyhow::Result<()> {
        let settings = web_settings(&self.config, demo);
        let proxies = settings.proxies.clone();
        let changes = Changes::new(
            self.intake.store().clone(),
            self.config.trust_folder(),
            Clock::system(),
        );
        let router = web::router(web::App::new(
            self.intake.clone(),
            self.people.clone(),
            changes,
            settings,
        ));
        let stop = self.stop.clone();
        let worker = tokio::spawn(worker::run(
            self.intake.clone(),
            self.carriers.clone(),
            stop.clone(),
        ));
        let upkeep = tokio::spawn(worker::upkeep::run(
            self.intake.clone(),
            self.config.upkeep()?,
            stop.clone(),
        ));
        let reloader = tokio::spawn(reload(
            self.config.clone(),
            self.intake.clone(),
            stop.clone(),
        ));
        stop_when_told(stop.clone())?;
        if !self.people.any().await? {
            tracing::warn!(
                command = "clavero reviewer add USER --name NAME --role supervisor",
                "nobody may enter the back office yet: this command prints a one-time link for the first member"
            );
        }
        tracing::info!(address = %listener.local_addr()?, profile = ?self.config.profile, "serving");
        web::serve(listener, router, &proxies, &stop).await;
        let finishing = async {
            worker.await.context("the worker failed")?;
            upkeep.await.context("upkeep failed")?;
            reloader.await.context("the reloader failed")?;
            self.intake.store().close().await;
            Ok::<_, anyhow::Error>(())
        };
        if let Ok(finished) = tokio::time::timeout(FINISH_LIMIT, finishing).await {
            finished?;
        } else {
            tracing::warn!(
                "work under way was cut off: it is done again once its lease has lapsed"
            );
        }
        tracing::info!("stopped");
        Ok(())
    }
}

/// Warns of what will not go well. Links that lead nowhere would go out in mails: those are not served.
fn warn_of_doubts(config: &Config) -> anyhow::Result<()> {
    for doubt in doubts(config) {
        let (key, why) = (doubt.key, doubt.say(Language::En));
        anyhow::ensure!(
            key != "public_url",
            Failure::new(
                format!("{key}: {}", doubt.say(Language::Es)),
                format!("{key}: {why}"),
            )
        );
        tracing::warn!(key, why, "`clavero check-config` says more");
    }
    Ok(())
}

/// What signatures are judged by, from the configured folders.
pub fn judgement(config: &Config) -> anyhow::Result<Judgement> {
    let folder = config.trust_folder();
    let trust = folder.store(config.trusts_strictly())?;
    if config.profile == Profile::Production
        && let Some(root) = trust
            .roots()
            .iter()
            .chain(trust.intermediates())
            .find(|certificate| fixture::is_fixture_key(certificate.der()))
    {
        let (root, folder) = (root.sha256(), folder.roots.display());
        anyhow::bail!(Failure::new(
            format!(
                "la raíz {root} es de las pruebas, cuyas llaves son públicas: quítela de {folder}, o ponga profile = \"demo\""
            ),
            format!(
                "the root {root} belongs to the test fixtures, whose keys are public: remove it from {folder}, or set profile = \"demo\""
            ),
        ));
    }
    Ok(Judgement {
        trust,
        evidence: given(config)?,
        policy: config.policy(),
    })
}

/// What signatures are judged by, the same on every machine that works on this database.
async fn agreed_judgement(config: &Config, store: &Store) -> anyhow::Result<Judgement> {
    let read = async || {
        let config = config.clone();
        threads::occupy(move || judgement(&config)).await?
    };
    // What makes no sense here is not spread.
    let own = read().await?;
    if !store.is_shared() {
        return Ok(own);
    }
    let now = Clock::system().now();
    match shared_trust::agree(store, &config.trust_folder(), now).await? {
        Agreement::Same => Ok(own),
        Agreement::Shared => {
            tracing::info!("the trust folder of this machine is everybody's");
            Ok(own)
        }
        Agreement::TakenOver => {
            tracing::info!("the trust folder was taken over from the others");
            read().await
        }
    }
}

/// The answers about revocation in the operator's folders.
pub(super) fn given(config: &Config) -> anyhow::Result<Evidence> {
    Ok(Evidence {
        crls: read(config, &config.trust.crls, material::crls)?,
        ocsps: read(config, &config.trust.ocsp, material::ocsps)?,
    })
}

/// A folder of trust material. A missing one holds nothing, and an empty trust store trusts nobody, which is safe.
fn read<T>(
    config: &Config,
    folder: &Path,
    parse: impl FnOnce(&Path) -> Result<Vec<T>, material::MaterialError>,
) -> anyhow::Result<Vec<T>> {
    let folder = config.path(folder);
    if !folder.exists() {
        return Ok(Vec::new());
    }
    Ok(parse(&folder)?)
}

/// Reads the trust folders again now and then, so that new revocation lists count without a restart.
async fn reload(config: Config, intake: Intake, stop: CancellationToken) {
    let Ok(seconds @ 1..) = u64::try_from(config.trust.reload_seconds) else {
        return;
    };
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(Duration::from_secs(seconds)) => {}
        }
        match agreed_judgement(&config, intake.store()).await {
            // A folder that is away says nothing about whom to trust.
            Ok(judgement) if judgement.trust.roots().is_empty() && intake.has_roots() => {
                let folder = config.path(&config.trust.roots);
                let error = format!("no root in {}", folder.display());
                tracing::error!(%error, "{UNUSABLE}");
            }
            Ok(judgement) => {
                // A change counts once the audit log has it.
                let recorded =
                    intake
                        .store()
                        .record_trust(&judgement.trust, ACTOR, Clock::system().now());
                match recorded.await {
                    Ok(news) => {
                        if news {
                            tracing::info!(digest = %judgement.trust.digest(), "the trust store changed");
                        }
                        intake.replace_judgement(judgement);
                    }
                    Err(error) => {
                        tracing::error!(%error, "a change of the trust store can't be recorded");
                    }
                }
            }
            Err(error) => {
                tracing::error!(%error, "{UNUSABLE}");
            }
        }
    }
}

fn web_settings(config: &Config, demo: Option<web::Demo>) -> web::Settings {
    web::Settings {
        service: config.operator.service.clone(),
        contact: config.contact(),
        sender: config.mail.from.clone(),
        privacy: config.privacy(),
        demo,
        proxies: web::Proxies::new(config.proxy.trusted.clone(), &config.proxy.header)
            .behind_tls(config.public_url.starts_with("https://")),
        rates: config.rates(),
    }
}

/// The one source of randomness.
pub(super) fn random(bytes: &mut [u8; 24]) {
    openssl::rand::rand_bytes(bytes).expect("the operating system gives random bytes");
}

/// Cancels `stop` at SIGTERM or SIGINT. Both are listened to from now on, not from when a task gets its turn: until then
/// they end the process on the spot.
fn stop_when_told(stop: CancellationToken) -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM can't be listened to")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT can't be listened to")?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        stop.cancel();
    });
    Ok(())
}
