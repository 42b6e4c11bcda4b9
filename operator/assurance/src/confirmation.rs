//! The regulator's confirmation (63.3): an in-toto statement with a SLSA verification summary
//! (VSA v1), signed on the regulator's side. The register and the permit keeper both check it; no
//! program of the factory can make one.

use serde::{Deserialize, Serialize};

use crate::{
    dossier::{ResourceDescriptor, STATEMENT, Statement, descriptor},
    dsse::{DsseError, Envelope, PublicKey},
};

/// Predicate type of a verification summary.
pub const PREDICATE: &str = "https://slsa.dev/verification_summary/v1";
/// The only result that confirms.
pub const PASSED: &str = "PASSED";

/// A confirmation.
pub type Confirmation = Statement<Summary>;

/// A SLSA verification summary, as far as we use it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Summary {
    /// Who confirms.
    pub verifier: Verifier,
    /// When, RFC 3339.
    pub time_verified: String,
    /// What is confirmed: `<participant>/<service>/<release>`.
    pub resource_uri: String,
    /// By which standard: `<name>@<version>`.
    pub policy: Policy,
    /// The dossier that was read: name `dossier`, digest of its payload.
    pub input_attestations: Vec<ResourceDescriptor>,
    /// [`PASSED`].
    pub verification_result: String,
}

/// Who confirms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verifier {
    /// Name of the regulator's office.
    pub id: String,
}

/// By which standard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// `<name>@<version>`.
    pub uri: String,
}

/// What is confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmed<'a> {
    /// `<participant>/<service>/<release>`.
    pub resource: &'a str,
    /// `sha256:…` of the bundle.
    pub bundle: &'a str,
    /// `sha256:…` of the dossier's payload.
    pub dossier: &'a str,
    /// `<name>@<version>` of the standard.
    pub standard: &'a str,
}

/// Why a confirmation does not confirm.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmationError {
    /// The envelope does not open.
    #[error(transparent)]
    Envelope(#[from] DsseError),
    /// It speaks of something else.
    #[error("{field}: `{found}`, expected `{expected}`")]
    Other {
        /// Which part.
        field: &'static str,
        /// As it stands there.
        found: String,
        /// As it should.
        expected: String,
    },
}

/// The statement that `verifier` confirms at `time` (RFC 3339).
#[must_use]
pub fn statement(confirmed: &Confirmed<'_>, verifier: &str, time: &str) -> Confirmation {
    Statement {
        type_: STATEMENT.to_owned(),
        subject: vec![descriptor("bundle", confirmed.bundle)],
        predicate_type: PREDICATE.to_owned(),
        predicate: Summary {
            verifier: Verifier { id: verifier.to_owned() },
            time_verified: time.to_owned(),
            resource_uri: confirmed.resource.to_owned(),
            policy: Policy { uri: confirmed.standard.to_owned() },
            input_attestations: vec![descriptor("dossier", confirmed.dossier)],
            verification_result: PASSED.to_owned(),
        },
    }
}

/// Checks that `envelope` is signed with one of the regulator's `pinned` keys and confirms exactly
/// what is `expected`.
pub fn verify(
    envelope: &Envelope,
    pinned: &[PublicKey],
    expected: &Confirmed<'_>,
) -> Result<Confirmation, ConfirmationError> {
    let found: Confirmation = envelope.open(pinned)?;
    let want = statement(expected, &found.predicate.verifier.id, &found.predicate.time_verified);
    let show = |descriptors: &[ResourceDescriptor]| serde_json::to_string(descriptors).unwrap_or_default();
    let parts = [
        ("_type", found.type_.clone(), want.type_),
        ("predicateType", found.predicate_type.clone(), want.predicate_type),
        ("subject", show(&found.subject), show(&want.subject)),
        ("predicate.resourceUri", found.predicate.resource_uri.clone(), want.predicate.resource_uri),
        ("predicate.policy.uri", found.predicate.policy.uri.clone(), want.predicate.policy.uri),
        (
            "predicate.inputAttestations",
            show(&found.predicate.input_attestations),
            show(&want.predicate.input_attestations),
        ),
        (
            "predicate.verificationResult",
            found.predicate.verification_result.clone(),
            want.predicate.verification_result,
        ),
    ];
    for (field, found, expected) in parts {
        if found != expected {
            return Err(ConfirmationError::Other { field, found, expected });
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsse::{PrivateKey, sign};

    const WANTED: Confirmed<'_> =
        Confirmed { resource: "p/s/r", bundle: "sha256:aa", dossier: "sha256:bb", standard: "basic@1" };

    #[test]
    fn a_confirmation_confirms_what_it_names() {
        let key = PrivateKey::generate();
        let envelope = sign(&statement(&WANTED, "regulator", "2026-01-01T00:00:00Z"), &key).unwrap();
        assert!(verify(&envelope, &[key.public()], &WANTED).is_ok());
    }

    #[test]
    fn it_confirms_nothing_else() {
        let key = PrivateKey::generate();
        let envelope = sign(&statement(&WANTED, "regulator", "2026-01-01T00:00:00Z"), &key).unwrap();
        for (field, other) in [
            ("subject", Confirmed { bundle: "sha256:ff", ..WANTED }),
            ("predicate.inputAttestations", Confirmed { dossier: "sha256:ff", ..WANTED }),
            ("predicate.resourceUri", Confirmed { resource: "p/other/r", ..WANTED }),
            ("predicate.policy.uri", Confirmed { standard: "basic@0", ..WANTED }),
        ] {
            let error = verify(&envelope, &[key.public()], &other).unwrap_err().to_string();
            assert!(error.starts_with(field), "{error}");
        }
    }

    #[test]
    fn the_factorys_own_key_confirms_nothing() {
        let factory = PrivateKey::generate();
        let envelope = sign(&statement(&WANTED, "regulator", "2026-01-01T00:00:00Z"), &factory).unwrap();
        assert!(verify(&envelope, &[PrivateKey::generate().public()], &WANTED).is_err());
    }
}
