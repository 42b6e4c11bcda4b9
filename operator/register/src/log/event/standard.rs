//! The event by which a version of a standard is issued: what it says is what the regulator signed.

use factory_assurance::dsse::Envelope;
use serde::{Deserialize, Serialize};

/// The regulator issued a version of a standard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StandardIssued {
    /// `<name>@<version>`.
    pub standard: String,
    /// The issuance, signed with the regulator's key.
    pub issuance: Envelope,
    /// The organisation whose seal signed that, on a server, where no person did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed_by: Option<String>,
}
