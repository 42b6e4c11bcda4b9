//! Documents that pass about requests for access.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use crate::{
    api::claims::FULL_LINE,
    store::membership::{Held, Standing},
};

/// A request by its id.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct AccessPath {
    /// Id of the request, as its sender was told it.
    #[param(max_length = 253, min_length = 1)]
    pub id: String,
}

/// Body of `POST /api/v1/access-requests`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccessRequest {
    /// For which organisation.
    #[schemars(length(min = 1, max = 500), regex(pattern = FULL_LINE))]
    pub organisation: String,
    /// Its number in the register of legal entities.
    #[schemars(length(min = 1, max = 500), regex(pattern = FULL_LINE))]
    pub registration_number: String,
    /// On which act or power the request rests.
    #[schemars(length(min = 1, max = 500), regex(pattern = FULL_LINE))]
    pub basis: String,
    /// What access is wanted for.
    #[schemars(length(min = 1, max = 500), regex(pattern = FULL_LINE))]
    pub wants: String,
    /// Language that it is written in: `ky`, `ru` or `en`.
    #[schemars(regex(pattern = "^(ky|ru|en)$"))]
    pub language: String,
    /// Who asks. The regulator alone reads it.
    #[schemars(length(min = 1, max = 500), regex(pattern = FULL_LINE))]
    pub name: String,
    /// How they are reached. The regulator alone reads it.
    #[schemars(length(min = 1, max = 500), regex(pattern = FULL_LINE))]
    pub contact: String,
}

/// What the regulator does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum AccessAct {
    /// Access is granted.
    Grant,
    /// It is refused.
    Refuse,
    /// Granted access is taken again.
    Take,
}

/// Body of `POST /api/v1/access-requests/{id}/decision`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccessDecision {
    /// What is done.
    pub act: AccessAct,
    /// Name of the participant, where access is granted.
    #[serde(default)]
    #[schemars(length(max = 253))]
    pub participant: String,
    /// Why, where it is refused or taken.
    #[serde(default)]
    #[schemars(length(max = 500))]
    pub reason: String,
}

/// Where a request stands, for its sender.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccessStatus {
    /// Its id.
    pub id: String,
    /// For which organisation.
    pub organisation: String,
    /// Where it stands.
    pub state: Standing,
    /// Reason of a refusal or ground of a taking; empty otherwise.
    pub reason: String,
    /// Participant that access was granted as; empty before.
    pub participant: String,
    /// When it came (RFC 3339).
    pub received_at: String,
    /// Path of the page for its sender.
    pub page: String,
}

/// A request as the regulator reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeldAccess {
    /// Where it stands.
    pub status: AccessStatus,
    /// Number of the organisation in the register of legal entities.
    pub registration_number: String,
    /// On which act or power the request rests.
    pub basis: String,
    /// What access is wanted for.
    pub wants: String,
    /// Language that it is written in.
    pub language: String,
    /// Who asks; none where that was forgotten.
    pub name: Option<String>,
    /// How they are reached; none where that was forgotten.
    pub contact: Option<String>,
    /// Number of the event by which it came.
    pub event: u64,
}

/// A page of requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeldAccesses {
    /// Requests, the newest first.
    pub requests: Vec<HeldAccess>,
    /// Path of the next page, where there is one.
    pub next: Option<String>,
}

impl AccessStatus {
    /// As its sender is told.
    #[must_use]
    pub fn of(held: &Held) -> Self {
        Self {
            id: held.asked.id.clone(),
            organisation: held.asked.organisation.clone(),
            state: held.state,
            reason: held.reason.clone(),
            participant: held.participant.clone(),
            received_at: held.received.clone(),
            page: format!("/access/{}", held.asked.id),
        }
    }
}

impl From<Held> for HeldAccess {
    fn from(held: Held) -> Self {
        Self {
            status: AccessStatus::of(&held),
            registration_number: held.asked.registration_number,
            basis: held.asked.basis,
            wants: held.asked.wants,
            language: held.asked.language,
            name: held.name,
            contact: held.contact,
            event: held.seq,
        }
    }
}
