//! `POST /api/v1/history`: what a run must build on when it is announced, where its standard has earlier runs count.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use factory_assurance::{plan::EarlierRuns, wire::Announcement};

use super::{Register, body::Body, caller::Factory, describe::schemas, off_thread, problem::Refusal};
use crate::{
    intake,
    store::{StoreError, history::Wanted},
};

/// Ask for the history of a run
///
/// The repetitions of earlier runs that `plan.prove.history` of this announcement must have: of each risk in its plan the
/// newest that the log has of its service, at most as many as its standard has count. Nothing is written.
#[utoipa::path(post, path = "/api/v1/history", operation_id = "history", tag = "factory",
    security(("bearer" = [])),
    request_body(content = ref("#/components/schemas/Announcement"), content_type = "application/json",
        description = "At most 32 MiB. What stands in its `plan.prove.history` is not looked at."),
    responses(
        (status = 200, description = "What is in the log now.", body = ref("#/components/schemas/EarlierRuns"), content_type = "application/json"),
        (status = 422, description = "A field is not what it must be; or its standard has no earlier runs count; or its plan has too many faults."),
    ))]
pub async fn history(
    State(register): State<Arc<Register>>,
    _factory: Factory,
    body: Body,
) -> Result<Json<EarlierRuns>, Refusal> {
    let wanted = off_thread(move || {
        let announcement: Announcement = body.read()?;
        let run = intake::announced(announcement)?;
        body.hold_against(schemas::announcement()?)?;
        Ok::<_, Refusal>(Wanted::of(&run).map_err(StoreError::from)?)
    })
    .await?;
    let none = || "standard.history: there is none, so no earlier run counts".to_owned();
    let wanted = wanted.ok_or_else(|| Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, none()))?;
    Ok(Json(register.store.history(&wanted).await?))
}
