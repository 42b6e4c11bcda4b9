//! What will be done to a candidate, written down and announced before it is done (invariant 4).
//! The operator composes a plan from the manifest and the standard; the lab carries it out and may
//! not change it; the verdict compares what happened with it.

mod arrivals;
mod closed;
pub mod comparison;
mod drawn;
pub mod history;
pub mod shape;
pub mod twin;

use std::collections::{BTreeMap, BTreeSet};

use factory_crds::{
    resilience_standard::{Connections, Direction, EACH_PEER, FaultKind, FaultLimits, Share},
    state_service::{Check, Expect, Request},
};
use serde::{Deserialize, Serialize};

pub use arrivals::{Arrivals, Gaps, Stretch, WHOLE_PPM};
pub use closed::Closed;
pub use comparison::{Absence, ComparisonPlan, Reference};
pub use drawn::{DrawnPlan, MOST_BYTES};
pub use history::EarlierRuns;
pub use twin::TwinPlan;

/// Everything that the two lab programs will do to one candidate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Plan {
    /// Component that is asked where a request names none: the one behind the ingress.
    pub entry: String,
    /// What `factory-lab verify` does.
    pub verify: VerifyPlan,
    /// What `factory-lab prove` does.
    pub prove: ProvePlan,
}

/// Functional checks and the contract of each interface.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VerifyPlan {
    /// Functional checks of the manifest, in its order.
    pub checks: Vec<Check>,
    /// OpenAPI descriptions to read from the running service.
    pub descriptions: Vec<Description>,
}

/// Where a component serves its OpenAPI description.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Description {
    /// Component that serves it.
    pub component: String,
    /// Path, from `/`.
    pub path: String,
}

/// Load, and the faults under it, in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProvePlan {
    /// The load that runs from the first phase to the last.
    pub load: LoadPlan,
    /// Phases in order. Load never stops between them.
    pub phases: Vec<Phase>,
    /// Which components each component calls, and which databases it uses, as the manifest says; a network policy
    /// refuses all else.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub calls: BTreeMap<String, BTreeSet<String>>,
    /// Variables of each component whose values in its secrets are followed by others, where the standard rotates them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rotations: BTreeMap<String, Rotation>,
    /// The null service beside the candidate; none in plans of factories that had none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control: Option<ControlPlan>,
    /// The service that must be refused; none in plans of factories that had none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub twin: Option<TwinPlan>,
    /// The release that the candidate is measured beside, or why there is none; nothing where the standard asks for no
    /// comparison.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<ComparisonPlan>,
    /// Repetitions of earlier runs that count beside those of this one, as the register has them; nothing where the
    /// standard asks for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<EarlierRuns>,
}

/// Variables of one component, and how their values are followed by others.
pub type Rotation = BTreeMap<String, Succession>;

/// Where a variable's value stands in the Secret of the service, and where the one that follows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Succession {
    /// Key with which the candidate is deployed.
    pub key: String,
    /// Key that takes its place.
    pub next: String,
}

/// A service that does nothing but answer, on the same nodes: when it is slow, something else than the candidate is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ControlPlan {
    /// Its label `app.kubernetes.io/name`, longer than a component's name can be.
    pub name: String,
    /// Port of its pods.
    pub port: u16,
    /// Requests a second, over all its pods, evenly spaced.
    pub requests_per_second: u32,
}

/// A load. In the open model requests leave at the planned moments, whatever the answers do; in the closed one, users wait
/// for theirs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LoadPlan {
    /// Requests a minute, over all operations: `simultaneousUsers` × 60 / think time. Shares of `arrivals` are of it. Of
    /// users who wait, so many would come if they were answered at once.
    pub requests_per_minute: u32,
    /// An answer that is not complete by then, from the intended send time, has failed.
    pub timeout_ms: u32,
    /// Most requests in flight; one that finds no place is counted as unsent, never queued.
    pub max_in_flight: u32,
    /// Mean time from a good answer to the next request of the same visit; drawn from the exponential distribution.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub pause_ms: u32,
    /// How requests come over the time of the load; where nothing is said, at the planned rate from the first phase
    /// to the last, each at a moment of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrivals: Option<Arrivals>,
    /// How long connections are kept; for a visit where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connections: Option<Connections>,
    /// The users of a closed model; an open one where there are none. There is no pause then beside the time that they
    /// think.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<Closed>,
    /// Descriptions from which more operations are drawn when the service runs; they stand behind those below.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drawn: Vec<DrawnPlan>,
    /// Operations. Those that begin a visit are drawn by weight, with a generator seeded by the announcement's nonce.
    pub operations: Vec<LoadOperation>,
}

