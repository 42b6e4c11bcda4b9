//! Between announcement and lab: the `Experiment` that says, to everybody who may read the
//! participant's namespace, what was announced and is now carried out. Its status follows from the
//! release and is never written here.

use factory_assurance::plan::Plan;
use factory_crds::{Experiment, ExperimentSpec, Json, Release};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::{Api, Resource as _, ResourceExt as _};

use super::{ReleaseError, announce::AnnouncedPlan, attempt::Attempt};
use crate::{apply, context::Context, stage::Progress};

/// An announced run whose `Experiment` is there: a Job of the lab carries out nothing else.
pub struct OpenExperiment {
    /// What was announced.
    pub(super) announced: AnnouncedPlan,
}

/// Makes the `Experiment` of `attempt`, once; one that somebody deleted is made again.
pub async fn open(
    context: &Context,
    attempt: &Attempt,
    announced: AnnouncedPlan,
) -> Result<Progress<OpenExperiment>, ReleaseError> {
    // A rehearsal began with its Experiment: a team made that, and the release follows from it.
    if attempt.rehearsal() {
        return Ok(Progress::Done(OpenExperiment { announced }));
    }
    let experiments: Api<Experiment> = Api::namespaced(context.client.clone(), &attempt.participant);
    let known = match experiments.get_opt(&attempt.name).await? {
        Some(known) => known,
        None => apply::create_once(&context.client, &object(attempt, &announced.plan)?).await?,
    };
    if belongs(&known, attempt) {
        return Ok(Progress::Done(OpenExperiment { announced }));
    }
    // That of an earlier release of this name goes with it, by its owner reference.
    Ok(Progress::waiting(
        "ExperimentOfAnother",
        format!("waits until Experiment `{}`, which another release or a person made, is gone", attempt.name),
    ))
}

fn object(attempt: &Attempt, plan: &Plan) -> serde_json::Result<Experiment> {
    let spec = ExperimentSpec {
        service: attempt.pinned.service.clone(),
        release: attempt.name.clone(),
        rehearsal: false,
        plan: Some(Json(serde_json::to_value(plan)?)),
    };
    // The release's own name, so that a crash cannot make two.
    let mut experiment = Experiment::new(&attempt.name, spec);
    experiment.metadata.namespace = Some(attempt.participant.clone());
    experiment.metadata.owner_references = Some(vec![OwnerReference {
        api_version: Release::api_version(&()).into_owned(),
        kind: Release::kind(&()).into_owned(),
        name: attempt.name.clone(),
        uid: attempt.uid.clone(),
        controller: Some(true),
        block_owner_deletion: Some(true),
    }]);
    Ok(experiment)
}

/// Whether `experiment` was made for this very release, and not for one of the same name.
fn belongs(experiment: &Experiment, attempt: &Attempt) -> bool {
    !experiment.spec.rehearsal && experiment.owner_references().iter().any(|owner| owner.uid == attempt.uid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        release::plan,
        state_service::{examples, releases},
    };
    use factory_crds::EnvironmentSpec;

    fn attempt(uid: &str) -> Attempt {
        let (service, standard) = (examples::service(), examples::standard());
        let release = releases::due(&service, &"a".repeat(40), &standard, &[]).unwrap().unwrap();
        let environment: EnvironmentSpec = serde_json::from_value(serde_json::json!({
            "purpose": "lab", "gitHosts": [], "registry": {"prefix": "registry.test", "cidrs": [], "port": 443},
        }))
        .unwrap();
        Attempt {
            participant: "social-registry".to_owned(),
            name: release.name_any(),
            uid: uid.to_owned(),
            pinned: release.spec,
            spec: service.spec,
            standard: standard.spec,
            lab: environment.clone(),
            live: environment,
        }
    }

    #[test]
    fn the_experiment_has_the_name_of_its_release_and_the_plan_as_announced() {
        let attempt = attempt("uid");
        let plan = plan::compose(&attempt.spec, &attempt.standard).unwrap();
        let made = object(&attempt, &plan).unwrap();
        assert_eq!((made.name_any(), &made.spec.release), (attempt.name.clone(), &attempt.name));
        assert_eq!(made.namespace().as_deref(), Some("social-registry"));
        assert!(!made.spec.rehearsal);
        let written: Plan = serde_json::from_value(made.spec.plan.unwrap().0).unwrap();
        assert_eq!(written, plan);
    }

    #[test]
    fn only_what_this_very_release_made_is_its_experiment() {
        let (old, new) = (attempt("old"), attempt("new"));
        let plan = plan::compose(&old.spec, &old.standard).unwrap();
        let mut made = object(&old, &plan).unwrap();
        assert!(belongs(&made, &old));
        assert!(!belongs(&made, &new));
        made.spec.rehearsal = true;
        assert!(!belongs(&made, &old));
    }
}
