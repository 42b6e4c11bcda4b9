//! `ResilienceStandard`: what the regulator requires of a class of services, as data: faults,
//! limits, definitions of indicators. A release is judged by the version that held when it began.
//!
//! Shares are parts per million (ppm); times are milliseconds or seconds, as their names say. All
//! are integers, so that a verdict can be repeated bit for bit.

mod arrivals;
mod capacity;
mod comparison;
mod fault;
mod history;
mod indicator;
mod model;
mod soak;

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{span::Span, state_service::ServiceClass};
pub use arrivals::{ArrivalKind, ArrivalRule, Connections, Spike, Stage};
pub use capacity::Capacity;
pub use comparison::Comparison;
pub use fault::{Direction, EACH_PEER, FaultKind, FaultLimits, Share};
pub use history::History;
pub use indicator::{Indicator, Measure};
pub use model::LoadModel;
pub use soak::Soak;

/// What the regulator requires of a class of services.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "factory.gov.kg",
    version = "v1alpha1",
    kind = "ResilienceStandard",
    plural = "resiliencestandards",
    shortname = "std",
    category = "factory",
    cel,
    derive = "PartialEq",
    doc = "What the regulator requires of a class of services: faults, limits, indicators (items 56.6 and 56.7).",
    printcolumn(name = "Class", type_ = "string", json_path = ".spec.class"),
    printcolumn(name = "Version", type_ = "string", json_path = ".spec.version"),
    printcolumn(name = "From", type_ = "string", json_path = ".spec.effectiveFrom"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("size(self.faults) > 0").message("spec.faults: a standard without a fault proves nothing about resilience (item 63.2)"))]
#[x_kube(validation = Rule::new("!has(self.capacity) || !has(self.load.model) || self.load.model != 'Closed'").message("model: a ladder belongs to a load of model Open: users who wait ask less, the slower the answers come"))]
pub struct ResilienceStandardSpec {
    /// Class of services that it judges.
    pub class: ServiceClass,
    /// Version, as the regulator counts them; a changed standard is a new version.
    #[schemars(length(min = 1, max = 40))]
    pub version: String,
    /// Date from which it holds, `YYYY-MM-DD`.
    #[schemars(regex(pattern = r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"))]
    pub effective_from: String,
    /// The load under which everything is measured.
    pub load: LoadRule,
    /// Limits while nothing is broken.
    pub steady: SteadyLimits,
    /// Faults that every component must survive under load.
    #[schemars(length(max = 30))]
    pub faults: Vec<FaultLimits>,
    /// Steps of load above the declared rate, asked after the last steady state; none where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<Capacity>,
    /// Minutes of steady load before the first fault, in which nothing may grow that would run out within a day or so;
    /// none where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub soak: Option<Soak>,
    /// A comparison with the last confirmed release of the service, side by side in one run; none where nothing is said, and
    /// none of a service that has no confirmed release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Comparison>,
    /// Repetitions of earlier runs that count beside those of a run, where nothing that could change them is another; none
    /// where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<History>,
    /// How far the generator may lag, as ppm of the steady p99 limit, before its run is void.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub max_lag_ppm: u32,
    /// Fewer requests than this in a phase are no evidence.
    #[schemars(range(min = 1))]
    pub min_requests: u64,
    /// How many runs of one bundle may be announced; as many as are asked for where nothing is said. Each counts,
    /// however it ended: whoever could begin again without end would pass by chance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub max_attempts: Option<u32>,
    /// What a launch waits for.
    #[serde(default)]
    pub launch_after: LaunchAfter,
    /// Whether no further release of a service is confirmed while an instruction to it is overdue, unless the
    /// release carries it out (56.7).
    #[serde(default)]
    pub freeze_when_overdue: bool,
    /// Definitions of key performance indicators (56.6).
    #[serde(default)]
    #[schemars(length(max = 50))]
    pub indicators: Vec<Indicator>,
}

/// The load under which everything is measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("!has(self.arrivals) || !has(self.model) || self.model != 'Closed'").message("model: users who wait for their answers come when they were answered: arrivals belong to a load of model Open"))]
pub struct LoadRule {
    /// Time that a user takes between two requests: with `simultaneousUsers` it gives the arrival rate.
    pub think_time: Span,
    /// An answer that is not complete by then has failed.
    pub timeout: Span,
    /// Length of the warm-up, which is not judged, in seconds.
    #[schemars(range(min = 1, max = 600))]
    pub warm_up_seconds: u32,
    /// Length of the steady state before the first and after the last fault, in seconds.
    #[schemars(range(min = 1, max = 3600))]
    pub steady_seconds: u32,
    /// Whether requests come whatever the answers do (`Open`, what holds where nothing is said), or from
    /// `simultaneousUsers` of whom each waits for its answer (`Closed`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<LoadModel>,
    /// How users come over the time of a run; at one rate, each at a moment of its own, where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrivals: Option<ArrivalRule>,
    /// How long users keep their connections; for a visit where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connections: Option<Connections>,
}

/// Limits while nothing is broken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct SteadyLimits {
    /// Largest share of failed requests, in parts per million.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub max_failed_ppm: u32,
    /// Largest 95th percentile of latency from the intended send time, in milliseconds.
    #[schemars(range(min = 1))]
    pub p95_ms: u32,
    /// Largest 99th percentile of latency from the intended send time, in milliseconds.
    #[schemars(range(min = 1))]
    pub p99_ms: u32,
}

/// What a launch waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum LaunchAfter {
    /// The regulator's confirmation.
    Confirmed,
    /// The public entry.
    #[default]
    Registered,
}
