//! How users come over the time of a run: the regulator says it of a class of services, the operator fits it
//! into the length of each run, and the plan that is announced has the result.
//!
//! Shares are parts per million of the rate that the declared users make (`simultaneousUsers` × 60 / `thinkTime`
//! requests a minute): 1000000 is that rate. It never says how a service is judged; a plan that does not follow from it proves
//! nothing.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How users come over the time of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("self.kind == 'Stages' ? has(self.stages) && size(self.stages) > 0 : !has(self.stages)").message("stages: at least one stage belongs to arrivals of kind Stages, and to those alone"))]
#[x_kube(validation = Rule::new("self.kind == 'Spike' ? has(self.spike) : !has(self.spike)").message("spike: belongs to arrivals of kind Spike, and to those alone"))]
#[x_kube(validation = Rule::new("self.kind == 'Recorded' ? has(self.recorded) && size(self.recorded) == 24 : !has(self.recorded)").message("recorded: the shares of 24 hours belong to arrivals of kind Recorded, and to those alone"))]
#[x_kube(validation = Rule::new("!has(self.stages) || size(self.stages) == 0 || self.stages.exists(s, s.sharePpm >= 1000000)").message("stages: one must have a sharePpm of 1000000 or more, or the declared users never come (item 17.8)"))]
#[x_kube(validation = Rule::new("!has(self.recorded) || self.recorded.exists(h, h >= 1000000)").message("recorded: one hour must have 1000000 or more, or the declared users never come (item 17.8)"))]
pub struct ArrivalRule {
    /// Which of the shapes below.
    pub kind: ArrivalKind,
    /// Of Stages: the load has the share of the first stage from its start, and goes evenly from the share of each
    /// stage to that of the next one; the last share holds to the end of the run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50))]
    pub stages: Vec<Stage>,
    /// Of Spike: one sudden rush of users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spike: Option<Spike>,
    /// Of Recorded: shares of the 24 hours of a day that was recorded, from midnight on, each from 10000 to
    /// 10000000. The day takes as long as the run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 24), inner(range(min = 10_000, max = 10_000_000)))]
    pub recorded: Vec<u32>,
}

/// Shapes of the load.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ArrivalKind {
    /// At one rate, each request at a moment of its own, as users come who know nothing of each other: gaps are
    /// drawn from the exponential distribution.
    #[default]
    Poisson,
    /// At one rate, with the same gap between any two requests.
    Constant,
    /// By a rate that rises and falls; gaps are drawn as for Poisson, here and in those below.
    Stages,
    /// With one sudden rush.
    Spike,
    /// As on a day that was recorded.
    Recorded,
}

/// How long users keep their connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Connections {
    /// For a visit: a second, or 16 requests; so load spreads over all pods and finds new ones.
    #[default]
    Visits,
    /// As long as the service keeps them, as a proxy in front of it does.
    Kept,
    /// For one request.
    Fresh,
}

/// A stage of the load.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Stage {
    /// Its length in seconds.
    #[schemars(range(min = 1, max = 3600))]
    pub seconds: u32,
    /// The share that it ends with.
    #[schemars(range(min = 10_000, max = 10_000_000))]
    pub share_ppm: u32,
}

/// One sudden rush of users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("self.peakPpm > self.basePpm").message("peakPpm: must be more than basePpm, or nothing rises"))]
pub struct Spike {
    /// The share before and after it.
    #[schemars(range(min = 10_000, max = 1_000_000))]
    pub base_ppm: u32,
    /// The share while it lasts.
    #[schemars(range(min = 1_000_000, max = 10_000_000))]
    pub peak_ppm: u32,
    /// When it begins, in seconds from the start of the run.
    #[schemars(range(max = 3600))]
    pub at_seconds: u32,
    /// How long it lasts, in seconds.
    #[schemars(range(min = 1, max = 3600))]
    pub seconds: u32,
}

