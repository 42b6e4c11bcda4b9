//! `/api/v1/access-requests`: whoever wants to become a participant, or to enter an object, asks for access to the
//! register (14, 23), without an account. The regulator grants or refuses it, and may take it again. Each is an event
//! of the log; the right itself is given in the cluster.

mod documents;

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Register,
    asked::{Asked, At},
    body::Body,
    caller::Regulator,
    key::{Key, KeyHeader},
    limits::Sender,
    objects::ContactsRequest,
    page::{Page, PageQuery},
    problem::Refusal,
    to_the_end,
};
use crate::{
    claims,
    intake::{self, IntakeError},
    membership,
    store::{
        Written,
        membership::{Asked as Wish, Decision, Held},
    },
};
use documents::AccessPath;
pub use documents::{AccessAct, AccessDecision, AccessRequest, AccessStatus, HeldAccess, HeldAccesses};

/// All of it.
pub(super) fn router() -> OpenApiRouter<Arc<Register>> {
    OpenApiRouter::new()
        .routes(routes!(list, ask))
        .routes(routes!(status))
        .routes(routes!(decide))
        .routes(routes!(forget))
}

/// Ask for access
///
/// Without an account (23). 201 with its id, by which its sender reads where it stands; 200 with the same for a
/// repeated request. Name and contact are kept beside the log and can be forgotten.
#[utoipa::path(post, path = "/api/v1/access-requests", operation_id = "askForAccess", tag = "public", params(KeyHeader),
    request_body(content = ref("#/components/schemas/AccessRequest"), content_type = "application/json",
        description = "At most 256 KiB."),
    responses(
        (status = 201, description = "Taken.", body = ref("#/components/schemas/AccessStatus"), content_type = "application/json"),
        (status = 200, description = "Was taken before.", body = ref("#/components/schemas/AccessStatus"), content_type = "application/json"),
        (status = 409, description = "The key was used for another request."),
        (status = 422, description = "A field is not what it must be."),
    ))]
pub async fn ask(
    State(register): State<Arc<Register>>,
    Key(key): Key,
    sender: Sender,
    body: Body,
) -> Result<(StatusCode, Json<AccessStatus>), Refusal> {
    let AccessRequest { organisation, registration_number, basis, wants, language, name, contact } = body.read()?;
    let wish = Wish { key, organisation, registration_number, basis, wants, language, name, contact };
    let (status, held) = take(&register, &sender, wish).await?;
    Ok((status, Json(AccessStatus::of(&held))))
}

/// Writes what is asked for, after it was found to be fit and its sender was counted.
pub(crate) async fn take(register: &Arc<Register>, sender: &Sender, wish: Wish) -> Result<(StatusCode, Held), Refusal> {
    let wish = membership::fit(wish)?;
    sender.count(register)?;
    let shared = Arc::clone(register);
    let (status, id) = match to_the_end(async move { shared.store.ask_for_access(wish).await }).await? {
        Written::Now(id) => (StatusCode::CREATED, id),
        Written::Before(id) => (StatusCode::OK, id),
    };
    // Not the id: whoever knows it may read where the request stands.
    tracing::info!(repeated = status == StatusCode::OK, "a request for access was taken");
    Ok((status, find(register, &id).await?))
}

/// List requests for access
///
/// All of them for the regulator, the newest first.
#[utoipa::path(get, path = "/api/v1/access-requests", operation_id = "listAccessRequests", tag = "regulator",
    params(PageQuery), security(("bearer" = [])),
    responses((status = 200, description = "A page of them.", body = ref("#/components/schemas/HeldAccesses"), content_type = "application/json")))]
pub async fn list(
    State(register): State<Arc<Register>>,
    _: Regulator,
    Asked(PageQuery { before, limit }): Asked<PageQuery>,
) -> Result<Json<HeldAccesses>, Refusal> {
    let page = Page::of(before, limit)?;
    let mut found = register.store.access_requests(page.before, page.read()).await?;
    let next = page.cut(&mut found, "/api/v1/access-requests?", |held| held.seq);
    Ok(Json(HeldAccesses { requests: found.into_iter().map(HeldAccess::from).collect(), next }))
}

/// Where a request for access stands
///
/// For whoever knows its id.
#[utoipa::path(get, path = "/api/v1/access-requests/{id}", operation_id = "getAccessRequest", tag = "public",
    params(AccessPath),
    responses(
        (status = 200, description = "Where it stands.", body = ref("#/components/schemas/AccessStatus"), content_type = "application/json"),
        (status = 404, description = "There is none with this id."),
    ))]
pub async fn status(
    State(register): State<Arc<Register>>,
    At(AccessPath { id }): At<AccessPath>,
) -> Result<Json<AccessStatus>, Refusal> {
    Ok(Json(AccessStatus::of(&find(&register, &id).await?)))
}

