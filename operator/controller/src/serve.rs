//! Runs the operator: waits until it leads, then drives all kinds until it is told to stop or loses
//! its lease. Serves metrics and health meanwhile.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, routing::get};
use factory_crds::{Experiment, Participant, Release, StateService};
use futures::StreamExt as _;
use k8s_openapi::api::{
    apps::v1::{Deployment, StatefulSet},
    batch::v1::Job,
    coordination::v1::Lease,
    core::v1::Namespace,
};
use kube::{
    Api, Client, ResourceExt as _,
    runtime::{Config, Controller, reflector::ObjectRef, watcher},
};

use crate::{
    authority,
    cli::Settings,
    collect,
    context::{BUILD_NAMESPACE, Context, LAB_NAMESPACE},
    error::{self, Fatal},
    experiment, instructions, keys, leader,
    manifests::{COMPONENT, ENVIRONMENT, RELEASE},
    metrics::Metrics,
    participant, register, release, state_service, telemetry,
    traces::Traces,
    wake, withdrawal,
};

/// Reconciles of one kind at the same time.
const CONCURRENCY: u16 = 8;

/// One provider of cryptography for the whole process; two at once can panic.
pub fn install_crypto() {
    // An error means that it is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Looks, and looks again `every` so often, until dropped; a look that fails is told as `what`, and the
/// next one takes up what it left.
pub async fn again(every: Duration, what: &str, mut look: impl AsyncFnMut() -> Result<(), Fatal>) {
    let mut tick = tokio::time::interval(every);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if let Err(failure) = look().await {
            tracing::warn!(error = %error::chain(failure.as_ref()), "{what}");
        }
    }
}

/// A client that waits for no answer for ever; a watch is ended by the API server before that.
pub async fn client() -> Result<Client, Fatal> {
    let mut config = kube::Config::infer().await?;
    config.read_timeout = Some(Duration::from_mins(5));
    Ok(Client::try_from(config)?)
}

/// Runs until the process is ended or the lease is lost.
pub async fn run(settings: Settings) -> Result<(), Fatal> {
    telemetry::start()?;
    install_crypto();
    let traces = Traces::start()?.map(Arc::new);
    let client = client().await?;
    let metrics = Arc::new(Metrics::default());
    tokio::spawn(health(settings.listen, Arc::clone(&metrics)));
    let candidate = leader::Candidate::new(client.clone(), &settings.namespace, &settings.pod);
    let outcome = tokio::select! {
        () = told_to_stop() => Ok(()),
        outcome = lead(&candidate, client, settings, (metrics, traces.clone())) => outcome,
    };
    if let Err(error) = candidate.release().await {
        tracing::debug!(%error, "lease not given back");
    }
    if let Some(Err(error)) = traces.map(|traces| traces.stop()) {
        tracing::warn!(%error, "the collector did not get the last spans");
    }
    outcome
}

async fn lead(
    candidate: &leader::Candidate,
    client: Client,
    settings: Settings,
    (metrics, traces): (Arc<Metrics>, Option<Arc<Traces>>),
) -> Result<(), Fatal> {
    let epoch = candidate.lead().await;
    tracing::info!(epoch, "leading");
    metrics.leading.set(1.0);
    let keys = keys::of_installation(&client, &settings.namespace).await?;
    let context = Arc::new(Context {
        register: register::Register::new(settings.register.clone()),
        events: Context::recorder(&client, &settings.pod),
        client,
        settings,
        keys: keys::Seen::first(keys),
        epoch,
        deposed: tokio::sync::Notify::new(),
        metrics,
        traces,
    });
    // Dropped together: whatever was under way is taken up from what is observed.
    tokio::select! {
        () = participants(&context) => {}
        () = state_services(&context) => {}
        () = releases(&context) => {}
        () = experiments(&context) => {}
        () = collect::run(Arc::clone(&context)) => {}
        () = withdrawal::run(Arc::clone(&context)) => {}
        () = instructions::run(Arc::clone(&context)) => {}
        () = authority::run(Arc::clone(&context)) => {}
        () = keys::run(Arc::clone(&context)) => {}
        () = context.deposed.notified() => return Err("the register knows a newer leader than this one".into()),
        lost = candidate.hold(epoch) => return Err(lost.into()),
    }
    Err("a driver ended".into())
}

