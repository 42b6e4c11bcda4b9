//! Stage `Built`: every component's image by digest, built by a Job or pinned in the manifest, and
//! the bundle that follows from them.

use std::collections::BTreeMap;

use factory_assurance::bundle::Bundle;
use factory_crds::{BuildStrategy, BuildStrategySpec, ReleaseStatus, state_service::Build};
use k8s_openapi::api::batch::v1::Job;
use kube::Api;

use super::{
    ReleaseError,
    attempt::Attempt,
    jobs::{self, JobEnd},
    lab_pool,
    source::ResolvedSource,
};
use crate::{
    apply,
    context::{BUILD_NAMESPACE, Context},
    manifests::{self, build_job},
    stage::Progress,
};

/// What was built: the images and the digest of everything that must not differ in life.
pub struct BuiltBundle {
    /// The bundle.
    pub(super) bundle: Bundle,
    /// Its digest.
    pub(super) digest: String,
}

/// Builds what is not built yet; done when every component has an image by digest.
pub async fn bundle(
    context: &Context,
    attempt: &Attempt,
    source: &ResolvedSource,
    facts: &ReleaseStatus,
) -> Result<Progress<BuiltBundle>, ReleaseError> {
    let databases = match databases(context, attempt, facts) {
        Progress::Done(databases) => databases,
        Progress::Waiting(why) => return Ok(Progress::Waiting(why)),
        Progress::Stopped(why) => return Ok(Progress::Stopped(why)),
    };
    let mut images = BTreeMap::new();
    let mut running = Vec::new();
    for component in &attempt.spec.components {
        let image = match (facts.images.get(&component.name), &component.image, &component.build) {
            (Some(image), ..) => Progress::Done(image.clone()),
            (None, Some(image), _) => pinned(&attempt.lab.registry.prefix, &attempt.participant, image),
            (None, None, Some(build)) => built(context, attempt, source, &component.name, build).await?,
            (None, None, None) => Progress::stopped(
                "NothingToBuild",
                format!("spec.components: {} has neither `build` nor `image`", component.name),
            ),
        };
        match image {
            Progress::Done(image) => drop(images.insert(component.name.clone(), image)),
            Progress::Waiting(why) => running.push(why),
            Progress::Stopped(why) => return Ok(Progress::Stopped(why)),
        }
    }
    if let Some(why) = running.into_iter().next() {
        return Ok(Progress::Waiting(why));
    }
    let bundle = Bundle {
        manifests: manifests::digest(&attempt.spec, &images, &databases)?,
        configuration: manifests::configuration(&attempt.spec)?,
        images,
        databases,
    };
    Ok(Progress::Done(BuiltBundle { digest: bundle.digest()?, bundle }))
}

/// Image of each database: the platform's, as it was when this bundle was announced.
fn databases(context: &Context, attempt: &Attempt, facts: &ReleaseStatus) -> Progress<BTreeMap<String, String>> {
    let mut images = BTreeMap::new();
    for binding in &attempt.spec.bindings {
        match facts.databases.get(&binding.name).or(context.settings.postgres_image.as_ref()) {
            Some(image) => drop(images.insert(binding.name.clone(), image.clone())),
            None => {
                return Progress::waiting(
                    "NoDatabaseImage",
                    format!(
                        "spec.bindings: `{}` waits for an image of PostgreSQL, which the administrator gives the factory (chart value images.postgres)",
                        binding.name
                    ),
                );
            }
        }
    }
    Progress::Done(images)
}

/// Repository of the images that the factory builds of `component`.
pub(super) fn repository(attempt: &Attempt, component: &str) -> String {
    format!("{}/services/{}/{}/{component}", attempt.lab.registry.prefix, attempt.participant, attempt.pinned.service)
}

/// Name of the Job that builds `component`.
pub(super) fn job(attempt: &Attempt, component: &str) -> String {
    format!("build-{}-{component}", attempt.short())
}

/// A pinned image is taken from the factory's own registry only, and there from no other participant: whoever had a bundle
/// of their images would use up their attempts at it.
fn pinned(prefix: &str, own: &str, image: &str) -> Progress<String> {
    let Some(path) = image.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('/')) else {
        return Progress::stopped(
            "RegistryNotListed",
            format!("spec.components.image: `{image}` is not in the registry that the administrator lists ({prefix})"),
        );
    };
    let theirs = path.strip_prefix("services/").and_then(|rest| rest.split('/').next());
    if theirs.is_some_and(|participant| participant != own) {
        return Progress::stopped(
            "ImageOfAnother",
            format!(
                "spec.components.image: `{image}` was built for another participant: pin one under {prefix}/services/{own}/, or one outside {prefix}/services/"
            ),
        );
    }
    Progress::Done(image.to_owned())
}

