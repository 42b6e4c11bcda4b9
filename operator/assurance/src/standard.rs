//! The limits that a verdict holds measurements against: the part of a `ResilienceStandard` that
//! is judged. It is copied into the announcement and the dossier, so that a later change of the
//! standard never changes an old verdict.
//!
//! Shares are parts per million (ppm), times are milliseconds or microseconds as their names say.

use factory_crds::{
    ResilienceStandardSpec,
    resilience_standard::{
        ArrivalRule, Capacity, Comparison, Connections, FaultLimits, History, Indicator, LoadModel, LoadRule, Soak,
        SteadyLimits,
    },
    state_service::ServiceClass,
};
use serde::{Deserialize, Serialize};

/// The limits of one version of a standard for one class of services.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Standard {
    /// Name of the `ResilienceStandard`.
    pub name: String,
    /// Its version, as the regulator counts them.
    pub version: String,
    /// Limits while nothing is broken.
    pub steady: SteadyLimits,
    /// Faults that every service of the class must survive, with their limits.
    pub faults: Vec<FaultLimits>,
    /// Steps of load above the declared rate, and the one that must hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<Capacity>,
    /// A soak at the declared rate, and how far ahead its trends must stay within the limits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub soak: Option<Soak>,
    /// A comparison with the last confirmed release of the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Comparison>,
    /// Repetitions of earlier runs that count beside those of a run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<History>,
    /// How far the generator may lag, as ppm of the p99 limit, before its run is void.
    pub max_lag_ppm: u32,
    /// Fewer requests than this in a phase are no evidence.
    pub min_requests: u64,
    /// How many runs of one bundle may be announced. It limits no measurement: the register refuses the announcement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_attempts: Option<u32>,
    /// Whether nothing of a service is confirmed while an instruction to it is overdue, but what carries it
    /// out (56.7). It limits no measurement.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub freeze_when_overdue: bool,
    /// Definitions of indicators (56.6), by which the register computes values from the dossier. They limit no
    /// measurement either.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indicators: Vec<Indicator>,
    /// Class of services that it judges; `None` in dossiers of factories that did not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<ServiceClass>,
    /// The load under which it judges; `None` in dossiers of factories that did not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load: Option<StandardLoad>,
}

/// What of a standard's load is held against the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StandardLoad {
    /// Time that a user takes between two requests, in milliseconds.
    pub think_time_ms: u64,
    /// An answer that is not complete by then has failed, in milliseconds.
    pub timeout_ms: u64,
    /// Longest warm-up, in seconds.
    pub warm_up_seconds: u32,
    /// Shortest steady phase, in seconds.
    pub steady_seconds: u32,
    /// Whether users wait for their answers; they do not where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<LoadModel>,
    /// How users come over the time of a run; at one rate, each at a moment of its own, where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrivals: Option<ArrivalRule>,
    /// How long users keep their connections; for a visit where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connections: Option<Connections>,
}

impl StandardLoad {
    /// The judged part of `rule`.
    #[must_use]
    pub fn of(rule: &LoadRule) -> Self {
        Self {
            think_time_ms: rule.think_time.millis(),
            timeout_ms: rule.timeout.millis(),
            warm_up_seconds: rule.warm_up_seconds,
            steady_seconds: rule.steady_seconds,
            model: rule.model,
            arrivals: rule.arrivals.clone(),
            connections: rule.connections,
        }
    }
}

impl Standard {
    /// The judged part of `spec`, under the name of its object.
    #[must_use]
    pub fn of(name: &str, spec: &ResilienceStandardSpec) -> Self {
        Self {
            name: name.to_owned(),
            version: spec.version.clone(),
            steady: spec.steady.clone(),
            faults: spec.faults.clone(),
            capacity: spec.capacity.clone(),
            soak: spec.soak.clone(),
            comparison: spec.comparison.clone(),
            history: spec.history.clone(),
            max_lag_ppm: spec.max_lag_ppm,
            min_requests: spec.min_requests,
            max_attempts: spec.max_attempts,
            freeze_when_overdue: spec.freeze_when_overdue,
            indicators: spec.indicators.clone(),
            class: Some(spec.class),
            load: Some(StandardLoad::of(&spec.load)),
        }
    }
}
