//! Reads of claims.

use std::sync::Arc;

use axum::{Json, extract::State, http::HeaderName};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    ClaimStatus, HeldClaim, HeldClaims, PublicClaim, PublicClaims, documents::ClaimPath, find, must_be_entered,
};
use crate::{
    api::{
        Register,
        asked::{Asked, At, Number, ServicePath, limit},
        caller::{Caller, Regulator},
        entries::{FOR_EVERYONE, escaped},
        problem::Refusal,
    },
    store::claims::List,
};

/// Claims in one answer, unless fewer are asked for.
const MOST: u32 = 100;

/// Which published claims to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PublishedQuery {
    /// Only those that moved before this event.
    #[param(value_type = Option<u64>, minimum = 0, maximum = 9_007_199_254_740_991_u64)]
    pub before: Option<Number>,
    /// How many; 100 where nothing is said.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    pub limit: Option<Number>,
}

/// Which claims to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ClaimsQuery {
    /// Those that were passed on to this participant; without it, all that were decided, for the regulator.
    #[param(max_length = 253)]
    pub participant: Option<String>,
    /// Only those that wait for the regulator, of every participant, the oldest first.
    #[serde(default)]
    #[param(required = false)]
    pub waiting: bool,
    /// Only those that came before this event.
    #[param(value_type = Option<u64>, minimum = 0, maximum = 9_007_199_254_740_991_u64)]
    pub before: Option<Number>,
    /// How many; 100 where nothing is said.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    pub limit: Option<Number>,
}

/// Published claims
///
/// What users said of a service and want to be public, with the supplier's answers, by what moved last.
#[utoipa::path(get, path = "/api/v1/entries/{participant}/{service}/claims", operation_id = "listPublishedClaims", tag = "public",
    params(ServicePath, PublishedQuery),
    responses(
        (status = 200, description = "A page of them.", body = ref("#/components/schemas/PublicClaims"), content_type = "application/json"),
        (status = 304, description = "As it was."),
        (status = 404, description = "There is no such service."),
    ))]
pub async fn published(
    State(register): State<Arc<Register>>,
    At(at): At<ServicePath>,
    Asked(query): Asked<PublishedQuery>,
) -> Result<([(HeaderName, &'static str); 1], Json<PublicClaims>), Refusal> {
    let most = limit(query.limit, MOST)?;
    let before = query.before.map(|Number(event)| event);
    must_be_entered(&register, &at).await?;
    let ServicePath { participant, service } = at;
    let mut claims = register.store.claims(List::Published(&participant, &service), before, most + 1).await?;
    let more = crate::store::cut(&mut claims, most);
    let last = claims.last().map(|claim| claim.moved).filter(|_| more);
    let (participant, service) = (escaped(&participant), escaped(&service));
    let next = last.map(|seq| format!("/api/v1/entries/{participant}/{service}/claims?before={seq}&limit={most}"));
    let claims = claims.into_iter().map(PublicClaim::from).collect();
    Ok((FOR_EVERYONE, Json(PublicClaims { claims, next })))
}

/// List claims
///
/// A supplier reads those that were passed on to it; the regulator reads all.
#[utoipa::path(get, path = "/api/v1/claims", operation_id = "listClaims", tag = "procedure",
    params(ClaimsQuery), security(("bearer" = [])),
    responses((status = 200, description = "A page of them.", body = ref("#/components/schemas/HeldClaims"), content_type = "application/json")))]
pub async fn list(
    State(register): State<Arc<Register>>,
    caller: Caller,
    Asked(query): Asked<ClaimsQuery>,
) -> Result<Json<HeldClaims>, Refusal> {
    let most = limit(query.limit, MOST)?;
    let kept = match &query.participant {
        Some(participant) if !query.waiting => {
            caller.must_supply(&register, participant).await?;
            List::PassedOn(participant)
        }
        _ => {
            Regulator::of(&register, caller).await?;
            if query.waiting { List::Waiting } else { List::Decided }
        }
    };
    let before = query.before.map(|Number(event)| event);
    let mut claims = register.store.claims(kept, before, most + 1).await?;
    let more = claims.len() > most as usize && !query.waiting;
    claims.truncate(most as usize);
    let last = claims.last().map(|claim| claim.seq).filter(|_| more);
    let whose = query.participant.as_deref().map(|name| format!("participant={}&", escaped(name))).unwrap_or_default();
    let next = last.map(|seq| format!("/api/v1/claims?{whose}before={seq}&limit={most}"));
    Ok(Json(HeldClaims { claims: claims.into_iter().map(|held| HeldClaim::of(&register, held)).collect(), next }))
}

/// Where a claim stands
///
/// For its sender: whoever knows the id. The words of a claim are not in it.
#[utoipa::path(get, path = "/api/v1/claims/{id}", operation_id = "getClaim", tag = "public", params(ClaimPath),
    responses(
        (status = 200, description = "Where it stands.", body = ref("#/components/schemas/ClaimStatus"), content_type = "application/json"),
        (status = 404, description = "There is no claim with this id."),
    ))]
pub async fn status(
    State(register): State<Arc<Register>>,
    At(ClaimPath { id }): At<ClaimPath>,
) -> Result<Json<ClaimStatus>, Refusal> {
    let held = find(&register, &id).await?;
    Ok(Json(ClaimStatus::of(&register, held)))
}
