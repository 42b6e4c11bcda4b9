//! The report as data, for programs. Fields are only added within one `format`; numbers are at most
//! 2^53 − 1; texts are those of the dossier, byte by byte, so whoever shows them escapes them.

use std::collections::BTreeMap;

use factory_crds::{
    Outcome,
    resilience_standard::{Direction, FaultKind, Share},
};
use serde::Serialize;

use crate::{
    dossier::{AnnouncedRun, Subject},
    evidence::{Class, Failure, PodGone, PodSeen, Slot},
    verdict::{Figure, Verdict},
};

use super::{
    Contradiction, Report, Signature,
    answered::{AnsweredReport, Operations},
    capacity::{self, CapacityReport},
    confirmed::{self, ConfirmedReport},
    dose::{self, Summary},
    findings,
    history::{self, HistoryReport},
    noticed, numbers,
    phases::{self, Span},
    requests,
    soak::{self, SoakReport},
    tries::{self, TriesReport},
    twin::{self, TwinReport},
};

/// Version of this structure.
const FORMAT: &str = "factory.gov.kg/report/v1";

/// A run.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunReport {
    /// `factory.gov.kg/report/v1`.
    pub format: &'static str,
    /// What follows from the evidence, computed again.
    pub outcome: Outcome,
    /// What the dossier says.
    pub stated_outcome: Outcome,
    /// Whether the signature was held against a pinned key. A signature that does not hold gives no report.
    pub signature_checked: bool,
    /// Whether type, subject, rules and verdict of the dossier follow from what is in it.
    pub consistent: bool,
    /// What does not, if the verdict is not it.
    pub contradiction: Option<String>,
    /// Whose attempt it was.
    pub subject: Subject,
    /// Digest of the bundle.
    pub bundle: String,
    /// Digest of the dossier's payload.
    pub dossier: String,
    /// Name of the standard.
    pub standard: String,
    /// Its version.
    pub standard_version: String,
    /// Announcement of the run.
    pub announcement: AnnouncedRun,
    /// What was found, failures first.
    pub findings: Vec<FindingReport>,
    /// What was measured, beside its limits: `docs/verdict.md` says what each is.
    pub figures: Vec<Figure>,
    /// What a run of this size could have noticed, for each limit on a share of requests.
    pub noticed: Vec<Noticed>,
    /// The twin that must be refused, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub twin: Option<TwinReport>,
    /// The plan's phases, in order.
    pub phases: Vec<PhaseReport>,
    /// Each second in which a request was due.
    pub seconds: Vec<SecondReport>,
    /// The plan's faults, in order.
    pub faults: Vec<FaultReport>,
    /// The steps above the declared rate, if the plan has some, and what they ran on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity: Option<CapacityReport>,
    /// What pods used in the soak, if the plan has one, and where that leads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub soak: Option<SoakReport>,
    /// The comparison with the last confirmed release, if the plan says anything of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<ConfirmedReport>,
    /// What earlier runs add, if the plan says anything of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub history: Option<HistoryReport>,
}

/// The smallest effect that nine of ten such runs refuse.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Noticed {
    /// Phase of the figure.
    pub phase: String,
    /// Its name: `failedPpm`, `p95Us` or `p99Us`.
    pub figure: String,
    /// True share of requests that fail, or are slower than the percentile's limit, in parts per million.
    pub share_ppm: u64,
}

/// A finding.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FindingReport {
    /// `Failed` or `Inconclusive`.
    pub outcome: Outcome,
    /// Its code.
    pub code: String,
    /// Its sentence.
    pub message: String,
}

/// A phase.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PhaseReport {
    /// Its name.
    pub name: String,
    /// `WarmUp`, `Steady`, `Soak`, `Fault` or `Capacity`.
    pub role: &'static str,
    /// First second, inclusive.
    pub from_second: u64,
    /// Last second, exclusive.
    pub to_second: u64,
}

