//! Documents that pass about objects.

use factory_assurance::{
    object::{Basis, Evidence, Object, ObjectKind},
    wire::Procedure,
};
use factory_crds::{Text, state_service::RegisterData};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use crate::{
    api::{Register, asked::Number, problem::Refusal},
    console::calendar::TERM,
    store::objects::{Held, Person},
};

/// An object by its id.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ObjectPath {
    /// Id of the submission, as the register gave it.
    #[param(max_length = 253, min_length = 1)]
    pub id: String,
}

/// Which objects to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ObjectsQuery {
    /// Those of this participant; without it, all, for the regulator.
    #[param(pattern = "^[^\\u0000]*$")]
    pub participant: Option<String>,
    /// Only those that came before this event.
    #[param(value_type = Option<u64>, minimum = 0, maximum = 9_007_199_254_740_991_u64)]
    pub before: Option<Number>,
    /// How many; 100 where nothing is said.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    pub limit: Option<Number>,
}

/// Body of `POST /api/v1/objects/{id}/forgetting`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContactsRequest {
    /// On what ground; it stands in the log.
    #[schemars(length(min = 1, max = 500), regex(pattern = crate::api::claims::FULL_LINE))]
    pub reason: String,
}

/// Where an object stands, for its owner and the regulator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObjectState {
    /// Id of the submission.
    pub id: String,
    /// Where it stands.
    pub state: Procedure,
    /// Reason of a return or of its end; empty otherwise.
    pub reason: String,
    /// Participant.
    pub participant: String,
    /// Name of the object.
    pub name: String,
    /// What it is.
    pub kind: ObjectKind,
    /// Why no test was needed.
    pub basis: Basis,
    /// The same, in its owner's words.
    pub explanation: String,
    /// Title in three languages.
    pub titles: Text,
    /// Where it is used.
    pub host: String,
    /// The nine groups of item 17. Contacts in 17.7 are salted commitments.
    pub register: RegisterData,
    /// What stands for it.
    pub evidence: Vec<Evidence>,
    /// `sha256:…` of the canonical form of what was submitted: what the regulator signs.
    pub digest: String,
    /// The people of 17.7 with their contacts.
    pub people: Vec<Person>,
    /// User name of whoever submitted it.
    pub submitted_by: String,
    /// When it came (RFC 3339).
    pub received_at: String,
    /// Last day for the entry (21), while it waits; none where the calendar has no data.
    pub due: Option<String>,
    /// Path of the public entry, once it exists.
    pub entry: Option<String>,
}

/// A page of objects.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObjectStates {
    /// Objects, the newest first.
    pub objects: Vec<ObjectState>,
    /// Path of the next page, where there is one.
    pub next: Option<String>,
}

impl ObjectState {
    /// As it is told now.
    pub async fn of(register: &Register, held: Held) -> Result<Self, Refusal> {
        let Held { seq: _, id, object, submitted_by, received, state, reason } = held;
        let digest = object.digest().map_err(|error| Refusal::internal(&error))?;
        let people = register.store.people(&object).await?;
        let term = || register.console.calendar().term_of(TERM, &received, register.store.now());
        let due = (state == Procedure::Submitted).then(term).and_then(Result::ok).map(|term| term.due.to_string());
        let entered = matches!(state, Procedure::Registered | Procedure::Withdrawn);
        let Object { participant, name, kind, basis, explanation, titles, host, register, evidence } = object;
        Ok(Self {
            entry: entered.then(|| format!("/entries/{participant}/{name}")),
            id,
            state,
            reason,
            participant,
            name,
            kind,
            basis,
            explanation,
            titles,
            host,
            register,
            evidence,
            digest,
            people,
            submitted_by,
            received_at: received,
            due,
        })
    }
}
