//! Stage `Built`, second step: for each image that the factory built, where it comes from (SLSA v1), signed
//! with the builder key and put beside the image. It says nothing of how the image did: that is the
//! dossier's, which is public only when the entry is.
//!
//! Written from what the API server knows of the Job: the same build gives the same bytes, however often
//! it is looked at.

use factory_assurance::{
    dsse,
    provenance::{Dependency, Metadata, PREDICATE, Parameters, Provenance, Source},
};
use factory_crds::{ReleaseStatus, state_service::Build};
use k8s_openapi::{
    api::{
        batch::v1::Job,
        core::v1::{ContainerStatus, Pod},
    },
    jiff::Timestamp,
};
use kube::{Api, ResourceExt as _};

use super::{
    ReleaseError,
    attempt::Attempt,
    attest,
    build::{self, BuiltBundle},
    jobs,
};
use crate::{
    artifacts::Artifacts,
    context::{BUILD_NAMESPACE, Context},
    stage::Progress,
};

/// Annotations of an image by which buildah names what it began from.
const BASE_NAME: &str = "org.opencontainers.image.base.name";
const BASE_DIGEST: &str = "org.opencontainers.image.base.digest";

/// Says where each image of `bundle` comes from that was built, and keeps in `facts` where that is said.
pub async fn images(
    context: &Context,
    attempt: &Attempt,
    bundle: &BuiltBundle,
    facts: &mut ReleaseStatus,
) -> Result<Progress<()>, ReleaseError> {
    // A run that is under way is not held up: its results are kept for a while only.
    if facts.announcement.is_some() {
        return Ok(Progress::Done(()));
    }
    let api: Api<Job> = Api::namespaced(context.client.clone(), BUILD_NAMESPACE);
    let artifacts = Artifacts::new(&attempt.lab.registry);
    for component in &attempt.spec.components {
        let name = &component.name;
        let (Some(build), Some(image)) = (&component.build, bundle.bundle.images.get(name)) else { continue };
        if component.image.is_some() || facts.provenance.contains_key(name) {
            continue;
        }
        // A Job that is gone was cleared away a day ago: what nobody can look at, nobody says.
        let Some(job) = api.get_opt(&build::job(attempt, name)).await? else { continue };
        let pod = jobs::pod(&context.client, &job).await?;
        let base = match artifacts.annotations(image).await {
            Ok(annotations) => annotations,
            Err(refusal) => return Ok(attest::unavailable(name, &refusal)),
        };
        let base = base.get(BASE_NAME).zip(base.get(BASE_DIGEST)).map(|(name, digest)| format!("{name}@{digest}"));
        let said = compose(parameters(attempt, name, build), &job, pod.as_ref(), base.as_deref());
        let keys = context.keys.now();
        let envelope = dsse::sign(&said.into_statement(image), keys.builder.at(Timestamp::now()))?;
        match artifacts.attach(image, PREDICATE, &envelope).await {
            Ok(artifact) => drop(facts.provenance.insert(name.clone(), artifact)),
            Err(refusal) => return Ok(attest::unavailable(name, &refusal)),
        }
    }
    Ok(Progress::Done(()))
}

fn parameters(attempt: &Attempt, component: &str, build: &Build) -> Parameters {
    Parameters {
        source: Source {
            uri: attempt.spec.source.git.clone(),
            reference: attempt.spec.source.reference.clone(),
            commit: attempt.pinned.commit.clone(),
        },
        component: component.to_owned(),
        strategy: build.strategy.clone(),
        context: build.context.clone(),
        parameters: build.parameters.clone(),
    }
}

/// What is known of the build `job` that ran in `pod`, and of what its image began from, `base`.
fn compose(parameters: Parameters, job: &Job, pod: Option<&Pod>, base: Option<&str>) -> Provenance {
    let commit = [("gitCommit".to_owned(), parameters.source.commit.clone())].into();
    let mut dependencies = vec![Dependency {
        name: "source".to_owned(),
        uri: format!("git+{}@{}", parameters.source.uri, parameters.source.reference),
        digest: commit,
    }];
    dependencies.extend(base.and_then(|base| Dependency::image("base image", base)));
    let status = pod.and_then(|pod| pod.status.as_ref());
    let steps = status.into_iter().flat_map(|status| {
        status.init_container_statuses.iter().flatten().chain(status.container_statuses.iter().flatten())
    });
    // What ran, not what was asked for by a tag.
    dependencies.extend(
        steps.filter_map(|step: &ContainerStatus| Dependency::image(&format!("step {}", step.name), &step.image_id)),
    );
    let status = job.status.as_ref();
    let metadata = Metadata {
        invocation_id: job.uid().unwrap_or_default(),
        started_on: status.and_then(|status| status.start_time.as_ref()).map(|time| time.0.to_string()),
        finished_on: status.and_then(|status| status.completion_time.as_ref()).map(|time| time.0.to_string()),
    };
    Provenance::new(parameters, dependencies, metadata)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parameters() -> Parameters {
        Parameters {
            source: Source {
                uri: "https://git.example.kg/a.git".to_owned(),
                reference: "main".to_owned(),
                commit: "a".repeat(40),
            },
            component: "web".to_owned(),
            strategy: "containerfile".to_owned(),
            context: ".".to_owned(),
            parameters: [].into(),
        }
    }

    fn image(name: &str, digit: &str) -> String {
        format!("{name}@sha256:{}", digit.repeat(64))
    }

    #[test]
    fn it_names_what_ran_and_leaves_out_what_nobody_saw() {
        let job: Job = serde_json::from_value(json!({
            "metadata": {"uid": "0f-1"},
            "status": {"startTime": "2026-01-02T03:04:05Z", "completionTime": "2026-01-02T03:05:06Z"},
        }))
        .unwrap();
        let status = |name: &str, id: &str| json!({"name": name, "image": "r/base/builder:bookworm", "imageID": id, "ready": false, "restartCount": 0});
        let pod: Pod = serde_json::from_value(json!({"status": {
            "initContainerStatuses": [status("source", &image("r/base/builder", "1"))],
            // The runtime gives no digest of an image that it was handed as a file.
            "containerStatuses": [status("push", "sha256:22")],
        }}))
        .unwrap();
        let said = compose(parameters(), &job, Some(&pod), Some(&image("r/base/debian", "3")));
        let said = serde_json::to_value(said.into_statement(&image("r/services/t/s/web", "4"))).unwrap();
        let sha256 = |digit: &str| json!({"sha256": digit.repeat(64)});
        assert_eq!(said["subject"], json!([{"name": "r/services/t/s/web", "digest": sha256("4")}]));
        let definition = &said["predicate"]["buildDefinition"];
        assert_eq!(
            definition["resolvedDependencies"],
            json!([
                {"name": "source", "uri": "git+https://git.example.kg/a.git@main", "digest": {"gitCommit": "a".repeat(40)}},
                {"name": "base image", "uri": "r/base/debian", "digest": sha256("3")},
                {"name": "step source", "uri": "r/base/builder", "digest": sha256("1")},
            ])
        );
        assert_eq!(definition["externalParameters"]["source"]["ref"], "main");
        assert_eq!(
            said["predicate"]["runDetails"]["metadata"],
            json!({"invocationId": "0f-1", "startedOn": "2026-01-02T03:04:05Z", "finishedOn": "2026-01-02T03:05:06Z"})
        );
    }

    #[test]
    fn a_pod_that_is_gone_takes_nothing_of_the_source_along() {
        let said = compose(parameters(), &Job::default(), None, None);
        let names: Vec<_> = said.build_definition.resolved_dependencies.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["source"]);
    }
}
