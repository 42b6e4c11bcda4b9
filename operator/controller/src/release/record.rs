//! The status of a release: what was reached, where it waits and why. Written once a reconcile, only
//! when something changed; an Event goes with every change of a stage.

use factory_assurance::verdict::Verdict;
use factory_crds::{
    Outcome, Release, ReleaseStatus,
    condition::{self, STAGES},
    release::Finding,
};
use k8s_openapi::{apimachinery::pkg::apis::meta::v1::Time, jiff::Timestamp};
use kube::{
    Api, Resource as _, ResourceExt as _,
    runtime::events::{Event, EventType},
};

use super::{ReleaseError, prove::MEASURING, report::Receipt};
use crate::{
    apply,
    context::Context,
    metrics::StageEnd,
    stage::{Progress, Why},
};

/// Reason of the stage at which a release ends because its service was withdrawn (21).
pub const WITHDRAWN: &str = "Withdrawn";

/// Reasons for which a stage that was reached cannot be looked at again.
const PASSING: [&str; 2] = ["RegisterUnavailable", RETRYING];
/// Reasons for which a release ends that are the standard's or the register's, and say nothing of the service.
const NOT_ITS_OWN: [&str; 6] =
    ["PeerUnknown", "PlanTooLong", "ComparedTooFast", "ArrivalsDoNotFit", "AnnouncementRefused", "DossierRefused"];
/// Reason of an error that is tried again.
const RETRYING: &str = "Retrying";

/// The status of a release while it is being looked at.
pub struct Record {
    before: ReleaseStatus,
    now: ReleaseStatus,
    generation: Option<i64>,
    person: bool,
    /// Whether the verdict on its run is that it failed.
    failed: bool,
}

impl Record {
    /// The record of `release` as it stands.
    #[must_use]
    pub fn of(release: &Release) -> Self {
        let before = release.status.clone().unwrap_or_default();
        Self { now: before.clone(), before, generation: release.metadata.generation, person: false, failed: false }
    }

