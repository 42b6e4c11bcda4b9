//! `POST /api/v1/entries/{participant}/{service}/exclusion`: the regulator excludes a service from the register
//! (21), on a ground and an item of law that everyone reads. The entry stays public and says so; the factory takes the
//! launch permit and the service away as after a withdrawal.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use factory_assurance::wire::{self, ExclusionRequest};

use super::{
    Register,
    asked::{At, ServicePath},
    body::Body,
    caller::Regulator,
    entries::PublicEntry,
    key::{Key, KeyHeader},
    problem::Refusal,
    withdrawals,
};
use crate::{intake::IntakeError, store::Wish};

/// Exclude a service
///
/// The regulator ends it (21). 201 with the entry as it stands once the exclusion is on the disk; 200 with the same for
/// a repeated request.
#[utoipa::path(post, path = "/api/v1/entries/{participant}/{service}/exclusion", operation_id = "exclude", tag = "regulator",
    params(ServicePath, KeyHeader), security(("bearer" = [])),
    request_body(content = ref("#/components/schemas/ExclusionRequest"), content_type = "application/json",
        description = "At most 256 KiB."),
    responses(
        (status = 201, description = "Excluded.", body = ref("#/components/schemas/PublicEntry"), content_type = "application/json"),
        (status = 200, description = "Was excluded before.", body = ref("#/components/schemas/PublicEntry"), content_type = "application/json"),
        (status = 404, description = "No entry is in force."),
        (status = 409, description = "The key was used for another exclusion, or the entry has ended otherwise."),
        (status = 422, description = "The ground or the item of law is none."),
    ))]
pub async fn exclude(
    State(register): State<Arc<Register>>,
    regulator: Regulator,
    At(at): At<ServicePath>,
    Key(key): Key,
    body: Body,
) -> Result<(StatusCode, Json<PublicEntry>), Refusal> {
    let ExclusionRequest { reason, item } = body.read()?;
    let (status, entry) = carry_out(&register, &regulator, at, key, (&reason, &item)).await?;
    Ok((status, Json(entry)))
}

/// Excludes the service at `at` on a ground and an item of law, after both were found to be such.
pub(crate) async fn carry_out(
    register: &Arc<Register>,
    regulator: &Regulator,
    ServicePath { participant, service }: ServicePath,
    key: String,
    (reason, item): (&str, &str),
) -> Result<(StatusCode, PublicEntry), Refusal> {
    let reason = wire::reason(reason).map_err(IntakeError::from)?.to_owned();
    let item = wire::item(item).map_err(IntakeError::Item)?.to_owned();
    let wish = Wish { key, participant, service, reason, item: Some(item) };
    withdrawals::end(register, regulator.user(), wish).await
}
