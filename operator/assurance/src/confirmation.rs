//! The regulator's confirmation (63.3): an in-toto statement with a SLSA verification summary
//! (VSA v1), signed on the regulator's side. The register and the permit keeper both check it; no
//! program of the factory can make one.
//!
//! The first confirmations lacked what SLSA asks of a summary: an address as the verifier's id, and the levels that
//! were verified. They hold as they are, for ever; none is made in that form any more.

use serde::{Deserialize, Serialize};

use crate::{
    dossier::{ResourceDescriptor, STATEMENT, Statement, descriptor},
    dsse::{DsseError, Envelope, PublicKey},
};

/// Predicate type of a verification summary.
pub const PREDICATE: &str = "https://slsa.dev/verification_summary/v1";
/// The only result that confirms.
pub const PASSED: &str = "PASSED";
/// Id of the regulator as a verifier. SLSA wants an address; the office stands beside it.
pub const VERIFIER: &str = "https://factory.gov.kg/regulator";
/// What was verified: the resilience that the standard asks for. Names that begin with `SLSA_` are SLSA's own.
pub const LEVEL: &str = "FACTORY_RESILIENCE";
/// Version of SLSA whose form this is.
pub const SLSA: &str = "1.0";

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
    /// [`LEVEL`]; nothing in the first confirmations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verified_levels: Vec<String>,
    /// [`SLSA`]; nothing in the first confirmations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slsa_version: Option<String>,
}

impl Summary {
    /// Name of the regulator's office.
    #[must_use]
    pub fn office(&self) -> &str {
        self.verifier.office.as_deref().unwrap_or(&self.verifier.id)
    }
}

/// Who confirms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verifier {
    /// [`VERIFIER`]; the name of the office in the first confirmations.
    pub id: String,
    /// Name of the regulator's office: a field of ours, which readers of SLSA pass over.
    #[serde(default, rename = "factory.gov.kg/office", skip_serializing_if = "Option::is_none")]
    pub office: Option<String>,
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

/// The statement by which `office` confirms at `time` (RFC 3339).
#[must_use]
pub fn statement(confirmed: &Confirmed<'_>, office: &str, time: &str) -> Confirmation {
    let verifier = Verifier { id: VERIFIER.to_owned(), office: Some(office.to_owned()) };
    in_form(confirmed, verifier, time, (vec![LEVEL.to_owned()], Some(SLSA.to_owned())))
}

/// The same in the form of the first confirmations.
fn first_form(confirmed: &Confirmed<'_>, office: &str, time: &str) -> Confirmation {
    in_form(confirmed, Verifier { id: office.to_owned(), office: None }, time, (Vec::new(), None))
}

fn in_form(
    confirmed: &Confirmed<'_>,
    verifier: Verifier,
    time: &str,
    (verified_levels, slsa_version): (Vec<String>, Option<String>),
) -> Confirmation {
    Statement {
        type_: STATEMENT.to_owned(),
        subject: vec![descriptor("bundle", confirmed.bundle)],
        predicate_type: PREDICATE.to_owned(),
        predicate: Summary {
            verifier,
            time_verified: time.to_owned(),
            resource_uri: confirmed.resource.to_owned(),
            policy: Policy { uri: confirmed.standard.to_owned() },
            input_attestations: vec![descriptor("dossier", confirmed.dossier)],
            verification_result: PASSED.to_owned(),
            verified_levels,
            slsa_version,
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
    let (office, time) = (found.predicate.office(), &found.predicate.time_verified);
    let is_first_form = found.predicate.verifier.office.is_none();
    let want = if is_first_form { first_form(expected, office, time) } else { statement(expected, office, time) };
    let show = |descriptors: &[ResourceDescriptor]| serde_json::to_string(descriptors).unwrap_or_default();
    let parts = [
        ("_type", found.type_.clone(), want.type_),
        ("predicateType", found.predicate_type.clone(), want.predicate_type),
        ("predicate.verifier.id", found.predicate.verifier.id.clone(), want.predicate.verifier.id),
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
        (
            "predicate.verifiedLevels",
            found.predicate.verified_levels.join(", "),
            want.predicate.verified_levels.join(", "),
        ),
        (
            "predicate.slsaVersion",
            found.predicate.slsa_version.clone().unwrap_or_default(),
            want.predicate.slsa_version.unwrap_or_default(),
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

    type Harm = fn(&mut Confirmation);

    const WANTED: Confirmed<'_> =
        Confirmed { resource: "p/s/r", bundle: "sha256:aa", dossier: "sha256:bb", standard: "basic@1" };

    #[test]
    fn a_confirmation_confirms_what_it_names() {
        let key = PrivateKey::generate();
        let envelope = sign(&statement(&WANTED, "regulator", "2026-01-01T00:00:00Z"), &key).unwrap();
        assert!(verify(&envelope, &[key.public()], &WANTED).is_ok());
    }

    #[test]
    fn it_is_a_summary_as_slsa_has_it() {
        let written = serde_json::to_value(statement(&WANTED, "Regulator", "2026-01-01T00:00:00Z")).unwrap();
        assert_eq!(
            written["predicate"],
            serde_json::json!({
                "verifier": {"id": "https://factory.gov.kg/regulator", "factory.gov.kg/office": "Regulator"},
                "timeVerified": "2026-01-01T00:00:00Z",
                "resourceUri": "p/s/r",
                "policy": {"uri": "basic@1"},
                "inputAttestations": [{"name": "dossier", "digest": {"sha256": "bb"}}],
                "verificationResult": "PASSED",
                "verifiedLevels": ["FACTORY_RESILIENCE"],
                "slsaVersion": "1.0",
            })
        );
    }

    #[test]
    fn a_confirmation_of_the_first_form_holds_and_no_mixture_of_both_does() {
        let key = PrivateKey::generate();
        let first = first_form(&WANTED, "Regulator", "2026-01-01T00:00:00Z");
        let text = serde_json::to_string(&first).unwrap();
        assert!(!text.contains("verifiedLevels") && !text.contains("office"), "{text}");
        let held = verify(&sign(&first, &key).unwrap(), &[key.public()], &WANTED).unwrap();
        assert_eq!(held.predicate.office(), "Regulator");
        let now = statement(&WANTED, "Regulator", "2026-01-01T00:00:00Z");
        let held = verify(&sign(&now, &key).unwrap(), &[key.public()], &WANTED).unwrap();
        assert_eq!(held.predicate.office(), "Regulator");
        let harms: [(&str, Harm); 4] = [
            ("predicate.verifiedLevels", |made| made.predicate.verified_levels.clear()),
            ("predicate.verifiedLevels", |made| made.predicate.verified_levels = vec!["SLSA_BUILD_LEVEL_3".to_owned()]),
            ("predicate.slsaVersion", |made| made.predicate.slsa_version = None),
            ("predicate.verifier.id", |made| made.predicate.verifier.id = "https://elsewhere.example".to_owned()),
        ];
        for (field, harm) in harms {
            let mut made = now.clone();
            harm(&mut made);
            let error = verify(&sign(&made, &key).unwrap(), &[key.public()], &WANTED).unwrap_err().to_string();
            assert!(error.starts_with(field), "{error}");
        }
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
