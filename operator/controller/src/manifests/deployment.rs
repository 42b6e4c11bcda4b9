//! Deployment of a component: rolling without a gap, Pod Security `restricted`, nothing by which the
//! program could tell that it is tested.

use factory_crds::state_service::{self, Binding, Component, Medium, SecretReference};
use k8s_openapi::{
    api::{
        apps::v1::{Deployment, DeploymentSpec, DeploymentStrategy, RollingUpdateDeployment},
        core::v1::{
            Container, ContainerPort, EmptyDirVolumeSource, EnvVar, EnvVarSource, HTTPGetAction, PodSecurityContext,
            PodSpec, PodTemplateSpec, Probe, ResourceRequirements, SeccompProfile, SecretKeySelector,
            TopologySpreadConstraint, Volume, VolumeMount,
        },
    },
    apimachinery::pkg::{
        api::resource::Quantity,
        apis::meta::v1::{LabelSelector, ObjectMeta},
        util::intstr::IntOrString,
    },
};

use super::{Place, confined, database, secret, selector};

/// User of every program: services run as nobody in particular.
pub(super) const USER: i64 = 65_532;
/// Longest that a rollout may make no progress.
pub const PROGRESS_DEADLINE_SECONDS: i32 = 120;
/// Annotation of pods that changes with the values of their secrets, so that a new value is a rollout.
const VALUES: &str = "factory.gov.kg/secrets";

/// Deployment of `component` with `image` and what it uses of `bindings` in `place`; `mark` stands for the values
/// of its secrets.
#[must_use]
pub fn build(
    place: &Place<'_>,
    bindings: &[Binding],
    component: &Component,
    image: &str,
    mark: Option<String>,
) -> Deployment {
    let mut spec = spec(bindings, component, image, Some(place));
    if let (Some(metadata), Some(mark)) = (&mut spec.template.metadata, mark) {
        metadata.annotations = Some([(VALUES.to_owned(), mark)].into());
    }
    Deployment { metadata: place.meta(&component.name), spec: Some(spec), ..Deployment::default() }
}

/// Its spec; without a place, the part that is the same everywhere.
#[must_use]
pub fn spec(bindings: &[Binding], component: &Component, image: &str, place: Option<&Place<'_>>) -> DeploymentSpec {
    DeploymentSpec {
        replicas: i32::try_from(component.replicas).ok(),
        revision_history_limit: Some(2),
        progress_deadline_seconds: Some(PROGRESS_DEADLINE_SECONDS),
        selector: LabelSelector { match_labels: Some(selector(&component.name)), ..LabelSelector::default() },
        strategy: Some(DeploymentStrategy {
            type_: Some("RollingUpdate".to_owned()),
            rolling_update: Some(RollingUpdateDeployment {
                max_unavailable: Some(IntOrString::Int(0)),
                max_surge: Some(IntOrString::Int(1)),
            }),
        }),
        template: PodTemplateSpec {
            metadata: Some(ObjectMeta { labels: Some(selector(&component.name)), ..ObjectMeta::default() }),
            spec: Some(pod(bindings, component, image, place)),
        },
        ..DeploymentSpec::default()
    }
}

fn pod(bindings: &[Binding], component: &Component, image: &str, place: Option<&Place<'_>>) -> PodSpec {
    let environment = place.map(|place| place.environment);
    PodSpec {
        containers: vec![container(bindings, component, image)],
        service_account_name: Some(component.name.clone()),
        automount_service_account_token: Some(false),
        // Variables of every Service of the namespace would tell a program about its neighbours.
        enable_service_links: Some(false),
        termination_grace_period_seconds: Some(i64::from(component.termination_grace_seconds)),
        security_context: Some(PodSecurityContext {
            run_as_non_root: Some(true),
            run_as_user: Some(USER),
            run_as_group: Some(USER),
            fs_group: Some(USER),
            seccomp_profile: Some(SeccompProfile { type_: "RuntimeDefault".to_owned(), ..SeccompProfile::default() }),
            ..PodSecurityContext::default()
        }),
        node_selector: environment.map(|environment| environment.node_selector.clone()),
        tolerations: environment.map(|environment| environment.tolerations.clone()),
        topology_spread_constraints: Some(vec![TopologySpreadConstraint {
            max_skew: 1,
            topology_key: "kubernetes.io/hostname".to_owned(),
            when_unsatisfiable: "ScheduleAnyway".to_owned(),
            label_selector: Some(LabelSelector {
                match_labels: Some(selector(&component.name)),
                ..LabelSelector::default()
            }),
            ..TopologySpreadConstraint::default()
        }]),
        volumes: Some(component.volumes.iter().enumerate().map(|(index, volume)| scratch(index, volume)).collect()),
        ..PodSpec::default()
    }
}

