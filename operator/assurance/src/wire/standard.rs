//! Issued standards: what the regulator sends, and how the register answers them to everyone.

use factory_crds::state_service::ServiceClass;
use serde::{Deserialize, Serialize};

use crate::{dsse::Envelope, standard::Standard};

/// Body of `POST /api/v1/standards`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IssuanceRequest {
    /// A [`crate::issuance`] statement, signed with the regulator's key.
    pub issuance: Envelope,
}

/// An issued version of a standard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IssuedStandard {
    /// Name of the `ResilienceStandard`.
    pub name: String,
    /// Its version, as the regulator counts them.
    pub version: String,
    /// Class of services that it judges.
    pub class: ServiceClass,
    /// Day from which it holds, `YYYY-MM-DD`.
    pub effective_from: String,
    /// `sha256:…` of its canonical content.
    pub digest: String,
    /// Number of its event in the register's log.
    pub event: u64,
    /// Name of the regulator's office, as it was signed.
    pub issued_by: String,
    /// When the register recorded it (RFC 3339).
    pub issued_at: String,
    /// The organisation whose seal signed it, on a server and not by a person; none where a person signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed_by: Option<String>,
}

/// The same with its content, and with what the regulator signed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignedStandard {
    /// What was issued, and when.
    pub issued: IssuedStandard,
    /// What judges.
    pub standard: Standard,
    /// The issuance as it was signed.
    pub signed: Envelope,
}
