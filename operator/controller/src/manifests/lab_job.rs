//! Job of the lab for one release: `verify` or `prove`, with its run in a ConfigMap and rights in
//! the candidate's namespace only (invariant 6).

use factory_crds::EnvironmentSpec;
use k8s_openapi::{
    api::{
        batch::v1::{Job, JobSpec},
        core::v1::{
            ConfigMap, ConfigMapVolumeSource, Container, PodSecurityContext, PodSpec, PodTemplateSpec,
            ResourceRequirements, SeccompProfile, SecretVolumeSource, Volume, VolumeMount,
        },
        rbac::v1::{RoleBinding, RoleRef, Subject},
    },
    apimachinery::pkg::{api::resource::Quantity, apis::meta::v1::ObjectMeta},
};

use super::{Labels, confined, named};
use crate::context::LAB_NAMESPACE;

/// Service account of lab pods, and the ClusterRole that is bound in a candidate's namespace.
const LAB: &str = "factory-lab";
/// Secret with the lab's keys, and the service account that makes and publishes them.
const KEY: &str = "factory-lab-key";
/// User of lab pods.
const USER: i64 = 65_532;

/// One run of the lab.
pub struct LabRun<'a> {
    /// `verify` or `prove`.
    pub command: &'a str,
    /// Name of the Job and its ConfigMap.
    pub name: String,
    /// Labels by which its release is found.
    pub labels: Labels,
    /// Image of the lab.
    pub image: &'a str,
    /// Longest time, in seconds.
    pub deadline_seconds: i64,
    /// Pods that share its load.
    pub generators: u32,
}

/// Headless Service by which pods of the lab find each other: it stands in the chart, and names pods that share a
/// load alone, by index.
pub const COMPANY: &str = "factory-lab";

impl LabRun<'_> {
    fn meta(&self) -> ObjectMeta {
        ObjectMeta {
            name: Some(self.name.clone()),
            namespace: Some(LAB_NAMESPACE.to_owned()),
            labels: Some(self.labels.clone()),
            ..ObjectMeta::default()
        }
    }

    /// ConfigMap with the run.
    #[must_use]
    pub fn config(&self, run: String) -> ConfigMap {
        ConfigMap { metadata: self.meta(), data: Some([("run.json".to_owned(), run)].into()), ..ConfigMap::default() }
    }

    /// The Job, on the nodes of `environment`.
    #[must_use]
    pub fn job(&self, environment: &EnvironmentSpec) -> Job {
        let shared = i32::try_from(self.generators).ok().filter(|generators| *generators > 1);
        Job {
            metadata: self.meta(),
            spec: Some(JobSpec {
                // A second try would be a second run: the operator decides about that.
                backoff_limit: Some(0),
                active_deadline_seconds: Some(self.deadline_seconds),
                ttl_seconds_after_finished: Some(86_400),
                completion_mode: shared.map(|_| "Indexed".to_owned()),
                completions: shared,
                parallelism: shared,
                template: PodTemplateSpec {
                    metadata: Some(ObjectMeta { labels: Some(self.labels.clone()), ..ObjectMeta::default() }),
                    spec: Some(self.pod(environment)),
                },
                ..JobSpec::default()
            }),
            ..Job::default()
        }
    }

    fn pod(&self, environment: &EnvironmentSpec) -> PodSpec {
        let run = Volume {
            name: "run".to_owned(),
            config_map: Some(ConfigMapVolumeSource { name: self.name.clone(), ..ConfigMapVolumeSource::default() }),
            ..Volume::default()
        };
        let key = Volume {
            name: "key".to_owned(),
            secret: Some(SecretVolumeSource {
                secret_name: Some(KEY.to_owned()),
                default_mode: Some(0o440),
                ..SecretVolumeSource::default()
            }),
            ..Volume::default()
        };
        PodSpec {
            containers: vec![Container {
                name: self.command.to_owned(),
                image: Some(self.image.to_owned()),
                args: Some(
                    [self.command, "--run", "/etc/factory/run.json", "--keys", "/etc/factory-key"]
                        .map(str::to_owned)
                        .to_vec(),
                ),
                volume_mounts: Some(vec![mount("run", "/etc/factory"), mount("key", "/etc/factory-key")]),
                resources: Some(ResourceRequirements {
                    requests: Some(
                        [
                            ("cpu".to_owned(), Quantity("200m".to_owned())),
                            ("memory".to_owned(), Quantity("128Mi".to_owned())),
                        ]
                        .into(),
                    ),
                    limits: Some([("memory".to_owned(), Quantity("1Gi".to_owned()))].into()),
                    ..ResourceRequirements::default()
                }),
                security_context: Some(confined::container()),
                ..Container::default()
            }],
            subdomain: (self.generators > 1).then(|| COMPANY.to_owned()),
            volumes: Some(vec![run, key]),
            ..pod(LAB, environment)
        }
    }
}

