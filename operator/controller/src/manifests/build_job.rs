//! Job that builds one component in `factory-build`: the source comes from the registry as an OCI
//! artifact, so that a build reaches nothing but the registry.
//!
//! No seccomp profile is set: `RuntimeDefault` refuses the unshare without which buildah cannot isolate a
//! step. Pod Security `baseline` still holds: no privilege, seven capabilities, no host.

use factory_crds::{BuildStrategySpec, EnvironmentSpec, build_strategy::BuildStep, state_service::Build};
use k8s_openapi::{
    api::{
        batch::v1::{Job, JobSpec},
        core::v1::{
            Capabilities, Container, EmptyDirVolumeSource, EnvVar, PodSpec, PodTemplateSpec, ResourceRequirements,
            SecurityContext, Volume, VolumeMount,
        },
    },
    apimachinery::pkg::{api::resource::Quantity, apis::meta::v1::ObjectMeta},
};

use super::Labels;
use crate::context::BUILD_NAMESPACE;

/// Image that unpacks the source: the builder's own.
const BUILDER: &str = "base/builder:bookworm";
/// Unpacks the only layer of the source artifact. The digest is checked by skopeo.
const UNPACK: &str = "set -eu
skopeo copy --quiet --src-tls-verify=\"$TLS_VERIFY\" \"docker://$SOURCE\" dir:/scratch/source
tar -x --no-same-owner -f \"/scratch/source/$LAYER\" -C /source";

/// What is built.
pub struct Target<'a> {
    /// Name of the Job.
    pub name: String,
    /// Labels by which its release is found.
    pub labels: Labels,
    /// Source artifact, `repository@sha256:…`.
    pub source: &'a str,
    /// Digest of its layer, hexadecimal.
    pub layer: &'a str,
    /// Where the image is pushed, with a tag.
    pub image: String,
    /// How it is built.
    pub build: &'a Build,
}

/// The Job for `target` by `strategy` in `environment`.
#[must_use]
pub fn build(target: &Target<'_>, strategy: &BuildStrategySpec, environment: &EnvironmentSpec) -> Job {
    let variables = variables(target, strategy, environment);
    let unpack = BuildStep {
        name: "source".to_owned(),
        image: format!("$(REGISTRY)/{BUILDER}"),
        command: ["/bin/sh", "-c", UNPACK].map(str::to_owned).to_vec(),
        capabilities: Vec::new(),
        memory: "512Mi".to_owned(),
    };
    let container = |step: &BuildStep| container(step, &variables, environment);
    let (last, first) = strategy.steps.split_last().unwrap_or((&unpack, &[]));
    let init = std::iter::once(&unpack).chain(first).map(container).collect();
    Job {
        metadata: ObjectMeta {
            name: Some(target.name.clone()),
            namespace: Some(BUILD_NAMESPACE.to_owned()),
            labels: Some(target.labels.clone()),
            ..ObjectMeta::default()
        },
        spec: Some(JobSpec {
            backoff_limit: Some(0),
            active_deadline_seconds: Some(i64::from(strategy.timeout_seconds)),
            ttl_seconds_after_finished: Some(86_400),
            template: PodTemplateSpec {
                metadata: Some(ObjectMeta { labels: Some(target.labels.clone()), ..ObjectMeta::default() }),
                spec: Some(PodSpec {
                    init_containers: Some(init),
                    containers: vec![container(last)],
                    restart_policy: Some("Never".to_owned()),
                    automount_service_account_token: Some(false),
                    enable_service_links: Some(false),
                    node_selector: Some(environment.node_selector.clone()),
                    tolerations: Some(environment.tolerations.clone()),
                    volumes: Some(vec![space("source"), space("scratch")]),
                    ..PodSpec::default()
                }),
            },
            ..JobSpec::default()
        }),
        ..Job::default()
    }
}

fn variables(target: &Target<'_>, strategy: &BuildStrategySpec, environment: &EnvironmentSpec) -> Vec<EnvVar> {
    let fixed = [
        ("SOURCE", target.source.to_owned()),
        ("LAYER", target.layer.to_owned()),
        ("CONTEXT", target.build.context.clone()),
        ("IMAGE", target.image.clone()),
        ("REGISTRY", environment.registry.prefix.clone()),
        ("TLS_VERIFY", (!environment.registry.plain_http).to_string()),
    ];
    let parameters = strategy.parameters.iter().map(|parameter| {
        let value = target.build.parameters.get(&parameter.name).unwrap_or(&parameter.default);
        (format!("PARAM_{}", parameter.name.to_ascii_uppercase()), value.clone())
    });
    fixed
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .chain(parameters)
        // `$(` would be expanded by the kubelet.
        .map(|(name, value)| EnvVar { name, value: Some(value.replace("$(", "$$(")), value_from: None })
        .collect()
}

fn container(step: &BuildStep, variables: &[EnvVar], environment: &EnvironmentSpec) -> Container {
    Container {
        name: step.name.clone(),
        image: Some(step.image.replacen("$(REGISTRY)", &environment.registry.prefix, 1)),
        command: Some(step.command.clone()),
        env: Some(variables.to_vec()),
        working_dir: Some("/source".to_owned()),
        termination_message_policy: Some("File".to_owned()),
        resources: Some(ResourceRequirements {
            requests: Some(
                [("cpu".to_owned(), Quantity("100m".to_owned())), ("memory".to_owned(), Quantity("64Mi".to_owned()))]
                    .into(),
            ),
            limits: Some([("memory".to_owned(), Quantity(step.memory.clone()))].into()),
            ..ResourceRequirements::default()
        }),
        security_context: Some(SecurityContext {
            allow_privilege_escalation: Some(false),
            capabilities: Some(Capabilities {
                drop: Some(vec!["ALL".to_owned()]),
                add: Some(step.capabilities.clone()),
            }),
            ..SecurityContext::default()
        }),
        volume_mounts: Some(vec![mount("source", "/source"), mount("scratch", "/scratch")]),
        ..Container::default()
    }
}

fn space(name: &str) -> Volume {
    Volume { name: name.to_owned(), empty_dir: Some(EmptyDirVolumeSource::default()), ..Volume::default() }
}

fn mount(name: &str, path: &str) -> VolumeMount {
    VolumeMount { name: name.to_owned(), mount_path: path.to_owned(), ..VolumeMount::default() }
}
