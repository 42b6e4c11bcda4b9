//! `/api/v1/standards`: versions of standards that the regulator has issued. Everyone reads them; the regulator issues
//! them with statements that are signed on the regulator's side, and takes none back.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderName, StatusCode},
};
use factory_assurance::{
    issuance::{self, Issuance},
    standard::Standard,
    wire::{IssuanceRequest, IssuedStandard, SignedStandard},
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
    delegations::signing,
    describe::schemas,
    entries::FOR_EVERYONE,
    off_thread,
    page::{Page, PageQuery},
    problem::Refusal,
    to_the_end,
};
use crate::{
    intake::{IntakeError, regulator::Signing},
    log::event::StandardIssued,
    store::Written,
};

/// A version of a standard.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct StandardPath {
    /// Name of the standard.
    #[param(max_length = 253, min_length = 1, example = "basic")]
    pub name: String,
    /// Its version.
    #[param(max_length = 40, min_length = 1, example = "1")]
    pub version: String,
}

/// A page of issued standards.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IssuedStandards {
    /// Standards, the one that was issued last first.
    pub standards: Vec<IssuedStandard>,
    /// Path of the next page, where there is one.
    pub next: Option<String>,
}

/// All of it.
pub(super) fn router() -> OpenApiRouter<Arc<Register>> {
    OpenApiRouter::new().routes(routes!(list, issue)).routes(routes!(get))
}

/// List issued standards
///
/// Every version that the regulator has issued, the last first, each with the day from which it holds.
#[utoipa::path(get, path = "/api/v1/standards", operation_id = "listStandards", tag = "public",
    params(PageQuery),
    responses((status = 200, description = "A page of them.", body = ref("#/components/schemas/IssuedStandards"), content_type = "application/json")))]
pub async fn list(
    State(register): State<Arc<Register>>,
    Asked(PageQuery { before, limit }): Asked<PageQuery>,
) -> Result<([(HeaderName, &'static str); 1], Json<IssuedStandards>), Refusal> {
    let page = Page::of(before, limit)?;
    let mut standards = register.store.issued_standards(page.before, page.read()).await?;
    let next = page.cut(&mut standards, "/api/v1/standards?", |issued| issued.event);
    Ok((FOR_EVERYONE, Json(IssuedStandards { standards, next })))
}

/// One issued standard
///
/// Its content, and the issuance as it was signed.
#[utoipa::path(get, path = "/api/v1/standards/{name}/{version}", operation_id = "getStandard", tag = "public",
    params(StandardPath),
    responses(
        (status = 200, description = "The standard.", body = ref("#/components/schemas/SignedStandard"), content_type = "application/json"),
        (status = 404, description = "This version was not issued."),
    ))]
pub async fn get(
    State(register): State<Arc<Register>>,
    At(StandardPath { name, version }): At<StandardPath>,
) -> Result<([(HeaderName, &'static str); 1], Json<SignedStandard>), Refusal> {
    Ok((FOR_EVERYONE, Json(find(&register, &name, &version).await?)))
}

/// Issue a version of a standard
///
/// Takes a signed issuance: from its day on, runs may be announced under exactly this content. 201 once it is on the
/// disk; 200 with the same for the same content and day.
#[utoipa::path(post, path = "/api/v1/standards", operation_id = "issueStandard", tag = "regulator",
    security(("bearer" = [])),
    request_body(content = ref("#/components/schemas/IssuanceRequest"), content_type = "application/json",
        description = "At most 256 KiB."),
    responses(
        (status = 201, description = "Written.", body = ref("#/components/schemas/SignedStandard"), content_type = "application/json"),
        (status = 200, description = "Was written before.", body = ref("#/components/schemas/SignedStandard"), content_type = "application/json"),
        (status = 409, description = "This version was issued or announced with another content, or from another day on."),
        (status = 422, description = "The issuance does not hold: its signature, its form, or the standard in it."),
    ))]
pub async fn issue(
    State(register): State<Arc<Register>>,
    regulator: Regulator,
    body: Body,
) -> Result<(StatusCode, Json<SignedStandard>), Refusal> {
    const WHAT: &str = "issuance";
    let IssuanceRequest { issuance: signed } = body.read()?;
    let Signing { keys, sealed_by } = signing(&register, &signed, WHAT).await?;
    let (issued, signed) = off_thread(move || {
        let Issuance { predicate, .. } = issuance::verify(&signed, &keys).map_err(IntakeError::from)?;
        may_be_issued(&predicate.standard)?;
        Ok::<_, Refusal>((predicate, signed))
    })
    .await?;
    let (name, version) = (issued.standard.name.clone(), issued.standard.version.clone());
    let made = StandardIssued { standard: format!("{name}@{version}"), issuance: signed, sealed_by };
    let (shared, user) = (Arc::clone(&register), regulator.user().to_owned());
    let status = match to_the_end(async move { shared.store.issue(&user, &issued, made).await }).await? {
        Written::Now(()) => StatusCode::CREATED,
        Written::Before(()) => StatusCode::OK,
    };
    if status == StatusCode::CREATED {
        tracing::info!(standard = name, version, regulator = regulator.user(), "issued a standard");
    }
    Ok((status, Json(find(&register, &name, &version).await?)))
}

/// Holds `standard` against the schema that an announcement of it is held against.
fn may_be_issued(standard: &Standard) -> Result<(), Refusal> {
    let document = serde_json::to_value(standard).map_err(|error| Refusal::internal(&error))?;
    match schemas::standard()?.iter_errors(&document).next() {
        None => Ok(()),
        Some(error) => {
            let detail = format!("issuance: predicate.standard: {}: {error}", error.instance_path());
            Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, detail))
        }
    }
}

async fn find(register: &Register, name: &str, version: &str) -> Result<SignedStandard, Refusal> {
    let held = register.store.issued_standard(name, version).await?;
    held.ok_or_else(|| Refusal::not_found(&format!("no standard `{name}@{version}` was issued")))
}