/// Decide a request for access
///
/// The regulator grants it as a participant, refuses it with a reason, or takes granted access again on a ground (23).
/// Answers where it stands then, also when repeated.
#[utoipa::path(post, path = "/api/v1/access-requests/{id}/decision", operation_id = "decideAccess", tag = "regulator",
    params(AccessPath), security(("bearer" = [])),
    request_body(content = ref("#/components/schemas/AccessDecision"), content_type = "application/json",
        description = "At most 256 KiB."),
    responses(
        (status = 200, description = "Where it stands then.", body = ref("#/components/schemas/HeldAccess"), content_type = "application/json"),
        (status = 404, description = "There is none with this id."),
        (status = 409, description = "It was decided otherwise, or nothing was granted that could be taken."),
        (status = 422, description = "A participant or a reason is needed, or must not be there."),
    ))]
pub async fn decide(
    State(register): State<Arc<Register>>,
    regulator: Regulator,
    At(AccessPath { id }): At<AccessPath>,
    body: Body,
) -> Result<Json<HeldAccess>, Refusal> {
    Ok(Json(carry_out(&register, &regulator, &id, body.read()?).await?.into()))
}

/// Decides request `id`, after what was said of it was found to fit.
pub(crate) async fn carry_out(
    register: &Arc<Register>,
    regulator: &Regulator,
    id: &str,
    AccessDecision { act, participant, reason }: AccessDecision,
) -> Result<Held, Refusal> {
    find(register, id).await?;
    let wrong = |field: &str, rule, found: &str| {
        Refusal::from(IntakeError::Field { field: field.to_owned(), rule, found: found.chars().take(20).collect() })
    };
    let (participant, reason) = (participant.trim(), reason.trim());
    let decision = match act {
        AccessAct::Grant if !intake::is_label(participant) => {
            return Err(wrong("participant", "must be lower-case letters, digits and `-`", participant));
        }
        AccessAct::Grant if !reason.is_empty() => {
            return Err(wrong("reason", "must be empty where access is granted", reason));
        }
        AccessAct::Refuse | AccessAct::Take if !participant.is_empty() => {
            return Err(wrong("participant", "must be empty where access is not granted", participant));
        }
        AccessAct::Grant => Decision::Grant(participant.to_owned()),
        AccessAct::Refuse => Decision::Refuse(claims::line("reason", reason)?),
        AccessAct::Take => Decision::Take(claims::line("reason", reason)?),
    };
    let (shared, user, request) = (Arc::clone(register), regulator.user().to_owned(), id.to_owned());
    let written = to_the_end(async move { shared.store.decide_access(&user, &request, decision).await }).await?;
    let held = find(register, id).await?;
    if written == Written::Now(()) {
        tracing::info!(event = held.seq, regulator = regulator.user(), ?act, "a request for access was decided");
    }
    Ok(held)
}

/// Forget who asked for access
///
/// Name and contact are removed for good; the log keeps commitments that tell nothing. Answers where the request
/// stands then, also when repeated.
#[utoipa::path(post, path = "/api/v1/access-requests/{id}/forgetting", operation_id = "forgetAccessRequest", tag = "regulator",
    params(AccessPath), security(("bearer" = [])),
    request_body(content = ref("#/components/schemas/ContactsRequest"), content_type = "application/json",
        description = "At most 256 KiB."),
    responses(
        (status = 200, description = "Where it stands then.", body = ref("#/components/schemas/HeldAccess"), content_type = "application/json"),
        (status = 404, description = "There is none with this id."),
        (status = 422, description = "The reason is none."),
    ))]
pub async fn forget(
    State(register): State<Arc<Register>>,
    regulator: Regulator,
    At(AccessPath { id }): At<AccessPath>,
    body: Body,
) -> Result<Json<HeldAccess>, Refusal> {
    let ContactsRequest { reason } = body.read()?;
    Ok(Json(carry_out_forgetting(&register, &regulator, &id, &reason).await?.into()))
}

/// Forgets who asked, on a ground that stands in the log.
pub(crate) async fn carry_out_forgetting(
    register: &Arc<Register>,
    regulator: &Regulator,
    id: &str,
    reason: &str,
) -> Result<Held, Refusal> {
    let reason = claims::line("reason", reason)?;
    find(register, id).await?;
    let (shared, user, request) = (Arc::clone(register), regulator.user().to_owned(), id.to_owned());
    to_the_end(async move { shared.store.forget_contacts(&user, &request, &reason).await }).await?;
    find(register, id).await
}

/// The request with this id.
pub(crate) async fn find(register: &Register, id: &str) -> Result<Held, Refusal> {
    let held = register.store.access_request(id).await?;
    held.ok_or_else(|| Refusal::not_found(&format!("no request for access has the id `{id}`")))
}
