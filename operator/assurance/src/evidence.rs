//! What the lab measured: raw, in integers, with nothing concluded. The verdict draws every
//! conclusion from these, so a number that matters cannot be hidden behind a word.
//!
//! Times named `…_ms` count milliseconds from the start of the load, unless the name says `unix`.

mod comparison;
mod drawn;
mod part;
mod profile;
mod soak;
mod twin;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use comparison::ComparisonEvidence;
pub use drawn::DrawnEvidence;
pub use part::{Measured, NotOneRun, Part};
pub use profile::{NodeProfile, PodsProfile, Profile};
pub use soak::{SoakedPod, SoakedRun};
pub use twin::TwinEvidence;

/// Media type of the OCI artifact that carries a [`VerifyEvidence`].
pub const VERIFY_MEDIA_TYPE: &str = "application/vnd.gov.kg.factory.verify.v1+json";
/// Media type of the OCI artifact that carries a [`ProveEvidence`].
pub const PROVE_MEDIA_TYPE: &str = "application/vnd.gov.kg.factory.prove.v1+json";

/// Length of one [`Slot`] in milliseconds: recovery is measured with this resolution.
pub const SLOT_MS: u64 = 100;

/// Everything measured on one candidate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Evidence {
    /// From `factory-lab verify`; `None` when it never ended.
    pub verify: Option<VerifyEvidence>,
    /// From `factory-lab prove`; `None` when it never ran.
    pub prove: Option<ProveEvidence>,
}

/// What `factory-lab verify` saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VerifyEvidence {
    /// Nonce of the announcement that this run belongs to.
    pub nonce: String,
    /// One for each check of the plan, in its order.
    pub checks: Vec<CheckResult>,
    /// One for each description of the plan, in its order.
    pub contracts: Vec<ContractResult>,
}

/// One functional check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CheckResult {
    /// Name in the manifest.
    pub name: String,
    /// Steps that were carried out; fewer than planned when one failed.
    pub steps: Vec<StepResult>,
}

/// One step of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StepResult {
    /// Status of the answer; `None` when there was no answer.
    pub status: Option<u16>,
    /// Expectations that did not hold, one line each, without the body's contents.
    pub deviations: Vec<String>,
    /// Mutated answers that the step's expectation was tried on.
    pub mutants: Vec<Mutant>,
}

/// An answer changed on purpose: an expectation that accepts it expects nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Mutant {
    /// What was changed.
    pub mutation: Mutation,
    /// Whether the expectation noticed.
    pub rejected: bool,
}

/// Ways in which an answer is mutated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Mutation {
    /// 200 becomes 500, and every other status becomes 200.
    WrongStatus,
    /// The body is empty.
    EmptyBody,
    /// Every value of the JSON body is replaced by one of another kind.
    WrongValues,
}

/// One OpenAPI description held against the service that served it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContractResult {
    /// Component that served it.
    pub component: String,
    /// Its path.
    pub path: String,
    /// Why it could not be read as OpenAPI 3, if so.
    pub unreadable: Option<String>,
    /// SHA-256 of the description's bytes, `sha256:<hex>`; empty when unreadable.
    pub digest: String,
    /// Every operation that it describes.
    pub operations: Vec<OperationResult>,
}

/// One operation of a description.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OperationResult {
    /// `GET`, `POST`, …
    pub method: String,
    /// Path template as described.
    pub path: String,
    /// Answers that were seen for it; none means that it was not exercised.
    pub answers: Vec<Answer>,
}

/// An answer held against the description.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Answer {
    /// Status of the answer.
    pub status: u16,
    /// What in it contradicts the description, one line each, without the body's contents.
    pub contradictions: Vec<String>,
}

