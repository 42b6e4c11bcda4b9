//! `/api/v1/submissions`: the factory submits dossiers; factory, permit keeper, regulator and owner
//! see where they stand.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{Json, extract::State, http::StatusCode};
use factory_assurance::{
    dsse::Envelope,
    term, verdict,
    wire::{Procedure, Submission, SubmissionState},
};
use factory_crds::release::Outcome;
use serde::Deserialize;
use tokio::time::{Instant, sleep_until};
use utoipa::IntoParams;

use super::{
    Register,
    asked::{Asked, At, Number, SubmissionPath},
    body::Body,
    caller::{Caller, Factory},
    key::{Key, KeyHeader},
    off_thread,
    problem::Refusal,
    to_the_end,
};
use crate::{
    delegations,
    intake::{self, IntakeError},
    store::{Filter, Held, Ready, Written},
};

/// Longest time that a caller may wait for a change.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Which submissions to list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    /// Only those that stand there.
    #[param(schema_with = procedure)]
    state: Option<Procedure>,
    /// Only those of this participant.
    #[param(pattern = "^[^\\u0000]*$")]
    participant: Option<String>,
    /// Only those of services with this name.
    #[param(pattern = "^[^\\u0000]*$")]
    service: Option<String>,
}

/// What to wait for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct WaitQuery {
    /// Seconds to wait, with `not`; more than 30 are 30.
    #[param(value_type = Option<u64>, minimum = 0, maximum = 9_007_199_254_740_991_u64)]
    wait: Option<Number>,
    /// The state in which there is nothing to tell.
    #[param(schema_with = procedure)]
    not: Option<Procedure>,
}

fn procedure() -> utoipa::openapi::Ref {
    utoipa::openapi::Ref::from_schema_name("Procedure")
}

/// Submit a dossier
///
/// 201 with the submission once it is on the disk; 200 with the same for a repeated request. The register
/// judges the dossier again: what it answers is its own verdict. What falls within a standing delegation of the
/// regulator is entered at once.
#[utoipa::path(post, path = "/api/v1/submissions", operation_id = "submit", tag = "factory",
    params(KeyHeader), security(("bearer" = [])),
    request_body(content = ref("#/components/schemas/Submission"), content_type = "application/json",
        description = "At most 32 MiB."),
    responses(
        (status = 201, description = "Written.", body = ref("#/components/schemas/SubmissionState"), content_type = "application/json"),
        (status = 200, description = "Was written before.", body = ref("#/components/schemas/SubmissionState"), content_type = "application/json"),
        (status = 409, description = "The key was used for another dossier, or the run has one already."),
        (status = 412, description = "Another operator leads since."),
        (status = 422, description = "The dossier does not hold: its signature, its form, its verdict, or what was announced."),
    ))]
pub async fn submit(
    State(register): State<Arc<Register>>,
    factory: Factory,
    Key(key): Key,
    body: Result<Body, Refusal>,
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

/// Verifies a dossier and writes it, with its entry where it falls within a standing delegation; answers the
/// submission's id.
async fn take(
    register: &Arc<Register>,
    factory: Factory,
    key: String,
    body: Result<Body, Refusal>,
) -> Result<Written<String>, Refusal> {
    let one_of_few = register.verifying.acquire().await.map_err(|error| Refusal::internal(&error))?;
    let (keys, lab, now) = (register.factory_keys.clone(), register.lab_keys.clone(), register.store.now());
    let (opened, dossier, epoch) = off_thread(move || {
        let Submission { dossier, epoch } = body?.read()?;
        intake::epoch_in_range(epoch)?;
        let pinned = term::in_force(keys.load()?, &dossier, now);
        let pinned = pinned.map_err(|source| IntakeError::Term { what: "dossier", source })?;
        let opened = intake::open(&dossier, &pinned, &lab.load()?, now)?;
        Ok::<_, Refusal>((opened, dossier, epoch))
    })
    .await?;
    let announced = register.store.announcement(opened.announcement()).await?;
    let announced = announced.ok_or_else(|| IntakeError::NotAnnounced(opened.announcement().to_owned()))?;
    let (result, summary, ready) = off_thread(move || {
        let (result, summary) = opened.hold_against(&announced)?;
        // What later runs build on is read from the dossier here, and never from what anybody says of it.
        let repetitions = verdict::repetitions(&result).map_err(IntakeError::from)?;
        let ready = Ready::seal(&key, &announced.id, summary.clone(), dossier, repetitions)?;
        Ok::<_, Refusal>((result, summary, ready))
    })
    .await?;
    let offer = delegations::offer(register, summary, result).await?;
    drop(one_of_few);
    let register = Arc::clone(register);
    to_the_end(async move { register.store.submit(factory.user(), epoch, ready, offer).await }).await
}

/// List submissions
///
/// Those that the caller may see, newest first, at most 1000.
#[utoipa::path(get, path = "/api/v1/submissions", operation_id = "listSubmissions", tag = "procedure",
    params(ListQuery), security(("bearer" = [])),
    responses((status = 200, description = "What was found.", body = ref("#/components/schemas/SubmissionStates"), content_type = "application/json")))]
pub async fn list(
    State(register): State<Arc<Register>>,
    caller: Caller,
    Asked(ListQuery { state, participant, service }): Asked<ListQuery>,
) -> Result<Json<Vec<SubmissionState>>, Refusal> {
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

/// One submission
///
/// With `?wait=30&not=<state>`, answers when its state is another, or after the wait with what there is.
#[utoipa::path(get, path = "/api/v1/submissions/{id}", operation_id = "getSubmission", tag = "procedure",
    params(SubmissionPath, WaitQuery), security(("bearer" = [])),
    responses(
        (status = 200, description = "Where it stands.", body = ref("#/components/schemas/SubmissionState"), content_type = "application/json"),
        (status = 404, description = "There is none with this id."),
    ))]
pub async fn get(
    State(register): State<Arc<Register>>,
    caller: Caller,
    At(SubmissionPath { id }): At<SubmissionPath>,
    Asked(WaitQuery { wait, not }): Asked<WaitQuery>,
) -> Result<Json<SubmissionState>, Refusal> {
    let held = held(&register, &id).await?;
    caller.must_see(&register, &held.summary.subject.participant).await?;
    let held = match (wait, not) {
        (Some(Number(seconds)), Some(not)) => {
            let longest = Duration::from_secs(seconds).min(LONGEST_WAIT);
            another_state(&register, &id, not, Instant::now() + longest).await?
        }
        _ => held,
    };
    Ok(Json(state_of(&register, held).await?))
}

/// Its dossier
///
/// The signed dossier, as it came.
#[utoipa::path(get, path = "/api/v1/submissions/{id}/dossier", operation_id = "getDossier", tag = "procedure",
    params(SubmissionPath), security(("bearer" = [])),
    responses(
        (status = 200, description = "A DSSE envelope.", body = ref("#/components/schemas/Envelope"), content_type = "application/json"),
        (status = 404, description = "There is no submission with this id."),
    ))]
pub async fn dossier(
    State(register): State<Arc<Register>>,
    caller: Caller,
    At(SubmissionPath { id }): At<SubmissionPath>,
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