/// Requests that were due in one second.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SecondReport {
    /// From the start of the load.
    pub second: u64,
    /// Answers that met the expectation.
    pub good: u64,
    /// Failures by cause.
    pub failed: BTreeMap<Failure, u64>,
    /// Median of latency in microseconds; `null` without answers.
    pub p50_us: Option<u64>,
    /// 95th percentile.
    pub p95_us: Option<u64>,
    /// 99th percentile.
    pub p99_us: Option<u64>,
}

/// A fault.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FaultReport {
    /// Its phase.
    pub phase: String,
    /// Which.
    pub kind: FaultKind,
    /// The component that it strikes.
    pub component: String,
    /// Whom it strikes, of a fault on the node.
    pub share: Option<Share>,
    /// How long it lasts as planned, of a fault on the node; 0 if it happens once.
    pub lease_seconds: Option<u32>,
    /// Milliseconds, parts per million or kilobytes a second, as the kind has it.
    pub strength: Option<u64>,
    /// The component with which traffic feels it; all traffic where there is none.
    pub peer: Option<String>,
    /// Names whose answers of DNS feel it; those for all where there is none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// What the path of a request begins with whose answer may feel it; any where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The status in place of the right one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u32>,
    /// How late an answer comes, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late_ms: Option<u32>,
    /// Which way packets go that feel it, where the plan says so.
    pub direction: Option<Direction>,
    /// When it was injected, in milliseconds from the start of the load; `null` if it was not.
    pub injected_ms: Option<u64>,
    /// When its effect was seen to be over.
    pub ended_ms: Option<u64>,
    /// When all pods were ready again.
    pub ready_again_ms: Option<u64>,
    /// The target's pods before it.
    pub pods: Vec<PodReport>,
    /// What each pod felt.
    pub doses: Vec<DoseSummary>,
    /// How each operation of the load fared while it acted, and after it.
    pub answered: Vec<AnsweredReport>,
    /// How often its pods were asked while it acted, and before; `null` where that was not counted.
    pub tries: Option<TriesReport>,
    /// What went wrong.
    pub errors: Vec<String>,
    /// What was left.
    pub residue: Vec<String>,
}

/// A pod.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PodReport {
    /// UID.
    pub uid: String,
    /// Whether it was ready before.
    pub ready: bool,
    /// When it went; `null` if it stayed.
    pub gone_ms: Option<u64>,
}

/// What a pod felt.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DoseSummary {
    /// UID of the pod.
    pub pod: String,
    /// By what it was done.
    pub way: String,
    /// Which of its traffic.
    pub class: Class,
    /// Before.
    before: Summary,
    /// While it lasted.
    during: Summary,
}

fn noticed(verdict: &Verdict) -> Vec<Noticed> {
    let of = |figure: &Figure| {
        let (phase, name) = (figure.phase.clone(), figure.name.clone());
        noticed::of(verdict, figure).map(|share_ppm| Noticed { phase, figure: name, share_ppm })
    };
    verdict.figures.iter().filter_map(of).collect()
}

pub fn of(report: &Report<'_>) -> RunReport {
    let result = report.result;
    let (spans, operations) = (phases::spans(result), Operations::of(result));
    let finding = |read: findings::Read<'_>| FindingReport {
        outcome: read.outcome,
        code: read.finding.code.clone(),
        message: read.finding.message.clone(),
    };
    let slots = result.evidence.prove.as_ref().map_or(&[][..], |prove| &prove.slots);
    RunReport {
        format: FORMAT,
        outcome: report.verdict.outcome,
        stated_outcome: result.verdict.outcome,
        signature_checked: report.signature == Signature::Holds,
        consistent: report.contradiction.is_none(),
        contradiction: match &report.contradiction {
            Some(Contradiction::Other(what)) => Some(what.clone()),
            _ => None,
        },
        subject: result.subject.clone(),
        bundle: result.bundle.digest().unwrap_or_default(),
        dossier: report.digest.to_owned(),
        standard: result.standard.name.clone(),
        standard_version: result.standard.version.clone(),
        announcement: result.announcement.clone(),
        findings: findings::read(result, &report.verdict).into_iter().map(finding).collect(),
        figures: report.verdict.figures.clone(),
        noticed: noticed(&report.verdict),
        twin: twin::of(result),
        phases: spans.iter().map(phase).collect(),
        seconds: seconds(report),
        faults: spans.iter().filter_map(|span| fault(span, &operations, slots)).collect(),
        capacity: capacity::data(report, &spans),
        soak: soak::data(report, &spans),
        confirmed: confirmed::data(report),
        history: history::data(result, &report.verdict),
    }
}