#[cfg(test)]
mod tests {
    use kube::{CustomResourceExt as _, core::cel::Validator};
    use serde_json::{Value, json};

    use crate::resilience_standard::ResilienceStandard;

    fn schema() -> Value {
        let crd = serde_json::to_value(ResilienceStandard::crd()).unwrap();
        crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone()
    }

    /// What the rules say of a standard with these arrivals.
    fn said(arrivals: &Value) -> String {
        let object = json!({"spec": {"faults": [], "load": {"arrivals": arrivals}}});
        let Err(broken) = Validator::new().validate(&schema(), &object, None) else { return String::new() };
        let of_arrivals = broken.into_vec().into_iter().map(|error| error.message);
        of_arrivals.filter(|message| !message.starts_with("spec.faults")).collect::<Vec<_>>().join(" | ")
    }

    #[test]
    fn a_shape_has_what_it_needs_and_nothing_else() {
        let (day, stages) = (vec![1_000_000; 24], json!([{"seconds": 5, "sharePpm": 1_000_000}]));
        let spike = json!({"basePpm": 500_000, "peakPpm": 2_000_000, "atSeconds": 5, "seconds": 3});
        for (arrivals, begins) in [
            (json!({"kind": "Poisson"}), ""),
            (json!({"kind": "Constant"}), ""),
            (json!({"kind": "Stages", "stages": stages}), ""),
            (json!({"kind": "Spike", "spike": spike}), ""),
            (json!({"kind": "Recorded", "recorded": day}), ""),
            (json!({"kind": "Stages"}), "stages: at least one"),
            (json!({"kind": "Stages", "stages": []}), "stages: at least one"),
            (json!({"kind": "Poisson", "stages": stages}), "stages: at least one"),
            (json!({"kind": "Spike"}), "spike: belongs"),
            (json!({"kind": "Constant", "spike": spike}), "spike: belongs"),
            (json!({"kind": "Recorded", "recorded": [1_000_000]}), "recorded: the shares of 24 hours"),
            (json!({"kind": "Poisson", "recorded": day}), "recorded: the shares of 24 hours"),
            (json!({"kind": "Stages", "stages": [{"seconds": 5, "sharePpm": 999_999}]}), "stages: one must have"),
            (json!({"kind": "Recorded", "recorded": vec![999_999; 24]}), "recorded: one hour must have"),
            (
                json!({"kind": "Spike", "spike": {"basePpm": 1_000_000, "peakPpm": 1_000_000, "atSeconds": 0, "seconds": 1}}),
                "peakPpm: must be more",
            ),
        ] {
            let said = said(&arrivals);
            let alone = said.starts_with(begins) && !said.contains('|') && said.is_empty() == begins.is_empty();
            assert!(alone, "{arrivals}: {said}");
        }
    }

    /// What the API server refuses by the schema: a stage of no length, a share of nothing or of too much.
    #[test]
    fn impossible_shares_and_lengths_are_outside_of_the_schema() {
        let schema = schema();
        let fields = &schema["properties"]["spec"]["properties"]["load"]["properties"]["arrivals"]["properties"];
        let range = |field: &Value| [&field["minimum"], &field["maximum"]].map(Value::as_f64);
        let stage = &fields["stages"]["items"]["properties"];
        assert_eq!(range(&stage["seconds"]), [Some(1.0), Some(3600.0)]);
        assert_eq!(range(&stage["sharePpm"]), [Some(1e4), Some(1e7)]);
        assert_eq!(range(&fields["recorded"]["items"]), [Some(1e4), Some(1e7)]);
        let spike = &fields["spike"]["properties"];
        assert_eq!(range(&spike["basePpm"]), [Some(1e4), Some(1e6)]);
        assert_eq!(range(&spike["peakPpm"]), [Some(1e6), Some(1e7)]);
        assert_eq!((&fields["stages"]["maxItems"], &fields["recorded"]["maxItems"]), (&json!(50), &json!(24)));
    }
}
