//! Whether requests come whatever the answers do, or from users who wait for theirs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Models of a load.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum LoadModel {
    /// Requests come at the rate of the declared users, whatever the answers do: those of people who know nothing of
    /// each other.
    #[default]
    Open,
    /// As many users as are declared, each of whom waits for an answer, thinks for `thinkTime` on average, and asks
    /// again: those of an institution with so many desks.
    Closed,
}

#[cfg(test)]
mod tests {
    use kube::{CustomResourceExt as _, core::cel::Validator};
    use serde_json::{Value, json};

    use crate::resilience_standard::ResilienceStandard;

    /// What the rules say of a standard with this load, and a ladder or none.
    fn said(load: &Value, capacity: Option<Value>) -> String {
        let crd = serde_json::to_value(ResilienceStandard::crd()).unwrap();
        let schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone();
        let mut object = json!({"spec": {"faults": [{}], "load": load}});
        if let Some(capacity) = capacity {
            object["spec"]["capacity"] = capacity;
        }
        let Err(broken) = Validator::new().validate(&schema, &object, None) else { return String::new() };
        broken.into_vec().into_iter().map(|error| error.message).filter(|said| said.starts_with("model:")).collect()
    }

    #[test]
    fn users_who_wait_have_neither_a_shape_nor_a_ladder() {
        let ladder = || Some(json!({"stepsPercent": [150], "stepSeconds": 5, "headroomPercent": 150}));
        let constant = json!({"kind": "Constant"});
        for (load, capacity, begins) in [
            (json!({"model": "Closed"}), None, ""),
            (json!({"model": "Open", "arrivals": constant}), ladder(), ""),
            (json!({}), ladder(), ""),
            (json!({"model": "Closed", "arrivals": constant}), None, "model: users who wait"),
            (json!({"model": "Closed"}), ladder(), "model: a ladder"),
        ] {
            let said = said(&load, capacity);
            assert!(said.starts_with(begins) && said.is_empty() == begins.is_empty(), "{load}: {said}");
        }
    }
}