async fn told_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

fn config() -> Config {
    Config::default().concurrency(CONCURRENCY)
}

async fn participants(context: &Arc<Context>) {
    let client = &context.client;
    Controller::new(Api::<Participant>::all(client.clone()), watcher::Config::default())
        .with_config(config())
        .run(participant::reconcile, participant::on_error, Arc::clone(context))
        .for_each(|_| std::future::ready(()))
        .await;
}

async fn state_services(context: &Arc<Context>) {
    let client = &context.client;
    Controller::new(Api::<StateService>::all(client.clone()), watcher::Config::default())
        .with_config(config())
        .owns(Api::<Release>::all(client.clone()), watcher::Config::default())
        .run(state_service::reconcile, state_service::on_error, Arc::clone(context))
        .for_each(|_| std::future::ready(()))
        .await;
}

async fn experiments(context: &Arc<Context>) {
    let client = &context.client;
    // Whichever of the two made the other, both have one name.
    let carried_out_by =
        |release: Release| Some(ObjectRef::<Experiment>::new(&release.name_any()).within(&release.namespace()?));
    Controller::new(Api::<Experiment>::all(client.clone()), watcher::Config::default())
        .with_config(config())
        .watches(Api::<Release>::all(client.clone()), watcher::Config::default(), carried_out_by)
        .run(experiment::reconcile, experiment::on_error, Arc::clone(context))
        .for_each(|_| std::future::ready(()))
        .await;
}

async fn releases(context: &Arc<Context>) {
    let client = &context.client;
    let ours = watcher::Config::default().labels(RELEASE);
    let jobs = |namespace| Api::<Job>::namespaced(client.clone(), namespace);
    let controller =
        Controller::new(Api::<Release>::all(client.clone()), watcher::Config::default()).with_config(config());
    let namespaces = kube::runtime::reflector::store::Writer::<Namespace>::default();
    let known = namespaces.as_reader();
    let services = watcher::Config::default().labels(ENVIRONMENT);
    let reflected = kube::runtime::reflector(namespaces, watcher(Api::<Namespace>::all(client.clone()), services));
    let releases = controller.store();
    let (beside_builds, behind_others) = (releases.clone(), releases.clone());
    let (of_databases, known_by_databases) = (releases.clone(), known.clone());
    let in_services = || watcher::Config::default().labels(COMPONENT);
    let driver = controller
        .watches(jobs(BUILD_NAMESPACE), ours.clone(), move |job| wake::of_build(&beside_builds, &job))
        .watches(jobs(LAB_NAMESPACE), ours, |job| wake::named(&job))
        .watches(Api::<Lease>::namespaced(client.clone(), LAB_NAMESPACE), watcher::Config::default(), move |lease| {
            wake::of_pool(&behind_others, &lease)
        })
        .watches(Api::<Deployment>::all(client.clone()), in_services(), move |deployment| {
            wake::of_namespace(&releases, &known, &deployment)
        })
        .watches(Api::<StatefulSet>::all(client.clone()), in_services(), move |database| {
            wake::of_namespace(&of_databases, &known_by_databases, &database)
        })
        .run(release::reconcile, release::on_error, Arc::clone(context))
        .for_each(|_| std::future::ready(()));
    tokio::select! {
        () = driver => {}
        () = reflected.for_each(|_| std::future::ready(())) => {}
    }
}

/// Serves metrics and health at `address`.
pub async fn health(address: SocketAddr, metrics: Arc<Metrics>) {
    let text = move || {
        let metrics = Arc::clone(&metrics);
        async move { metrics.text().map_err(|error| error.to_string()) }
    };
    let router = Router::new()
        .route("/metrics", get(text))
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(|| async { "ok" }));
    match tokio::net::TcpListener::bind(address).await {
        Ok(listener) => {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "health server ended");
            }
        }
        Err(error) => tracing::error!(%address, %error, "health server not started"),
    }
}
