//! What the register takes in: an announcement before a run, and the dossier after it. Each check
//! names the first field that does not hold; nothing that fails one is written.
//!
//! *Architecture invariant:* pure. Whoever calls this reads what is needed first and writes after.

pub mod completeness;
pub mod instruction;
pub mod objects;
pub mod regulator;

use factory_assurance::{
    bundle::Bundle,
    canonical::{self, NotCanonical},
    confirmation::{self, Confirmation, ConfirmationError, Confirmed},
    delegation::DelegationError,
    dossier::{DossierError, Subject, TestResult, Verified},
    dsse::{Envelope, PublicKey},
    issuance::IssuanceError,
    measurement::{self, MeasurementError},
    term::{Term, TermError},
    wire::{Announcement, LineError, ReasonError},
};
use factory_crds::release::Outcome;
use jiff::Timestamp;

use crate::log::event::{AnnouncedPlan, AnnouncementMade, Summary};

/// Largest epoch: beyond it, JSON numbers lose their last digits in other languages.
pub const LARGEST_EPOCH: u64 = (1 << 53) - 1;

/// The first thing that does not hold.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// A field is not what it must be.
    #[error("{field}: {rule}, not `{found}`")]
    Field {
        /// Which field.
        field: String,
        /// What it must be.
        rule: &'static str,
        /// As it stands there.
        found: String,
    },
    /// The key is one that does not sign now, or not any more.
    #[error("{what}: {source}")]
    Term {
        /// Which document.
        what: &'static str,
        /// Which key, and when it signs.
        source: TermError,
    },
    /// The envelope does not open with a pinned key, or the statement does not hold in itself.
    #[error("dossier: {0}")]
    Dossier(#[from] DossierError),
    /// Its evidence is not what the lab measured.
    #[error("dossier: {0}")]
    Measurement(#[from] MeasurementError),
    /// A part is not what was announced.
    #[error("dossier: {field}: not as announced under {announcement}")]
    Announced {
        /// Which part.
        field: &'static str,
        /// Id of the announcement.
        announcement: String,
    },
    /// Nothing was announced under that id (invariant 4).
    #[error(
        "dossier: announcement.id: no run was announced under `{0}`; results without an announcement are no evidence"
    )]
    NotAnnounced(String),
    /// What was tested and what the entry would say differ.
    #[error(
        "dossier: availability: not the indicators of record.data.availability (item 17.8), which the entry would show"
    )]
    Indicators,
    /// A person's contact stands in the open; the log could never forget it.
    #[error(
        "dossier: record.data.protection[{index}].{field}: item 17.7: must be a salted commitment, `sha256:` and 64 digits"
    )]
    Contact {
        /// Which person, from 0.
        index: usize,
        /// Which contact.
        field: &'static str,
    },
    /// Only a dossier that passed can be confirmed.
    #[error("the verdict is {0:?}: only a dossier that passed can be confirmed (item 63.3)")]
    NotPassed(Outcome),
    /// The confirmation does not confirm this submission.
    #[error("confirmation: {0}")]
    Confirmation(#[from] ConfirmationError),
    /// A delegation or a revocation does not hold.
    #[error("{what}: {source}")]
    Delegation {
        /// Which document.
        what: &'static str,
        /// What is wrong with it.
        source: DelegationError,
    },
    /// An issuance of a standard does not hold.
    #[error("issuance: {0}")]
    Issuance(#[from] IssuanceError),
    /// The reason of a withdrawal is none.
    #[error("reason: {0}")]
    Reason(#[from] ReasonError),
    /// A text of an instruction is none.
    #[error("{field}: {source}")]
    Line {
        /// Which field.
        field: &'static str,
        /// What is wrong with it.
        source: LineError,
    },
    /// The item of law of an exclusion is none.
    #[error("item: {0}")]
    Item(#[source] ReasonError),
    /// A digest could not be computed.
    #[error(transparent)]
    NotCanonical(#[from] NotCanonical),
}

/// A dossier that holds in itself: opened with a pinned key and judged again.
#[derive(Debug)]
pub struct Opened {
    result: TestResult,
    summary: Summary,
}

impl Opened {
    /// Id of the announcement that the dossier names.
    #[must_use]
    pub fn announcement(&self) -> &str {
        &self.result.announcement.id
    }

    /// What the register computed from it.
    #[must_use]
    pub const fn summary(&self) -> &Summary {
        &self.summary
    }

    /// What it says and its summary, if everything stands in the dossier as it was `announced`.
    pub fn hold_against(self, announced: &AnnouncementMade) -> Result<(TestResult, Summary), IntakeError> {
        let TestResult { rules, announcement, subject, bundle, standard, plan, evidence, record, .. } = &self.result;
        let nonces = [
            ("evidence.verify.nonce", evidence.verify.as_ref().map(|evidence| &evidence.nonce)),
            ("evidence.prove.nonce", evidence.prove.as_ref().map(|evidence| &evidence.nonce)),
        ];
        let nonces = nonces.map(|(field, nonce)| (field, nonce.is_none_or(|nonce| *nonce == announced.nonce)));
        let parts = [
            ("announcement.id", announcement.id == announced.id),
            ("announcement.nonce", announcement.nonce == announced.nonce),
            ("announcement.attempt", announcement.attempt == announced.attempt),
            ("subject", *subject == announced.run.subject),
            ("bundle", *bundle == announced.run.bundle),
            ("standard", *standard == announced.run.standard),
            ("plan", *plan == announced.run.plan),
            ("rules", *rules == announced.run.rules),
            ("record", canonical::digest(record)? == announced.run.record),
        ];
        match parts.into_iter().chain(nonces).find(|(_, equal)| !equal) {
            Some((field, _)) => Err(IntakeError::Announced { field, announcement: announced.id.clone() }),
            None => Ok((self.result, self.summary)),
        }
    }
}

/// Opens a dossier with one of the factory's `pinned` keys, judges it again, and holds it against itself and its
/// evidence against the keys of the `lab` that sign `now`. Costs time with the size of the dossier: not for an async
/// thread.
pub fn open(envelope: &Envelope, pinned: &[PublicKey], lab: &[Term], now: Timestamp) -> Result<Opened, IntakeError> {
    let verified = Verified::open(envelope, pinned)?;
    measurement::verify(&verified, lab, now)?;
    let Verified { dossier, verdict, digest, .. } = verified;
    let result = dossier.predicate;
    if result.availability != result.record.data.availability {
        return Err(IntakeError::Indicators);
    }
    completeness::contacts_are_commitments(&result.record.data)?;
    let summary = Summary {
        subject: result.subject.clone(),
        bundle: result.bundle.digest()?,
        standard: result.standard.named(),
        dossier: digest,
        attempt: result.announcement.attempt,
        verdict,
        missing: completeness::missing(&result.record.data),
    };
    Ok(Opened { result, summary })
}

/// What is announced, if it can be: names that are one path segment each, images by digest.
pub fn announced(announcement: Announcement) -> Result<AnnouncedPlan, IntakeError> {
    let Announcement { subject, bundle, standard, plan, rules, record, epoch } = announcement;
    epoch_in_range(epoch)?;
    let Subject { participant, service, release, .. } = &subject;
    for (field, name) in [("participant", participant), ("service", service), ("release", release)] {
        if !is_label(name) {
            let field = format!("subject.{field}");
            return Err(IntakeError::Field {
                field,
                rule: "must be lower-case letters, digits and `-`",
                found: name.clone(),
            });
        }
    }
    images_by_digest(&bundle)?;
    if !record.strip_prefix("sha256:").is_some_and(is_sha256) {
        let rule = "must be `sha256:` and 64 digits, the digest of what the entry shall say";
        return Err(IntakeError::Field { field: "record".to_owned(), rule, found: record });
    }
    Ok(AnnouncedPlan { subject, bundle, standard, plan, rules, record })
}

/// Checks that `epoch` survives every JSON reader.
pub fn epoch_in_range(epoch: u64) -> Result<(), IntakeError> {
    if epoch <= LARGEST_EPOCH {
        return Ok(());
    }
    Err(IntakeError::Field { field: "epoch".to_owned(), rule: "must be below 2^53", found: epoch.to_string() })
}

/// Checks that the regulator's signed `envelope` confirms exactly the submission of `summary`.
pub fn confirmed(summary: &Summary, envelope: &Envelope, pinned: &[PublicKey]) -> Result<Confirmation, IntakeError> {
    if summary.verdict.outcome != Outcome::Passed {
        return Err(IntakeError::NotPassed(summary.verdict.outcome));
    }
    let expected = Confirmed {
        resource: &summary.subject.resource(),
        bundle: &summary.bundle,
        dossier: &summary.dossier,
        standard: &summary.standard,
    };
    Ok(confirmation::verify(envelope, pinned, &expected)?)
}

/// A DNS label or subdomain: one segment of a path and of a resource URI.
pub(crate) fn is_label(name: &str) -> bool {
    (1..=253).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte))
        && !name.starts_with(['-', '.'])
}

fn images_by_digest(bundle: &Bundle) -> Result<(), IntakeError> {
    let by_digest = |image: &str| image.rsplit_once("@sha256:").is_some_and(|(_, hex)| is_sha256(hex));
    if bundle.images.is_empty() {
        let field = "bundle.images".to_owned();
        return Err(IntakeError::Field { field, rule: "must name at least one image", found: "{}".to_owned() });
    }
    for (part, images) in [("images", &bundle.images), ("databases", &bundle.databases)] {
        if let Some((name, image)) = images.iter().find(|(_, image)| !by_digest(image)) {
            let field = format!("bundle.{part}.{name}");
            return Err(IntakeError::Field { field, rule: "must be an image by digest", found: image.clone() });
        }
    }
    Ok(())
}

fn is_sha256(hex: &str) -> bool {
    hex.len() == 64 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_one_segment_of_a_path() {
        for good in ["a", "registered-address", "registered-address-1.2", "0"] {
            assert!(is_label(good), "{good}");
        }
        let long = "a".repeat(254);
        for bad in ["", "-a", ".", "..", "a/b", "A", "a b", "а", "a\n", "a%2fb", long.as_str()] {
            assert!(!is_label(bad), "{bad}");
        }
    }

    #[test]
    fn an_image_is_named_by_digest_only() {
        let bundle = |image: &str| Bundle {
            images: [("web".to_owned(), image.to_owned())].into(),
            databases: [].into(),
            manifests: String::new(),
            configuration: String::new(),
        };
        let digest = "0123456789abcdef".repeat(4);
        let good = format!("registry/web@sha256:{digest}");
        assert!(images_by_digest(&bundle(&good)).is_ok());
        for bad in
            ["registry/web:1".to_owned(), "registry/web@sha256:12".to_owned(), format!("registry/web@sha512:{digest}")]
        {
            assert!(images_by_digest(&bundle(&bad)).unwrap_err().to_string().starts_with("bundle.images.web: "));
            let stored = Bundle { databases: [("db".to_owned(), bad)].into(), ..bundle(&good) };
            assert!(images_by_digest(&stored).unwrap_err().to_string().starts_with("bundle.databases.db: "));
        }
        assert!(images_by_digest(&Bundle { images: [].into(), ..bundle("") }).is_err());
    }

    #[test]
    fn an_epoch_fits_into_every_json_reader() {
        assert!(epoch_in_range(LARGEST_EPOCH).is_ok());
        assert!(epoch_in_range(LARGEST_EPOCH + 1).is_err());
    }
}
