//! `/api/v1/submissions`: the factory submits dossiers; factory, permit keeper, regulator and owner
//! see where they stand.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{
    Json,
    body::Bytes,
    extract::{
        Path, Query, State,
        rejection::{BytesRejection, QueryRejection},
    },
    http::StatusCode,
};
use factory_assurance::{
    dsse::Envelope,
    wire::{Procedure, Submission, SubmissionState},
};
use factory_crds::release::Outcome;
use serde::{Deserialize, de::DeserializeOwned};
use tokio::time::{Instant, sleep_until};

use super::{
    Register,
    caller::{Caller, Factory},
    key::Key,
    off_thread,
    problem::Refusal,
    to_the_end,
};
use crate::{
    intake::{self, IntakeError},
    store::{Filter, Held, Ready, Written},
};

/// Longest time that a caller may wait for a change.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Which submissions to list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    state: Option<Procedure>,
    participant: Option<String>,
    service: Option<String>,
}

/// What to wait for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WaitQuery {
    wait: Option<u64>,
    not: Option<Procedure>,
}

/// 201 with the submission once it is on the disk; 200 with the same for a repeated request.
pub async fn submit(
    State(register): State<Arc<Register>>,
    factory: Factory,
    Key(key): Key,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<SubmissionState>), Refusal> {
    let written = take(&register, factory, key, body).await;
    let (status, id) = match written {
        Err(refusal) => {
            register.metrics.submission("refused");
            return Err(refusal);
        }
        Ok(Written::Now(id)) => (StatusCode::CREATED, id),
        Ok(Written::Before(id)) => (StatusCode::OK, id),
    };
    let state = state_of(&register, held(&register, &id).await?).await?;
    let outcome = match (status, state.verdict.outcome) {
        (StatusCode::OK, _) => "repeated",
        (_, Outcome::Passed) => "Passed",
        (_, Outcome::Inconclusive) => "Inconclusive",
        (_, Outcome::Failed) => "Failed",
    };
    register.metrics.submission(outcome);
    tracing::info!(submission = id, dossier = state.dossier, outcome, "submission taken");
    Ok((status, Json(state)))
}

/// Verifies a dossier and writes it; answers the submission's id.
async fn take(
    register: &Arc<Register>,
    factory: Factory,
    key: String,
    body: Result<Bytes, BytesRejection>,
) -> Result<Written<String>, Refusal> {
    let one_of_few = register.verifying.acquire().await.map_err(|error| Refusal::internal(&error))?;
    let keys = register.factory_keys.clone();
    let (opened, dossier, epoch) = off_thread(move || {
        let Submission { dossier, epoch } = read(body)?;
        intake::epoch_in_range(epoch)?;
        let opened = intake::open(&dossier, &keys.load()?)?;
        Ok::<_, Refusal>((opened, dossier, epoch))
    })
    .await?;
    let announced = register.store.announcement(opened.announcement()).await?;
    let announced = announced.ok_or_else(|| IntakeError::NotAnnounced(opened.announcement().to_owned()))?;
    let ready = off_thread(move || {
        let summary = opened.hold_against(&announced)?;
        Ok::<_, Refusal>(Ready::seal(&key, &announced.id, summary, dossier)?)
    })
    .await?;
    drop(one_of_few);
    let register = Arc::clone(register);
    to_the_end(async move { register.store.submit(factory.user(), epoch, ready).await }).await
}

/// The submissions that the caller may see, newest first, at most 1000.
pub async fn list(
    State(register): State<Arc<Register>>,
    caller: Caller,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Result<Json<Vec<SubmissionState>>, Refusal> {
    let Query(ListQuery { state, participant, service }) =
        query.map_err(|error| Refusal::bad_request(error.body_text()))?;
    let all = caller.sees_all(&register).await?;
    let mut owned: BTreeMap<String, bool> = BTreeMap::new();
    let mut seen = Vec::new();
    for held in register.store.submissions(&Filter { state, participant, service }).await? {
        let participant = held.summary.subject.participant.clone();
        let visible = match owned.get(&participant) {
            _ if all => true,
            Some(visible) => *visible,
            None => {
                let visible = caller.owns(&register, &participant).await?;
                owned.insert(participant, visible);
                visible
            }
        };
        if visible {
            seen.push(state_of(&register, held).await?);
        }
    }
    Ok(Json(seen))
}

/// One submission. With `?wait=30&not=<state>`, answers when its state is another, or after the
/// wait with what there is.
pub async fn get(
    State(register): State<Arc<Register>>,
    caller: Caller,
    Path(id): Path<String>,
    query: Result<Query<WaitQuery>, QueryRejection>,
) -> Result<Json<SubmissionState>, Refusal> {
    let Query(WaitQuery { wait, not }) = query.map_err(|error| Refusal::bad_request(error.body_text()))?;
    let held = held(&register, &id).await?;
    caller.must_see(&register, &held.summary.subject.participant).await?;
    let held = match (wait, not) {
        (Some(seconds), Some(not)) => {
            let longest = Duration::from_secs(seconds).min(LONGEST_WAIT);
            another_state(&register, &id, not, Instant::now() + longest).await?
        }
        _ => held,
    };
    Ok(Json(state_of(&register, held).await?))
}

/// The signed dossier, as it came.
pub async fn dossier(
    State(register): State<Arc<Register>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Envelope>, Refusal> {
    let held = held(&register, &id).await?;
    caller.must_see(&register, &held.summary.subject.participant).await?;
    Ok(Json(register.store.dossier(&held).await?))
}

/// The submission once its state is no longer `old`, or as it is at the deadline or the server's end.
async fn another_state(register: &Register, id: &str, old: Procedure, deadline: Instant) -> Result<Held, Refusal> {
    // Subscribed before the first look, so that no commit falls between the two.
    let mut changes = register.store.changes();
    let mut stopping = register.stopping.clone();
    let _counted = register.metrics.waiting();
    loop {
        let found = held(register, id).await?;
        if found.state() != old {
            return Ok(found);
        }
        tokio::select! {
            changed = changes.changed() => if changed.is_err() { return Ok(found) },
            _ = stopping.wait_for(|stopping| *stopping) => return Ok(found),
            () = sleep_until(deadline) => return Ok(found),
        }
    }
}

/// The submission with this id.
pub(super) async fn held(register: &Register, id: &str) -> Result<Held, Refusal> {
    let held = register.store.submission(id).await?;
    held.ok_or_else(|| Refusal::not_found(&format!("no submission has the id `{id}`")))
}

/// The submission as the API answers it.
pub(super) async fn state_of(register: &Register, held: Held) -> Result<SubmissionState, Refusal> {
    Ok(register.store.state_of(held).await?)
}

/// The JSON document in a body.
pub(super) fn read<T: DeserializeOwned>(body: Result<Bytes, BytesRejection>) -> Result<T, Refusal> {
    let body = body.map_err(|error| Refusal::new(error.status(), format!("body: {}", error.body_text())))?;
    serde_json::from_slice(&body).map_err(|error| Refusal::bad_request(format!("body: {error}")))
}
