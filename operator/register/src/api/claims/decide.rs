//! What the regulator decides of a claim, what its supplier answers, and forgetting.

use std::sync::Arc;

use axum::{Json, extract::State};

use super::{AnswerRequest, DecisionRequest, ForgettingRequest, HeldClaim, documents::ClaimPath, find};
use crate::{
    api::{
        Register,
        asked::At,
        body::Body,
        caller::{Caller, Regulator},
        problem::Refusal,
        to_the_end,
    },
    claims,
    intake::IntakeError,
    log::event::ClaimDecision,
    store::{
        Written,
        claims::{ClaimError, Held, Standing},
    },
};

/// Decide a claim
///
/// The regulator considers it (67): publishes it where its sender chose so, passes it on to the supplier alone, or
/// refuses it with a reason. Answers where it stands then, also when repeated.
#[utoipa::path(post, path = "/api/v1/claims/{id}/decision", operation_id = "decideClaim", tag = "regulator",
    params(ClaimPath), security(("bearer" = [])),
    request_body(content = ref("#/components/schemas/DecisionRequest"), content_type = "application/json",
        description = "At most 256 KiB."),
    responses(
        (status = 200, description = "Where it stands then.", body = ref("#/components/schemas/HeldClaim"), content_type = "application/json"),
        (status = 404, description = "There is no claim with this id."),
        (status = 409, description = "It was decided otherwise, or its sender did not choose that it is published."),
        (status = 422, description = "A reason is needed, or must not be there."),
    ))]
pub async fn decide(
    State(register): State<Arc<Register>>,
    regulator: Regulator,
    At(ClaimPath { id }): At<ClaimPath>,
    body: Body,
) -> Result<Json<HeldClaim>, Refusal> {
    let DecisionRequest { decision, reason } = body.read()?;
    let held = carry_out_decision(&register, &regulator, &id, decision, &reason).await?;
    Ok(Json(HeldClaim::of(&register, held)))
}

/// Decides claim `id`, after the reason was found to fit.
pub(crate) async fn carry_out_decision(
    register: &Arc<Register>,
    regulator: &Regulator,
    id: &str,
    decision: ClaimDecision,
    reason: &str,
) -> Result<Held, Refusal> {
    let held = find(register, id).await?;
    let wrong = |rule, found: &str| {
        Refusal::from(IntakeError::Field { field: "reason".to_owned(), rule, found: found.to_owned() })
    };
    let refuses = decision == ClaimDecision::Refuse || (decision == ClaimDecision::Keep && held.publish);
    let reason = match (reason.trim(), decision) {
        ("", _) if refuses => return Err(wrong("must say in 1 to 500 characters why", "")),
        ("", _) => String::new(),
        (some, ClaimDecision::Publish) => {
            return Err(wrong("must be empty where a claim is published", &some.chars().take(20).collect::<String>()));
        }
        (some, _) => claims::line("reason", some)?,
    };
    let (shared, claim, user) = (Arc::clone(register), id.to_owned(), regulator.user().to_owned());
    let written = to_the_end(async move { shared.store.decide_claim(&user, &claim, decision, &reason).await }).await?;
    if written == Written::Now(()) {
        tracing::info!(event = held.seq, regulator = regulator.user(), ?decision, "a claim was considered");
    }
    find(register, id).await
}

/// Answer a claim
///
/// Its supplier answers what was passed on to it (67), once. Answers where it stands then, also when repeated.
#[utoipa::path(post, path = "/api/v1/claims/{id}/answer", operation_id = "answerClaim", tag = "owner",
    params(ClaimPath), security(("bearer" = [])),
    request_body(content = ref("#/components/schemas/AnswerRequest"), content_type = "application/json",
        description = "At most 256 KiB."),
    responses(
        (status = 200, description = "Where it stands then.", body = ref("#/components/schemas/HeldClaim"), content_type = "application/json"),
        (status = 404, description = "There is no claim with this id."),
        (status = 409, description = "It was not passed on, or was answered with other words."),
        (status = 422, description = "The words are none."),
    ))]
pub async fn answer(
    State(register): State<Arc<Register>>,
    caller: Caller,
    At(ClaimPath { id }): At<ClaimPath>,
    body: Body,
) -> Result<Json<HeldClaim>, Refusal> {
    let AnswerRequest { words } = body.read()?;
    let held = carry_out_answer(&register, &caller, &id, &words).await?;
    Ok(Json(HeldClaim::of(&register, held)))
}

/// Answers claim `id` for its supplier, after the words were found to be some.
pub(crate) async fn carry_out_answer(
    register: &Arc<Register>,
    caller: &Caller,
    id: &str,
    words: &str,
) -> Result<Held, Refusal> {
    let held = find(register, id).await?;
    let supplier = caller.must_supply(register, &held.participant).await?;
    // What was not passed on is not there for a supplier.
    if matches!(held.state, Standing::Received | Standing::Refused) {
        let rule = "the regulator has not passed it on to the supplier";
        return Err(ClaimError::Stands { id: id.to_owned(), state: held.state, rule }.into());
    }
    let words = claims::words("words", words)?;
    let (shared, claim, user) = (Arc::clone(register), id.to_owned(), supplier.clone());
    let written = to_the_end(async move { shared.store.answer_claim(&user, &claim, words).await }).await?;
    if written == Written::Now(()) {
        tracing::info!(event = held.seq, supplier, "a claim was answered");
    }
    find(register, id).await
}

/// Forget a person
///
/// The sender's contact, and with `words` all that was written, is removed for good; the log keeps commitments that
/// tell nothing, and every proof still holds. Answers where the claim stands then, also when repeated.
#[utoipa::path(post, path = "/api/v1/claims/{id}/forgetting", operation_id = "forgetClaim", tag = "regulator",
    params(ClaimPath), security(("bearer" = [])),
    request_body(content = ref("#/components/schemas/ForgettingRequest"), content_type = "application/json",
        description = "At most 256 KiB."),
    responses(
        (status = 200, description = "Where it stands then.", body = ref("#/components/schemas/HeldClaim"), content_type = "application/json"),
        (status = 404, description = "There is no claim with this id."),
        (status = 409, description = "It waits for a decision."),
        (status = 422, description = "The reason is none."),
    ))]
pub async fn forget(
    State(register): State<Arc<Register>>,
    regulator: Regulator,
    At(ClaimPath { id }): At<ClaimPath>,
    body: Body,
) -> Result<Json<HeldClaim>, Refusal> {
    let ForgettingRequest { words, reason } = body.read()?;
    let held = carry_out_forgetting(&register, &regulator, &id, words, &reason).await?;
    Ok(Json(HeldClaim::of(&register, held)))
}

/// Forgets what was asked for, on a ground that stands in the log.
pub(crate) async fn carry_out_forgetting(
    register: &Arc<Register>,
    regulator: &Regulator,
    id: &str,
    words: bool,
    reason: &str,
) -> Result<Held, Refusal> {
    let reason = claims::line("reason", reason)?;
    let (shared, claim, user) = (Arc::clone(register), id.to_owned(), regulator.user().to_owned());
    let written = to_the_end(async move { shared.store.forget(&user, &claim, words, &reason).await }).await?;
    let held = find(register, id).await?;
    if written == Written::Now(()) {
        tracing::info!(event = held.seq, regulator = regulator.user(), words, "what a person wrote was forgotten");
    }
    Ok(held)
}
