//! How a service is watched for what runs out slowly: memory, descriptors and latency over minutes of steady load, and
//! where their trends lead to within a day. Each soak is announced with the plan.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// A soak at the declared rate, and how far ahead its trends must stay within the limits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("self.soakSeconds >= 60 * (has(self.everySeconds) ? self.everySeconds : 5) && self.soakSeconds <= 120 * (has(self.everySeconds) ? self.everySeconds : 5)").message("soakSeconds: must be from 60 to 120 times everySeconds (5 where nothing is said): fewer looks at a pod show no trend, and more are not kept"))]
#[x_kube(validation = Rule::new("self.horizonSeconds > self.soakSeconds && self.horizonSeconds <= 200 * self.soakSeconds").message("horizonSeconds: must be longer than soakSeconds, and at most 200 times as long: a trend says nothing of what lies further ahead"))]
pub struct Soak {
    /// Length of the soak in seconds: the declared rate, with nothing broken, before the first fault. It must be
    /// several times as long as what the service does now and then, such as collecting garbage.
    #[schemars(range(min = 60, max = 3000))]
    pub soak_seconds: u32,
    /// From one look at a pod's memory and descriptors to the next, in seconds. A soak has from 60 to 120 of them.
    #[serde(default = "every")]
    #[schemars(range(min = 1, max = 50))]
    pub every_seconds: u32,
    /// How far ahead a trend must not lead beyond its limit, in seconds: 86400 is a day. At most 200 times soakSeconds.
    #[schemars(range(min = 600, max = 604_800))]
    pub horizon_seconds: u32,
    /// Percent of a container's limit of memory that the trend of its memory may lead to within the horizon. Counted is
    /// what cannot be given back: no file cache.
    #[serde(default = "whole")]
    #[schemars(range(min = 1, max = 100))]
    pub memory_percent: u32,
    /// The same of the limit of open descriptors of its processes.
    #[serde(default = "whole")]
    #[schemars(range(min = 1, max = 100))]
    pub descriptor_percent: u32,
    /// Largest 95th percentile of latency, in milliseconds, that its trend may lead to within the horizon; not asked
    /// where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub p95_ms: Option<u32>,
}

const fn every() -> u32 {
    5
}

const fn whole() -> u32 {
    100
}

#[cfg(test)]
mod tests {
    use kube::{CustomResourceExt as _, core::cel::Validator};
    use serde_json::{Value, json};

    use super::Soak;
    use crate::resilience_standard::ResilienceStandard;

    fn schema() -> Value {
        let crd = serde_json::to_value(ResilienceStandard::crd()).unwrap();
        crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone()
    }

    /// What the rules say of a standard with this soak.
    fn said(soak: &Value) -> String {
        let object = json!({"spec": {"faults": [{"kind": "PodKill"}], "soak": soak}});
        let Err(broken) = Validator::new().validate(&schema(), &object, None) else { return String::new() };
        let messages: Vec<_> = broken.into_vec().into_iter().map(|error| error.message).collect();
        messages.into_iter().filter(|message| message.contains("Seconds:")).collect::<Vec<_>>().join(" | ")
    }

    #[test]
    fn a_soak_has_looks_enough_for_a_trend_and_looks_no_further_than_that_reaches() {
        for (soak, every, horizon, begins) in [
            (600, json!(5), 86_400, ""),
            (600, Value::Null, 86_400, ""),
            (60, json!(1), 12_000, ""),
            (120, json!(1), 601, ""),
            (59, json!(1), 3_600, "soakSeconds: must be"),
            (121, json!(1), 3_600, "soakSeconds: must be"),
            (299, Value::Null, 3_600, "soakSeconds: must be"),
            (60, json!(1), 12_001, "horizonSeconds: must be"),
            (600, json!(5), 600, "horizonSeconds: must be"),
        ] {
            let mut asked = json!({"soakSeconds": soak, "horizonSeconds": horizon});
            if !every.is_null() {
                asked["everySeconds"] = every.clone();
            }
            let said = said(&asked);
            let alone = said.starts_with(begins) && !said.contains('|') && said.is_empty() == begins.is_empty();
            assert!(alone, "{soak} {every} {horizon}: {said}");
        }
    }

    #[test]
    fn where_nothing_is_said_it_is_looked_at_every_five_seconds_and_against_the_whole_limit() {
        let soak: Soak = serde_json::from_value(json!({"soakSeconds": 600, "horizonSeconds": 86_400})).unwrap();
        assert_eq!((soak.every_seconds, soak.memory_percent, soak.descriptor_percent), (5, 100, 100));
        let written = serde_json::to_value(&soak).unwrap();
        assert!(written.get("p95Ms").is_none() && written["everySeconds"] == 5, "{written}");
    }
}
