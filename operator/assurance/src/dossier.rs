//! The dossier: an in-toto Statement v1 about one bundle, with everything in it from which the
//! verdict follows (invariant 3). The operator composes it, the register and anyone else opens it.

use std::{panic, thread};

use factory_crds::{
    Text,
    state_service::{Availability, Instructions, RegisterData},
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    bundle::Bundle,
    canonical::{self, NotCanonical},
    dsse::{DsseError, Envelope, PublicKey},
    evidence::Evidence,
    measurement::Measurements,
    plan::Plan,
    standard::Standard,
    verdict::{self, Verdict},
};

/// Type of every in-toto statement.
pub const STATEMENT: &str = "https://in-toto.io/Statement/v1";
/// Predicate type of a dossier.
pub const PREDICATE: &str = "https://factory.gov.kg/attestation/test-result/v1";

/// An in-toto Statement v1 with predicate `P`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Statement<P> {
    /// [`STATEMENT`].
    #[serde(rename = "_type")]
    pub type_: String,
    /// What the statement is about: the bundle first, then the image of each component.
    pub subject: Vec<ResourceDescriptor>,
    /// What kind of predicate it is.
    pub predicate_type: String,
    /// What is said.
    pub predicate: P,
}

/// A thing and its digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceDescriptor {
    /// Name, for people.
    pub name: String,
    /// Digests by algorithm, in hexadecimal.
    pub digest: std::collections::BTreeMap<String, String>,
}

/// A dossier.
pub type Dossier = Statement<TestResult>;

/// Whose attempt it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Subject {
    /// Participant: the namespace of the manifest.
    #[cfg_attr(feature = "openapi", schemars(regex(pattern = r"^[a-z0-9][a-z0-9.-]{0,252}$")))]
    pub participant: String,
    /// Name of the `StateService`.
    #[cfg_attr(feature = "openapi", schemars(regex(pattern = r"^[a-z0-9][a-z0-9.-]{0,252}$")))]
    pub service: String,
    /// Name of the `Release`.
    #[cfg_attr(feature = "openapi", schemars(regex(pattern = r"^[a-z0-9][a-z0-9.-]{0,252}$")))]
    pub release: String,
    /// UID of the `Release`: a name can be made again, a UID cannot.
    pub release_uid: String,
    /// Address of the source.
    pub source: String,
    /// Full commit.
    pub commit: String,
    /// `sha256:…` of the canonical spec.
    pub spec_hash: String,
}

/// What a dossier says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TestResult {
    /// Version of the rules of the verdict.
    pub rules: String,
    /// Whose attempt it was.
    pub subject: Subject,
    /// What was tested.
    pub bundle: Bundle,
    /// What it was judged by.
    pub standard: Standard,
    /// Indicators of 17.8 that the service declares.
    pub availability: Availability,
    /// Announcement of the run in the register.
    pub announcement: AnnouncedRun,
    /// The plan, as announced.
    pub plan: Plan,
    /// What was measured.
    pub evidence: Evidence,
    /// What the lab signed of it; `None` of factories whose lab had no key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measurements: Option<Measurements>,
    /// What the entry shall say when the result is confirmed.
    pub record: Record,
    /// What follows from all the above. A convenience: readers compute it again.
    pub verdict: Verdict,
}

/// The announcement that a run belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AnnouncedRun {
    /// Id in the register.
    pub id: String,
    /// Nonce that the register drew.
    pub nonce: String,
    /// Which attempt at this bundle it was.
    pub attempt: u32,
}

/// Data of the public entry (items 17, 64 and 65).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Record {
    /// Name of the service.
    pub titles: Text,
    /// Its class.
    pub class: String,
    /// Number and date of the decision (62).
    pub decision: String,
    /// Who reports, by whose delegation (63.2).
    pub reported_by: String,
    /// Where users reach it.
    pub host: String,
    /// The nine groups of item 17. Contacts in 17.7 are replaced by salted commitments.
    pub data: RegisterData,
    /// Instructions for use.
    pub instructions: Instructions,
}

