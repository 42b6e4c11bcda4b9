//! How many users more than declared a service must hold, and how its breaking point is looked for: steps of load
//! above the declared rate, one after another, at the end of a run. Each is announced with the plan.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// A ladder of load above the declared rate, and the step of it that must hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("[0, 1, 2, 3, 4, 5, 6, 7, 8].all(i, i + 1 >= size(self.stepsPercent) || self.stepsPercent[i] < self.stepsPercent[i + 1])").message("stepsPercent: each step must be larger than the one before it: what comes after a step that broke says nothing"))]
#[x_kube(validation = Rule::new("self.headroomPercent in self.stepsPercent").message("headroomPercent: must be one of stepsPercent, because only what is asked can hold"))]
pub struct Capacity {
    /// The steps, rising, each in percent of the rate that the declared users make (`simultaneousUsers`, item 17.8).
    #[schemars(length(min = 1, max = 10), inner(range(min = 101, max = 1000)))]
    pub steps_percent: Vec<u32>,
    /// Length of a step in seconds. Where few users are declared a step lasts longer, up to `load.steadySeconds`, so
    /// that it has requests enough to be evidence.
    #[schemars(range(min = 2, max = 600))]
    pub step_seconds: u32,
    /// The step that must hold, and all before it: in each of them the limits of `steady` must be kept. Steps beyond
    /// it find the breaking point, and fail nothing.
    #[schemars(range(min = 101, max = 1000))]
    pub headroom_percent: u32,
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

    /// What the rules say of a standard with these steps and this headroom.
    fn said(steps: &Value, headroom: u32) -> String {
        let capacity = json!({"stepsPercent": steps, "stepSeconds": 5, "headroomPercent": headroom});
        let object = json!({"spec": {"faults": [{"kind": "PodKill"}], "capacity": capacity}});
        let Err(broken) = Validator::new().validate(&schema(), &object, None) else { return String::new() };
        let messages: Vec<_> = broken.into_vec().into_iter().map(|error| error.message).collect();
        messages.into_iter().filter(|message| message.contains("ercent")).collect::<Vec<_>>().join(" | ")
    }

    #[test]
    fn steps_rise_and_the_one_that_must_hold_is_one_of_them() {
        let ten = json!([110, 120, 130, 140, 150, 160, 170, 180, 190, 200]);
        let falls_last = json!([110, 120, 130, 140, 150, 160, 170, 180, 190, 190]);
        for (steps, headroom, begins) in [
            (json!([125, 150, 200, 300]), 150, ""),
            (json!([101]), 101, ""),
            (ten, 200, ""),
            (json!([125, 125]), 125, "stepsPercent: each step"),
            (json!([150, 125]), 125, "stepsPercent: each step"),
            (falls_last, 110, "stepsPercent: each step"),
            (json!([125, 150]), 140, "headroomPercent: must be one"),
        ] {
            let said = said(&steps, headroom);
            let alone = said.starts_with(begins) && !said.contains('|') && said.is_empty() == begins.is_empty();
            assert!(alone, "{steps} {headroom}: {said}");
        }
    }

    /// What the API server refuses by the schema: steps that ask no more than is declared, and ladders without an end.
    #[test]
    fn impossible_steps_are_outside_of_the_schema() {
        let schema = schema();
        let fields = &schema["properties"]["spec"]["properties"]["capacity"]["properties"];
        let range = |field: &Value| [&field["minimum"], &field["maximum"]].map(Value::as_f64);
        assert_eq!(range(&fields["stepsPercent"]["items"]), [Some(101.0), Some(1000.0)]);
        assert_eq!((&fields["stepsPercent"]["minItems"], &fields["stepsPercent"]["maxItems"]), (&json!(1), &json!(10)));
        assert_eq!(range(&fields["stepSeconds"]), [Some(2.0), Some(600.0)]);
    }
}
