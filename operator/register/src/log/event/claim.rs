//! Events of claims and responses (67). What a person wrote stands in none of them: the log keeps salted
//! commitments alone, so that it can be forgotten and every proof still holds.

use serde::{Deserialize, Serialize};

/// Somebody sent a claim or a response about a service, without an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClaimMade {
    /// Id of the claim; whoever knows it may read where it stands.
    pub id: String,
    /// Idempotency key under which it came.
    pub key: String,
    /// Participant whose service it is about.
    pub participant: String,
    /// Name of the service.
    pub service: String,
    /// What it is.
    pub kind: ClaimKind,
    /// Language that it was written in: `ky`, `ru` or `en`.
    pub language: String,
    /// Whether its sender wants it published.
    pub publish: bool,
    /// Commitment to its words.
    pub words: String,
    /// Commitment to the sender's contact, where one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
}

/// What a user sends (67).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub enum ClaimKind {
    /// Something is wrong, and the supplier shall mend it.
    Claim,
    /// How the service was.
    Response,
}

/// The regulator considered a claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClaimDecided {
    /// Id of the claim.
    pub claim: String,
    /// What was decided.
    pub decision: ClaimDecision,
    /// Why, for the sender; empty where nothing was refused.
    pub reason: String,
}

/// What the regulator decides of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub enum ClaimDecision {
    /// It is published, as its sender chose, and goes to the supplier.
    Publish,
    /// It goes to the supplier and is not published.
    Keep,
    /// It goes to nobody, with a reason.
    Refuse,
}

/// The supplier answered a claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClaimAnswered {
    /// Id of the claim.
    pub claim: String,
    /// Commitment to the answer's words: they may name the sender.
    pub answer: String,
}

/// What a person wrote was forgotten: salts and texts are gone, the commitments stay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClaimForgotten {
    /// Id of the claim.
    pub claim: String,
    /// Whether the words of claim and answer went with the contact.
    pub words: bool,
    /// On what ground.
    pub reason: String,
}
