//! What the regulator decides of an object, and forgetting.

use std::sync::Arc;

use axum::{Json, extract::State};
use factory_assurance::{
    dsse::Envelope,
    object::{self, Inclusion},
    wire::{ConfirmationRequest, ReturnRequest},
};

use super::{ContactsRequest, ObjectState, documents::ObjectPath, find};
use crate::{
    api::{
        Register, asked::At, body::Body, caller::Regulator, decisions::fit_reason, off_thread, problem::Refusal,
        to_the_end,
    },
    claims,
    intake::{
        IntakeError,
        regulator::{Signing, signing},
    },
    log::event::ObjectEntered,
    store::{Written, objects::Held},
};

/// Confirm an object
///
/// Takes a signed inclusion of the object's canonical form, and makes its public entry (21). It permits no launch.
/// Answers where it stands then, also when repeated.
#[utoipa::path(post, path = "/api/v1/objects/{id}/confirmation", operation_id = "confirmObject", tag = "regulator",
    params(ObjectPath), security(("bearer" = [])),
    request_body(content = ref("#/components/schemas/ConfirmationRequest"), content_type = "application/json",
        description = "At most 256 KiB."),
    responses(
        (status = 200, description = "Where it stands then.", body = ref("#/components/schemas/ObjectState"), content_type = "application/json"),
        (status = 404, description = "There is none with this id."),
        (status = 409, description = "It was decided otherwise, or the factory tests it since."),
        (status = 422, description = "The inclusion does not hold."),
    ))]
pub async fn confirm(
    State(register): State<Arc<Register>>,
    regulator: Regulator,
    At(ObjectPath { id }): At<ObjectPath>,
    body: Body,
) -> Result<Json<ObjectState>, Refusal> {
    let ConfirmationRequest { confirmation } = body.read()?;
    let held = carry_out_confirmation(&register, &regulator, &id, confirmation).await?;
    Ok(Json(ObjectState::of(&register, held).await?))
}

/// Confirms object `id` with a signed inclusion, after it was verified.
pub(crate) async fn carry_out_confirmation(
    register: &Arc<Register>,
    regulator: &Regulator,
    id: &str,
    inclusion: Envelope,
) -> Result<Held, Refusal> {
    let Held { object, submitted_by, .. } = find(register, id).await?;
    let (keys, signed, now) = (register.regulator_keys.clone(), inclusion.clone(), register.store.now());
    let submission = id.to_owned();
    let entry = off_thread(move || {
        let Signing { keys, sealed_by } = signing("confirmation", keys.load()?, &signed, now)?;
        let included = object::verify(&signed, &keys, &object).map_err(IntakeError::from)?;
        let digest = object.digest().map_err(IntakeError::from)?;
        let Inclusion { predicate, .. } = included;
        let (confirmed_by, confirmed_at) = (predicate.verifier.office.unwrap_or_default(), predicate.time_verified);
        let made = ObjectEntered { submission, object, digest, submitted_by, confirmed_by, confirmed_at, sealed_by };
        Ok::<_, Refusal>(made)
    })
    .await?;
    let (shared, user) = (Arc::clone(register), regulator.user().to_owned());
    let written = to_the_end(async move { shared.store.confirm_object(&user, inclusion, entry).await }).await?;
    if written == Written::Now(()) {
        tracing::info!(object = id, regulator = regulator.user(), "an object was entered");
    }
    find(register, id).await
}

/// Return an object
///
/// The regulator sends it back with a reason. Answers where it stands then, also when repeated.
#[utoipa::path(post, path = "/api/v1/objects/{id}/return", operation_id = "returnObject", tag = "regulator",
    params(ObjectPath), security(("bearer" = [])),
    request_body(content = ref("#/components/schemas/ReturnRequest"), content_type = "application/json",
        description = "At most 256 KiB."),
    responses(
        (status = 200, description = "Where it stands then.", body = ref("#/components/schemas/ObjectState"), content_type = "application/json"),
        (status = 404, description = "There is none with this id."),
        (status = 409, description = "It was decided otherwise."),
        (status = 422, description = "The reason is too short, too long or no plain text."),
    ))]
pub async fn send_back(
    State(register): State<Arc<Register>>,
    regulator: Regulator,
    At(ObjectPath { id }): At<ObjectPath>,
    body: Body,
) -> Result<Json<ObjectState>, Refusal> {
    let ReturnRequest { reason } = body.read()?;
    let held = carry_out_return(&register, &regulator, &id, &reason).await?;
    Ok(Json(ObjectState::of(&register, held).await?))
}

/// Returns object `id` with a `reason`, after it was found to be one.
pub(crate) async fn carry_out_return(
    register: &Arc<Register>,
    regulator: &Regulator,
    id: &str,
    reason: &str,
) -> Result<Held, Refusal> {
    let reason = fit_reason(reason)?;
    let (shared, user, object) = (Arc::clone(register), regulator.user().to_owned(), id.to_owned());
    let written = to_the_end(async move { shared.store.return_object(&user, &object, &reason).await }).await?;
    if written == Written::Now(()) {
        tracing::info!(object = id, regulator = regulator.user(), "an object was returned");
    }
    find(register, id).await
}

/// Forget the people of an object
///
/// Names and contacts of item 17.7 are removed for good; the log keeps commitments that tell nothing, and every proof
/// still holds. Answers where the object stands then, also when repeated.
#[utoipa::path(post, path = "/api/v1/objects/{id}/forgetting", operation_id = "forgetPeople", tag = "regulator",
    params(ObjectPath), security(("bearer" = [])),
    request_body(content = ref("#/components/schemas/ContactsRequest"), content_type = "application/json",
        description = "At most 256 KiB."),
    responses(
        (status = 200, description = "Where it stands then.", body = ref("#/components/schemas/ObjectState"), content_type = "application/json"),
        (status = 404, description = "There is none with this id."),
        (status = 422, description = "The reason is none."),
    ))]
pub async fn forget(
    State(register): State<Arc<Register>>,
    regulator: Regulator,
    At(ObjectPath { id }): At<ObjectPath>,
    body: Body,
) -> Result<Json<ObjectState>, Refusal> {
    let ContactsRequest { reason } = body.read()?;
    let held = carry_out_forgetting(&register, &regulator, &id, &reason).await?;
    Ok(Json(ObjectState::of(&register, held).await?))
}

/// Forgets the people of object `id`, on a ground that stands in the log.
pub(crate) async fn carry_out_forgetting(
    register: &Arc<Register>,
    regulator: &Regulator,
    id: &str,
    reason: &str,
) -> Result<Held, Refusal> {
    let reason = claims::line("reason", reason)?;
    let held = find(register, id).await?;
    let (shared, user, object) = (Arc::clone(register), regulator.user().to_owned(), id.to_owned());
    let written = to_the_end(async move { shared.store.forget_contacts(&user, &object, &reason).await }).await?;
    if written == Written::Now(()) {
        tracing::info!(object = id, regulator = regulator.user(), "contacts of people were forgotten");
    }
    Ok(held)
}
