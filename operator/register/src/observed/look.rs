//! Looks, hour by hour, for finished days and months of launched services of which nothing is in the log, and writes
//! what the server has of them. A server that was away is asked again for as long as it may still know.

use std::{sync::Arc, time::Duration};

use jiff::{Timestamp, ToSpan as _, civil::Date};

use super::{
    Minutes,
    measure::measure,
    prometheus::{Prometheus, PrometheusError},
};
use crate::{
    api::Register,
    log::event::{DayObserved, ServiceObserved},
    pages::times::BISHKEK,
    store::{Store, StoreError, WriteError},
};

/// Time from one look to the next.
const EVERY: Duration = Duration::from_secs(60 * 60);
/// Finished days that are looked for: a server keeps 15 where nobody says otherwise.
const BACK: i32 = 14;
/// Who the log says has written.
pub(super) const ACTOR: &str = "factory-register observed";

/// Why a look came to no end.
#[derive(Debug, thiserror::Error)]
pub enum LookError {
    /// The server.
    #[error(transparent)]
    Prometheus(#[from] PrometheusError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nothing was written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Looks again and again until the register ends.
pub async fn run(register: Arc<Register>, prometheus: Prometheus) {
    let mut stopping = register.stopping.clone();
    loop {
        match look(&register.store, &prometheus).await {
            Ok(0) => {}
            Ok(days) => tracing::info!(days, "what was observed of launched services is in the log"),
            Err(error) => tracing::warn!(%error, "launched services are not observed now; tried again"),
        }
        match measure(&register.store, &prometheus).await {
            Ok(0) => {}
            Ok(indicators) => tracing::info!(indicators, "what was measured over the month is in the log"),
            Err(error) => tracing::warn!(%error, "indicators are not measured now; tried again"),
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            _ = stopping.wait_for(|stopping| *stopping) => return,
        }
    }
}

/// Looks once; answers how many days were written.
pub async fn look(store: &Store, prometheus: &Prometheus) -> Result<u32, LookError> {
    let now = BISHKEK.to_datetime(store.now()).date();
    let launched = store.launched().await?;
    let mut written = 0;
    for day in (1..=BACK).rev().filter_map(|back| now.checked_sub(back.days()).ok()) {
        let Some((from, until)) = bounds(day) else { continue };
        let known = store.observed_on(&day.to_string()).await?;
        let mut services = Vec::new();
        for (participant, service, entered) in &launched {
            let there = entered.parse::<Timestamp>().is_ok_and(|entered| entered < until);
            if !there || known.contains(&(participant.clone(), service.clone())) {
                continue;
            }
            let minutes = match prometheus.day((participant, service), from).await {
                Ok(minutes) => Minutes::count(&minutes),
                Err(error) if error.is_of_one_service() => {
                    tracing::warn!(participant, service, %day, %error, "a service is not observed now; tried again");
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            // Nothing is no observation: it is looked for again.
            if minutes.measured > 0 {
                services.push(ServiceObserved { participant: participant.clone(), service: service.clone(), minutes });
            }
        }
        if !services.is_empty() {
            let expression = prometheus.expression().to_owned();
            let made = DayObserved { day: day.to_string(), source: "prometheus".to_owned(), expression, services };
            written += u32::from(store.observe(ACTOR, made).await?);
        }
    }
    Ok(written)
}

/// First moment of a day and of the next, by the clock of Bishkek.
fn bounds(day: Date) -> Option<(Timestamp, Timestamp)> {
    let from = BISHKEK.to_timestamp(day.to_datetime(jiff::civil::Time::midnight())).ok()?;
    Some((from, from.checked_add(24.hours()).ok()?))
}