/// What `factory-lab prove` measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProveEvidence {
    /// Nonce of the announcement that this run belongs to.
    pub nonce: String,
    /// Wall clock at the start of the load, milliseconds since 1970.
    pub started_unix_ms: u64,
    /// When each phase of the plan began and ended, in its order.
    pub phases: Vec<PhaseSpan>,
    /// One for each second and operation in which a request was due.
    pub buckets: Vec<Bucket>,
    /// Good and failed requests by intended send time, one for each [`SLOT_MS`], gapless from 0.
    pub slots: Vec<Slot>,
    /// How late requests left that were due before the ladder (all, where there is none), sparse histogram in
    /// microseconds: `[value, count]`, rising.
    pub lag_us: Vec<[u64; 2]>,
    /// The same of each step of the ladder, in the order of the plan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub step_lag_us: Vec<Vec<[u64; 2]>>,
    /// One for each fault phase of the plan, in its order.
    pub faults: Vec<FaultEvidence>,
    /// The control, one for each second in which it was asked; `None` where it could not be found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control: Option<Vec<ControlSecond>>,
    /// The twin; `None` where it could not be found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub twin: Option<TwinEvidence>,
    /// What the candidate ran on while the ladder was asked; `None` where it could not be read, or there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
    /// What each pod used during the soak, by component and UID; `None` where nobody looked, or there is no soak.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub soak: Option<Vec<SoakedPod>>,
    /// What was drawn from each description of the plan, in its order; `None` where nothing is drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drawn: Option<Vec<DrawnEvidence>>,
    /// What was measured of the candidate and of the last confirmed release by turns; `None` where that could not be
    /// asked, or there is no comparison.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<ComparisonEvidence>,
}

/// Requests to the control that were due in one second.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ControlSecond {
    /// Second from the start of the load, by intended send time.
    pub second: u32,
    /// Requests that were answered in time.
    pub good: u64,
    /// All others.
    pub failed: u64,
    /// Latency of the good ones from the intended send time, connecting included, as in [`Bucket::latency_us`].
    pub latency_us: Vec<[u64; 2]>,
}

/// When a phase took place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PhaseSpan {
    /// Name in the plan.
    pub name: String,
    /// Start, inclusive.
    pub from_ms: u64,
    /// End, exclusive.
    pub to_ms: u64,
}

/// Requests of one operation that were due in one second.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Bucket {
    /// Second from the start of the load, by intended send time.
    pub second: u32,
    /// Index into the plan's operations.
    pub operation: u32,
    /// Answers that met the expectation.
    pub good: u64,
    /// Failures by cause.
    pub failed: BTreeMap<Failure, u64>,
    /// Latency of all answered requests from the intended send time, in microseconds, sparse:
    /// `[value, count]`, rising; values are the upper bounds of `HdrHistogram` cells (3 digits).
    pub latency_us: Vec<[u64; 2]>,
}

impl Bucket {
    /// Requests that failed, of whatever cause.
    #[must_use]
    pub fn failures(&self) -> u128 {
        self.failed.values().fold(0, |sum, count| sum.saturating_add(u128::from(*count)))
    }

    /// All requests that were due.
    #[must_use]
    pub fn asked(&self) -> u128 {
        self.failures().saturating_add(u128::from(self.good))
    }
}

/// Why a request was not good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Failure {
    /// No connection.
    Connect,
    /// The connection broke before the answer was complete.
    Broken,
    /// No complete answer in time.
    Timeout,
    /// Another status than expected.
    Status,
    /// The body or a header did not meet the expectation.
    Content,
    /// It found no place among the requests in flight, and was never sent.
    Unsent,
}

/// Good and failed requests that were due in one tenth of a second: `[good, failed]`.
pub type Slot = [u32; 2];

/// One fault as it happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FaultEvidence {
    /// Name of the phase in the plan.
    pub phase: String,
    /// From when on it may have had an effect: just before the API was asked, or the moment for which the nodes were
    /// asked; `None` in evidence of labs that did not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ordered_ms: Option<u64>,
    /// When the injection was acknowledged; `None` when it was refused.
    pub injected_ms: Option<u64>,
    /// Why it was refused, or what could not be undone; empty when all went well.
    pub errors: Vec<String>,
    /// The target's pods just before the injection.
    pub before: Vec<PodSeen>,
    /// Pods of `before` that were seen to be gone, with the moment.
    pub gone: Vec<PodGone>,
    /// First moment after the injection at which every desired replica was ready again.
    pub ready_again_ms: Option<u64>,
    /// What was still different from before when the lease had ended, one line each.
    pub residue: Vec<String>,
    /// When its effect was seen to be over; only of a fault on the node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_ms: Option<u64>,
    /// What each pod that it struck felt, of a fault on the node; of a `SecretRotation`, what each pod was given that was
    /// there before and that came.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doses: Vec<Dose>,
    /// How often pods that it was to strike were asked, of a fault on the node that lasts: those of which all that came
    /// could be counted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tries: Vec<Tries>,
}

