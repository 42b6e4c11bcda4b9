//! `POST /api/v1/entries/{participant}/{service}/withdrawal`: the owner withdraws a service from the
//! register (21). The entry stays public and says so; the factory then takes the service down.

use std::sync::Arc;

use axum::{
    Json,
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    http::StatusCode,
};
use factory_assurance::wire::{self, WithdrawalRequest};

use super::{Register, caller::Owner, entries::PublicEntry, key::Key, problem::Refusal, submissions, to_the_end};
use crate::{
    intake::IntakeError,
    store::{Wish, Written},
};

/// 201 with the entry as it stands once the withdrawal is on the disk; 200 with the same for a
/// repeated request.
pub async fn withdraw(
    State(register): State<Arc<Register>>,
    owner: Owner,
    Key(key): Key,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<PublicEntry>), Refusal> {
    let WithdrawalRequest { reason } = submissions::read(body)?;
    let reason = wire::reason(&reason).map_err(IntakeError::from)?.to_owned();
    let user = owner.user().to_owned();
    let Owner { participant, service, .. } = owner;
    let wish = Wish { key, participant, service, reason };
    let name = format!("{}/{}", wish.participant, wish.service);
    let (shared, actor) = (Arc::clone(&register), user.clone());
    let (status, entry) = match to_the_end(async move { shared.store.withdraw(&actor, wish).await }).await? {
        Written::Now(entry) => {
            tracing::info!(service = name, owner = user, entry, "withdrawn");
            (StatusCode::CREATED, entry)
        }
        Written::Before(entry) => (StatusCode::OK, entry),
    };
    Ok((status, Json(register.store.entry(entry).await?.into())))
}
