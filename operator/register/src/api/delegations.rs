//! `/api/v1/delegations`: standing delegations of the regulator for a class of changes. Everyone reads them; the
//! regulator gives and revokes them with statements that are signed on the regulator's side.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderName, StatusCode},
};
use factory_assurance::{
    delegation::{self, terms::When},
    dsse::Envelope,
    wire::{DelegationRequest, RevocationRequest, StandingDelegation},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Register,
    asked::{Asked, At},
    body::Body,
    caller::Regulator,
    entries::FOR_EVERYONE,
    off_thread,
    page::{Page, PageQuery},
    problem::Refusal,
    to_the_end,
};
use crate::{
    intake::{
        IntakeError,
        regulator::{self, Signing},
    },
    store::Written,
};

/// A delegation by its id.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct DelegationPath {
    /// Digest of its terms, in 64 hexadecimal digits.
    #[param(max_length = 253, min_length = 1)]
    pub id: String,
}

/// A page of delegations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Delegations {
    /// Delegations, the newest first.
    pub delegations: Vec<StandingDelegation>,
    /// Path of the next page, where there is one.
    pub next: Option<String>,
}

/// All of it.
pub(super) fn router() -> OpenApiRouter<Arc<Register>> {
    OpenApiRouter::new().routes(routes!(list, give)).routes(routes!(get)).routes(routes!(revoke))
}

/// List standing delegations
///
/// All of them, the newest first, each with where it stands and how many entries were made under it.
#[utoipa::path(get, path = "/api/v1/delegations", operation_id = "listDelegations", tag = "public",
    params(PageQuery),
    responses((status = 200, description = "A page of them.", body = ref("#/components/schemas/Delegations"), content_type = "application/json")))]
pub async fn list(
    State(register): State<Arc<Register>>,
    Asked(PageQuery { before, limit }): Asked<PageQuery>,
) -> Result<([(HeaderName, &'static str); 1], Json<Delegations>), Refusal> {
    let page = Page::of(before, limit)?;
    let mut delegations = register.store.delegations(page.before, page.read()).await?;
    let next = page.cut(&mut delegations, "/api/v1/delegations?", |given| given.event);
    Ok((FOR_EVERYONE, Json(Delegations { delegations, next })))
}

/// One delegation
///
/// As it was signed, and where it stands.
#[utoipa::path(get, path = "/api/v1/delegations/{id}", operation_id = "getDelegation", tag = "public",
    params(DelegationPath),
    responses(
        (status = 200, description = "The delegation.", body = ref("#/components/schemas/StandingDelegation"), content_type = "application/json"),
        (status = 404, description = "There is none with this id."),
    ))]
pub async fn get(
    State(register): State<Arc<Register>>,
    At(DelegationPath { id }): At<DelegationPath>,
) -> Result<([(HeaderName, &'static str); 1], Json<StandingDelegation>), Refusal> {
    Ok((FOR_EVERYONE, Json(find(&register, &id).await?)))
}

/// Delegate a class of changes
///
/// Takes a signed delegation: from its beginning to its end, a submission that passes and falls within it is entered
/// without a person's confirmation. 201 once it is on the disk; 200 with the same for the same terms.
#[utoipa::path(post, path = "/api/v1/delegations", operation_id = "delegate", tag = "regulator",
    security(("bearer" = [])),
    request_body(content = ref("#/components/schemas/DelegationRequest"), content_type = "application/json",
        description = "At most 256 KiB."),
    responses(
        (status = 201, description = "Written.", body = ref("#/components/schemas/StandingDelegation"), content_type = "application/json"),
        (status = 200, description = "Was written before.", body = ref("#/components/schemas/StandingDelegation"), content_type = "application/json"),
        (status = 409, description = "The same terms were given and revoked."),
        (status = 422, description = "The delegation does not hold: its signature, its form, its terms; or it has ended."),
    ))]
pub async fn give(
    State(register): State<Arc<Register>>,
    regulator: Regulator,
    body: Body,
) -> Result<(StatusCode, Json<StandingDelegation>), Refusal> {
    let DelegationRequest { delegation } = body.read()?;
    let (status, given) = carry_out(&register, &regulator, delegation).await?;
    Ok((status, Json(given)))
}

