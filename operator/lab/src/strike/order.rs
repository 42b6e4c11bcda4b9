//! What passes between `prove` and the nodes, in ConfigMaps of the candidate's namespace: one in which `prove`
//! writes the order in force, one of each node for its report, and one more for what it saw of a soak, by server-side apply. A report is as long as
//! its node has pods, and no write carries more than one. Times are lengths, never moments: no two clocks are
//! compared.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, SocketAddr},
};

use factory_assurance::{
    canonical,
    evidence::{Dose, SoakedRun, Tries},
    plan::Strike,
};
use factory_crds::resilience_standard::FaultKind;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{
    Api,
    api::{ObjectMeta, Patch, PatchParams},
};
use serde::{Deserialize, Serialize};

/// Name of the ConfigMap with the order, and how those of reports begin; a service under test has no way to see
/// them.
const NAME: &str = "factory-strikes";
/// Their label: `order`, or whose report it is.
const LABEL: &str = "factory.gov.kg/strikes";
/// Value of the label of the order.
const OF_ORDER: &str = "order";
/// Key of the order in force.
const ORDER: &str = "order";
/// Prefix of each node's key.
const REPORT: &str = "node.";
/// The same of what it saw of a soak.
const SOAKED: &str = "soak.";

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
    /// Watch the pods, and say that you do, and what you lack for the faults that will come.
    #[serde(rename_all = "camelCase")]
    Watch {
        /// Those of the plan.
        faults: Vec<Planned>,
    },
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
        /// Of an outage of the control plane: where the API server is reached.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        doors: BTreeSet<SocketAddr>,
        /// From the moment at which a node sees this to the injection: it gets ready meanwhile.
        after_ms: u64,
    },
    /// Look at what pods use.
    #[serde(rename_all = "camelCase")]
    Soak {
        /// Name of the phase in the plan; unique in a run.
        phase: String,
        /// Components whose pods are looked at.
        components: Vec<String>,
        /// From one look to the next.
        every_seconds: u32,
        /// For so long, from the moment at which a node sees this.
        seconds: u32,
    },
    /// The run is over: end.
    #[serde(rename_all = "camelCase")]
    End {},
}

/// A fault that will come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Planned {
    /// Which.
    pub kind: FaultKind,
    /// How.
    pub strike: Strike,
}

/// What one node has done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Report {
    /// Nonce of the run that this node serves.
    pub nonce: String,
    /// UIDs of the pods that it watches.
    pub watches: Vec<String>,
    /// Why it cannot do faults of the plan, a line each; nothing before it has tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lacks: Option<Vec<String>>,
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
    /// How often it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tries: Option<Tries>,
    /// What was left.
    pub residue: Vec<String>,
}

/// What one node saw of a soak, told when that is over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Soaked {
    /// Nonce of the run that this node serves.
    pub nonce: String,
    /// Phase of the soak.
    pub phase: String,
    /// What became of each pod that it looked at, by UID.
    pub pods: BTreeMap<String, PodSoaked>,
}

/// One pod in a soak.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PodSoaked {
    /// Its component.
    pub component: String,
    /// Why it could not be looked at, a line each, few of them.
    pub errors: Vec<String>,
    /// One for each life of its container; times are milliseconds from the moment at which the node saw the order.
    pub runs: Vec<SoakedRun>,
}

/// The order in `map`, if there is one of the run with `nonce`.
#[must_use]
pub fn order(map: &ConfigMap, nonce: &str) -> Option<Task> {
    let order: Order = serde_json::from_str(map.data.as_ref()?.get(ORDER)?).ok()?;
    (order.nonce == nonce).then_some(order.task)
}

/// The node whose report is in `map` and that report, if it serves the run with `nonce`.
#[must_use]
pub fn report(map: &ConfigMap, nonce: &str) -> Option<(String, Report)> {
    let mut keys = map.data.iter().flatten();
    let (node, text) = keys.find_map(|(key, text)| Some((key.strip_prefix(REPORT)?, text)))?;
    let report: Report = serde_json::from_str(text).ok()?;
    (report.nonce == nonce).then(|| (node.to_owned(), report))
}

