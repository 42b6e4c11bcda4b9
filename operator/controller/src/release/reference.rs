//! Beside `prove`: the release that the regulator confirmed last, which the candidate is measured beside. It is put up as it
//! was: by its own manifest, which its `Release` keeps, of its own images by digest, and with databases and passwords of its
//! own, in a namespace of its own that goes with the candidate's release. Nothing of the manifest under test is in it.

use factory_assurance::{
    plan::{ComparisonPlan, Plan, Reference},
    wire::Beside,
};
use factory_crds::{Json, Release, ReleaseStatus, condition};
use k8s_openapi::{api::core::v1::Namespace, apimachinery::pkg::apis::meta::v1::Time};
use kube::{Api, api::ListParams};

use super::{
    ReleaseError,
    attempt::Attempt,
    deploy,
    experiment::OpenExperiment,
    plan::{
        self,
        comparison::{self, Confirmed},
    },
    record::WITHDRAWN,
    verify,
};
use crate::{
    apply::{self, WriteError},
    context::Context,
    manifests,
    stage::{Progress, Why},
};

/// Of so many that were confirmed, the newest first, the register is asked which was the last: two that were confirmed
/// within one look stand in either order.
const CHOICES: usize = 3;

/// How far the release is that a candidate is measured beside.
pub enum Standing {
    /// All of its pods are ready, and it is asked there.
    Ready(Beside),
    /// What is waited for.
    Waiting(Why),
    /// None is planned, or it does not come up: then nobody asks it, and the verdict says so.
    Nowhere,
}

/// The comparisons that could be announced for `attempt`, whose plan is otherwise `composed`: with each of the releases that
/// were confirmed, and then with none; nothing where the standard asks for none. The register takes one of them.
pub async fn choices(
    context: &Context,
    attempt: &Attempt,
    composed: &Plan,
) -> Result<Vec<Option<ComparisonPlan>>, kube::Error> {
    if attempt.standard.comparison.is_none() {
        return Ok(vec![None]);
    }
    let releases: Api<Release> = Api::namespaced(context.client.clone(), &attempt.participant);
    let confirmed = confirmed(releases.list(&ListParams::default()).await?.items, &attempt.pinned.service);
    let plan = |release: Option<&Release>| {
        let name = release.map(kube::ResourceExt::name_any);
        let confirmed = release.zip(name.as_deref()).map(|(release, name)| Confirmed {
            release: name,
            bundle: release.status.as_ref().map_or("", |status| status.bundle.as_str()),
            plan: planned(release),
        });
        comparison::plan(&attempt.standard, &composed.prove.load, confirmed.as_ref())
    };
    // None where the register knows of a withdrawal that has not been seen here.
    Ok(confirmed.iter().take(CHOICES).map(Some).chain([None]).map(plan).collect())
}

/// The comparison of `facts`, as announced.
pub fn announced(facts: &ReleaseStatus) -> Option<ComparisonPlan> {
    facts.comparison.as_ref().and_then(|Json(value)| serde_json::from_value(value.clone()).ok())
}

/// The plan that the manifest of `release` gave; nothing where it gives none any more.
fn planned(release: &Release) -> Option<Plan> {
    let standard = serde_json::from_value(release.spec.standard_spec.0.clone()).ok()?;
    plan::compose(&release.spec.state_service().ok()?, &standard).ok()
}

/// Those of `releases` of `service` that the regulator confirmed and nobody withdrew, the newest confirmation first.
fn confirmed(releases: Vec<Release>, service: &str) -> Vec<Release> {
    let mut found: Vec<(Time, Release)> = releases
        .into_iter()
        .filter(|release| release.spec.service == service && !release.spec.rehearsal)
        .filter_map(|release| {
            let conditions = release.status.as_ref().map(|status| status.conditions.as_slice()).unwrap_or_default();
            let gone =
                ["Registered", "Launched"].into_iter().any(|of| condition::has_reason(conditions, of, WITHDRAWN));
            let confirmed = conditions.iter().find(|of| of.type_ == "Confirmed" && of.status == "True");
            let at = confirmed.filter(|_| !gone)?.last_transition_time.clone();
            Some((at, release))
        })
        .collect();
    found.sort_by(|(one, _), (other, _)| other.0.cmp(&one.0));
    found.into_iter().map(|(_, release)| release).collect()
}

