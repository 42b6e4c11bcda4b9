//! `/api/v1/participants`: who takes part in the ecosystem (14), as the register knows it. Nobody is asked who they are.

use std::sync::Arc;

use axum::{Json, extract::State, http::HeaderName};
use factory_crds::state_service::register_data::OwnerRole;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::{
    Register,
    asked::{Asked, Number, Search, limit},
    entries::{FOR_EVERYONE, escaped},
    problem::Refusal,
};
use crate::store::participants::Participant;

/// Participants in one answer, unless fewer are asked for.
const MOST: u32 = 50;

/// Which participants to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ParticipantsQuery {
    /// Only those whose names come after this one.
    #[serde(default)]
    #[param(value_type = String, required = false, max_length = 200)]
    pub after: Search,
    /// How many; 50 where nothing is said.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 50)]
    pub limit: Option<Number>,
}

/// A page of participants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Participants {
    /// Participants, in the order of their names.
    pub participants: Vec<PublicParticipant>,
    /// Path of the next page, where there is one.
    pub next: Option<String>,
}

/// A participant, as the entries in force and the decisions on access say it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PublicParticipant {
    /// Name: the namespace of its manifests.
    pub participant: String,
    /// As its entries name it, each name once, the newest first.
    pub names: Vec<ParticipantName>,
    /// Its parts in its entries (17.1).
    pub roles: Vec<OwnerRole>,
    /// Who reports results for it, by whose delegation (63.2), each once.
    pub reported_by: Vec<String>,
    /// State services in force.
    pub services: u32,
    /// Other objects in force.
    pub objects: u32,
    /// When the regulator granted access to the register (RFC 3339); none where it was not asked for here.
    pub access_since: Option<String>,
}

/// How a participant is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ParticipantName {
    /// Full name of the body.
    pub name: String,
    /// Its number in the register of legal entities.
    pub registration_number: String,
}

impl From<Participant> for PublicParticipant {
    fn from(known: Participant) -> Self {
        let Participant { participant, names, roles, reported_by, services, objects, access } = known;
        let mut names: Vec<ParticipantName> = names
            .into_iter()
            .map(|(name, registration_number)| ParticipantName { name, registration_number })
            .collect();
        let access_since = access.map(|(name, registration_number, since)| {
            // As it asked for access, until an entry names it.
            if names.is_empty() {
                names.push(ParticipantName { name, registration_number });
            }
            since
        });
        Self { participant, names, roles, reported_by, services, objects, access_since }
    }
}

/// List participants
///
/// Owners, processors and suppliers with an entry, and whoever was granted access (14), in pages; `next` is the way on.
#[utoipa::path(get, path = "/api/v1/participants", operation_id = "listParticipants", tag = "public",
    params(ParticipantsQuery),
    responses(
        (status = 200, description = "A page of them.", body = ref("#/components/schemas/Participants"), content_type = "application/json"),
        (status = 304, description = "As it was."),
    ))]
pub async fn list(
    State(register): State<Arc<Register>>,
    Asked(ParticipantsQuery { after: Search(after), limit: most }): Asked<ParticipantsQuery>,
) -> Result<([(HeaderName, &'static str); 1], Json<Participants>), Refusal> {
    let most = limit(most, MOST)?;
    let (known, more) = register.store.known_participants(&after, most).await?;
    let participants: Vec<PublicParticipant> = known.into_iter().map(PublicParticipant::from).collect();
    let last = participants.last().filter(|_| more);
    let next = last.map(|last| format!("/api/v1/participants?after={}&limit={most}", escaped(&last.participant)));
    Ok((FOR_EVERYONE, Json(Participants { participants, next })))
}
