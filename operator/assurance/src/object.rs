//! An object of item 7 that the factory did not build: what its owner submits, and the statement by which the
//! regulator includes it in the register (21). It names no bundle and is of a kind of its own, so that nothing
//! which asks for a [`crate::confirmation`] can take it for one: it permits no launch.

use factory_crds::{Text, state_service::RegisterData};
use serde::{Deserialize, Serialize};

use crate::{
    canonical::{self, NotCanonical},
    confirmation::{ConfirmationError, VERIFIER, Verifier},
    dossier::{ResourceDescriptor, STATEMENT, Statement, descriptor},
    dsse::{Envelope, PublicKey},
};

/// Predicate type of an inclusion.
pub const PREDICATE: &str = "https://factory.gov.kg/object-inclusion/v1";
/// The only result that includes.
pub const INCLUDED: &str = "INCLUDED";

/// What an object is (7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub enum ObjectKind {
    /// A digital resource: a database that is there to be read (7.1).
    Resource,
    /// A digital service that other services are made of (7.2). A state service is none: the factory tests it.
    Service,
    /// A digital technological system or a part of one (7.3).
    System,
    /// An application or a site (7.1).
    Application,
}

impl ObjectKind {
    /// All of them, in their order.
    pub const ALL: [Self; 4] = [Self::Resource, Self::Service, Self::System, Self::Application];

    /// As documents name it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Resource => "Resource",
            Self::Service => "Service",
            Self::System => "System",
            Self::Application => "Application",
        }
    }
}

/// Why the factory's test was not needed. Items 57, 58.2 and 63.2 ask for it of state services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub enum Basis {
    /// It is no state service (7.1, 7.3; 57, 63.2).
    NoStateService,
    /// A trust service: a part of the factory itself (12.3, 55).
    TrustService,
    /// A basic digital service: a part of the factory itself (12, 55).
    BasicService,
}

impl Basis {
    /// All of them, in their order.
    pub const ALL: [Self; 3] = [Self::NoStateService, Self::TrustService, Self::BasicService];

    /// As documents name it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoStateService => "NoStateService",
            Self::TrustService => "TrustService",
            Self::BasicService => "BasicService",
        }
    }

    /// Items of the regulation that it rests on.
    #[must_use]
    pub const fn items(self) -> &'static str {
        match self {
            Self::NoStateService => "7, 57, 63.2",
            Self::TrustService => "7.2, 12.3, 55",
            Self::BasicService => "7.2, 12, 55",
        }
    }

    /// Whether an object of this kind may rest on it. A service that is neither a trust nor a basic one is a state
    /// service, and needs the factory.
    #[must_use]
    pub const fn fits(self, kind: ObjectKind) -> bool {
        matches!(kind, ObjectKind::Service) != matches!(self, Self::NoStateService)
    }
}

/// A document that stands for an object: where it is read, and by its digest that it is the one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Evidence {
    /// What it is: one line.
    #[cfg_attr(feature = "openapi", schemars(length(min = 1, max = 500)))]
    pub title: String,
    /// Where the regulator reads it.
    #[cfg_attr(feature = "openapi", schemars(length(max = 500), regex(pattern = "^https?://[^\\s]+$")))]
    pub url: String,
    /// `sha256:…` of its bytes.
    #[cfg_attr(feature = "openapi", schemars(regex(pattern = "^sha256:[0-9a-f]{64}$")))]
    pub digest: String,
}

/// An object as its owner submits it and everyone reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Object {
    /// Participant: a namespace in which whoever submits may change manifests.
    #[cfg_attr(feature = "openapi", schemars(regex(pattern = r"^[a-z0-9][a-z0-9.-]{0,252}$")))]
    pub participant: String,
    /// Name of the object.
    #[cfg_attr(feature = "openapi", schemars(regex(pattern = r"^[a-z0-9][a-z0-9.-]{0,252}$")))]
    pub name: String,
    /// What it is.
    pub kind: ObjectKind,
    /// Why the factory's test was not needed.
    pub basis: Basis,
    /// The same for this object, in its owner's words: one line that the public reads.
    #[cfg_attr(feature = "openapi", schemars(length(min = 1, max = 500)))]
    pub explanation: String,
    /// Title in three languages.
    pub titles: Text,
    /// Where it is used: a host or an address, or `none`.
    #[cfg_attr(feature = "openapi", schemars(length(min = 1, max = 500)))]
    pub host: String,
    /// The nine groups of item 17.
    pub register: RegisterData,
    /// What stands for it.
    #[cfg_attr(feature = "openapi", schemars(length(min = 1, max = 50)))]
    pub evidence: Vec<Evidence>,
}

impl Object {
    /// `sha256:…` of the canonical form: what an inclusion is about.
    pub fn digest(&self) -> Result<String, NotCanonical> {
        canonical::digest(self)
    }
}

/// An inclusion.
pub type Inclusion = Statement<Included>;

/// What the regulator says of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Included {
    /// Who includes it.
    pub verifier: Verifier,
    /// When, RFC 3339.
    pub time_verified: String,
    /// `<participant>/<name>`.
    pub resource_uri: String,
    /// What it is.
    pub kind: ObjectKind,
    /// Why the factory's test was not needed.
    pub basis: Basis,
    /// [`INCLUDED`].
    pub result: String,
}