fn container(bindings: &[Binding], component: &Component, image: &str) -> Container {
    let cpu = Quantity(component.resources.cpu.clone());
    let memory = Quantity(component.resources.memory.clone());
    let bound = database::variables(bindings, &component.name).into_iter();
    let plain = component.env.iter().map(|variable| plain(&variable.name, &variable.value));
    Container {
        name: component.name.clone(),
        image: Some(image.to_owned()),
        ports: Some(vec![ContainerPort {
            name: Some("http".to_owned()),
            container_port: i32::from(component.port),
            protocol: Some("TCP".to_owned()),
            ..ContainerPort::default()
        }]),
        env: Some(bound.chain(plain).chain(component.secrets.iter().map(referred)).collect()),
        resources: Some(ResourceRequirements {
            requests: Some([("cpu".to_owned(), cpu), ("memory".to_owned(), memory.clone())].into()),
            // Memory is limited so that a leak ends one pod; processor time is shared by request.
            limits: Some([("memory".to_owned(), memory)].into()),
            ..ResourceRequirements::default()
        }),
        readiness_probe: Some(probe(component, &component.probes.ready, 1, 2)),
        liveness_probe: Some(probe(component, &component.probes.live, 5, 3)),
        startup_probe: Some(Probe { failure_threshold: Some(60), ..probe(component, &component.probes.live, 1, 60) }),
        security_context: Some(confined::container()),
        volume_mounts: Some(
            component.volumes.iter().enumerate().map(|(index, volume)| mount(index, &volume.path)).collect(),
        ),
        ..Container::default()
    }
}

fn probe(component: &Component, path: &str, period: i32, failures: i32) -> Probe {
    Probe {
        http_get: Some(HTTPGetAction {
            path: Some(path.to_owned()),
            port: IntOrString::Int(i32::from(component.port)),
            scheme: component.tls.as_ref().map(|_| "HTTPS".to_owned()),
            ..HTTPGetAction::default()
        }),
        period_seconds: Some(period),
        timeout_seconds: Some(2),
        failure_threshold: Some(failures),
        ..Probe::default()
    }
}

/// A variable with a value of its own.
pub(super) fn plain(name: &str, value: &str) -> EnvVar {
    EnvVar { name: name.to_owned(), value: Some(value.to_owned()), value_from: None }
}

fn referred(reference: &SecretReference) -> EnvVar {
    let selector =
        SecretKeySelector { name: secret::NAME.to_owned(), key: secret::entry(reference), optional: Some(false) };
    EnvVar {
        name: reference.env.clone(),
        value: None,
        value_from: Some(EnvVarSource { secret_key_ref: Some(selector), ..EnvVarSource::default() }),
    }
}

fn scratch(index: usize, volume: &state_service::Volume) -> Volume {
    let medium = volume.medium.map(|Medium::Memory| "Memory".to_owned());
    Volume {
        name: format!("scratch-{index}"),
        empty_dir: Some(EmptyDirVolumeSource { size_limit: Some(Quantity(volume.size.clone())), medium }),
        ..Volume::default()
    }
}

fn mount(index: usize, path: &str) -> VolumeMount {
    VolumeMount { name: format!("scratch-{index}"), mount_path: path.to_owned(), ..VolumeMount::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state_service::examples;

    #[test]
    fn a_volume_is_the_nodes_disk_or_memory_as_the_manifest_says_and_has_its_size_either_way() {
        let of = |medium| {
            let volume = state_service::Volume { path: "/tmp".to_owned(), size: "8Mi".to_owned(), medium };
            serde_json::to_value(scratch(0, &volume).empty_dir).unwrap()
        };
        assert_eq!(of(None), serde_json::json!({"sizeLimit": "8Mi"}));
        assert_eq!(of(Some(Medium::Memory)), serde_json::json!({"medium": "Memory", "sizeLimit": "8Mi"}));
    }

    #[test]
    fn a_secret_is_a_variable_by_reference_and_never_by_value() {
        let mut component = examples::service().spec.components.remove(0);
        let before = spec(&[], &component, "i", None);
        component.secrets = vec![SecretReference {
            env: "DB_PASSWORD".to_owned(),
            secret: "db".to_owned(),
            key: "password".to_owned(),
            next: None,
        }];
        let after = spec(&[], &component, "i", None);
        let variables = |spec: &DeploymentSpec| {
            let pod = spec.template.spec.clone().unwrap_or_default();
            serde_json::to_value(&pod.containers[0].env).unwrap().as_array().cloned().unwrap_or_default()
        };
        let (mut before, after) = (variables(&before), variables(&after));
        before.push(serde_json::json!({
            "name": "DB_PASSWORD",
            "valueFrom": {"secretKeyRef": {"name": "secrets", "key": "db_password", "optional": false}},
        }));
        assert_eq!(after, before);
    }

    #[test]
    fn without_secrets_nothing_marks_the_pods() {
        let component = examples::service().spec.components.remove(0);
        let annotations = spec(&[], &component, "i", None).template.metadata.unwrap_or_default().annotations;
        assert_eq!(annotations, None);
    }
}
