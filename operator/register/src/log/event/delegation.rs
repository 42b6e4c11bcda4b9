//! Events of standing delegations: the regulator gives and revokes them, the register records each use with the
//! entry that it makes.

use factory_assurance::dsse::Envelope;
use serde::{Deserialize, Serialize};

/// The regulator delegated a class of changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DelegationGiven {
    /// Digest of the terms, in hexadecimal.
    pub id: String,
    /// The delegation, signed with the regulator's key.
    pub delegation: Envelope,
    /// The organisation whose seal signed that, on a server, where no person did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed_by: Option<String>,
}

/// The regulator revoked a delegation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DelegationRevoked {
    /// Id of the delegation.
    pub delegation: String,
    /// The revocation, signed with the regulator's key.
    pub revocation: Envelope,
}

/// A submission was found to fall within a delegation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DelegationUsed {
    /// Id of the delegation.
    pub delegation: String,
    /// Id of the submission.
    pub submission: String,
    /// Id of the submission that the regulator confirmed, with which it was compared.
    pub base: String,
}

/// Under which delegation an entry was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UnderDelegation {
    /// Id of the delegation.
    pub delegation: String,
    /// Id of the submission that the regulator confirmed.
    pub base: String,
}