/// Most requests in flight, for each request a second of the planned rate.
const IN_FLIGHT_PER_RATE: u32 = 4;

/// Requests a minute that so many users make who take `think_time_ms` between two of them: at least one.
#[must_use]
pub fn requests_per_minute(simultaneous_users: u32, think_time_ms: u64) -> u32 {
    let requests = u64::from(simultaneous_users) * 60_000 / think_time_ms.max(1);
    u32::try_from(requests).unwrap_or(u32::MAX).max(1)
}

/// Most requests in flight for `per_minute` of them while the rate is at its highest, `peak_ppm` of that: as many as are due
/// in four seconds, and at least 64.
#[must_use]
pub fn places(per_minute: u32, peak_ppm: u32) -> u32 {
    let peak = u64::from(per_minute / 60 * IN_FLIGHT_PER_RATE) * u64::from(peak_ppm) / u64::from(WHOLE_PPM);
    u32::try_from(peak).unwrap_or(u32::MAX).max(64)
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde gives a reference
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl LoadPlan {
    /// Requests that are planned for a run of `seconds`, rounded down: where there is a `ladder`, before the second at
    /// which that begins. Where the rate changes, over all of it, or over what of it begins before the ladder.
    #[must_use]
    pub fn requests(&self, seconds: u64, ladder: Option<u64>) -> u128 {
        match (&self.arrivals, ladder) {
            (None, _) => u128::from(self.requests_per_minute) * u128::from(ladder.unwrap_or(seconds)) / 60,
            (Some(arrivals), None) => arrivals.requests(self.requests_per_minute),
            (Some(arrivals), Some(ladder)) => arrivals.before(ladder).requests(self.requests_per_minute),
        }
    }

    /// Of `requests` that were planned, those that begin a visit, rounded down. The others follow a good answer: how
    /// many there are depends on the service, and so says nothing of whether the load came.
    #[must_use]
    pub fn beginning(&self, requests: u128) -> u128 {
        let (begin, all) = self.weights();
        if all == 0 { 0 } else { requests.saturating_mul(begin.into()) / u128::from(all) }
    }

    /// Sum of the weights of the operations that begin a visit, and of all, each of which comes as often as the
    /// one that began its visit.
    #[must_use]
    pub fn weights(&self) -> (u64, u64) {
        let begin = self.operations.iter().filter(|operation| operation.after.is_none());
        (begin.map(|operation| u64::from(operation.weight)).sum(), self.each().into_iter().sum())
    }

    /// How often each operation comes beside the others: its weight, or that of the one that began its visit.
    #[must_use]
    pub fn each(&self) -> Vec<u64> {
        let mut each: Vec<u64> = Vec::with_capacity(self.operations.len());
        for operation in &self.operations {
            let of = |before: u32| each.get(usize::try_from(before).ok()?).copied();
            each.push(operation.after.map_or(Some(operation.weight.into()), of).unwrap_or(0));
        }
        each
    }
}

/// One kind of request in the load.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LoadOperation {
    /// Name for reports, for example `GET /v1/addresses/10101199900017`.
    pub name: String,
    /// The request; in one that follows another, with the variables that were carried in its visit.
    pub request: Request,
    /// The answer that counts as good: goodput, not throughput.
    pub expect: Expect,
    /// Relative weight: at least 1 where it begins a visit, 0 where it follows.
    pub weight: u32,
    /// Index of the operation that it follows, one before it: it is asked in the same visit, after a good answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u32>,
    /// Values that are kept for what follows, as in a check: variable → JSON pointer into the answer's body.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub carry: BTreeMap<String, String>,
}