/// The statement by which `office` includes `object` at `time` (RFC 3339).
pub fn statement(object: &Object, office: &str, time: &str) -> Result<Inclusion, NotCanonical> {
    Ok(Statement {
        type_: STATEMENT.to_owned(),
        subject: vec![descriptor("object", &object.digest()?)],
        predicate_type: PREDICATE.to_owned(),
        predicate: Included {
            verifier: Verifier { id: VERIFIER.to_owned(), office: Some(office.to_owned()) },
            time_verified: time.to_owned(),
            resource_uri: format!("{}/{}", object.participant, object.name),
            kind: object.kind,
            basis: object.basis,
            result: INCLUDED.to_owned(),
        },
    })
}

/// Checks that `envelope` is signed with one of the regulator's `pinned` keys and includes exactly `object`.
pub fn verify(envelope: &Envelope, pinned: &[PublicKey], object: &Object) -> Result<Inclusion, ConfirmationError> {
    let found: Inclusion = envelope.open(pinned)?;
    let Included { verifier, time_verified, .. } = &found.predicate;
    let office = verifier.office.as_deref().unwrap_or_default();
    let digest = |error: NotCanonical| ConfirmationError::Other {
        field: "subject",
        found: error.to_string(),
        expected: "a digest".to_owned(),
    };
    let want = statement(object, office, time_verified).map_err(digest)?;
    let show = |descriptors: &[ResourceDescriptor]| serde_json::to_string(descriptors).unwrap_or_default();
    let parts = |of: &Inclusion| {
        let Included { verifier, resource_uri, kind, basis, result, .. } = &of.predicate;
        [
            ("_type", of.type_.clone()),
            ("predicateType", of.predicate_type.clone()),
            ("subject", show(&of.subject)),
            ("predicate.verifier.id", verifier.id.clone()),
            ("predicate.resourceUri", resource_uri.clone()),
            ("predicate.kind", kind.name().to_owned()),
            ("predicate.basis", basis.name().to_owned()),
            ("predicate.result", result.clone()),
        ]
    };
    for ((field, found), (_, expected)) in parts(&found).into_iter().zip(parts(&want)) {
        if found != expected {
            return Err(ConfirmationError::Other { field, found, expected });
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        confirmation::{self, Confirmed},
        dsse::{PrivateKey, sign},
        sample,
    };

    #[test]
    fn only_what_other_services_are_made_of_is_a_service_without_the_factory() {
        let fitting: Vec<_> = ObjectKind::ALL
            .into_iter()
            .flat_map(|kind| {
                Basis::ALL.into_iter().filter(move |basis| basis.fits(kind)).map(move |basis| (kind, basis))
            })
            .collect();
        assert_eq!(
            fitting,
            [
                (ObjectKind::Resource, Basis::NoStateService),
                (ObjectKind::Service, Basis::TrustService),
                (ObjectKind::Service, Basis::BasicService),
                (ObjectKind::System, Basis::NoStateService),
                (ObjectKind::Application, Basis::NoStateService),
            ]
        );
    }

    #[test]
    fn an_inclusion_includes_what_it_names_and_nothing_else() {
        type Harm = fn(&mut Inclusion);
        let (key, object) = (PrivateKey::generate(), sample::object());
        let made = statement(&object, "Regulator", "2026-03-04T05:06:07Z").unwrap();
        let envelope = sign(&made, &key).unwrap();
        let held = verify(&envelope, &[key.public()], &object).unwrap();
        assert_eq!(held.predicate.verifier.office.as_deref(), Some("Regulator"));
        assert!(verify(&envelope, &[PrivateKey::generate().public()], &object).is_err());
        let another = Object { explanation: "Another.".to_owned(), ..object.clone() };
        let error = verify(&envelope, &[key.public()], &another).unwrap_err().to_string();
        assert!(error.starts_with("subject: "), "{error}");
        let harms: [(&str, Harm); 5] = [
            ("predicateType", |made| confirmation::PREDICATE.clone_into(&mut made.predicate_type)),
            ("predicate.verifier.id", |made| made.predicate.verifier.id = "https://elsewhere.example".to_owned()),
            ("predicate.resourceUri", |made| made.predicate.resource_uri.push('x')),
            ("predicate.basis", |made| made.predicate.basis = Basis::TrustService),
            ("predicate.result", |made| made.predicate.result = "PASSED".to_owned()),
        ];
        for (field, harm) in harms {
            let mut made = made.clone();
            harm(&mut made);
            let error = verify(&sign(&made, &key).unwrap(), &[key.public()], &object).unwrap_err().to_string();
            assert!(error.starts_with(field), "{error}");
        }
    }

    #[test]
    fn neither_passes_for_the_other() {
        let (key, object) = (PrivateKey::generate(), sample::object());
        let digest = object.digest().unwrap();
        let expected = Confirmed { resource: "p/s/r", bundle: &digest, dossier: &digest, standard: "basic@1" };
        let inclusion = sign(&statement(&object, "Regulator", "2026-03-04T05:06:07Z").unwrap(), &key).unwrap();
        assert!(confirmation::verify(&inclusion, &[key.public()], &expected).is_err());
        let confirmed = confirmation::statement(&expected, "Regulator", "2026-03-04T05:06:07Z");
        assert!(verify(&sign(&confirmed, &key).unwrap(), &[key.public()], &object).is_err());
    }
}