/// Takes a signed delegation, after it was verified.
pub(crate) async fn carry_out(
    register: &Arc<Register>,
    regulator: &Regulator,
    signed: Envelope,
) -> Result<(StatusCode, StandingDelegation), Refusal> {
    const WHAT: &str = "delegation";
    let (signing, now) = (signing(register, &signed, WHAT).await?, register.store.now());
    let held = delegation::verify(&signed, &signing.keys);
    let held = held.map_err(|source| IntakeError::Delegation { what: WHAT, source })?;
    let terms = held.predicate.terms;
    if terms.when(now) == When::After {
        let field = "delegation: predicate.terms.until".to_owned();
        return Err(IntakeError::Field { field, rule: "must not be over", found: terms.until }.into());
    }
    let id = hex(&terms.digest().map_err(IntakeError::from)?);
    let (shared, user, of) = (Arc::clone(register), regulator.user().to_owned(), id.clone());
    let status =
        match to_the_end(async move { shared.store.delegate(&user, &of, signed, signing.sealed_by).await }).await? {
            Written::Now(()) => StatusCode::CREATED,
            Written::Before(()) => StatusCode::OK,
        };
    if status == StatusCode::CREATED {
        tracing::info!(delegation = id, scope = terms.scope(), regulator = regulator.user(), "delegated");
    }
    Ok((status, find(register, &id).await?))
}

/// Revoke a delegation
///
/// Takes a signed revocation: nothing more is entered under it. What was entered stays. Answers where it stands then,
/// also when repeated.
#[utoipa::path(post, path = "/api/v1/delegations/{id}/revocation", operation_id = "revoke", tag = "regulator",
    params(DelegationPath), security(("bearer" = [])),
    request_body(content = ref("#/components/schemas/RevocationRequest"), content_type = "application/json",
        description = "At most 256 KiB."),
    responses(
        (status = 200, description = "Where it stands then.", body = ref("#/components/schemas/StandingDelegation"), content_type = "application/json"),
        (status = 404, description = "There is none with this id."),
        (status = 422, description = "The revocation does not hold, or is of another delegation."),
    ))]
pub async fn revoke(
    State(register): State<Arc<Register>>,
    regulator: Regulator,
    At(DelegationPath { id }): At<DelegationPath>,
    body: Body,
) -> Result<Json<StandingDelegation>, Refusal> {
    let RevocationRequest { revocation } = body.read()?;
    carry_out_revocation(&register, &regulator, &id, revocation).await.map(Json)
}

/// Revokes delegation `id` with a signed statement, after it was verified.
pub(crate) async fn carry_out_revocation(
    register: &Arc<Register>,
    regulator: &Regulator,
    id: &str,
    signed: Envelope,
) -> Result<StandingDelegation, Refusal> {
    const WHAT: &str = "revocation";
    find(register, id).await?;
    let Signing { keys, .. } = signing(register, &signed, WHAT).await?;
    let held = delegation::verify_revocation(&signed, &keys, &format!("sha256:{id}"));
    held.map_err(|source| IntakeError::Delegation { what: WHAT, source })?;
    let (shared, user, of) = (Arc::clone(register), regulator.user().to_owned(), id.to_owned());
    let written = to_the_end(async move { shared.store.revoke(&user, &of, signed).await }).await?;
    if written == Written::Now(()) {
        tracing::info!(delegation = id, regulator = regulator.user(), "a delegation was revoked");
    }
    find(register, id).await
}

/// The regulator's keys that sign now, and whether a seal signed.
pub(super) async fn signing(register: &Register, signed: &Envelope, what: &'static str) -> Result<Signing, Refusal> {
    let (keys, signed, now) = (register.regulator_keys.clone(), signed.clone(), register.store.now());
    off_thread(move || Ok::<_, Refusal>(regulator::signing(what, keys.load()?, &signed, now)?)).await
}

/// The delegation with this id.
pub(crate) async fn find(register: &Register, id: &str) -> Result<StandingDelegation, Refusal> {
    let held = register.store.delegation(id).await?;
    held.ok_or_else(|| Refusal::not_found(&format!("no delegation has the id `{id}`")))
}

fn hex(digest: &str) -> String {
    digest.trim_start_matches("sha256:").to_owned()
}
