//! `/api/v1/entries/{participant}/{service}/claims` and `/api/v1/claims`: claims and responses of users (67). Who
//! sends one is not asked who they are; where it stands is told to whoever knows its id.

mod decide;
mod documents;
mod lists;
mod table;

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Register,
    asked::{At, ServicePath},
    body::Body,
    entries::newest,
    key::{Key, KeyHeader},
    limits::Sender,
    problem::Refusal,
    to_the_end,
};
use crate::{
    claims,
    store::{
        Written,
        claims::{Held, Said},
    },
};
pub(crate) use decide::{carry_out_answer, carry_out_decision, carry_out_forgetting};
pub(crate) use documents::FULL_LINE;
pub use documents::{
    AnswerRequest, ClaimRequest, ClaimStatus, DecisionRequest, ForgettingRequest, HeldClaim, HeldClaims, PublicAnswer,
    PublicClaim, PublicClaims,
};

/// What is public and follows from the log alone, and the way in beside it.
pub(super) fn fresh() -> OpenApiRouter<Arc<Register>> {
    OpenApiRouter::new().routes(routes!(lists::published, send)).routes(routes!(crate::pages::claims::feed::feed))
}

/// All else.
pub(super) fn others() -> OpenApiRouter<Arc<Register>> {
    OpenApiRouter::new()
        .routes(routes!(table::table))
        .routes(routes!(lists::list))
        .routes(routes!(lists::status))
        .routes(routes!(decide::decide))
        .routes(routes!(decide::answer))
        .routes(routes!(decide::forget))
}

/// Send a claim or a response
///
/// Without an account (67). 201 with its id, by which its sender reads where it stands; 200 with the same for a
/// repeated request. The regulator considers it within one working day.
#[utoipa::path(post, path = "/api/v1/entries/{participant}/{service}/claims", operation_id = "sendClaim", tag = "public",
    params(ServicePath, KeyHeader),
    request_body(content = ref("#/components/schemas/ClaimRequest"), content_type = "application/json",
        description = "At most 256 KiB."),
    responses(
        (status = 201, description = "Taken.", body = ref("#/components/schemas/ClaimStatus"), content_type = "application/json"),
        (status = 200, description = "Was taken before.", body = ref("#/components/schemas/ClaimStatus"), content_type = "application/json"),
        (status = 404, description = "There is no such service."),
        (status = 409, description = "The key was used for another claim, or the same words were sent before."),
        (status = 422, description = "A field is not what it must be."),
    ))]
pub async fn send(
    State(register): State<Arc<Register>>,
    At(at): At<ServicePath>,
    Key(key): Key,
    sender: Sender,
    body: Body,
) -> Result<(StatusCode, Json<ClaimStatus>), Refusal> {
    let ClaimRequest { kind, language, publish, words, contact } = body.read()?;
    let language = claims::language(&language)?.tag().to_owned();
    let (words, contact) = (claims::words("words", &words)?, claims::contact(contact.as_deref())?);
    let ServicePath { participant, service } = at;
    let said = Said { key, participant, service, kind, language, publish, words, contact };
    let (status, held) = take(&register, &sender, said).await?;
    Ok((status, Json(ClaimStatus::of(&register, held))))
}

/// Writes what was said, after it was found to be fit and its sender was counted.
pub(crate) async fn take(register: &Arc<Register>, sender: &Sender, said: Said) -> Result<(StatusCode, Held), Refusal> {
    sender.count(register)?;
    let shared = Arc::clone(register);
    let (status, id) = match to_the_end(async move { shared.store.claim(said).await }).await? {
        Written::Now(id) => (StatusCode::CREATED, id),
        Written::Before(id) => (StatusCode::OK, id),
    };
    // Neither words nor id: whoever knows the id may read where it stands.
    tracing::info!(repeated = status == StatusCode::OK, "a claim was taken");
    Ok((status, find(register, &id).await?))
}

/// Refuses an address under which nothing is entered.
pub(crate) async fn must_be_entered(register: &Register, at: &ServicePath) -> Result<(), Refusal> {
    newest(register, at).await.map(drop)
}

/// The claim with this id.
pub(crate) async fn find(register: &Register, id: &str) -> Result<Held, Refusal> {
    let held = register.store.claim_of(id).await?;
    held.ok_or_else(|| Refusal::not_found(&format!("no claim has the id `{id}`")))
}
