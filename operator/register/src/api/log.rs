//! `/api/v1/log`: the log as anyone may check it. Nobody is asked who they are: of events that are
//! not public, only their hashes are told.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query, State, rejection::QueryRejection},
    http::{HeaderName, header::CONTENT_TYPE},
};
use factory_assurance::log::{
    Checkpoint,
    proof::{Consistency, Inclusion},
    served::{EventProof, Events},
};
use serde::Deserialize;

use super::{Register, entries::FOR_EVERYONE, problem::Refusal};

/// Events in one answer, unless fewer are asked for.
const MOST: u32 = 1000;

/// A note or a key, as it stands.
const PLAIN: [(HeaderName, &str); 1] = [(CONTENT_TYPE, "text/plain; charset=utf-8")];

/// An answer that pages on other sites may read.
type ForEveryone<T> = ([(HeaderName, &'static str); 1], Json<T>);
/// A text that pages on other sites may read.
type TextForEveryone = ([(HeaderName, &'static str); 1], [(HeaderName, &'static str); 1], String);

/// Which events to list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventsQuery {
    /// Number of the first one, from 1.
    pub from: u64,
    /// How many, at most 1000.
    pub limit: Option<u32>,
}

/// Which event to prove.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InclusionQuery {
    /// Number of the event, from 1.
    pub event: u64,
    /// Number of events of the log that it is in.
    pub size: u64,
}

/// Between which two sizes to prove.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsistencyQuery {
    /// Number of events of the earlier log.
    pub from: u64,
    /// Number of events of the later one.
    pub to: u64,
}

fn read<T>(query: Result<Query<T>, QueryRejection>) -> Result<T, Refusal> {
    query.map(|Query(query)| query).map_err(|error| Refusal::bad_request(error.body_text()))
}

/// The key that checkpoints hold under. Whoever pins it must get it by another way as well.
pub async fn key(State(register): State<Arc<Register>>) -> TextForEveryone {
    (FOR_EVERYONE, PLAIN, format!("{}\n", register.signer.verifier()))
}

/// The log as it is now, signed.
pub async fn checkpoint(State(register): State<Arc<Register>>) -> Result<TextForEveryone, Refusal> {
    Ok((FOR_EVERYONE, PLAIN, signed(register).await?))
}

/// To its end even when the caller hangs up: a signature that was given is kept.
async fn signed(register: Arc<Register>) -> Result<String, Refusal> {
    super::to_the_end(
        async move { register.store.checkpoint(register.signer.verifier().name(), &register.signer).await },
    )
    .await
}

/// Events in order.
pub async fn events(
    State(register): State<Arc<Register>>,
    query: Result<Query<EventsQuery>, QueryRejection>,
) -> Result<ForEveryone<Events>, Refusal> {
    let EventsQuery { from, limit } = read(query)?;
    if from == 0 {
        return Err(Refusal::bad_request("from: 0, events are numbered from 1".to_owned()));
    }
    let _turn = register.serving.acquire().await.map_err(|error| Refusal::internal(&error))?;
    let most = limit.unwrap_or(MOST).clamp(1, MOST);
    Ok((FOR_EVERYONE, Json(register.store.served(from, most).await?)))
}

/// That an event is in the log.
pub async fn inclusion(
    State(register): State<Arc<Register>>,
    query: Result<Query<InclusionQuery>, QueryRejection>,
) -> Result<ForEveryone<Inclusion>, Refusal> {
    let InclusionQuery { event, size } = read(query)?;
    within("size", size, register.store.size())?;
    let index = event.checked_sub(1).filter(|index| *index < size);
    let index = index.ok_or_else(|| Refusal::bad_request(format!("event: {event}, must be from 1 to size, {size}")))?;
    Ok((FOR_EVERYONE, Json(register.store.inclusion(index, size).await?)))
}

/// That the log only grew.
pub async fn consistency(
    State(register): State<Arc<Register>>,
    query: Result<Query<ConsistencyQuery>, QueryRejection>,
) -> Result<ForEveryone<Consistency>, Refusal> {
    let ConsistencyQuery { from, to } = read(query)?;
    within("to", to, register.store.size())?;
    within("from", from, to)?;
    Ok((FOR_EVERYONE, Json(register.store.consistency(from, to).await?)))
}

fn within(field: &str, found: u64, most: u64) -> Result<(), Refusal> {
    if found <= most { Ok(()) } else { Err(Refusal::bad_request(format!("{field}: {found}, must be at most {most}"))) }
}

/// Everything that shows that the newest entry of a service is in the log, in one file.
pub async fn proof(
    State(register): State<Arc<Register>>,
    Path((participant, service)): Path<(String, String)>,
) -> Result<ForEveryone<EventProof>, Refusal> {
    let none = || Refusal::not_found(&format!("the register has no entry {participant}/{service}"));
    let entry = register.store.entry_of(&participant, &service).await?.ok_or_else(none)?;
    let public = register.store.public_event(entry.seq).await?.ok_or_else(none)?;
    let note = signed(Arc::clone(&register)).await?;
    let size = Checkpoint::open(&note, &register.signer.verifier()).map_err(|error| Refusal::internal(&error))?.size;
    let inclusion = register.store.inclusion(entry.seq - 1, size).await?;
    Ok((FOR_EVERYONE, Json(EventProof { public, inclusion, checkpoint: note })))
}