impl Subject {
    /// What is confirmed: `<participant>/<service>/<release>`.
    #[must_use]
    pub fn resource(&self) -> String {
        format!("{}/{}/{}", self.participant, self.service, self.release)
    }
}

impl TestResult {
    /// The verdict that follows from this document, whatever `verdict` says.
    #[must_use]
    pub fn judge(&self) -> Verdict {
        verdict::judge(self)
    }

    /// The whole statement about this result.
    pub fn into_statement(self) -> Result<Dossier, NotCanonical> {
        let subject = self.subject()?;
        Ok(Statement { type_: STATEMENT.to_owned(), subject, predicate_type: PREDICATE.to_owned(), predicate: self })
    }

    /// What the statement is about: the bundle, and each image of it.
    fn subject(&self) -> Result<Vec<ResourceDescriptor>, NotCanonical> {
        let mut subject = vec![descriptor("bundle", &self.bundle.digest()?)];
        for (name, image) in self.bundle.all_images() {
            let digest = image.rsplit_once('@').map_or(image, |(_, digest)| digest);
            subject.push(descriptor(name, digest));
        }
        Ok(subject)
    }
}

/// `name` with its `sha256:<hex>` digest.
#[must_use]
pub fn descriptor(name: &str, digest: &str) -> ResourceDescriptor {
    let hex = digest.trim_start_matches("sha256:").to_owned();
    ResourceDescriptor { name: name.to_owned(), digest: [("sha256".to_owned(), hex)].into() }
}

/// Why a statement is no dossier that can be believed.
#[derive(Debug, thiserror::Error)]
pub enum DossierError {
    /// The signature does not hold, or what is signed is no dossier.
    #[error(transparent)]
    Envelope(#[from] DsseError),
    /// Another kind of statement.
    #[error("{field}: `{found}`, expected {expected}")]
    Type {
        /// `_type` or `predicateType`.
        field: &'static str,
        /// As it stands there.
        found: String,
        /// As it should.
        expected: &'static str,
    },
    /// The payload is written otherwise than the document that it holds.
    #[error("payload: it is not its own canonical form (docs/verdict.md): {0}")]
    Form(&'static str),
    /// The subject is not the bundle inside.
    #[error("subject: `{found}`, but the bundle in the predicate has the digest {expected}")]
    Subject {
        /// As it stands there.
        found: String,
        /// As it should.
        expected: String,
    },
    /// Rules that this program does not know.
    #[error("predicate.rules: `{0}` is not known to this version; known: {known}", known = verdict::known())]
    Rules(String),
    /// The verdict does not follow.
    #[error("predicate.verdict: says {stated}, but the evidence gives {computed}")]
    Verdict {
        /// As it stands there.
        stated: String,
        /// As it follows.
        computed: String,
    },
    /// A digest could not be computed.
    #[error(transparent)]
    NotCanonical(#[from] NotCanonical),
}

/// A dossier that holds: in its one form, about the bundle inside, with the verdict that follows from its evidence.
#[derive(Clone, Debug)]
pub struct Verified {
    /// What it says.
    pub dossier: Dossier,
    /// Its verdict, computed again.
    pub verdict: Verdict,
    /// `sha256:…` of its payload.
    pub digest: String,
    /// The same of each part of its evidence.
    pub evidence: EvidenceDigests,
}

/// `sha256:…` of the canonical bytes of each part of the evidence, where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceDigests {
    /// Of what `factory-lab verify` saw.
    pub verify: Option<String>,
    /// Of what `factory-lab prove` measured.
    pub prove: Option<String>,
}

impl EvidenceDigests {
    /// Of a `payload` that is canonical: then so is each part of it, as it stands there.
    fn of(payload: &[u8]) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        struct Outer<'a> {
            #[serde(borrow)]
            predicate: Predicate<'a>,
        }
        #[derive(Deserialize)]
        struct Predicate<'a> {
            #[serde(borrow)]
            evidence: Parts<'a>,
        }
        #[derive(Deserialize)]
        struct Parts<'a> {
            #[serde(borrow)]
            verify: Option<&'a RawValue>,
            #[serde(borrow)]
            prove: Option<&'a RawValue>,
        }
        let Outer { predicate: Predicate { evidence: Parts { verify, prove } } } = serde_json::from_slice(payload)?;
        let digest = |part: Option<&RawValue>| part.map(|part| canonical::sha256(part.get().as_bytes()));
        Ok(Self { verify: digest(verify), prove: digest(prove) })
    }
}