async fn built(
    context: &Context,
    attempt: &Attempt,
    source: &ResolvedSource,
    component: &str,
    build: &Build,
) -> Result<Progress<String>, ReleaseError> {
    let jobs: Api<Job> = Api::namespaced(context.client.clone(), BUILD_NAMESPACE);
    let name = job(attempt, component);
    let repository = repository(attempt, component);
    let Some(job) = jobs.get_opt(&name).await? else {
        let strategies: Api<BuildStrategy> = Api::all(context.client.clone());
        let Some(strategy) = strategies.get_opt(&build.strategy).await? else {
            return Ok(Progress::waiting(
                "StrategyNotFound",
                format!("spec.components.build.strategy: there is no BuildStrategy `{}`", build.strategy),
            ));
        };
        if let Some(why) = unknown_parameter(build, &strategy.spec) {
            return Ok(Progress::stopped("ParameterUnknown", why));
        }
        if let Some(other) = lab_pool::experiment_under_way(context, &attempt.uid).await? {
            return Ok(Progress::waiting(
                lab_pool::BUSY,
                format!("{component}: waits until the experiment of {other} is over, so as not to disturb it"),
            ));
        }
        let target = build_job::Target {
            name,
            labels: attempt.labels(),
            source: &source.stored.name,
            layer: source.stored.document.trim_start_matches("sha256:"),
            image: format!("{repository}:{}", attempt.short()),
            build,
        };
        apply::create_once(&context.client, &build_job::build(&target, &strategy.spec, &attempt.lab)).await?;
        return Ok(Progress::waiting("Building", format!("{component}: building {}", &attempt.pinned.commit[..12])));
    };
    Ok(match jobs::end(&context.client, &job).await? {
        JobEnd::Running => {
            Progress::waiting("Building", format!("{component}: building {}", &attempt.pinned.commit[..12]))
        }
        JobEnd::Failed(why) => Progress::stopped("BuildFailed", format!("{component}: {why}")),
        JobEnd::Succeeded(message) => digest(&message).map_or_else(
            || {
                Progress::stopped(
                    "BuildGaveNoDigest",
                    format!("{component}: the strategy's last step did not say a digest"),
                )
            },
            |digest| Progress::Done(format!("{repository}@{digest}")),
        ),
    })
}

/// A parameter of `build` that `strategy` does not have: it would change nothing, and nobody would know.
fn unknown_parameter(build: &Build, strategy: &BuildStrategySpec) -> Option<String> {
    let known: Vec<_> = strategy.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
    let unknown = build.parameters.keys().find(|name| !known.contains(&name.as_str()))?;
    Some(format!(
        "spec.components.build.parameters: BuildStrategy `{}` has no parameter `{unknown}` (known: {})",
        build.strategy,
        known.join(", ")
    ))
}

/// `sha256:` and 64 hexadecimal digits, and nothing else.
fn digest(message: &str) -> Option<&str> {
    let message = message.trim();
    let hex = message.strip_prefix("sha256:")?;
    (hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)))
        .then_some(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_digest_is_a_digest() {
        let good = format!("sha256:{}", "0a".repeat(32));
        assert_eq!(digest(&format!("{good}\n")), Some(good.as_str()));
        for bad in ["", "latest", "sha256:abc", &format!("{good} {good}"), &good.to_uppercase()] {
            assert_eq!(digest(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_image_is_pinned_from_the_listed_registry_and_from_no_other_participant() {
        let refused = |image: &str| match pinned("r.test/factory", "team", image) {
            Progress::Stopped(why) => Some(why.reason),
            Progress::Done(taken) => (taken != image).then_some("changed"),
            Progress::Waiting(_) => Some("waits"),
        };
        for (image, reason) in [
            ("r.test/factory/services/team/one/web@sha256:1", None),
            ("r.test/factory/services/team/other/web@sha256:1", None),
            ("r.test/factory/shared/web@sha256:1", None),
            ("r.test/factory/services/teams/one/web@sha256:1", Some("ImageOfAnother")),
            ("r.test/factory/services/other/one/web@sha256:1", Some("ImageOfAnother")),
            ("r.test/factory/services@sha256:1", None),
            ("r.test/factoryservices/team/one/web@sha256:1", Some("RegistryNotListed")),
            ("r.test.evil/factory/services/team/one/web@sha256:1", Some("RegistryNotListed")),
        ] {
            assert_eq!(refused(image), reason, "{image}");
        }
    }

    #[test]
    fn a_parameter_that_the_strategy_does_not_have_is_named_with_those_it_has() {
        let strategy: BuildStrategySpec = serde_json::from_value(serde_json::json!({
            "description": "", "timeoutSeconds": 60, "steps": [], "parameters": [{"name": "containerfile", "description": "", "default": "Containerfile"}],
        }))
        .unwrap();
        let build = |parameter: &str| -> Build {
            serde_json::from_value(serde_json::json!({"strategy": "s", "parameters": {parameter: "web/Containerfile"}}))
                .unwrap()
        };
        assert_eq!(unknown_parameter(&build("containerfile"), &strategy), None);
        let why = unknown_parameter(&build("containrfile"), &strategy).unwrap();
        assert!(why.contains("`containrfile`") && why.contains("(known: containerfile)"), "{why}");
    }
}
