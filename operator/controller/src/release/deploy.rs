//! Stage `Deployed`: the candidate, in a namespace of its own on the lab's nodes.

use std::collections::BTreeMap;

use factory_crds::ReleaseStatus;

use super::{ReleaseError, attempt::Attempt, build::BuiltBundle, databases, rollout, secrets};
use crate::{
    apply,
    context::Context,
    manifests::{Place, control, deployment, disruption, namespace, near, network, service, service_account},
    stage::{Progress, Why},
};

/// A candidate whose every pod is ready.
pub struct Candidate {
    /// Its namespace.
    pub(super) namespace: String,
}

/// Applies the bundle to the candidate's namespace; done when every component is ready.
pub async fn candidate(
    context: &Context,
    attempt: &Attempt,
    bundle: &BuiltBundle,
    facts: &ReleaseStatus,
) -> Result<Progress<Candidate>, ReleaseError> {
    let place = attempt.candidate();
    // Ready once is enough: from then on the lab breaks it, and nothing of ours may stand it up again.
    if facts.announcement.is_some() {
        return Ok(Progress::Done(Candidate { namespace: place.namespace }));
    }
    match objects(context, attempt, &place, (&bundle.bundle.images, &bundle.bundle.databases)).await? {
        Progress::Done(()) => Ok(Progress::Done(Candidate { namespace: place.namespace })),
        Progress::Waiting(why) => Ok(Progress::Waiting(why)),
        Progress::Stopped(why) => Ok(Progress::Stopped(why)),
    }
}

/// Images by digest, by the name of component or binding.
pub(super) type Images = BTreeMap<String, String>;

/// Applies all objects of the service at `place`, made of the images of its components and of its databases; done
/// when every component is ready. Used for the candidate and for the launch, so that both are the same; beside a
/// candidate stands the control.
pub async fn objects(
    context: &Context,
    attempt: &Attempt,
    place: &Place<'_>,
    images: (&Images, &Images),
) -> Result<Progress<()>, ReleaseError> {
    stand_up(context, attempt, place, images, !place.is_live(), None).await
}

/// The same, with or without the control, and where it can on the nodes of what stands in the namespace `beside_in`.
pub(super) async fn stand_up(
    context: &Context,
    attempt: &Attempt,
    place: &Place<'_>,
    (images, of_databases): (&Images, &Images),
    controlled: bool,
    beside_in: Option<&str>,
) -> Result<Progress<()>, ReleaseError> {
    let client = &context.client;
    // Before anything is made, so that nothing stands about half done while a team is waited for.
    let secrets = match secrets::read(context, attempt, place).await? {
        Progress::Done(secrets) => secrets,
        Progress::Waiting(why) => return Ok(Progress::Waiting(why)),
        Progress::Stopped(why) => return Ok(Progress::Stopped(why)),
    };
    apply::cluster(client, &namespace::build(place)).await?;
    for policy in network::build(place, &attempt.spec) {
        apply::namespaced(client, &policy).await?;
    }
    secrets.offer(client, place).await?;
    let beside = if controlled { beside(context, attempt, place).await? } else { None };
    if let Progress::Waiting(why) | Progress::Stopped(why) =
        databases::put_up(client, place, &attempt.spec, of_databases).await?
    {
        return Ok(Progress::Waiting(why));
    }
    let mut waiting: Option<Why> = None;
    for component in &attempt.spec.components {
        let image = images.get(&component.name).map_or("", String::as_str);
        apply::namespaced(client, &service_account::build(place, component)).await?;
        apply::namespaced(client, &service::build(place, component)).await?;
        apply::namespaced(client, &disruption::build(place, component)).await?;
        let mark = secrets.mark(component);
        let bindings = &attempt.spec.bindings;
        let mut built = deployment::build(place, bindings, component, image, mark);
        if let Some(namespace) = beside_in {
            built = near::prefer(built, &component.name, namespace);
        }
        let made = apply::namespaced(client, &built).await?;
        match rollout::of(client, component, &made).await? {
            Progress::Done(()) => {}
            Progress::Waiting(why) => _ = waiting.get_or_insert(why),
            Progress::Stopped(why) => return Ok(Progress::Stopped(why)),
        }
    }
    // What the team can do something about comes first.
    if let Some(why) = waiting.or(beside) {
        return Ok(Progress::Waiting(why));
    }
    secrets.settle(client, place).await?;
    Ok(Progress::Done(()))
}

/// Puts the control beside the candidate at `place`; what is waited for, if anything. That it cannot start is never
/// the service's fault.
async fn beside(context: &Context, attempt: &Attempt, place: &Place<'_>) -> Result<Option<Why>, ReleaseError> {
    let client = &context.client;
    let component = control::component(&attempt.spec.components);
    apply::namespaced(client, &network::of_control(place, &component)).await?;
    apply::namespaced(client, &service_account::build(place, &component)).await?;
    let image = &context.settings.lab_image;
    let made = apply::namespaced(client, &control::build(place, &component, image)).await?;
    Ok(match rollout::of(client, &component, &made).await? {
        Progress::Done(()) => None,
        Progress::Waiting(why) | Progress::Stopped(why) => Some(why),
    })
}
