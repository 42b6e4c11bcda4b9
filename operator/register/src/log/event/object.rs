//! Events of objects of item 7 that the factory did not build: their owner submits them, the regulator includes or
//! returns them. Their entry is an event of its own, so nothing that reads entries of tested services reads one.

use factory_assurance::{dsse::Envelope, object::Object};
use serde::{Deserialize, Serialize};

/// An owner submitted an object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ObjectTaken {
    /// Id of the submission.
    pub id: String,
    /// Idempotency key under which it came.
    pub key: String,
    /// What the entry will say. Contacts of people are salted commitments.
    pub object: Object,
}

/// The regulator returned an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ObjectReturned {
    /// Id of the submission.
    pub object: String,
    /// What the owner must mend, in words.
    pub reason: String,
}

/// The regulator confirmed an object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ObjectConfirmed {
    /// Id of the submission.
    pub object: String,
    /// The inclusion, signed with the regulator's key.
    pub inclusion: Envelope,
}

/// The public entry of an object, complete in itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ObjectEntered {
    /// Id of the submission that it came from.
    pub submission: String,
    /// What everyone reads.
    pub object: Object,
    /// `sha256:…` of the object, as the regulator signed it.
    pub digest: String,
    /// User name of whoever submitted it.
    pub submitted_by: String,
    /// Who confirmed, as the signed inclusion says.
    pub confirmed_by: String,
    /// When, as the signed inclusion says (RFC 3339).
    pub confirmed_at: String,
    /// The organisation whose seal signed that, on a server, where no person did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed_by: Option<String>,
}

/// Contacts of people were forgotten: salts and texts are gone, the commitments stay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContactsForgotten {
    /// Id of the submission that they came with.
    pub of: String,
    /// On what ground.
    pub reason: String,
}
