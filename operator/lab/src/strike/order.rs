//! What passes between `prove` and the nodes: one ConfigMap in the candidate's namespace, in which
//! `prove` writes the order in force and each node its report, each its own key, by server-side
//! apply. Times are lengths, never moments: no two clocks are compared.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use factory_assurance::{evidence::Dose, plan::Strike};
use factory_crds::resilience_standard::FaultKind;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{
    Api,
    api::{ObjectMeta, Patch, PatchParams},
};
use serde::{Deserialize, Serialize};

/// Name of the ConfigMap; a service under test has no way to see it.
pub const NAME: &str = "factory-strikes";
/// Key of the order in force.
const ORDER: &str = "order";
/// Prefix of each node's key.
const REPORT: &str = "node.";

/// What the nodes shall do now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Order {
    /// The run's nonce: an order of another run is none.
    pub nonce: String,
    /// What.
    pub task: Task,
}

/// One task of the nodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Task {
    /// Watch the pods, and say that you do.
    #[serde(rename_all = "camelCase")]
    Watch {},
    /// Strike.
    #[serde(rename_all = "camelCase")]
    Strike {
        /// Name of the phase in the plan; unique in a run.
        phase: String,
        /// Which fault.
        kind: FaultKind,
        /// Component that is struck.
        component: String,
        /// UIDs of its pods that are struck; with a share of all also those that come later.
        pods: Vec<String>,
        /// How.
        strike: Strike,
        /// Where the peer of the strike is, if it has one. The same order with others follows a peer that
        /// moves.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        addresses: BTreeSet<IpAddr>,
        /// From the moment at which a node sees this to the injection: it gets ready meanwhile.
        after_ms: u64,
    },
    /// The run is over: end.
    #[serde(rename_all = "camelCase")]
    End {},
}

/// What one node has done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Report {
    /// Nonce of the run that this node serves.
    pub nonce: String,
    /// UIDs of the pods that it watches.
    pub watches: Vec<String>,
    /// Phase of the strike that the rest of this is about; empty before the first.
    pub phase: String,
    /// What became of each pod that it had to strike, by UID.
    pub pods: BTreeMap<String, Struck>,
}

/// One pod under a fault.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Struck {
    /// The injection was done.
    pub injected: bool,
    /// It is over, and everything was looked at.
    pub ended: bool,
    /// What went wrong.
    pub errors: Vec<String>,
    /// What was felt.
    pub doses: Vec<Dose>,
    /// What was left.
    pub residue: Vec<String>,
}

/// The order in `map`, if there is one of the run with `nonce`.
#[must_use]
pub fn order(map: &ConfigMap, nonce: &str) -> Option<Task> {
    let order: Order = serde_json::from_str(map.data.as_ref()?.get(ORDER)?).ok()?;
    (order.nonce == nonce).then_some(order.task)
}

/// The reports in `map` of nodes that serve the run with `nonce`, by node.
#[must_use]
pub fn reports(map: &ConfigMap, nonce: &str) -> BTreeMap<String, Report> {
    let keys = map.data.iter().flatten();
    keys.filter_map(|(key, text)| Some((key.strip_prefix(REPORT)?.to_owned(), serde_json::from_str(text).ok()?)))
        .filter(|(_, report): &(_, Report)| report.nonce == nonce)
        .collect()
}

/// Gives `order` to all nodes.
pub async fn give(api: &Api<ConfigMap>, order: &Order) -> kube::Result<()> {
    write(api, "factory-prove", ORDER, &serde_json::to_string(order).map_err(kube::Error::SerdeError)?).await
}

/// Says what `node` has done.
pub async fn tell(api: &Api<ConfigMap>, node: &str, report: &Report) -> kube::Result<()> {
    let text = serde_json::to_string(report).map_err(kube::Error::SerdeError)?;
    write(api, &format!("factory-strike-{node}"), &format!("{REPORT}{node}"), &text).await
}

async fn write(api: &Api<ConfigMap>, writer: &str, key: &str, text: &str) -> kube::Result<()> {
    let map = ConfigMap {
        metadata: ObjectMeta { name: Some(NAME.to_owned()), ..ObjectMeta::default() },
        data: Some([(key.to_owned(), text.to_owned())].into()),
        ..ConfigMap::default()
    };
    // Writers' names are at most 128 characters, those of nodes may be longer.
    let writer: String = writer.chars().take(128).collect();
    api.patch(NAME, &PatchParams::apply(&writer).force(), &Patch::Apply(&map)).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_run_ordered_or_reported_is_nothing() {
        let text = serde_json::to_string(&Order { nonce: "a".to_owned(), task: Task::Watch {} }).unwrap();
        let report = Report { nonce: "a".to_owned(), ..Report::default() };
        let map = ConfigMap {
            data: Some(
                [
                    (ORDER.to_owned(), text),
                    ("node.n1".to_owned(), serde_json::to_string(&report).unwrap()),
                    ("node.n2".to_owned(), "no JSON".to_owned()),
                ]
                .into(),
            ),
            ..ConfigMap::default()
        };
        assert_eq!(order(&map, "a"), Some(Task::Watch {}));
        assert_eq!(order(&map, "b"), None);
        assert_eq!(reports(&map, "a").into_keys().collect::<Vec<_>>(), ["n1"]);
        assert!(reports(&map, "b").is_empty());
    }
}