impl Verified {
    /// The dossier in `envelope`, if one of its signatures fits one of the `pinned` keys. Costs time with its size: not
    /// for an async thread.
    pub fn open(envelope: &Envelope, pinned: &[PublicKey]) -> Result<Self, DossierError> {
        Self::read(&envelope.signed_bytes(pinned)?)
    }

    /// The same of one whose digest is signed elsewhere, so that its own signatures add nothing.
    pub fn unsigned(envelope: &Envelope) -> Result<Self, DossierError> {
        Self::read(&envelope.payload_bytes()?)
    }

    // Here and not where it is asked for: what is compiled with this crate is optimised, and large dossiers need it.
    fn read(payload: &[u8]) -> Result<Self, DossierError> {
        let dossier: Dossier = serde_json::from_slice(payload).map_err(DsseError::Payload)?;
        // Form and verdict take about as long, and neither waits for the other.
        let (form, verdict) = thread::scope(|scope| {
            let form = scope.spawn(|| dossier.is_written_as(payload));
            let verdict = dossier.verify();
            (form.join().unwrap_or_else(|panic| panic::resume_unwind(panic)), verdict)
        });
        form?;
        let evidence = EvidenceDigests::of(payload).map_err(DsseError::Payload)?;
        Ok(Self { verdict: verdict?, dossier, digest: canonical::sha256(payload), evidence })
    }
}

impl Dossier {
    /// Holds `payload`, from which it was read, against its canonical form. A document that can be written in two ways
    /// can be read in two: what one reader passes over, another may judge.
    fn is_written_as(&self, payload: &[u8]) -> Result<(), DossierError> {
        if canonical::bytes(self)? == payload {
            return Ok(());
        }
        let as_json: Option<serde_json::Value> = serde_json::from_slice(payload).ok();
        let is_canonical = match as_json {
            Some(document) => canonical::bytes(&document)? == payload,
            None => false,
        };
        Err(DossierError::Form(if is_canonical {
            "it has a field that is unknown, or that is left out where it says nothing"
        } else {
            "it is no canonical JSON (RFC 8785)"
        }))
    }

    /// Holds the statement against itself: type, subject, rules, and the verdict recomputed from the
    /// evidence. Names the first thing that does not hold.
    pub fn verify(&self) -> Result<Verdict, DossierError> {
        self.is_a_dossier()?;
        let computed = self.predicate.judge();
        self.says(&computed)?;
        Ok(computed)
    }

    /// The same, where the verdict `computed` from the evidence is known already.
    pub(crate) fn holds(&self, computed: &Verdict) -> Result<(), DossierError> {
        self.is_a_dossier()?;
        self.says(computed)
    }

    fn is_a_dossier(&self) -> Result<(), DossierError> {
        for (field, found, expected) in
            [("_type", &self.type_, STATEMENT), ("predicateType", &self.predicate_type, PREDICATE)]
        {
            if found != expected {
                return Err(DossierError::Type { field, found: found.clone(), expected });
            }
        }
        if !verdict::knows(&self.predicate.rules) {
            return Err(DossierError::Rules(self.predicate.rules.clone()));
        }
        let expected = self.predicate.subject()?;
        if self.subject != expected {
            let show = |subject: &[ResourceDescriptor]| serde_json::to_string(subject).unwrap_or_default();
            return Err(DossierError::Subject { found: show(&self.subject), expected: show(&expected) });
        }
        Ok(())
    }

    fn says(&self, computed: &Verdict) -> Result<(), DossierError> {
        if *computed != self.predicate.verdict {
            let show = |verdict: &Verdict| serde_json::to_string(verdict).unwrap_or_default();
            return Err(DossierError::Verdict { stated: show(&self.predicate.verdict), computed: show(computed) });
        }
        Ok(())
    }
}
