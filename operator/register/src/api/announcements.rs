//! `POST /api/v1/announcements`: what will be done to a bundle, written down before it is done
//! (invariant 4).

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use factory_assurance::wire::{Announced, Announcement};

use super::{
    Register,
    body::Body,
    caller::Factory,
    describe::schemas,
    key::{Key, KeyHeader},
    off_thread,
    problem::Refusal,
    to_the_end,
};
use crate::{
    intake,
    store::{Prepared, Written},
};

/// Announce a run
///
/// Before its first fault (invariant 4), under a standard that the regulator has issued. 201 with id, nonce and number of the attempt; 200 with the same for a
/// repeated request.
#[utoipa::path(post, path = "/api/v1/announcements", operation_id = "announce", tag = "factory",
    params(KeyHeader), security(("bearer" = [])),
    request_body(content = ref("#/components/schemas/Announcement"), content_type = "application/json",
        description = "At most 32 MiB."),
    responses(
        (status = 201, description = "Written.", body = ref("#/components/schemas/Announced"), content_type = "application/json"),
        (status = 200, description = "Was written before.", body = ref("#/components/schemas/Announced"), content_type = "application/json"),
        (status = 409, description = "The key was used for another announcement; or the regulator has not issued the standard, or not for today, or with another content; or its plan compares with another release than the one confirmed last, or builds on other repetitions of earlier runs than those in the log; or the bundle has had the attempts that its standard allows."),
        (status = 412, description = "Another operator leads since."),
        (status = 422, description = "A field is not what it must be."),
    ))]
pub async fn announce(
    State(register): State<Arc<Register>>,
    factory: Factory,
    Key(key): Key,
    body: Body,
) -> Result<(StatusCode, Json<Announced>), Refusal> {
    let (epoch, prepared) = off_thread(move || {
        let announcement: Announcement = body.read()?;
        let epoch = announcement.epoch;
        let run = intake::announced(announcement)?;
        body.hold_against(schemas::announcement()?)?;
        Ok::<_, Refusal>((epoch, Prepared::of(run)?))
    })
    .await?;
    let written =
        to_the_end(async move { register.store.announce(factory.user(), &key, epoch, prepared).await }).await?;
    Ok(match written {
        Written::Now(announced) => {
            tracing::info!(announcement = announced.id, attempt = announced.attempt, "announced");
            (StatusCode::CREATED, Json(announced))
        }
        Written::Before(announced) => (StatusCode::OK, Json(announced)),
    })
}
