//! `/api/v1/entries/{participant}/{service}/observed`: what was observed of a launched service beside what its newest
//! dossier predicts. Nobody is asked who they are.

use std::sync::Arc;

use axum::{Json, extract::State};

use super::{
    Register,
    asked::{At, ServicePath},
    entries::{self, FOR_EVERYONE, PublicEntry},
    problem::Refusal,
};
use crate::{
    observed::{self, Observed, SHOWN},
    pages::times::BISHKEK,
    store::StoreError,
};

/// Predicted and observed
///
/// Downtime and recovery, and 90 days of availability. What was not measured is null.
#[utoipa::path(get, path = "/api/v1/entries/{participant}/{service}/observed", operation_id = "getObserved", tag = "public",
    params(ServicePath),
    responses(
        (status = 200, description = "What was found.", body = ref("#/components/schemas/Observed"), content_type = "application/json"),
        (status = 304, description = "As it was."),
        (status = 404, description = "There is no such entry."),
    ))]
pub async fn of_entry(
    State(register): State<Arc<Register>>,
    At(at): At<ServicePath>,
) -> Result<([(axum::http::HeaderName, &'static str); 1], Json<Observed>), Refusal> {
    let entry = entries::newest(&register, &at).await?;
    Ok((FOR_EVERYONE, Json(beside(&register, &at.participant, &at.service, &entry).await?)))
}

/// What is observed of the service beside what its newest `entry` predicts.
pub(crate) async fn beside(
    register: &Register,
    participant: &str,
    service: &str,
    entry: &PublicEntry,
) -> Result<Observed, StoreError> {
    let today = BISHKEK.to_datetime(register.store.now()).date();
    let first = today.checked_sub(jiff::Span::new().days(SHOWN)).unwrap_or(today);
    let known = register.store.observed(participant, service, &first.to_string()).await?;
    // Of an object that needed no test of the factory nothing is predicted.
    let predicted = entry.verdict.as_ref().map_or(&[][..], |verdict| &verdict.figures);
    Ok(observed::beside(predicted, &known, today))
}
