//! Events of requests for access to the register (14, 23): who asks, what the regulator decides, and that access was
//! taken again. Name and contact of the person stand in none of them: the log has salted commitments.

use serde::{Deserialize, Serialize};

/// Somebody asked for access, without an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccessRequested {
    /// Id of the request; whoever knows it may read where it stands.
    pub id: String,
    /// Idempotency key under which it came.
    pub key: String,
    /// For whom.
    pub organisation: String,
    /// Its number in the register of legal entities.
    pub registration_number: String,
    /// On which act or power the request rests.
    pub basis: String,
    /// What access is wanted for.
    pub wants: String,
    /// Language that it was written in: `ky`, `ru` or `en`.
    pub language: String,
    /// Commitment to the name of whoever asks.
    pub name: String,
    /// Commitment to how they are reached.
    pub contact: String,
}

/// The regulator granted access.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccessGranted {
    /// Id of the request.
    pub request: String,
    /// Name of the participant that it is granted as.
    pub participant: String,
}

/// The regulator refused access.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccessRefused {
    /// Id of the request.
    pub request: String,
    /// Why, for whoever asked.
    pub reason: String,
}

/// The regulator took access that it had granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccessTaken {
    /// Id of the request.
    pub request: String,
    /// On what ground.
    pub reason: String,
}