/// The node that told of a soak in `map` and what it told, if it serves the run with `nonce`.
#[must_use]
pub fn soaked(map: &ConfigMap, nonce: &str) -> Option<(String, Soaked)> {
    let mut keys = map.data.iter().flatten();
    let (node, text) = keys.find_map(|(key, text)| Some((key.strip_prefix(SOAKED)?, text)))?;
    let soaked: Soaked = serde_json::from_str(text).ok()?;
    (soaked.nonce == nonce).then(|| (node.to_owned(), soaked))
}

/// Selects all reports.
#[must_use]
pub fn all_reports() -> String {
    format!("{LABEL},{LABEL}!={OF_ORDER}")
}

/// Selects what concerns `node`: the order, and its own report.
#[must_use]
pub fn of_node(node: &str) -> String {
    format!("{LABEL} in ({OF_ORDER},{})", short(node))
}

/// A name of `node` that has room in others: those of nodes may be long.
fn short(node: &str) -> String {
    let digest = canonical::sha256(node.as_bytes());
    digest[digest.len() - 16..].to_owned()
}

/// Gives `order` to all nodes.
pub async fn give(api: &Api<ConfigMap>, order: &Order) -> kube::Result<()> {
    let text = serde_json::to_string(order).map_err(kube::Error::SerdeError)?;
    write(api, NAME, OF_ORDER, "factory-prove", (ORDER.to_owned(), text)).await
}

/// Says what `node` has done.
pub async fn tell(api: &Api<ConfigMap>, node: &str, report: &Report) -> kube::Result<()> {
    let text = serde_json::to_string(report).map_err(kube::Error::SerdeError)?;
    let short = short(node);
    write(api, &format!("{NAME}-{short}"), &short, "factory-strike", (format!("{REPORT}{node}"), text)).await
}

/// Says what `node` saw of a soak.
pub async fn tell_soak(api: &Api<ConfigMap>, node: &str, soaked: &Soaked) -> kube::Result<()> {
    let text = serde_json::to_string(soaked).map_err(kube::Error::SerdeError)?;
    let short = short(node);
    write(api, &format!("{NAME}-{short}-soak"), &short, "factory-strike", (format!("{SOAKED}{node}"), text)).await
}

async fn write(
    api: &Api<ConfigMap>,
    name: &str,
    label: &str,
    writer: &str,
    said: (String, String),
) -> kube::Result<()> {
    let map = ConfigMap {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            labels: Some([(LABEL.to_owned(), label.to_owned())].into()),
            ..ObjectMeta::default()
        },
        data: Some([said].into()),
        ..ConfigMap::default()
    };
    api.patch(name, &PatchParams::apply(writer).force(), &Patch::Apply(&map)).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_run_ordered_or_reported_is_nothing() {
        let map = |key: &str, text: &str| ConfigMap {
            data: Some([(key.to_owned(), text.to_owned())].into()),
            ..ConfigMap::default()
        };
        let task = Task::Watch { faults: Vec::new() };
        let given = Order { nonce: "a".to_owned(), task: task.clone() };
        let given = map(ORDER, &serde_json::to_string(&given).unwrap());
        assert_eq!((order(&given, "a"), order(&given, "b")), (Some(task), None));
        let told = Report { nonce: "a".to_owned(), ..Report::default() };
        let said = map("node.n1", &serde_json::to_string(&told).unwrap());
        assert_eq!((report(&said, "a"), report(&said, "b")), (Some(("n1".to_owned(), told)), None));
        assert_eq!(report(&map("node.n2", "no JSON"), "a"), None);
        assert_eq!((report(&given, "a"), order(&said, "a")), (None, None));
        let seen = Soaked { nonce: "a".to_owned(), ..Soaked::default() };
        let soak = map("soak.n1", &serde_json::to_string(&seen).unwrap());
        assert_eq!((soaked(&soak, "a"), soaked(&soak, "b")), (Some(("n1".to_owned(), seen)), None));
        assert_eq!((report(&soak, "a"), order(&soak, "a"), soaked(&said, "a")), (None, None, None));
    }

    #[test]
    fn a_node_is_selected_by_a_label_that_its_name_fits_into() {
        let long = "n".repeat(253);
        assert!(short(&long).len() <= 63 && short(&long) != short("n"));
        assert_eq!(of_node("n1"), format!("factory.gov.kg/strikes in (order,{})", short("n1")));
    }
}