/// How often one pod was asked, whoever asked: each connection that was opened to it is a try, and each request over
/// HTTP/1 on one that carried another before. So whoever opens a connection for each of them and whoever keeps one
/// open try as often, and a packet that was sent again is none. Nothing is judged by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tries {
    /// UID of the pod.
    pub pod: String,
    /// Tries just before the injection.
    pub before: u32,
    /// For how long those were counted, in milliseconds.
    pub before_ms: u32,
    /// How long after [`FaultEvidence::ordered_ms`] that ended, in milliseconds.
    pub until_ms: u32,
    /// Tries while the fault acted.
    pub during: u32,
    /// How long after [`FaultEvidence::ordered_ms`] those began to be counted, in milliseconds.
    pub from_ms: u32,
    /// For how long they were counted, in milliseconds.
    pub during_ms: u32,
}

/// What one pod felt of a fault, measured where it runs: two sparse histograms, `[value, count]`,
/// rising. What a value is depends on the kind of fault:
///
/// | kind | value |
/// | --- | --- |
/// | `ContainerKill` | 0: the process was seen alive, 1: it was seen gone |
/// | `Freeze` | 0: a moment at which a thread ran or could have run, 1: one at which none could |
/// | `Partition`, `Loss`, `DnsOutage` | 0: a packet passed, 1: it was dropped |
/// | `Reset` | 0: a packet passed, 1: it was answered with a reset that left the pod |
/// | `DnsFailure`, `DnsWrongAddress` | 0: a question of ours in the pod was answered rightly, 1: with SERVFAIL, or with other addresses |
/// | `DnsDelay` | microseconds from a question of ours in the pod to its answer |
/// | `HttpReset`, `HttpCut` | 0: an answer left whole, 1: its connection was reset, or closed before all of it had left |
/// | `HttpStatus` | 0: an answer had another status, 1: it had the wrong one that is asked for |
/// | `HttpDelay` | 0: an answer began in time, or far later than asked, 1: from four fifths to one and a half of what is asked after half of the answers did before |
/// | `Duplicate` | 0: a packet came or left once, 1: a copy of it came or left too |
/// | `Corrupt` | 0: a packet passed whole, 1: it came with a wrong sum, as the pod's kernel counted it, or left with one |
/// | `Reorder` | 0: a packet that another of its flow followed at once came before that, 1: it was overtaken |
/// | `ControlPlaneOutage` | 0: an attempt of ours in the pod to connect to the API server succeeded, 1: it failed |
/// | `Delay`, `Jitter` | microseconds from a packet's arrival at the pod's interface to the answer of the pod's kernel |
/// | `Bandwidth` | kilobytes that left in one second |
/// | `MemoryPressure` | percent of the container's limit of memory that were in use at one moment |
/// | `CpuStarvation` | percent of the time that the container's threads wanted to run, between two looks, which they waited |
/// | `DiskFull` | percent of one of the container's volumes that were in use at one moment |
/// | `DescriptorExhaustion` | percent of the limit of descriptors of one of the container's processes that were in use at one moment |
/// | `SecretRotation` | 0: a variable of the pod has the value with which the service was deployed, 1: the one that follows. Of a pod that was there before in `before` alone, of one that came in `during` alone |
///
/// Of each class that was looked at there is one, even if nothing was seen: a class that is missing
/// could hide traffic that the fault did not reach. Without a dose of class `All` (`Dns` of
/// faults of DNS) those of `New` and `Pooled` must both be there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Dose {
    /// UID of the pod.
    pub pod: String,
    /// By what it was done, for example `nft` or `netem`.
    pub way: String,
    /// Which of the pod's traffic was measured.
    pub class: Class,
    /// Before the injection.
    pub before: Vec<[u64; 2]>,
    /// While it lasted.
    pub during: Vec<[u64; 2]>,
}

/// Classes of traffic that may feel a fault differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Class {
    /// All of it, or none in particular.
    All,
    /// Connections that were opened while it was measured.
    New,
    /// Connections that were open already.
    Pooled,
    /// Questions to DNS.
    Dns,
}

/// A pod of the target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PodSeen {
    /// UID: a name can be made again, a UID cannot.
    pub uid: String,
    /// Whether it was ready.
    pub ready: bool,
    /// Of a fault that strikes all pods of one node: on which it was. Equal numbers are one node, and say nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<u32>,
}

/// A pod that went away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PodGone {
    /// UID of the pod.
    pub uid: String,
    /// When it was seen to be terminating or gone.
    pub at_ms: u64,
}
