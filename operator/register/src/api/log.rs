//! `/api/v1/log`: the log as anyone may check it. Nobody is asked who they are: of events that are
//! not public, only their hashes are told.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderName, header::CONTENT_TYPE},
};
use factory_assurance::log::{
    Included,
    handover::Terms,
    proof::{Consistency, Inclusion},
    served::{EventProof, Events, LogKeys},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    Register,
    asked::{Asked, At, Number, ServicePath, limit},
    entries::FOR_EVERYONE,
    problem::Refusal,
};

/// Events in one answer, unless fewer are asked for.
const MOST: u32 = 1000;

/// A note or a key, as it stands.
const PLAIN: [(HeaderName, &str); 1] = [(CONTENT_TYPE, "text/plain; charset=utf-8")];

/// An answer that pages on other sites may read.
pub(super) type ForEveryone<T> = ([(HeaderName, &'static str); 1], Json<T>);
/// A text that pages on other sites may read.
type TextForEveryone = ([(HeaderName, &'static str); 1], [(HeaderName, &'static str); 1], String);

/// Which events to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct EventsQuery {
    /// Number of the first one, from 1.
    #[param(value_type = u64, minimum = 1, maximum = 9_007_199_254_740_991_u64)]
    pub from: Number,
    /// How many, at most 1000.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    pub limit: Option<Number>,
}

/// Which event to prove.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct InclusionQuery {
    /// Number of the event, from 1.
    #[param(value_type = u64, minimum = 1, maximum = 9_007_199_254_740_991_u64)]
    pub event: Number,
    /// Number of events of the log that it is in.
    #[param(value_type = u64, minimum = 1, maximum = 9_007_199_254_740_991_u64)]
    pub size: Number,
}

/// Between which two sizes to prove.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ConsistencyQuery {
    /// Number of events of the earlier log.
    #[param(value_type = u64, minimum = 0, maximum = 9_007_199_254_740_991_u64)]
    pub from: Number,
    /// Number of events of the later one.
    #[param(value_type = u64, minimum = 0, maximum = 9_007_199_254_740_991_u64)]
    pub to: Number,
}

/// Key of the log
///
/// The key that checkpoints hold under. Whoever pins it must get it by another way as well.
#[utoipa::path(get, path = "/api/v1/log/key", operation_id = "getLogKey", tag = "log",
    responses((status = 200, description = "`name+id+base64`", body = String, content_type = "text/plain")))]
pub async fn key(State(register): State<Arc<Register>>) -> Result<TextForEveryone, Refusal> {
    let signer = register.store.signer(&register.keyring).await?;
    Ok((FOR_EVERYONE, PLAIN, format!("{}\n", signer.verifier())))
}

/// Keys of the log
///
/// The key that signs now, and how it came to that: whoever pinned an earlier one follows from there.
#[utoipa::path(get, path = "/api/v1/log/keys", operation_id = "getLogKeys", tag = "log",
    responses((status = 200, description = "The key, and the notes of each hand-over.", body = ref("#/components/schemas/LogKeys"), content_type = "application/json")))]
pub async fn keys(State(register): State<Arc<Register>>) -> Result<ForEveryone<LogKeys>, Refusal> {
    let current = register.store.signer(&register.keyring).await?.verifier().to_string();
    Ok((FOR_EVERYONE, Json(LogKeys { current, handovers: register.store.handovers().await? })))
}

/// Checkpoint
///
/// The log as it is now, signed.
#[utoipa::path(get, path = "/api/v1/log/checkpoint", operation_id = "getCheckpoint", tag = "log",
    responses((status = 200, description = "A signed note.", body = String, content_type = "text/plain")))]
pub async fn checkpoint(State(register): State<Arc<Register>>) -> Result<TextForEveryone, Refusal> {
    Ok((FOR_EVERYONE, PLAIN, signed(register).await?))
}

/// To its end even when the caller hangs up: a signature that was given is kept.
async fn signed(register: Arc<Register>) -> Result<String, Refusal> {
    super::to_the_end(async move { register.store.checkpoint(&register.keyring).await }).await
}

/// Events in order
///
/// Of those that are not public, the leaf alone.
#[utoipa::path(get, path = "/api/v1/log/events", operation_id = "listEvents", tag = "log", params(EventsQuery),
    responses((status = 200, description = "As many as fit into one answer.", body = ref("#/components/schemas/Events"), content_type = "application/json")))]
pub async fn events(
    State(register): State<Arc<Register>>,
    Asked(query): Asked<EventsQuery>,
) -> Result<ForEveryone<Events>, Refusal> {
    let EventsQuery { from: Number(from), limit: asked } = query;
    if from == 0 {
        return Err(Refusal::bad_request("from: 0, events are numbered from 1".to_owned()));
    }
    let _turn = register.serving.acquire().await.map_err(|error| Refusal::internal(&error))?;
    let most = limit(asked, MOST)?;
    Ok((FOR_EVERYONE, Json(register.store.served(from, most).await?)))
}

