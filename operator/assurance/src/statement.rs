//! What statements of the factory's own kinds have in common: how one is put together, and how one that came is read and
//! held against what it should be. What a kind says is its own: the regulator's [`crate::delegation`] and
//! [`crate::issuance`], the lab's [`crate::measurement`].
//!
//! *Architecture invariant:* pure, and no statement is read before its signature fits a pinned key.

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    canonical::{self, NotCanonical},
    confirmation::{VERIFIER, Verifier},
    dossier::{ResourceDescriptor, STATEMENT, Statement, descriptor},
    dsse::{DsseError, Envelope, PublicKey},
};

/// Why a statement is not one of its kind.
#[derive(Debug, thiserror::Error)]
pub enum StatementError {
    /// The envelope does not open.
    #[error(transparent)]
    Envelope(#[from] DsseError),
    /// The payload could be read in more than one way.
    #[error("payload: not in canonical form (RFC 8785)")]
    Form,
    /// It is of another kind, or speaks of something else.
    #[error("{field}: `{found}`, expected `{expected}`")]
    Other {
        /// Which part.
        field: &'static str,
        /// As it stands there.
        found: String,
        /// As it should.
        expected: String,
    },
    /// A digest could not be computed.
    #[error(transparent)]
    NotCanonical(#[from] NotCanonical),
}

/// The payload of an envelope that opens, in the one form that it can be read in.
pub(crate) fn opened<T: Serialize + DeserializeOwned>(
    envelope: &Envelope,
    pinned: &[PublicKey],
) -> Result<T, StatementError> {
    let found: T = envelope.open(pinned)?;
    if canonical::bytes(&found)? != envelope.payload_bytes()? {
        return Err(StatementError::Form);
    }
    Ok(found)
}

/// The regulator, by the name of its `office`.
pub(crate) fn verifier(office: &str) -> Verifier {
    Verifier { id: VERIFIER.to_owned(), office: Some(office.to_owned()) }
}

/// A statement of `kind` about the thing `name` with this `digest`.
pub(crate) fn of_kind<P>(kind: &str, name: &str, digest: &str, predicate: P) -> Statement<P> {
    Statement {
        type_: STATEMENT.to_owned(),
        subject: vec![descriptor(name, digest)],
        predicate_type: kind.to_owned(),
        predicate,
    }
}

/// Names the first part of `found`, which was made `by` the regulator, that is not as in a statement of that kind.
pub(crate) fn must_be<P>(found: &Statement<P>, about: (&str, &str, &str), by: &Verifier) -> Result<(), StatementError> {
    is_about(found, about)?;
    as_expected([("predicate.verifier.id", by.id.clone(), VERIFIER.to_owned())])
}

/// Names the first part of `found` that is not as in a statement of this kind about the thing `name` with this `digest`.
pub(crate) fn is_about<P>(
    found: &Statement<P>,
    (kind, name, digest): (&str, &str, &str),
) -> Result<(), StatementError> {
    let show = |descriptors: &[ResourceDescriptor]| serde_json::to_string(descriptors).unwrap_or_default();
    as_expected([
        ("_type", found.type_.clone(), STATEMENT.to_owned()),
        ("predicateType", found.predicate_type.clone(), kind.to_owned()),
        ("subject", show(&found.subject), show(&[descriptor(name, digest)])),
    ])
}

/// Names the first of these fields that is not found as it is expected.
pub(crate) fn as_expected<const N: usize>(fields: [(&'static str, String, String); N]) -> Result<(), StatementError> {
    match fields.into_iter().find(|(_, found, expected)| found != expected) {
        Some((field, found, expected)) => Err(StatementError::Other { field, found, expected }),
        None => Ok(()),
    }
}
