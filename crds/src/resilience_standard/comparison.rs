//! How a candidate is measured beside the last confirmed release of its service: in one run, by turns, in blocks whose
//! order is drawn. Each comparison is announced with the plan.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// A comparison with the last confirmed release, in randomised ABBA blocks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("self.blocks * self.seconds <= 600").message("blocks, seconds: four times blocks times seconds must be at most 2400 s: others wait for the lab's nodes meanwhile"))]
pub struct Comparison {
    /// Blocks, in each of which both are asked twice, as ABBA or as BAAB. Of 8 the smallest difference bounds the median
    /// with 99.5 % confidence; more leave room for blocks that are void, and for some that differ.
    #[schemars(range(min = 8, max = 64))]
    pub blocks: u32,
    /// Length of each of the four parts of a block, in seconds. The first second of a part is not judged.
    #[schemars(range(min = 2, max = 75))]
    pub seconds: u32,
    /// By how much the 95th percentile of latency may be longer than that of the last confirmed release, in parts per
    /// million; nothing fails where nothing is said. It fails what is longer beyond noise only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10_000_000))]
    pub max_p95_slower_ppm: Option<u32>,
    /// A difference that is not longer than this fails nothing, in milliseconds: of very short times a large share is
    /// what another node makes.
    #[serde(default = "matters")]
    #[schemars(range(min = 1, max = 60_000))]
    pub matters_ms: u32,
}

const fn matters() -> u32 {
    5
}

#[cfg(test)]
mod tests {
    use kube::{CustomResourceExt as _, core::cel::Validator};
    use serde_json::{Value, json};

    use super::Comparison;
    use crate::resilience_standard::ResilienceStandard;

    /// What the rules say of a standard with this comparison.
    fn said(comparison: &Value) -> String {
        let crd = serde_json::to_value(ResilienceStandard::crd()).unwrap();
        let schema = &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
        let object = json!({"spec": {"faults": [{"kind": "PodKill"}], "comparison": comparison}});
        let Err(broken) = Validator::new().validate(schema, &object, None) else { return String::new() };
        let messages: Vec<_> = broken.into_vec().into_iter().map(|error| error.message).collect();
        messages.into_iter().filter(|message| message.starts_with("blocks, seconds:")).collect()
    }

    #[test]
    fn a_comparison_is_no_longer_than_others_can_wait_for() {
        for (blocks, seconds, refused) in [(8, 75, false), (10, 60, false), (64, 9, false), (64, 10, true)] {
            let said = said(&json!({"blocks": blocks, "seconds": seconds}));
            assert_eq!(!said.is_empty(), refused, "{blocks} {seconds}: {said}");
        }
    }

    #[test]
    fn where_nothing_is_said_nothing_fails_and_five_milliseconds_matter() {
        let comparison: Comparison = serde_json::from_value(json!({"blocks": 8, "seconds": 5})).unwrap();
        assert_eq!((comparison.max_p95_slower_ppm, comparison.matters_ms), (None, 5));
        assert!(serde_json::to_value(&comparison).unwrap().get("maxP95SlowerPpm").is_none());
    }
}