/// Puts up the release that the plan of `run` compares the candidate of `attempt` with.
pub async fn stand_up(context: &Context, attempt: &Attempt, run: &OpenExperiment) -> Result<Standing, ReleaseError> {
    let Some(reference) = planned_in(run) else { return Ok(Standing::Nowhere) };
    let releases: Api<Release> = Api::namespaced(context.client.clone(), &attempt.participant);
    let release = releases.get_opt(&reference.release).await?;
    // One of the same name that was made since is another.
    let Some(release) = release.filter(|release| is(release, reference)) else {
        tracing::warn!(release = %attempt.name, reference = %reference.release, "the last confirmed release is gone");
        return Ok(Standing::Nowhere);
    };
    let (before, status) = (Attempt::read(context, &release).await?, release.status.unwrap_or_default());
    let place = manifests::Place {
        namespace: manifests::reference_namespace(&attempt.uid),
        release: (&attempt.name, &attempt.uid),
        ..before.candidate()
    };
    let images = (&status.images, &status.databases);
    Ok(match deploy::stand_up(context, &before, &place, images, false).await? {
        Progress::Done(()) => Standing::Ready(Beside {
            namespace: place.namespace,
            entry: before.spec.ingress.component.clone(),
            ports: verify::ports(&before.spec),
            host: before.spec.ingress.host.clone(),
            speech: verify::speech(&before.spec),
        }),
        Progress::Waiting(why) => {
            let message = format!("the last confirmed release {}: {}", reference.release, why.message);
            Standing::Waiting(Why::new(why.reason, message))
        }
        // It ran once, so that is no fault of the candidate's: the verdict says that nobody knows.
        Progress::Stopped(why) => {
            tracing::warn!(release = %attempt.name, reason = why.reason, message = %why.message, "nothing to compare with");
            Standing::Nowhere
        }
    })
}

/// Clears it away, if there is one: it has been measured.
pub async fn stand_down(context: &Context, attempt: &Attempt, run: &OpenExperiment) -> Result<(), WriteError> {
    if planned_in(run).is_none() {
        return Ok(());
    }
    let namespaces: Api<Namespace> = Api::all(context.client.clone());
    apply::delete(&namespaces, &manifests::reference_namespace(&attempt.uid)).await
}

fn planned_in(run: &OpenExperiment) -> Option<&Reference> {
    run.announced.plan.prove.comparison.as_ref()?.reference()
}

/// Whether `release` is the one that was announced.
fn is(release: &Release, reference: &Reference) -> bool {
    release.status.as_ref().is_some_and(|status| status.bundle == reference.bundle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state_service::{examples, releases};
    use factory_crds::condition::condition;
    use k8s_openapi::jiff::Timestamp;

    const SERVICE: &str = "registered-address";

    /// A release with conditions, each with its status, reason and second.
    fn release(name: &str, conditions: &[(&str, &str, &str, i64)]) -> Release {
        let service = examples::service();
        let mut release = releases::due(&service, &"a".repeat(40), &examples::standard(), &[]).unwrap().unwrap();
        release.metadata.name = Some(name.to_owned());
        let conditions = conditions.iter().map(|(of, status, reason, second)| {
            condition(of, status, reason, "", None, Time(Timestamp::from_second(*second).unwrap()))
        });
        let conditions = conditions.collect();
        release.status =
            Some(ReleaseStatus { conditions, bundle: format!("sha256:{name}"), ..ReleaseStatus::default() });
        release
    }

    fn names(releases: Vec<Release>) -> Vec<String> {
        confirmed(releases, SERVICE).iter().map(kube::ResourceExt::name_any).collect()
    }

    #[test]
    fn the_last_confirmed_release_comes_first_and_what_was_not_confirmed_or_was_withdrawn_never() {
        let yes = |second| ("Confirmed", "True", "Done", second);
        let all = || {
            vec![
                release("late", &[yes(9)]),
                release("first", &[yes(1)]),
                release("last", &[yes(30)]),
                release("waits", &[("Confirmed", "Unknown", "AwaitingRegulator", 40)]),
                release("revoked", &[("Confirmed", "False", "Revoked", 50)]),
                release("withdrawn", &[yes(60), ("Launched", "False", WITHDRAWN, 61)]),
            ]
        };
        assert_eq!(names(all()), ["last", "late", "first"]);
        let mut others = all();
        others.iter_mut().for_each(|release| release.spec.service = "another".to_owned());
        assert_eq!(names(others), [""; 0]);
        let mut rehearsed = all();
        rehearsed.iter_mut().for_each(|release| release.spec.rehearsal = true);
        assert_eq!(names(rehearsed), [""; 0]);
    }

    #[test]
    fn what_was_announced_stays_and_a_release_of_the_same_name_is_another() {
        let reference = Reference {
            release: "last".to_owned(),
            bundle: "sha256:last".to_owned(),
            blocks: 8,
            seconds: 4,
            warm_up_seconds: 1,
            requests_per_minute: 60,
            operations: vec![0],
        };
        assert!(is(&release("last", &[]), &reference) && !is(&release("first", &[]), &reference));
        let plan = ComparisonPlan::Reference(reference);
        let facts =
            ReleaseStatus { comparison: serde_json::to_value(&plan).ok().map(Json), ..ReleaseStatus::default() };
        assert_eq!(announced(&facts), Some(plan));
        assert_eq!(announced(&ReleaseStatus::default()), None);
    }

    #[test]
    fn the_plan_of_a_confirmed_release_is_that_of_its_own_manifest() {
        let before = planned(&release("last", &[])).unwrap();
        assert_eq!(before, plan::compose(&examples::service().spec, &examples::standard().spec).unwrap());
        let mut unreadable = release("last", &[]);
        unreadable.spec.manifest = Json(serde_json::json!({}));
        assert_eq!(planned(&unreadable), None);
    }
}
