//! Beside `prove`: the release that the regulator confirmed last, which the candidate is measured beside. It is put up as it
//! was: by its own manifest, which its `Release` keeps, of its own images by digest, and with databases and passwords of its
//! own, in a namespace of its own that goes with the candidate's release. Nothing of the manifest under test is in it.

use std::cmp::Reverse;

use factory_assurance::{
    plan::{ComparisonPlan, Plan, Reference},
    wire::Beside,
};
use factory_crds::{Json, Release, ReleaseStatus, condition};
use k8s_openapi::{api::core::v1::Namespace, apimachinery::pkg::apis::meta::v1::Time, jiff::Timestamp};
use kube::{Api, api::ListParams};

use super::{
    ReleaseError,
    attempt::{Attempt, AttemptError},
    deploy,
    experiment::OpenExperiment,
    lab_run,
    plan::{
        self,
        comparison::{self, Confirmed},
    },
    record::WITHDRAWN,
};
use crate::{
    apply::{self, WriteError},
    context::Context,
    error, manifests,
    stage::{Progress, Why},
};

/// Of so many that were confirmed, the newest first, the register is asked which was the last: two that were confirmed
/// within one look stand in either order.
const CHOICES: usize = 3;

/// So long, in seconds, a release that does not come up is waited for.
const PATIENCE_SECONDS: i64 = 300;
/// Codes of the API server for what will not be otherwise the next time.
const REFUSALS: [u16; 4] = [400, 403, 413, 422];
/// Its code for a namespace that is going already.
const CONFLICT: u16 = 409;

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
#[must_use]
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
    found.sort_by_key(|(confirmed, _)| Reverse(confirmed.0));
    found.into_iter().map(|(_, release)| release).collect()
}

/// Puts up the release that the plan of `run` compares the candidate of `attempt` with, which has the lab. Whatever keeps
/// it from coming up is waited for no longer than [`PATIENCE_SECONDS`]: it holds the lab meanwhile.
pub async fn stand_up(context: &Context, attempt: &Attempt, run: &OpenExperiment) -> Result<Standing, ReleaseError> {
    let Some(reference) = planned_in(run) else { return Ok(Standing::Nowhere) };
    let nowhere = |why: &str| {
        tracing::warn!(release = %attempt.name, reference = %reference.release, why, "nothing to compare with");
        Standing::Nowhere
    };
    let releases: Api<Release> = Api::namespaced(context.client.clone(), &attempt.participant);
    let release = releases.get_opt(&reference.release).await?;
    // One of the same name that was made since is another.
    let Some(release) = release.filter(|release| is(release, reference)) else {
        return Ok(nowhere("the last confirmed release is gone"));
    };
    let mut before = match Attempt::read(context, &release).await {
        Err(AttemptError::Pinned(error)) => return Ok(nowhere(&error.to_string())),
        read => read?,
    };
    // Its own standard may rotate secrets, and nobody does that here: what follows them is not asked for.
    before.standard.faults.clear();
    let status = release.status.unwrap_or_default();
    let place = manifests::Place {
        namespace: manifests::reference_namespace(&attempt.uid),
        release: (&attempt.name, &attempt.uid),
        ..before.candidate()
    };
    // Before all else: from its making on it is known for how long this has been tried.
    let namespace = apply::cluster(&context.client, &manifests::namespace::build(&place)).await?;
    let candidate = manifests::candidate_namespace(&attempt.uid);
    let images = (&status.images, &status.databases);
    let why = match deploy::stand_up(context, &before, &place, images, false, Some(&candidate)).await {
        Ok(Progress::Done(())) => {
            return Ok(Standing::Ready(Beside {
                namespace: place.namespace,
                entry: before.spec.ingress.component.clone(),
                ports: lab_run::ports(&before.spec),
                host: before.spec.ingress.host.clone(),
                speech: lab_run::speech(&before.spec),
            }));
        }
        Ok(Progress::Waiting(why)) if !is_late(&namespace, Timestamp::now()) => {
            let message = format!("the last confirmed release {}: {}", reference.release, why.message);
            return Ok(Standing::Waiting(Why::new(why.reason, message)));
        }
        Err(error) if !is_refused(&error) && !is_late(&namespace, Timestamp::now()) => return Err(error),
        // It ran once, so that is no fault of the candidate's: the verdict says that nobody knows.
        Ok(Progress::Waiting(why) | Progress::Stopped(why)) => format!("{}: {}", why.reason, why.message),
        Err(error) => error::chain(&error),
    };
    // What goes on starting beside the load would disturb it.
    stand_down(context, attempt, run).await?;
    Ok(nowhere(&why))
}

/// Whether the release of `namespace` has been waited for long enough at `now`.
fn is_late(namespace: &Namespace, now: Timestamp) -> bool {
    let made = namespace.metadata.creation_timestamp.as_ref();
    made.is_some_and(|made| now.as_second() - made.0.as_second() >= PATIENCE_SECONDS)
}

/// Whether the API server refused what was written for what it is: it would again.
fn is_refused(error: &ReleaseError) -> bool {
    let source = match error {
        ReleaseError::Write(error) => &error.source,
        ReleaseError::Api(error) => error,
        _ => return false,
    };
    matches!(source, kube::Error::Api(status) if REFUSALS.contains(&status.code))
}

/// Clears it away, if there is one: it has been measured. Asked again, while it goes and when it is gone, it does nothing.
pub async fn stand_down(context: &Context, attempt: &Attempt, run: &OpenExperiment) -> Result<(), WriteError> {
    if planned_in(run).is_none() {
        return Ok(());
    }
    let namespaces: Api<Namespace> = Api::all(context.client.clone());
    match apply::delete(&namespaces, &manifests::reference_namespace(&attempt.uid)).await {
        Err(WriteError { source: kube::Error::Api(status), .. }) if status.code == CONFLICT => Ok(()),
        ended => ended,
    }
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
        for release in &mut others {
            release.spec.service = "another".to_owned();
        }
        assert_eq!(names(others), [""; 0]);
        let mut rehearsed = all();
        for release in &mut rehearsed {
            release.spec.rehearsal = true;
        }
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
    fn a_release_that_does_not_come_up_is_waited_for_no_longer_than_that() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut namespace = Namespace::default();
        assert!(!is_late(&namespace, at(1_000_000)));
        namespace.metadata.creation_timestamp = Some(Time(at(1_000)));
        assert!(!is_late(&namespace, at(1_299)) && is_late(&namespace, at(1_300)));
    }

    #[test]
    fn what_the_api_server_refuses_for_what_it_is_is_not_tried_again() {
        let answered = |code: u16| kube::core::Status { code, ..kube::core::Status::default() };
        for (code, refused) in [(422, true), (403, true), (409, false), (429, false), (500, false), (503, false)] {
            let source = || kube::Error::Api(Box::new(answered(code)));
            let (verb, kind, name) = ("apply", "Deployment".to_owned(), "web".to_owned());
            let written = ReleaseError::Write(WriteError { verb, kind, name, source: source() });
            assert_eq!((is_refused(&written), is_refused(&source().into())), (refused, refused), "{code}");
        }
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