/// Proof of inclusion
///
/// That an event is in the log of a size.
#[utoipa::path(get, path = "/api/v1/log/inclusion", operation_id = "getInclusion", tag = "log", params(InclusionQuery),
    responses((status = 200, description = "The proof.", body = ref("#/components/schemas/Inclusion"), content_type = "application/json"), (status = 404, description = "The log is not that long.")))]
pub async fn inclusion(
    State(register): State<Arc<Register>>,
    Asked(query): Asked<InclusionQuery>,
) -> Result<ForEveryone<Inclusion>, Refusal> {
    let InclusionQuery { event: Number(event), size: Number(size) } = query;
    within("size", size, register.store.size())?;
    let index = event.checked_sub(1).filter(|index| *index < size);
    let index = index.ok_or_else(|| Refusal::not_found(&format!("event: {event}, must be from 1 to size, {size}")))?;
    Ok((FOR_EVERYONE, Json(register.store.inclusion(index, size).await?)))
}

/// Proof of consistency
///
/// That the log only grew between two sizes.
#[utoipa::path(get, path = "/api/v1/log/consistency", operation_id = "getConsistency", tag = "log", params(ConsistencyQuery),
    responses((status = 200, description = "The proof.", body = ref("#/components/schemas/Consistency"), content_type = "application/json"), (status = 404, description = "The log is not that long.")))]
pub async fn consistency(
    State(register): State<Arc<Register>>,
    Asked(query): Asked<ConsistencyQuery>,
) -> Result<ForEveryone<Consistency>, Refusal> {
    let ConsistencyQuery { from: Number(from), to: Number(to) } = query;
    within("to", to, register.store.size())?;
    within("from", from, to)?;
    Ok((FOR_EVERYONE, Json(register.store.consistency(from, to).await?)))
}

fn within(field: &str, found: u64, most: u64) -> Result<(), Refusal> {
    if found <= most { Ok(()) } else { Err(Refusal::not_found(&format!("{field}: {found}, must be at most {most}"))) }
}

/// Proof of an entry
///
/// Everything that shows that the newest entry of a service is in the log, in one file.
#[utoipa::path(get, path = "/api/v1/entries/{participant}/{service}/proof", operation_id = "getProof", tag = "log", params(ServicePath),
    responses((status = 200, description = "Event, inclusion and checkpoint.", body = ref("#/components/schemas/EventProof"), content_type = "application/json"), (status = 404, description = "There is no such entry.")))]
pub async fn proof(
    State(register): State<Arc<Register>>,
    At(ServicePath { participant, service }): At<ServicePath>,
) -> Result<ForEveryone<EventProof>, Refusal> {
    let none = || Refusal::not_found(&format!("the register has no entry {participant}/{service}"));
    let entry = register.store.entry_of(&participant, &service).await?.ok_or_else(none)?;
    let proof = Proving::begin(&register).await?.proof(entry.seq).await?;
    Ok((FOR_EVERYONE, Json(proof.ok_or_else(none)?)))
}

/// Proofs of events under one checkpoint, which is signed as the log is now.
pub(super) struct Proving<'a> {
    register: &'a Register,
    checkpoint: String,
    handovers: Vec<String>,
    size: u64,
}

impl<'a> Proving<'a> {
    /// Signs the checkpoint.
    pub async fn begin(register: &'a Arc<Register>) -> Result<Self, Refusal> {
        let checkpoint = signed(Arc::clone(register)).await?;
        let handovers = register.store.handovers().await?;
        let mut terms = Terms::of(register.keyring.first().verifier());
        terms.follow(&handovers).map_err(|error| Refusal::internal(&error))?;
        let size = terms.open(&checkpoint).map_err(|error| Refusal::internal(&error))?.0.size;
        Ok(Self { register, checkpoint, handovers, size })
    }

    /// Event `seq`, which the log has, with its place; `None` where it is not public.
    pub async fn included(&self, seq: u64) -> Result<Option<Included>, Refusal> {
        let Some(public) = self.register.store.public_event(seq).await? else { return Ok(None) };
        let inclusion = self.register.store.inclusion(seq - 1, self.size).await?;
        Ok(Some(Included { public, inclusion }))
    }

    /// The same in a file of its own, with the checkpoint.
    pub async fn proof(&self, seq: u64) -> Result<Option<EventProof>, Refusal> {
        let found = self.included(seq).await?;
        Ok(found.map(|Included { public, inclusion }| EventProof {
            public,
            inclusion,
            checkpoint: self.checkpoint.clone(),
            handovers: self.handovers.clone(),
        }))
    }
}
