//! The regulator's two decisions on a submission (63.3): confirm it, which makes the public entry
//! where the data are complete (19.3, 21), or return it with a reason.

use std::sync::Arc;

use axum::{Json, extract::State};
use factory_assurance::{
    confirmation::Confirmation,
    dossier::Dossier,
    dsse::Envelope,
    survived::survived,
    wire::{self, ConfirmationRequest, ReturnRequest, SubmissionState},
};

use super::{
    Register,
    asked::{At, SubmissionPath},
    body::Body,
    caller::Regulator,
    off_thread,
    problem::Refusal,
    submissions, to_the_end,
};
use crate::{
    intake::{self, IntakeError, regulator::Signing},
    log::event::{EntryMade, Summary},
    store::{Proven, Written},
};

/// Longest reason of a return, in characters.
const LONGEST_REASON: usize = 4000;

/// Confirm a submission
///
/// Takes a signed confirmation (63.3); answers where the submission stands then, also when the same person repeats
/// it.
#[utoipa::path(post, path = "/api/v1/submissions/{id}/confirmation", operation_id = "confirm", tag = "regulator",
    params(SubmissionPath), security(("bearer" = [])),
    request_body(content = ref("#/components/schemas/ConfirmationRequest"), content_type = "application/json",
        description = "At most 256 KiB."),
    responses(
        (status = 200, description = "Where it stands then.", body = ref("#/components/schemas/SubmissionState"), content_type = "application/json"),
        (status = 404, description = "There is no submission with this id."),
        (status = 409, description = "It was decided otherwise, confirmed by another person, or withdrawn; or an instruction to its service is overdue, and it does not carry it out."),
        (status = 422, description = "The confirmation does not hold, or the dossier did not pass."),
    ))]
pub async fn confirm(
    State(register): State<Arc<Register>>,
    regulator: Regulator,
    At(SubmissionPath { id }): At<SubmissionPath>,
    body: Body,
) -> Result<Json<SubmissionState>, Refusal> {
    let ConfirmationRequest { confirmation } = body.read()?;
    carry_out_confirmation(&register, &regulator, id, confirmation).await.map(Json)
}

/// Confirms submission `id` with a signed `confirmation`, after it was verified.
pub(crate) async fn carry_out_confirmation(
    register: &Arc<Register>,
    regulator: &Regulator,
    id: String,
    confirmation: Envelope,
) -> Result<SubmissionState, Refusal> {
    let held = submissions::held(register, &id).await?;
    let dossier = register.store.dossier(&held).await?;
    let (keys, summary, signed, submission) =
        (register.regulator_keys.clone(), held.summary, confirmation.clone(), id.clone());
    let now = register.store.now();
    let (entry, proven) = off_thread(move || {
        let Signing { keys, sealed_by } = intake::regulator::signing("confirmation", keys.load()?, &signed, now)?;
        let confirmed = intake::confirmed(&summary, &signed, &keys)?;
        follows(submission, summary, (confirmed, sealed_by), &dossier)
    })
    .await?;
    let (shared, submission) = (Arc::clone(register), id.clone());
    let user = regulator.user().to_owned();
    let written =
        to_the_end(async move { shared.store.confirm(&user, &submission, confirmation, entry, &proven).await }).await?;
    if written == Written::Now(()) {
        tracing::info!(submission = id, regulator = regulator.user(), "confirmed");
    }
    let held = submissions::held(register, &id).await?;
    submissions::state_of(register, held).await
}

/// Return a submission
///
/// Sends it back with a reason (63.3); answers where it stands then, also when repeated.
#[utoipa::path(post, path = "/api/v1/submissions/{id}/return", operation_id = "sendBack", tag = "regulator",
    params(SubmissionPath), security(("bearer" = [])),
    request_body(content = ref("#/components/schemas/ReturnRequest"), content_type = "application/json",
        description = "At most 256 KiB."),
    responses(
        (status = 200, description = "Where it stands then.", body = ref("#/components/schemas/SubmissionState"), content_type = "application/json"),
        (status = 404, description = "There is no submission with this id."),
        (status = 409, description = "It was decided otherwise, or withdrawn."),
        (status = 422, description = "The reason is too short, too long or no plain text."),
    ))]
pub async fn send_back(
    State(register): State<Arc<Register>>,
    regulator: Regulator,
    At(SubmissionPath { id }): At<SubmissionPath>,
    body: Body,
) -> Result<Json<SubmissionState>, Refusal> {
    let ReturnRequest { reason } = body.read()?;
    carry_out_return(&register, &regulator, id, &reason).await.map(Json)
}

/// Returns submission `id` with a `reason`, after it was found to be one.
pub(crate) async fn carry_out_return(
    register: &Arc<Register>,
    regulator: &Regulator,
    id: String,
    reason: &str,
) -> Result<SubmissionState, Refusal> {
    let reason = fit_reason(reason)?;
    let (shared, submission) = (Arc::clone(register), id.clone());
    let user = regulator.user().to_owned();
    let written = to_the_end(async move { shared.store.send_back(&user, &submission, &reason).await }).await?;
    if written == Written::Now(()) {
        tracing::info!(submission = id, regulator = regulator.user(), "returned");
    }
    let held = submissions::held(register, &id).await?;
    submissions::state_of(register, held).await
}

/// `reason` as the reason of a return, without the space around it.
pub(super) fn fit_reason(reason: &str) -> Result<String, Refusal> {
    let reason = reason.trim().to_owned();
    if reason.is_empty() || reason.chars().count() > LONGEST_REASON {
        let (field, found) = ("reason".to_owned(), reason.chars().take(20).collect());
        return Err(IntakeError::Field { field, rule: "must say in 1 to 4000 characters what to mend", found }.into());
    }
    if let Some(steering) = reason.chars().find(|&letter| steers_text(letter)) {
        let (field, found) = ("reason".to_owned(), format!("U+{:04X}", u32::from(steering)));
        return Err(IntakeError::Field { field, rule: "must be plain text", found }.into());
    }
    Ok(reason)
}

/// Whether a text of several lines must not hold `letter`: it steers whoever shows it, or is none for a database.
fn steers_text(letter: char) -> bool {
    !matches!(letter, '\n' | '\r' | '\t') && wire::disturbs(letter)
}

/// What follows from a dossier that was confirmed, by a seal or by a person: the entry, none while data of item 17 are
/// missing, and what it shows to instructions (56.7).
fn follows(
    submission: String,
    summary: Summary,
    (confirmed, sealed_by): (Confirmation, Option<String>),
    dossier: &Envelope,
) -> Result<(Option<EntryMade>, Proven), Refusal> {
    // Verified when it was taken; the log's hash holds it since.
    let dossier: Dossier = dossier.unchecked().map_err(|error| Refusal::internal(&error))?;
    let result = dossier.predicate;
    let survived = survived(&result, &summary.verdict);
    let proven = Proven { survived, freezes: result.standard.freeze_when_overdue };
    let entry = summary.missing.is_empty().then_some(EntryMade {
        submission,
        summary,
        record: result.record,
        confirmed_by: confirmed.predicate.office().to_owned(),
        confirmed_at: confirmed.predicate.time_verified,
        under: None,
        sealed_by,
    });
    Ok((entry, proven))
}
