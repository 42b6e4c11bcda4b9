//! Sends each request at its moment. A thread of its own waits for the moments, because an async
//! timer has a resolution of one millisecond; the requests are tasks on a runtime. How late each
//! began is recorded with it: a generator that was starved says so itself.

use std::{
    collections::BTreeMap,
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
};

use super::{
    LoadError, Scenario,
    addresses::Addresses,
    pool::{MAX_BODY, Pool},
    recorder::{Measured, Note, Recorder, Seen},
    schedule::{Due, Schedule},
};
use crate::target::Targets;

/// Sleeping ends up to this much late; the rest is waited for on the processor.
const SPIN: Duration = Duration::from_micros(150);
/// Answers that wait to be judged take at most this much memory.
const UNJUDGED: usize = 64 << 20;

struct Shared {
    scenario: Arc<Scenario>,
    pools: BTreeMap<String, Pool>,
    start: Instant,
    unjudged: Arc<Semaphore>,
}

/// Generates the whole load on `runtime` and returns when the last answer is counted. Blocks:
/// call it on a thread of its own. The load begins at `start`.
pub fn run(
    scenario: &Arc<Scenario>,
    targets: &Targets,
    nonce: &str,
    start: Instant,
    runtime: &Handle,
) -> Result<Measured, LoadError> {
    let pools = runtime.block_on(pools(scenario, targets, runtime))?;
    let (notes, inbox) = mpsc::channel();
    let recorder = Recorder::new(Arc::clone(scenario), start)?;
    let counting = thread::Builder::new().name("recorder".to_owned()).spawn(move || recorder.count(&inbox))?;
    let shared =
        Arc::new(Shared { scenario: Arc::clone(scenario), pools, start, unjudged: Arc::new(Semaphore::new(UNJUDGED)) });
    let places = Arc::new(Semaphore::new(scenario.max_in_flight.min(Semaphore::MAX_PERMITS)));
    let weights = scenario.operations.iter().map(|operation| operation.weight).collect();
    for due in Schedule::new(nonce, scenario.requests_per_minute, scenario.length_ms(), weights) {
        wait_until(start + Duration::from_micros(due.at_us));
        match Arc::clone(&places).try_acquire_owned() {
            Ok(place) => {
                runtime.spawn(send(Arc::clone(&shared), due, place, notes.clone()));
            }
            // Never queued: waiting for a place would turn the open model into a closed one.
            Err(_) => drop(notes.send(Note { due, lag_us: None, seen: Seen::Unsent, budget: None })),
        }
    }
    // The recorder ends when the last request has let go of its sender.
    drop(notes);
    counting.join().map_err(|_| LoadError::Died("recorder"))
}

async fn pools(scenario: &Scenario, targets: &Targets, runtime: &Handle) -> Result<BTreeMap<String, Pool>, LoadError> {
    let mut pools = BTreeMap::new();
    for operation in &scenario.operations {
        let component = &operation.request.component;
        if pools.contains_key(component) {
            continue;
        }
        let missing = |error| LoadError::Address(component.clone(), error);
        let (_, target) = targets.find(Some(component)).map_err(|error| missing(std::io::Error::other(error)))?;
        let addresses = Addresses::of(target, runtime).await.map_err(missing)?;
        pools.insert(component.clone(), Pool::new(addresses));
    }
    Ok(pools)
}

fn wait_until(moment: Instant) {
    loop {
        let left = moment.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        match left.checked_sub(SPIN) {
            Some(sleep) if !sleep.is_zero() => thread::sleep(sleep),
            _ => std::hint::spin_loop(),
        }
    }
}

async fn send(shared: Arc<Shared>, due: Due, place: OwnedSemaphorePermit, notes: mpsc::Sender<Note>) {
    let intended = shared.start + Duration::from_micros(due.at_us);
    let lag_us = Some(micros(intended.elapsed()));
    let seen = exchange(&shared, &due, intended).await;
    // Only an answer has a size; the place is held while memory for it is short.
    let size = match &seen {
        Seen::Answer { answer, .. } => u32::try_from(answer.body.len().min(MAX_BODY)).unwrap_or(u32::MAX),
        _ => 0,
    };
    let budget = Arc::clone(&shared.unjudged).acquire_many_owned(size).await.ok();
    drop(place);
    // The recorder outlives every request; if it died, joining it tells.
    drop(notes.send(Note { due, lag_us, seen, budget }));
}

async fn exchange(shared: &Shared, due: &Due, intended: Instant) -> Seen {
    use factory_assurance::evidence::Failure;
    let timeout = shared.scenario.timeout;
    let Some(operation) = shared.scenario.operations.get(due.operation) else { return Seen::Unsent };
    let Some(pool) = shared.pools.get(&operation.request.component) else { return Seen::Unsent };
    if intended.elapsed() >= timeout {
        return Seen::Failed(Failure::Timeout);
    }
    let answer = tokio::time::timeout_at((intended + timeout).into(), pool.ask(&operation.request)).await;
    let latency = intended.elapsed();
    match answer {
        Ok(Ok(answer)) if latency <= timeout => Seen::Answer { answer, latency_us: micros(latency) },
        Ok(Err(failure)) => Seen::Failed(failure),
        Ok(Ok(_)) | Err(_) => Seen::Failed(Failure::Timeout),
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
