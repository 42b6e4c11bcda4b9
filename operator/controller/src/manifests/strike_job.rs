//! Job of the lab on one node, for the length of a run: the only pods of the factory that have power
//! over a node (invariant 6). They stand in a namespace of their own, and admission lets nothing else
//! be one.

use k8s_openapi::{
    api::{
        batch::v1::{Job, JobSpec},
        core::v1::{
            Affinity, Capabilities, Container, NodeAffinity, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm,
            PodSpec, PodTemplateSpec, ResourceRequirements, SeccompProfile, SecurityContext, Toleration,
        },
        rbac::v1::RoleBinding,
    },
    apimachinery::pkg::{api::resource::Quantity, apis::meta::v1::ObjectMeta},
};

use super::{Labels, lab_job};
use crate::context::STRIKE_NAMESPACE;

/// Service account of these pods, and the ClusterRole that is bound in a candidate's namespace.
const STRIKE: &str = "factory-strike";
/// What a fault on a node takes: rules and queues of a pod's network, the way into its namespaces, its processes, and
/// to be of their user: only then the kernel lets their limits be set without power over all limits.
const CAPABILITIES: [&str; 8] =
    ["DAC_READ_SEARCH", "KILL", "NET_ADMIN", "NET_RAW", "SETGID", "SETUID", "SYS_ADMIN", "SYS_PTRACE"];

/// The lab's part of one run on one node.
pub struct StrikeRun<'a> {
    /// Name of the Job.
    pub name: String,
    /// Labels by which its release is found.
    pub labels: Labels,
    /// Image of the lab.
    pub image: &'a str,
    /// Longest time, in seconds.
    pub deadline_seconds: i64,
    /// Name of the node.
    pub node: &'a str,
    /// Namespace of the candidate.
    pub candidate: &'a str,
    /// Nonce of the run.
    pub nonce: &'a str,
    /// Tolerations of the lab's pods.
    pub tolerations: &'a [Toleration],
}

impl StrikeRun<'_> {
    /// The Job.
    #[must_use]
    pub fn job(&self) -> Job {
        Job {
            metadata: ObjectMeta {
                name: Some(self.name.clone()),
                namespace: Some(STRIKE_NAMESPACE.to_owned()),
                labels: Some(self.labels.clone()),
                ..ObjectMeta::default()
            },
            spec: Some(JobSpec {
                // One that is killed in the middle of a fault comes back, and takes away what that left.
                backoff_limit: Some(10),
                active_deadline_seconds: Some(self.deadline_seconds),
                ttl_seconds_after_finished: Some(600),
                template: PodTemplateSpec {
                    metadata: Some(ObjectMeta { labels: Some(self.labels.clone()), ..ObjectMeta::default() }),
                    spec: Some(self.pod()),
                },
                ..JobSpec::default()
            }),
            ..Job::default()
        }
    }

    fn pod(&self) -> PodSpec {
        let arguments = ["strike", "--node", self.node, "--namespace", self.candidate, "--nonce", self.nonce];
        PodSpec {
            containers: vec![Container {
                name: "strike".to_owned(),
                image: Some(self.image.to_owned()),
                args: Some(arguments.map(str::to_owned).to_vec()),
                resources: Some(ResourceRequirements {
                    requests: Some(
                        [
                            ("cpu".to_owned(), Quantity("50m".to_owned())),
                            ("memory".to_owned(), Quantity("32Mi".to_owned())),
                        ]
                        .into(),
                    ),
                    limits: Some([("memory".to_owned(), Quantity("256Mi".to_owned()))].into()),
                    ..ResourceRequirements::default()
                }),
                security_context: Some(SecurityContext {
                    run_as_user: Some(0),
                    run_as_non_root: Some(false),
                    allow_privilege_escalation: Some(false),
                    read_only_root_filesystem: Some(true),
                    capabilities: Some(Capabilities {
                        drop: Some(vec!["ALL".to_owned()]),
                        add: Some(CAPABILITIES.map(str::to_owned).to_vec()),
                    }),
                    seccomp_profile: Some(SeccompProfile {
                        type_: "RuntimeDefault".to_owned(),
                        ..SeccompProfile::default()
                    }),
                    ..SecurityContext::default()
                }),
                ..Container::default()
            }],
            // The candidate's processes are found, held and killed from the node's point of view.
            host_pid: Some(true),
            restart_policy: Some("OnFailure".to_owned()),
            service_account_name: Some(STRIKE.to_owned()),
            enable_service_links: Some(false),
            affinity: Some(on_node(self.node)),
            tolerations: Some(self.tolerations.to_vec()),
            ..PodSpec::default()
        }
    }
}

/// By its name, which the scheduler still has a say about: a full node is a reason to wait.
fn on_node(name: &str) -> Affinity {
    let named = NodeSelectorRequirement {
        key: "metadata.name".to_owned(),
        operator: "In".to_owned(),
        values: Some(vec![name.to_owned()]),
    };
    let term = NodeSelectorTerm { match_fields: Some(vec![named]), match_expressions: None };
    Affinity {
        node_affinity: Some(NodeAffinity {
            required_during_scheduling_ignored_during_execution: Some(NodeSelector { node_selector_terms: vec![term] }),
            ..NodeAffinity::default()
        }),
        ..Affinity::default()
    }
}

/// Binding by which they see the candidate's pods and the orders in `namespace`; it goes with the
/// namespace.
#[must_use]
pub fn binding(namespace: &str) -> RoleBinding {
    lab_job::bound(STRIKE, STRIKE_NAMESPACE, namespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_runs_on_its_node_only_and_is_neither_privileged_nor_sees_a_path_of_the_node() {
        let run = StrikeRun {
            name: "strike-1".to_owned(),
            labels: Labels::new(),
            image: "lab",
            deadline_seconds: 60,
            node: "n2",
            candidate: "svc-00000000",
            nonce: "ab",
            tolerations: &[],
        };
        let pod = run.job().spec.unwrap().template.spec.unwrap();
        let affinity = serde_json::to_value(&pod.affinity).unwrap();
        let terms = affinity.pointer("/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms");
        assert_eq!(
            terms.unwrap(),
            &serde_json::json!([{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n2"]}]}])
        );
        assert_eq!(pod.volumes, None);
        assert_eq!((pod.host_network, pod.host_ipc), (None, None));
        let context = pod.containers[0].security_context.clone().unwrap();
        assert_eq!((context.privileged, context.allow_privilege_escalation), (None, Some(false)));
    }
}
