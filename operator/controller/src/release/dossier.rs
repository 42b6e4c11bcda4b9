//! The dossier of an attempt: composed from what was announced and measured, judged and signed. The same
//! attempt gives the same bytes, so nothing is kept of it here: until the register has acknowledged it, it is
//! made again at each look. *Architecture invariant:* it goes to the register and nowhere else. Who may pull
//! from the image registry is not asked whether they may read a dossier that failed (invariant 11).

use factory_assurance::{
    canonical,
    dossier::{Record, TestResult},
    dsse::{self, Envelope},
    verdict::{self, Verdict},
};
use factory_crds::{Outcome, StateServiceSpec, state_service::ProtectionContact};
use k8s_openapi::jiff::Timestamp;

use super::{ReleaseError, announce::AnnouncedPlan, attempt::Attempt, build::BuiltBundle, prove::Measured};
use crate::{
    context::Context,
    salt::{self, Purpose},
    stage::Why,
};

/// A signed dossier.
pub struct SignedDossier {
    /// The envelope.
    pub(super) envelope: Envelope,
    /// Digest of its payload.
    pub(super) digest: String,
    /// What follows from it.
    pub(super) verdict: Verdict,
    /// Why the lab could not measure, where it could not: no evidence, so it is not in the dossier.
    pub(super) unmeasured: Option<Why>,
}

impl SignedDossier {
    /// What kept it from passing, if anything.
    #[must_use]
    pub fn deviation(&self) -> Option<Why> {
        let reason = match self.verdict.outcome {
            Outcome::Passed => return None,
            Outcome::Failed => "Failed",
            Outcome::Inconclusive => "Inconclusive",
        };
        let found = self.verdict.findings.first().map_or("", |finding| finding.message.as_str());
        let message = match &self.unmeasured {
            None => found.to_owned(),
            Some(why) => format!("{found}: {}", why.message),
        };
        Some(Why::new(reason, message))
    }
}

/// Composes, judges and signs the dossier of `attempt`.
pub async fn compose(
    context: &Context,
    attempt: &Attempt,
    bundle: &BuiltBundle,
    run: &AnnouncedPlan,
    measured: Measured,
) -> Result<SignedDossier, ReleaseError> {
    let mut result = TestResult {
        rules: verdict::RULES.to_owned(),
        subject: run.subject.clone(),
        bundle: bundle.bundle.clone(),
        standard: run.standard.clone(),
        availability: attempt.spec.register.availability.clone(),
        announcement: run.run.clone(),
        plan: run.plan.clone(),
        evidence: measured.evidence,
        measurements: Some(measured.measurements).filter(|signed| !signed.is_empty()),
        record: record(context, attempt).await?,
        verdict: Verdict { outcome: Outcome::Inconclusive, findings: Vec::new(), figures: Vec::new() },
    };
    result.verdict = result.judge();
    let verdict = result.verdict.clone();
    let keys = context.keys.now();
    let envelope = dsse::sign(&result.into_statement()?, keys.dossier.at(Timestamp::now()))?;
    Ok(SignedDossier { digest: envelope.payload_digest()?, envelope, verdict, unmeasured: measured.unmeasured })
}

/// What the entry shall say: announced by its digest, and the same in the dossier.
pub(super) async fn record(context: &Context, attempt: &Attempt) -> Result<Record, ReleaseError> {
    let salt = salt::of(context, Purpose::Contacts, &attempt.participant, &attempt.pinned.service).await?;
    Ok(salted(&attempt.spec, &salt))
}

/// The same with this salt. Contacts become commitments: the register can forget a person when the salt is destroyed
/// (invariant 10).
fn salted(spec: &StateServiceSpec, salt: &[u8]) -> Record {
    let commit = |value: &str| canonical::sha256(&[salt, value.as_bytes()].concat());
    let mut data = spec.register.clone();
    for contact in &mut data.protection {
        *contact = ProtectionContact {
            position: contact.position.clone(),
            name: commit(&contact.name),
            email: commit(&contact.email),
            phone: commit(&contact.phone),
        };
    }
    Record {
        titles: spec.titles.clone(),
        class: spec.class.as_str().to_owned(),
        decision: format!("{} of {}", spec.decision.number, spec.decision.date),
        reported_by: format!("{}, delegated by {}", spec.decision.reporting.to, spec.decision.reporting.by),
        host: spec.ingress.host.clone(),
        data,
        instructions: spec.instructions.clone(),
    }
}