/// A stretch of the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Phase {
    /// Unique in the plan, for example `steady` or `pod-kill-web`.
    pub name: String,
    /// Length in seconds.
    pub seconds: u32,
    /// What the phase is for.
    pub role: PhaseRole,
}

/// What a phase is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum PhaseRole {
    /// Connections open, caches fill; not judged.
    #[serde(rename_all = "camelCase")]
    WarmUp {},
    /// Steady state, before the first and after the last fault; judged by the steady limits.
    #[serde(rename_all = "camelCase")]
    Steady {},
    /// A step of the ladder: more load than declared. The steady limits say whether it holds.
    #[serde(rename_all = "camelCase")]
    Capacity {
        /// Its rate, in percent of the declared one.
        percent: u32,
    },
    /// Minutes at the declared rate, before any fault; judged by the steady limits, and by where memory, descriptors and
    /// latency lead to.
    #[serde(rename_all = "camelCase")]
    Soak {
        /// From one look at a pod to the next, in seconds.
        every_seconds: u32,
        /// Components whose pods are looked at.
        components: Vec<String>,
    },
    /// One fault, injected at the start of the phase; judged by that fault's limits.
    #[serde(rename_all = "camelCase")]
    Fault {
        /// Which fault.
        kind: FaultKind,
        /// The component it strikes.
        component: String,
        /// How it is done, for a fault on the node.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        strike: Option<Strike>,
    },
}

/// How a fault on the node is done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Strike {
    /// Whom it strikes.
    pub share: Share,
    /// How long it lasts, in seconds; 0 for one that happens once.
    pub lease_seconds: u32,
    /// Milliseconds of delay, packets or requests in parts per million, or kilobytes a second; 0 for a kind without a strength.
    pub strength: u64,
    /// Component or database with which traffic feels it; all traffic where there is none. A name in a plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<String>,
    /// Which way packets go that feel it; as the kind has it where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// Names whose answers of DNS feel it; those for all names where there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// What the path of a request begins with whose answer over HTTP may feel it; any where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The status in place of the right one, of a `HttpStatus`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u32>,
    /// How late an answer comes, in milliseconds, of a `HttpDelay`: its strength is the share of requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late_ms: Option<u32>,
}

impl Strike {
    /// What `limits` ask for, if its kind is a fault on the node. A peer stands as it does there, `*` too.
    #[must_use]
    pub fn of(limits: &FaultLimits) -> Option<Self> {
        limits.kind.on_node().then(|| Self {
            share: limits.share.unwrap_or_default(),
            lease_seconds: limits.lease_seconds.unwrap_or(0),
            strength: limits.strength(),
            peer: limits.peer.clone(),
            direction: limits.direction,
            names: limits.names.clone(),
            path: limits.path.clone(),
            status: limits.status,
            late_ms: limits.delay_ms.filter(|_| limits.kind == FaultKind::HttpDelay),
        })
    }

    /// The same with `peer`.
    #[must_use]
    pub fn toward(self, peer: Option<&str>) -> Self {
        Self { peer: peer.map(str::to_owned), ..self }
    }
}

impl ProvePlan {
    /// Peers that `component` has in a fault with `limits`: one without a name where all its traffic is
    /// meant; none where it calls nobody that is meant, or where it has nothing that the fault could rotate.
    #[must_use]
    pub fn peers<'a>(&'a self, component: &str, limits: &'a FaultLimits) -> Vec<Option<&'a str>> {
        if limits.kind.rotates() && self.rotated(component) == 0 {
            return Vec::new();
        }
        let Some(meant) = limits.peer.as_deref().filter(|_| limits.kind.on_network()) else { return vec![None] };
        let called = self.calls.get(component).into_iter().flatten().map(String::as_str);
        called.filter(|peer| meant == EACH_PEER || meant == *peer).map(Some).collect()
    }

    /// How many variables of `component` are given other values by a rotation.
    #[must_use]
    pub fn rotated(&self, component: &str) -> usize {
        self.rotations.get(component).map_or(0, BTreeMap::len)
    }
}
