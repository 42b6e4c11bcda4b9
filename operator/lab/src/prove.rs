//! `factory-lab prove`: load from the first phase to the last, and each fault soon after the start of
//! its phase. The load runs on threads and a runtime of its own, so that no call to the API server can
//! delay a request. Phases keep to the clock: a slow fault never moves the next one.

mod beside;
pub mod comparison;
mod contribute;
pub mod drawn;
mod inject;
pub mod moment;
mod ready;
mod soak;
pub mod twin;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use factory_assurance::{
    evidence::{PhaseSpan, ProveEvidence},
    plan::{PhaseRole, ProvePlan},
};
use kube::Client;

pub use contribute::contribute;
use tokio::sync::oneshot;

use crate::{
    load::{
        self, LoadError, Scenario,
        company::{Company, CompanyError},
        recorder::Measured,
        schedule::Shard,
    },
    measure::{Clock, follow::CannotWatch},
    strike::order::Task,
    target::Targets,
};

/// From now to the first request: pools and threads are ready by then.
const LEAD: Duration = Duration::from_millis(500);
/// Threads that look names up; the one that sends and the one that judges come on top.
const WORKERS: usize = 1;

/// How long the other generators may take for their last answers and for what they counted.
const PATIENCE: Duration = Duration::from_secs(60);

/// The candidate could not be measured at all.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// The load.
    #[error("{0}")]
    Load(#[from] LoadError),
    /// The other generators.
    #[error("{0}")]
    Company(#[from] CompanyError),
    /// A description from which operations are drawn.
    #[error("plan.prove.load.drawn: description `{0}`: {1}")]
    Description(String, String),
    /// A component.
    #[error("{0}")]
    Watch(#[from] CannotWatch),
    /// A task of the lab died: what it saw is lost.
    #[error("the {0} died")]
    Died(&'static str),
}

/// Carries out `plan` on the candidate in `namespace`, the load together with `company` where there is one, and before it
/// the comparison with the release at `reference`.
pub async fn prove(
    plan: &ProvePlan,
    targets: &Targets,
    reference: Option<&Targets>,
    namespace: &str,
    nonce: &str,
    client: &Client,
    mut company: Option<Company>,
) -> Result<ProveEvidence, ProveError> {
    let drawn::Drawn { plan, evidence: drawn } = drawn::draw(plan, targets, nonce).await?;
    let plan = &plan;
    let scenario = Scenario::new(plan, targets, company.as_ref().map_or(Shard::ALONE, Company::shard))?;
    // Names are looked up and pods watched before the clock starts: neither may cost load time.
    ready::resolved(targets).await?;
    // By itself, before anything else is asked or watched: the run after it is as it would be without.
    let comparison = comparison::compare(plan, targets, reference, (namespace, client), nonce).await;
    let wait = moment::wait(plan.history.as_ref(), nonce);
    if !wait.is_zero() {
        tracing::info!(seconds = wait.as_secs_f64(), "begins at a moment that was drawn");
        tokio::time::sleep(wait).await;
    }
    let followers = ready::followers(plan, targets, namespace, client).await?;
    let nodes = ready::nodes(plan, namespace, nonce, client, &followers).await;
    let beside = beside::Found::of(plan, namespace, client).await;
    let doors = ready::doors(plan, client).await;
    let clock = Clock::starting(Instant::now() + LEAD);
    if let Some(company) = &mut company {
        company.begin(clock.start()).await?;
    }
    let spans = spans(plan);
    let beside = beside.begin(plan, targets, nonce, (namespace, client), (clock, &spans))?;
    let load = generate(scenario, targets.clone(), nonce.to_owned(), clock.start())?;
    let end = clock.start() + Duration::from_millis(spans.last().map_or(0, |span| span.to_ms));
    let means = inject::Means {
        plan,
        targets,
        place: (client, namespace),
        nonce,
        followers: &followers,
        nodes: nodes.as_ref(),
        doors: &doors,
        clock,
        end,
    };
    let (mut begun, mut soaking) = (inject::Begun::default(), None);
    for (index, (phase, span)) in plan.phases.iter().zip(&spans).enumerate() {
        if let (PhaseRole::Soak { every_seconds, components }, Some(Ok(nodes))) = (&phase.role, &nodes) {
            tokio::time::sleep_until((clock.start() + Duration::from_millis(span.from_ms)).into()).await;
            let views = components.iter().filter_map(|name| Some((name.clone(), followers.get(name)?.view())));
            let ordered = soak::Ordered { span: span.clone(), every_seconds: *every_seconds, views: views.collect() };
            let nodes = Arc::clone(nodes);
            soaking = Some(tokio::spawn(async move { soak::run(ordered, &nodes, clock).await }));
        }
        begun.begin(&means, index, phase, span).await;
    }
    let faults = begun.ended().await?;
    let soak = match soaking {
        Some(soaking) => soaking.await.map_err(|_| ProveError::Died("task of the soak"))?,
        None => None,
    };
    if let Some(Ok(nodes)) = nodes
        && let Err(error) = nodes.give(Task::End {}).await
    {
        // They end by their own deadline as well.
        tracing::warn!(%error, "the nodes were not told that the run is over");
    }
    let own = load.await.map_err(|_| ProveError::Died("load generator"))??;
    let measured = match company {
        Some(company) => company.counted(own, PATIENCE).await?,
        None => own,
    };
    let seen = beside.seen().await?;
    Ok(ProveEvidence {
        nonce: nonce.to_owned(),
        started_unix_ms: clock.started_unix_ms(),
        phases: spans,
        buckets: measured.buckets,
        slots: measured.slots,
        lag_us: measured.lag_us,
        step_lag_us: measured.step_lag_us,
        faults,
        control: seen.control,
        twin: seen.twin,
        profile: seen.profile,
        soak,
        drawn,
        comparison,
    })
}

/// Starts the load on threads of its own.
fn generate(
    scenario: Arc<Scenario>,
    targets: Targets,
    nonce: String,
    start: Instant,
) -> Result<oneshot::Receiver<Result<Measured, LoadError>>, LoadError> {
    let (sender, receiver) = oneshot::channel();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).thread_name("load").enable_all().build()?;
    std::thread::Builder::new().name("pacer".to_owned()).spawn(move || {
        let measured = load::engine::run(&scenario, &targets, &nonce, start, runtime.handle());
        // Nobody listens any more when the run was given up.
        drop(sender.send(measured));
    })?;
    Ok(receiver)
}

/// When each phase takes place: they follow each other without a gap.
fn spans(plan: &ProvePlan) -> Vec<PhaseSpan> {
    let mut from_ms = 0;
    load::ends(&plan.phases)
        .into_iter()
        .map(|(name, to_ms)| PhaseSpan { name, from_ms: std::mem::replace(&mut from_ms, to_ms), to_ms })
        .collect()
}