    /// Whether nothing more will happen to it.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.now.outcome.is_some_and(|outcome| outcome != Outcome::Passed)
            || self.reason("Confirmed") == Some("Returned")
            // An entry that was withdrawn is not in force again: the service comes back by another release.
            || ["Registered", "Launched"].into_iter().any(|stage| self.reason(stage) == Some(WITHDRAWN))
            || (self.now.outcome.is_some() && self.now.submission.is_empty())
    }

    /// Facts that cannot be observed again.
    #[must_use]
    pub const fn facts(&self) -> &ReleaseStatus {
        &self.now
    }

    /// The same, to add to.
    pub const fn facts_mut(&mut self) -> &mut ReleaseStatus {
        &mut self.now
    }

    /// The register's acknowledgement, if there is one.
    #[must_use]
    pub fn receipt(&self) -> Option<Receipt> {
        (!self.now.submission.is_empty()).then(|| Receipt { submission: self.now.submission.clone() })
    }

    /// Whether only a person can bring it further.
    #[must_use]
    pub const fn waits_for_a_person(&self) -> bool {
        self.person
    }

    /// Whether figures of a run come just now.
    #[must_use]
    pub fn is_measured(&self) -> bool {
        self.reason("Proven") == Some(MEASURING)
    }

    /// The product of a step of `stage`, if there is one; else why not is recorded. A product alone
    /// changes nothing, so that a second look at the same facts writes nothing (invariant 9).
    pub fn take<T>(&mut self, stage: &str, progress: Progress<T>) -> Option<T> {
        match progress {
            Progress::Done(product) => return Some(product),
            Progress::Waiting(why) => self.waits(stage, why),
            Progress::Stopped(why) => self.stops(stage, why),
        }
        None
    }

    /// `stage` is done.
    pub fn reached(&mut self, stage: &str) {
        self.set(stage, "True", &Why::new("Done", ""));
    }

    /// `stage` ended; `deviation` says what was found, if anything.
    pub fn judged(&mut self, stage: &str, deviation: Option<Why>) {
        match deviation {
            None => self.reached(stage),
            Some(why) => self.set(stage, "False", &why),
        }
    }

    /// `stage` waits.
    pub fn waits(&mut self, stage: &str, why: Why) {
        self.person = why.reason == "AwaitingRegulator";
        self.point(stage, &why);
        // That nobody can look just now takes nothing back of what was reached.
        if !(PASSING.contains(&why.reason) && condition::is_true(&self.now.conditions, stage)) {
            self.set(stage, "Unknown", &why);
        }
    }

    /// The release ends at `stage`.
    pub fn stops(&mut self, stage: &str, why: Why) {
        self.point(stage, &why);
        self.set(stage, "False", &why);
        if self.now.outcome.is_none() {
            let own = self.failed || !NOT_ITS_OWN.contains(&why.reason);
            self.now.outcome = Some(if own { Outcome::Failed } else { Outcome::Inconclusive });
            // What was found stays: a dossier that was refused was judged. What failed it comes first.
            let place = if self.failed { self.now.findings.len() } else { 0 };
            self.now.findings.insert(place, Finding { code: why.reason.to_owned(), message: why.message });
        }
    }

    /// What the verdict on its run found.
    pub fn found(&mut self, verdict: &Verdict) {
        self.now.findings.clone_from(&verdict.findings);
        self.failed = verdict.outcome == Outcome::Failed;
    }

    /// An error at the stage that was next; it is tried again.
    pub fn hit(&mut self, line: &str) {
        let next = STAGES.into_iter().find(|stage| !condition::is_true(&self.now.conditions, stage));
        self.waits(next.unwrap_or("Launched"), Why::new(RETRYING, line));
    }

    /// The verdict is that it passed; the road goes on to the regulator.
    pub const fn passed(&mut self) {
        self.now.outcome = Some(Outcome::Passed);
    }

    /// The attempt ends with `outcome`.
    pub fn ends(&mut self, outcome: Outcome) {
        self.now.outcome = Some(outcome);
        let first = self.now.findings.first().cloned();
        let why = first.map_or_else(|| Why::new("Done", ""), |finding| Why::new("Found", finding.message));
        let stage = if condition::is_true(&self.now.conditions, "Verified") { "Proven" } else { "Verified" };
        self.point(stage, &why);
    }

    fn point(&mut self, stage: &str, why: &Why) {
        stage.clone_into(&mut self.now.stage);
        self.now.message.clone_from(&why.message);
    }

    fn reason(&self, stage: &str) -> Option<&str> {
        self.now.conditions.iter().find(|known| known.type_ == stage).map(|known| known.reason.as_str())
    }

    fn set(&mut self, stage: &str, status: &str, why: &Why) {
        let now = Time(Timestamp::now());
        let made = condition::condition(stage, status, why.reason, &why.message, self.generation, now);
        condition::set(&mut self.now.conditions, made);
        if status == "True" {
            self.point(stage, why);
        }
    }

    /// Writes the status if it changed, with an Event for each stage that did.
    pub async fn write(&self, context: &Context, release: &Release) -> Result<(), ReleaseError> {
        if self.now == self.before {
            return Ok(());
        }
        let api: Api<Release> = Api::namespaced(context.client.clone(), &release.namespace().unwrap_or_default());
        apply::status(&api, release, &self.now).await?;
        if let Some(traces) = &context.traces {
            traces.tell(release, &self.before.conditions, &self.now.conditions, self.has_ended());
        }
        let reference = release.object_ref(&());
        for made in &self.now.conditions {
            let known = self.before.conditions.iter().find(|known| known.type_ == made.type_);
            if known.is_some_and(|known| known.status == made.status && known.reason == made.reason) {
                continue;
            }
            let labels = StageEnd { stage: made.type_.clone(), reason: made.reason.clone() };
            context.metrics.stages.get_or_create(&labels).inc();
            tracing::info!(release = %release.name_any(), stage = %made.type_, status = %made.status, reason = %made.reason, message = %made.message);
            let event = Event {
                type_: if made.status == "False" { EventType::Warning } else { EventType::Normal },
                reason: if made.status == "True" { made.type_.clone() } else { made.reason.clone() },
                note: Some(if made.message.is_empty() {
                    format!("{} is done", made.type_)
                } else {
                    made.message.clone()
                }),
                action: made.type_.clone(),
                secondary: None,
            };
            // An Event that is lost costs nothing: the condition says the same.
            if let Err(error) = context.events.publish(&event, &reference).await {
                tracing::debug!(%error, "event not published");
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state_service::{examples, releases};

    fn record(status: ReleaseStatus) -> Record {
        let service = examples::service();
        let mut release = releases::due(&service, &"a".repeat(40), &examples::standard(), &[]).unwrap().unwrap();
        release.status = Some(status);
        Record::of(&release)
    }

    /// What the road records while its second step of `Verified` ends with `verify`.
    fn look(record: &mut Record, verify: Progress<Option<Why>>) {
        record.take("Verified", Progress::Done("announced"));
        if let Some(deviation) = record.take("Verified", verify) {
            record.judged("Verified", deviation);
        }
    }

    #[test]
    fn a_second_look_at_the_same_facts_changes_nothing() {
        let looks: [fn() -> Progress<Option<Why>>; 4] = [
            || Progress::Done(None),
            || Progress::Done(Some(Why::new("ChecksFailed", "a check failed"))),
            || Progress::waiting("Running", "verify is running"),
            || Progress::stopped("LabFailed", "verify: no answer"),
        ];
        for verify in looks {
            let mut first = record(ReleaseStatus::default());
            look(&mut first, verify());
            assert_ne!(first.now, first.before);
            let mut second = record(first.now);
            look(&mut second, verify());
            assert_eq!(second.now, second.before);
        }
    }

    #[test]
    fn a_standard_that_asks_for_what_cannot_be_says_nothing_of_the_service() {
        for (reason, outcome) in [
            ("PeerUnknown", Outcome::Inconclusive),
            ("DossierRefused", Outcome::Inconclusive),
            ("NothingToAsk", Outcome::Failed),
        ] {
            let mut record = record(ReleaseStatus::default());
            assert!(record.take::<()>("Verified", Progress::stopped(reason, "why")).is_none());
            assert_eq!(record.now.outcome, Some(outcome), "{reason}");
            assert!(condition::has_reason(&record.now.conditions, "Verified", reason));
        }
    }

    #[test]
    fn a_run_that_failed_stays_failed_when_its_dossier_is_refused_and_says_both() {
        let finding = |code: &str| Finding { code: code.to_owned(), message: String::new() };
        for (outcome, codes) in [
            (Outcome::Failed, ["FaultCostTooHigh", "DossierRefused"]),
            (Outcome::Inconclusive, ["DossierRefused", "FaultCostTooHigh"]),
        ] {
            let mut record = record(ReleaseStatus::default());
            record.found(&Verdict { outcome, findings: vec![finding("FaultCostTooHigh")], figures: Vec::new() });
            assert!(record.take::<()>("Reported", Progress::stopped("DossierRefused", "why")).is_none());
            let found: Vec<_> = record.now.findings.iter().map(|finding| finding.code.as_str()).collect();
            assert_eq!((record.now.outcome, found.as_slice()), (Some(outcome), codes.as_slice()));
        }
    }

    #[test]
    fn a_withdrawal_is_written_once_and_nothing_more_happens() {
        let look = |record: &mut Record| {
            record.passed();
            for stage in ["Reported", "Confirmed", "Registered"] {
                record.reached(stage);
            }
            assert!(record.take::<()>("Launched", Progress::stopped(WITHDRAWN, "withdrawn by its owner")).is_none());
        };
        let mut first = record(ReleaseStatus { submission: "submission-1".to_owned(), ..ReleaseStatus::default() });
        first.reached("Launched");
        assert!(!first.has_ended());
        look(&mut first);
        assert!(first.has_ended() && condition::has_reason(&first.now.conditions, "Launched", WITHDRAWN));
        assert_eq!((first.now.outcome, first.now.stage.as_str()), (Some(Outcome::Passed), "Launched"));
        let mut second = record(first.now);
        look(&mut second);
        assert_eq!(second.now, second.before);
    }

    #[test]
    fn what_cannot_be_looked_at_for_a_moment_stays_reached() {
        let mut first = record(ReleaseStatus::default());
        for stage in STAGES {
            first.reached(stage);
        }
        let mut second = record(first.now.clone());
        second.take::<()>("Confirmed", Progress::waiting("RegisterUnavailable", "the register does not answer"));
        second.hit("connection refused");
        assert_eq!(second.now.conditions, first.now.conditions);
        assert_eq!(second.now.message, "connection refused");
        // What a person or the register says of it is another matter.
        second.take::<()>("Confirmed", Progress::stopped("Returned", "the regulator returned it"));
        assert!(!condition::is_true(&second.now.conditions, "Confirmed"));
    }
}
