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
        asked::{Asked, At, Number, ServicePath},
        caller::{Caller, Regulator},
        entries::{FOR_EVERYONE, escaped},
        page::{Page, PageQuery},
        problem::Refusal,
    },
    store::claims::List,
};

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
    params(ServicePath, PageQuery),
    responses(
        (status = 200, description = "A page of them.", body = ref("#/components/schemas/PublicClaims"), content_type = "application/json"),
        (status = 304, description = "As it was."),
        (status = 404, description = "There is no such service."),
    ))]
pub async fn published(
    State(register): State<Arc<Register>>,
    At(at): At<ServicePath>,
    Asked(PageQuery { before, limit }): Asked<PageQuery>,
) -> Result<([(HeaderName, &'static str); 1], Json<PublicClaims>), Refusal> {
    let page = Page::of(before, limit)?;
    must_be_entered(&register, &at).await?;
    let ServicePath { participant, service } = at;
    let list = List::Published(&participant, &service);
    let mut claims = register.store.claims(list, page.before, page.read()).await?;
    let list = format!("/api/v1/entries/{}/{}/claims?", escaped(&participant), escaped(&service));
    let next = page.cut(&mut claims, &list, |claim| claim.moved);
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
    let page = Page::of(query.before, query.limit)?;
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
    let mut claims = register.store.claims(kept, page.before, page.read()).await?;
    let whose = query.participant.as_deref().map(|name| format!("participant={}&", escaped(name))).unwrap_or_default();
    let next = page.cut(&mut claims, &format!("/api/v1/claims?{whose}"), |claim| claim.seq);
    let next = next.filter(|_| !query.waiting);
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
