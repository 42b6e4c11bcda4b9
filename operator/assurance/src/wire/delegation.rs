//! Standing delegations: what the regulator sends, and how the register answers where they stand.

use serde::{Deserialize, Serialize};

use crate::{delegation::Terms, dsse::Envelope};

/// Body of `POST /api/v1/delegations`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DelegationRequest {
    /// A [`crate::delegation`] statement, signed with the regulator's key.
    pub delegation: Envelope,
}

/// Body of `POST /api/v1/delegations/{id}/revocation`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RevocationRequest {
    /// A statement that revokes the delegation, signed with the regulator's key.
    pub revocation: Envelope,
}

/// A delegation, as the register answers it to everyone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StandingDelegation {
    /// Digest of its terms, in 64 hexadecimal digits.
    pub id: String,
    /// Number of its event in the register's log.
    pub event: u64,
    /// What is delegated, for which services, and for how long.
    pub terms: Terms,
    /// Name of the regulator's office, as it was signed.
    pub given_by: String,
    /// The organisation whose seal signed it, on a server and not by a person; none where a person signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed_by: Option<String>,
    /// When the register recorded it (RFC 3339).
    pub given_at: String,
    /// Where it stands.
    pub standing: DelegationStanding,
    /// When the register recorded its revocation (RFC 3339).
    pub revoked_at: Option<String>,
    /// Why it was revoked; empty otherwise.
    pub reason: String,
    /// Entries that were made under it.
    pub uses: u64,
    /// The delegation as it was signed.
    pub signed: Envelope,
}

/// Where a delegation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub enum DelegationStanding {
    /// It has not begun.
    Coming,
    /// What falls within it is entered.
    Standing,
    /// It has ended.
    Ended,
    /// The regulator revoked it.
    Revoked,
}

/// The delegation under which a submission was entered, with what proves it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Delegated {
    /// Id of the delegation.
    pub id: String,
    /// The delegation as the regulator signed it.
    pub delegation: Envelope,
    /// Id of the submission that the regulator confirmed, with which this one was compared.
    pub base: String,
    /// When the register found that it falls within (RFC 3339).
    pub at: String,
}
