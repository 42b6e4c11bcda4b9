//! `POST /api/v1/announcements`: what will be done to a bundle, written down before it is done
//! (invariant 4).

use std::sync::Arc;

use axum::{Json, body::Bytes, extract::State, http::StatusCode};
use factory_assurance::wire::{Announced, Announcement};

use super::{Register, caller::Factory, key::Key, off_thread, problem::Refusal, to_the_end};
use crate::{intake, store::Written};

/// 201 with id, nonce and number of the attempt; 200 with the same for a repeated request.
pub async fn announce(
    State(register): State<Arc<Register>>,
    factory: Factory,
    Key(key): Key,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Result<(StatusCode, Json<Announced>), Refusal> {
    let announcement: Announcement = super::submissions::read(body)?;
    let epoch = announcement.epoch;
    let run = off_thread(move || intake::announced(announcement)).await?;
    let written = to_the_end(async move { register.store.announce(factory.user(), &key, epoch, run).await }).await?;
    Ok(match written {
        Written::Now(announced) => {
            tracing::info!(announcement = announced.id, attempt = announced.attempt, "announced");
            (StatusCode::CREATED, Json(announced))
        }
        Written::Before(announced) => (StatusCode::OK, Json(announced)),
    })
}
