//! Puts the parts together, listens, and ends in order: those who wait are answered, what has begun
//! is finished, the database is closed last.

use std::{
    future::IntoFuture as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use kube::{
    Config,
    config::{KubeConfigOptions, Kubeconfig},
};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::watch,
    time::timeout,
};

use crate::{
    access::{Authenticator, Users, apart::Apart, kubernetes::Cluster},
    api::{self, Register, Settings},
    arguments::{HandOver, Serve},
    console::{
        Console,
        calendar::{Calendar, CalendarError},
        provider::{Provider, ProviderError},
        sessions::Limits,
    },
    keys::{Keys, KeysError},
    metrics::Metrics,
    observed::{
        self,
        prometheus::{Prometheus, PrometheusError},
    },
    peer::Peer,
    signer::{self, Keyring, SignerError},
    store::{Location, LocationError, Store, StoreError, WriteError, Written},
    tls::{Certificate, door::Door},
};

/// Longest time that requests under way may take once the end has been asked for. Kubernetes gives
/// 30 s in all by default.
const GRACE: Duration = Duration::from_secs(20);

/// Why the register does not start, or ended.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The database is not fit for use.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log was not handed over.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The database cannot be named.
    #[error(transparent)]
    Location(#[from] LocationError),
    /// No key of the factory is pinned.
    #[error("factory keys: {0}")]
    Keys(#[source] KeysError),
    /// There is no key for checkpoints.
    #[error("checkpoint key: {0}")]
    Signer(#[from] SignerError),
    /// The file of days off cannot be used.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    /// No configuration for the cluster's API server.
    #[error("cluster: {0}")]
    Cluster(#[source] Box<kube::Error>),
    /// No configuration for the factory's cluster.
    #[error("--factory-cluster: {file}: {source}", file = file.display())]
    FactoryCluster {
        /// Which file.
        file: PathBuf,
        /// Cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// No client for the identity provider.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// No client for the server that observes.
    #[error(transparent)]
    Prometheus(#[from] PrometheusError),
    /// The address cannot be listened at, or a signal cannot be awaited.
    #[error("{what}: {source}")]
    Io {
        /// Which address or signal.
        what: String,
        /// Cause.
        source: std::io::Error,
    },
}

/// Serves until SIGTERM or SIGINT.
pub async fn serve(options: Serve) -> Result<(), ServeError> {
    let factory_keys = Keys::new(options.factory_keys);
    factory_keys.load().map_err(ServeError::Keys)?;
    let lab_keys = Keys::new(options.lab_keys);
    if let Err(error) = lab_keys.load() {
        tracing::warn!(%error, "no dossier can be taken until the lab's key is there");
    }
    let regulator_keys = Keys::new(options.regulator_keys);
    if let Err(error) = regulator_keys.load() {
        tracing::warn!(%error, "nothing can be confirmed until the regulator's key is there");
    }
    let calendar = options.working_days.as_deref().map(Calendar::load).transpose()?;
    let client = kube::Client::try_default().await.map_err(|error| ServeError::Cluster(Box::new(error)))?;
    let metrics = Metrics::default();
    let database = options.database.location()?;
    let key_file = key_file(options.log_key.checkpoint_key, &database)?;
    let store = Store::open(&database, Timestamp::now, metrics.commits()).await?;
    let origin = store.origin().await?;
    if !key_file.exists() && origin.is_some() {
        return Err(SignerError::Lost(key_file).into());
    }
    same_origin(origin, &options.log_key.log_origin)?;
    let keyring = Keyring::load_or_make(&options.log_key.log_origin, &key_file)?;
    let key = store.signer(&keyring).await?.verifier();
    tracing::info!(%key, "checkpoints of the log hold under this key");
    let users = Users { factory: options.factory_user, permit_keeper: options.permit_keeper_user };
    let io = |what: String| move |source| ServeError::Io { what, source };
    let listener = TcpListener::bind(options.listen).await.map_err(io(options.listen.to_string()))?;
    let door = match options.tls {
        Some(folder) => {
            let listener = TcpListener::bind(options.listen_tls).await.map_err(io(options.listen_tls.to_string()))?;
            tracing::info!(listen = %options.listen_tls, certificate = %folder.display(), "a port for programs");
            Some(Door::new(listener, Certificate::new(folder)))
        }
        None => None,
    };
    let (mut terminate, mut interrupt) = (
        signal(SignalKind::terminate()).map_err(io("SIGTERM".to_owned()))?,
        signal(SignalKind::interrupt()).map_err(io("SIGINT".to_owned()))?,
    );
    let (stop, stopping) = watch::channel(false);
    let home = Cluster::new(client);
    let access: Box<dyn Authenticator> = match &options.factory_cluster {
        Some(file) => Box::new(Apart::new(home, factory_cluster(file).await?, users.clone())),
        None => Box::new(home),
    };
    let mut register =
        Register::new((store, keyring), access, users, (factory_keys, lab_keys, regulator_keys), metrics, stopping);
    if let Some(calendar) = calendar {
        register.console = Console::new(calendar, Limits::default());
    }
    if let Some((issuer, address)) = options.oidc_issuer.zip(options.address.as_deref()) {
        let provider = Provider::new(issuer, options.oidc_client, options.oidc_folder.as_deref(), address)?;
        register.console.provider = Some(provider);
    }
    let register = Arc::new(register.with(Settings {
        address: options.address,
        per_address: options.requests_per_address,
        per_user: options.requests_per_user,
        claims_per_address: options.claims_per_address,
        proxies: options.trusted_proxies,
        ..Settings::default()
    }));
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("ending");
        stop.send_replace(true);
    });
    if let Some((address, expression)) = options.prometheus.zip(options.availability) {
        let prometheus = Prometheus::new(address, &expression)?;
        tokio::spawn(observed::look::run(Arc::clone(&register), prometheus));
    }
    tracing::info!(listen = %options.listen, %database, "serving");
    run(listener, door, register).await.map_err(io(options.listen.to_string()))
}

/// The factory's cluster as the kubeconfig in `file` leads to it.
async fn factory_cluster(file: &Path) -> Result<Cluster, ServeError> {
    let failed = |source| ServeError::FactoryCluster { file: file.to_owned(), source };
    let config = Kubeconfig::read_from(file).map_err(|error| failed(error.into()))?;
    let config = Config::from_custom_kubeconfig(config, &KubeConfigOptions::default()).await;
    let client = kube::Client::try_from(config.map_err(|error| failed(error.into()))?);
    Ok(Cluster::new(client.map_err(|error| failed(error.into()))?))
}

/// Hands the log at `options` over to the key in its file `to`, which is made where it is not there. A register
/// that serves the same log signs with it from the next checkpoint on. Answers what was done, in a line.
pub async fn hand_over(options: HandOver) -> Result<String, ServeError> {
    let database = options.database.location()?;
    let file = key_file(options.log_key.checkpoint_key, &database)?;
    if !file.exists() {
        return Err(SignerError::Lost(file).into());
    }
    let keyring = Keyring::load_or_make(&options.log_key.log_origin, &file)?;
    if options.to.parent() != file.parent() {
        return Err(SignerError::Elsewhere { to: options.to, first: file }.into());
    }
    let store = Store::open(&database, Timestamp::now, Metrics::default().commits()).await?;
    same_origin(store.origin().await?, &options.log_key.log_origin)?;
    let next = signer::load_or_make(&options.log_key.log_origin, &options.to)?;
    let written = store.hand_over("factory-register hand-over", &keyring, &next).await;
    store.close().await;
    Ok(match written? {
        Written::Now(event) => format!("event {event}: the log was handed over to {}", next.verifier()),
        Written::Before(_) => format!("the log is signed by {} already", next.verifier()),
    })
}

/// Refuses another name for a log than the one that it has: whoever pinned it could not follow.
fn same_origin(has: Option<String>, asked: &str) -> Result<(), SignerError> {
    match has {
        Some(has) if has != asked => Err(SignerError::Origin { has, asked: asked.to_owned() }),
        _ => Ok(()),
    }
}

/// The file of the first checkpoint key.
fn key_file(named: Option<PathBuf>, database: &Location) -> Result<PathBuf, SignerError> {
    match (named, database) {
        (Some(file), _) => Ok(file),
        (None, Location::File(path)) => Ok(path.with_file_name("checkpoint.pem")),
        (None, Location::Server(_)) => Err(SignerError::Unnamed),
    }
}

/// Serves `register` on `listener`, and to programs at `door`, until it is told to stop.
pub async fn run(listener: TcpListener, door: Option<Door>, register: Arc<Register>) -> Result<(), std::io::Error> {
    let told = |mut stopping: watch::Receiver<bool>| async move {
        // A sender that is gone can no longer tell; that is an end as well.
        let _ = stopping.wait_for(|stopping| *stopping).await;
    };
    let service = || api::router(Arc::clone(&register)).into_make_service_with_connect_info::<Peer>();
    let plain = axum::serve(listener, service()).with_graceful_shutdown(told(register.stopping.clone())).into_future();
    let programs = async {
        let Some(door) = door else { return Ok(()) };
        axum::serve(door, service()).with_graceful_shutdown(told(register.stopping.clone())).await
    };
    let serving = async { tokio::try_join!(plain, programs).map(drop) };
    let too_late = async {
        told(register.stopping.clone()).await;
        tokio::time::sleep(GRACE).await;
    };
    let served = tokio::select! {
        served = serving => served,
        () = too_late => {
            tracing::warn!(seconds = GRACE.as_secs(), "requests were still under way at the end");
            Ok(())
        }
    };
    if timeout(GRACE, register.store.close()).await.is_err() {
        tracing::warn!("the database was not closed in time; what was acknowledged is in it");
    }
    served
}