/// What the lab is to do for its keys.
pub struct KeyOrder<'a> {
    /// So many there shall be.
    pub count: u32,
    /// Epoch of the leader that asks: each asks once.
    pub epoch: u64,
    /// Namespace in which the public halves are published.
    pub publish: &'a str,
}

impl KeyOrder<'_> {
    /// The Job by which the lab makes its keys. The operator may not read them, and never has them in its hands.
    #[must_use]
    pub fn job(&self, image: &str, environment: &EnvironmentSpec) -> Job {
        let count = self.count.to_string();
        let container = Container {
            name: "key".to_owned(),
            image: Some(image.to_owned()),
            args: Some(["key", "--count", &count, "--publish", self.publish].map(str::to_owned).to_vec()),
            security_context: Some(confined::container()),
            ..Container::default()
        };
        let template = PodTemplateSpec {
            spec: Some(PodSpec { containers: vec![container], ..pod(KEY, environment) }),
            ..PodTemplateSpec::default()
        };
        Job {
            metadata: named(&format!("key-{count}-{}", self.epoch), LAB_NAMESPACE),
            spec: Some(JobSpec {
                backoff_limit: Some(4),
                active_deadline_seconds: Some(300),
                // Where a key still lacks then, it is asked for again.
                ttl_seconds_after_finished: Some(30),
                template,
                ..JobSpec::default()
            }),
            ..Job::default()
        }
    }
}

/// What all pods of the lab's Jobs have, on the nodes of `environment`.
fn pod(account: &str, environment: &EnvironmentSpec) -> PodSpec {
    PodSpec {
        restart_policy: Some("Never".to_owned()),
        service_account_name: Some(account.to_owned()),
        enable_service_links: Some(false),
        security_context: Some(PodSecurityContext {
            run_as_non_root: Some(true),
            run_as_user: Some(USER),
            fs_group: Some(USER),
            seccomp_profile: Some(SeccompProfile { type_: "RuntimeDefault".to_owned(), ..SeccompProfile::default() }),
            ..PodSecurityContext::default()
        }),
        node_selector: Some(environment.node_selector.clone()),
        tolerations: Some(environment.tolerations.clone()),
        ..PodSpec::default()
    }
}

fn mount(name: &str, path: &str) -> VolumeMount {
    VolumeMount { name: name.to_owned(), mount_path: path.to_owned(), read_only: Some(true), ..VolumeMount::default() }
}

/// Binding that lets the lab strike the candidate in `namespace`; it goes with the namespace.
#[must_use]
pub fn binding(namespace: &str) -> RoleBinding {
    bound(LAB, LAB_NAMESPACE, namespace)
}

/// Binding of the ClusterRole `name` in `namespace` to the service account of that name in `home`.
pub(super) fn bound(name: &str, home: &str, namespace: &str) -> RoleBinding {
    RoleBinding {
        metadata: named(name, namespace),
        role_ref: RoleRef {
            api_group: "rbac.authorization.k8s.io".to_owned(),
            kind: "ClusterRole".to_owned(),
            name: name.to_owned(),
        },
        subjects: Some(vec![Subject {
            kind: "ServiceAccount".to_owned(),
            name: name.to_owned(),
            namespace: Some(home.to_owned()),
            api_group: None,
        }]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(generators: u32) -> JobSpec {
        let environment: EnvironmentSpec = serde_json::from_value(serde_json::json!({
            "purpose": "lab", "gitHosts": [], "registry": {"prefix": "registry.test", "cidrs": [], "port": 443},
        }))
        .unwrap();
        let (name, image) = ("prove-x".to_owned(), "lab");
        let run = LabRun { command: "prove", name, labels: Labels::new(), image, deadline_seconds: 9, generators };
        run.job(&environment).spec.unwrap()
    }

    #[test]
    fn pods_that_share_a_load_are_counted_and_find_each_other_by_name() {
        let shared = job(3);
        assert_eq!(
            (shared.completion_mode.as_deref(), shared.completions, shared.parallelism),
            (Some("Indexed"), Some(3), Some(3))
        );
        assert_eq!(shared.template.spec.unwrap().subdomain.as_deref(), Some(COMPANY));
        // One alone has no number and no name, as ever.
        let alone = job(1);
        assert_eq!((alone.completion_mode, alone.completions, alone.parallelism), (None, None, None));
        assert_eq!(alone.template.spec.unwrap().subdomain, None);
    }
}