fn phase(span: &Span<'_>) -> PhaseReport {
    let role = match (&span.fault, span.is_steady()) {
        (Some(_), _) => "Fault",
        (None, true) => "Steady",
        (None, false) if span.percent().is_some() => "Capacity",
        (None, false) if span.is_soak() => "Soak",
        (None, false) => "WarmUp",
    };
    PhaseReport { name: span.phase.name.clone(), role, from_second: span.from, to_second: span.to }
}

fn seconds(report: &Report<'_>) -> Vec<SecondReport> {
    let second = |(second, requests): (u64, requests::Requests)| SecondReport {
        second,
        good: numbers::exact(requests.good),
        failed: requests.failed.iter().map(|(cause, count)| (*cause, numbers::exact(*count))).collect(),
        p50_us: requests.percentile(50),
        p95_us: requests.percentile(95),
        p99_us: requests.percentile(99),
    };
    requests::by_second(report.result.evidence.prove.as_ref()).into_iter().map(second).collect()
}

fn fault(span: &Span<'_>, operations: &Operations, slots: &[Slot]) -> Option<FaultReport> {
    let fault = span.fault.as_ref()?;
    let seen = fault.seen;
    let gone = seen.map_or(&[][..], |seen| &seen.gone);
    let dose = |dose: &crate::evidence::Dose| DoseSummary {
        pod: dose.pod.clone(),
        way: dose.way.clone(),
        class: dose.class,
        before: dose::summary(fault.kind, &dose.before),
        during: dose::summary(fault.kind, &dose.during),
    };
    Some(FaultReport {
        phase: span.phase.name.clone(),
        kind: fault.kind,
        component: fault.component.to_owned(),
        share: fault.strike.map(|strike| strike.share),
        lease_seconds: fault.strike.map(|strike| strike.lease_seconds),
        strength: fault.strike.map(|strike| strike.strength),
        peer: fault.strike.and_then(|strike| strike.peer.clone()),
        names: fault.strike.map(|strike| strike.names.clone()).unwrap_or_default(),
        path: fault.strike.and_then(|strike| strike.path.clone()),
        status: fault.strike.and_then(|strike| strike.status),
        late_ms: fault.strike.and_then(|strike| strike.late_ms),
        direction: fault.strike.and_then(|strike| strike.direction),
        injected_ms: seen.and_then(|seen| seen.injected_ms),
        ended_ms: seen.and_then(|seen| seen.ended_ms),
        ready_again_ms: seen.and_then(|seen| seen.ready_again_ms),
        pods: seen.iter().flat_map(|seen| &seen.before).map(|pod| of_pod(pod, gone)).collect(),
        doses: seen.iter().flat_map(|seen| &seen.doses).map(dose).collect(),
        answered: operations.under(span),
        tries: seen.and_then(|seen| tries::of(seen, slots)),
        errors: seen.map(|seen| seen.errors.clone()).unwrap_or_default(),
        residue: seen.map(|seen| seen.residue.clone()).unwrap_or_default(),
    })
}

fn of_pod(pod: &PodSeen, gone: &[PodGone]) -> PodReport {
    let gone_ms = gone.iter().find(|gone| gone.uid == pod.uid).map(|gone| gone.at_ms);
    PodReport { uid: pod.uid.clone(), ready: pod.ready, gone_ms }
}
