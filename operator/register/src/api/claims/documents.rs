//! Documents that pass about claims.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use crate::{
    api::Register,
    claims,
    log::event::{ClaimDecision, ClaimKind},
    store::claims::{Answer, Held, Standing},
};

/// One line, without letters that steer.
const LINE: &str = r"^[^\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]*$";
/// The same with something in it.
pub(crate) const FULL_LINE: &str = concat!(
    r"^[^\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]*",
    r"[^\s\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]",
    r"[^\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]*$",
);
/// The same in lines.
const FULL_LINES: &str = concat!(
    r"^([^\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|\n)*",
    r"[^\s\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]",
    r"([^\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|\n)*$",
);

/// A claim by its id.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ClaimPath {
    /// Id of the claim, as its sender was told it.
    #[param(max_length = 253, min_length = 1)]
    pub id: String,
}

/// Body of `POST /api/v1/entries/{participant}/{service}/claims`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClaimRequest {
    /// What it is.
    pub kind: ClaimKind,
    /// Language that it is written in: `ky`, `ru` or `en`.
    #[schemars(regex(pattern = "^(ky|ru|en)$"))]
    pub language: String,
    /// Whether it is to be published.
    pub publish: bool,
    /// What is to be said: plain text in lines.
    #[schemars(length(min = 1, max = 4000), regex(pattern = FULL_LINES))]
    pub words: String,
    /// How the sender wants to be reached; it is told to the regulator and the supplier alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 500), regex(pattern = LINE))]
    pub contact: Option<String>,
}

/// Body of `POST /api/v1/claims/{id}/decision`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DecisionRequest {
    /// What is decided.
    pub decision: ClaimDecision,
    /// Why, for the sender: needed where what was asked for is refused, empty where it is published.
    #[serde(default)]
    #[schemars(length(max = 500), regex(pattern = LINE))]
    pub reason: String,
}

/// Body of `POST /api/v1/claims/{id}/answer`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AnswerRequest {
    /// What the supplier answers: plain text in lines.
    #[schemars(length(min = 1, max = 4000), regex(pattern = FULL_LINES))]
    pub words: String,
}

/// Body of `POST /api/v1/claims/{id}/forgetting`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ForgettingRequest {
    /// Whether words and answer are forgotten with the contact.
    pub words: bool,
    /// On what ground; it stands in the log.
    #[schemars(length(min = 1, max = 500), regex(pattern = FULL_LINE))]
    pub reason: String,
}

/// A supplier's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PublicAnswer {
    /// When it was given (RFC 3339).
    pub at: String,
    /// Its words; none where they were forgotten.
    pub words: Option<String>,
}

/// A claim as everyone reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PublicClaim {
    /// What it is.
    pub kind: ClaimKind,
    /// Language that it is written in.
    pub language: String,
    /// Its words.
    pub words: String,
    /// When it came (RFC 3339).
    pub received_at: String,
    /// When it was published (RFC 3339).
    pub published_at: String,
    /// The supplier's answer.
    pub answer: Option<PublicAnswer>,
    /// Number of the event by which it came.
    pub event: u64,
}

/// A page of published claims.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PublicClaims {
    /// Claims, by what moved last.
    pub claims: Vec<PublicClaim>,
    /// Path of the next page, where there is one.
    pub next: Option<String>,
}

/// Where a claim stands, for its sender.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClaimStatus {
    /// Its id.
    pub id: String,
    /// Participant whose service it is about.
    pub participant: String,
    /// Name of the service.
    pub service: String,
    /// What it is.
    pub kind: ClaimKind,
    /// Where it stands.
    pub state: Standing,
    /// Whether it is to be published.
    pub publish: bool,
    /// When it came (RFC 3339).
    pub received_at: String,
    /// Last day on which it is considered, while it waits; none where the calendar has no data.
    pub due: Option<String>,
    /// Reason of the decision; empty where there is none.
    pub reason: String,
    /// The supplier's answer.
    pub answer: Option<PublicAnswer>,
    /// Path of the page for its sender.
    pub page: String,
}

/// A claim as the regulator and the supplier read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeldClaim {
    /// Where it stands.
    pub status: ClaimStatus,
    /// Its words; none where they were forgotten.
    pub words: Option<String>,
    /// How the sender is reached; none where it was not told, or was forgotten.
    pub contact: Option<String>,
    /// Whether a contact was told and forgotten.
    pub contact_forgotten: bool,
    /// Number of the event by which it came.
    pub event: u64,
}

/// A page of claims.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeldClaims {
    /// Claims.
    pub claims: Vec<HeldClaim>,
    /// Path of the next page, where there is one.
    pub next: Option<String>,
}

impl From<Answer> for PublicAnswer {
    fn from(Answer { at, words }: Answer) -> Self {
        Self { at, words }
    }
}

impl From<Held> for PublicClaim {
    fn from(held: Held) -> Self {
        Self {
            kind: held.kind,
            language: held.language,
            words: held.words.unwrap_or_default(),
            received_at: held.received,
            published_at: held.decided.unwrap_or_default(),
            answer: held.answer.map(PublicAnswer::from),
            event: held.seq,
        }
    }
}

impl ClaimStatus {
    /// As it is told now.
    pub fn of(register: &Register, held: Held) -> Self {
        let waits = held.state == Standing::Received;
        let term = || register.console.calendar().term_of(claims::TERM, &held.received, register.store.now());
        let due = waits.then(term).and_then(Result::ok).map(|term| term.due.to_string());
        Self {
            page: format!("/claims/{}", held.id),
            id: held.id,
            participant: held.participant,
            service: held.service,
            kind: held.kind,
            state: held.state,
            publish: held.publish,
            received_at: held.received,
            due,
            reason: held.reason,
            answer: held.answer.map(PublicAnswer::from),
        }
    }
}

impl HeldClaim {
    /// As it is told now.
    pub fn of(register: &Register, mut held: Held) -> Self {
        let (words, contact) = (held.words.take(), held.contact.take());
        let (contact_forgotten, event) = (held.contact_forgotten, held.seq);
        Self { status: ClaimStatus::of(register, held), words, contact, contact_forgotten, event }
    }
}
