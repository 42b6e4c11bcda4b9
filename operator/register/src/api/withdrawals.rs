//! `POST /api/v1/entries/{participant}/{service}/withdrawal`: the owner withdraws a service from the
//! register (21). The entry stays public and says so; the factory then takes the service down.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use factory_assurance::wire::{self, WithdrawalRequest};

use super::{
    Register,
    asked::ServicePath,
    body::Body,
    caller::Owner,
    entries::PublicEntry,
    key::{Key, KeyHeader},
    problem::Refusal,
    to_the_end,
};
use crate::{
    intake::IntakeError,
    store::{Wish, Written},
};

/// Withdraw a service
///
/// Its owner ends it (21). 201 with the entry as it stands once the withdrawal is on the disk; 200 with the same
/// for a repeated request.
#[utoipa::path(post, path = "/api/v1/entries/{participant}/{service}/withdrawal", operation_id = "withdraw", tag = "owner",
    params(ServicePath, KeyHeader), security(("bearer" = [])),
    request_body(content = ref("#/components/schemas/WithdrawalRequest"), content_type = "application/json",
        description = "At most 256 KiB."),
    responses(
        (status = 201, description = "Withdrawn.", body = ref("#/components/schemas/PublicEntry"), content_type = "application/json"),
        (status = 200, description = "Was withdrawn before.", body = ref("#/components/schemas/PublicEntry"), content_type = "application/json"),
        (status = 404, description = "No entry is in force."),
        (status = 409, description = "The key was used for another withdrawal."),
        (status = 422, description = "The reason is no line of 1 to 500 characters."),
    ))]
pub async fn withdraw(
    State(register): State<Arc<Register>>,
    owner: Owner,
    Key(key): Key,
    body: Body,
) -> Result<(StatusCode, Json<PublicEntry>), Refusal> {
    let WithdrawalRequest { reason } = body.read()?;
    let reason = wire::reason(&reason).map_err(IntakeError::from)?.to_owned();
    let user = owner.user().to_owned();
    let Owner { at: ServicePath { participant, service }, .. } = owner;
    let (status, entry) = end(&register, &user, Wish { key, participant, service, reason, item: None }).await?;
    Ok((status, Json(entry)))
}

/// Ends the entry in force, by its owner's withdrawal or, where `wish` names an item of law, by the regulator's
/// exclusion; answers whether it was done now, and the entry as it stands then.
pub(super) async fn end(
    register: &Arc<Register>,
    user: &str,
    wish: Wish,
) -> Result<(StatusCode, PublicEntry), Refusal> {
    let (name, excludes) = (format!("{}/{}", wish.participant, wish.service), wish.item.is_some());
    let (shared, actor) = (Arc::clone(register), user.to_owned());
    let (status, entry) = match to_the_end(async move { shared.store.withdraw(&actor, wish).await }).await? {
        Written::Now(entry) => {
            if excludes {
                tracing::info!(service = name, regulator = user, entry, "excluded");
            } else {
                tracing::info!(service = name, owner = user, entry, "withdrawn");
            }
            (StatusCode::CREATED, entry)
        }
        Written::Before(entry) => (StatusCode::OK, entry),
    };
    Ok((status, register.store.entry(entry).await?.into()))
}
