//! Journey: people reach what is theirs and nothing else (invariants 2, 11 and 12).

use factory_crds::{Experiment, LaunchPermit, Participant, Release, StateService};
use factory_journeys::{
    Failure, Person, ensure,
    fence::{acting_as, dry_run, may, no_create, no_list, patch_dry_run, refused, refused_for},
    people, register,
    register::Public,
    scene::Scene,
};
use k8s_openapi::api::{
    authentication::v1::TokenRequest,
    core::v1::{Namespace, Pod, Secret, ServiceAccount},
    rbac::v1::{Role, RoleBinding},
};
use kube::{
    Api,
    api::{ListParams, Patch},
};
use serde_json::{Value, json};

const DIGEST: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

#[tokio::test(flavor = "multi_thread")]
async fn a_team_reads_and_writes_nothing_of_another_participant() -> Result<(), Failure> {
    let (ours, theirs) = (Scene::of("journey-team-a").await?, Scene::of("journey-team-b").await?);
    let (team, other) = (&ours.team, theirs.participant.as_str());
    ours.services().list(&ListParams::default()).await?;
    no_list::<StateService>(team, other).await?;
    no_list::<Release>(team, other).await?;
    no_list::<Secret>(team, other).await?;
    let manifest = ours.manifest("queue-number", "stranger")?.named(other, "stranger").json();
    no_create::<StateService>(team, other, manifest).await?;
    // Nor does it become one of the other team, or of the factory.
    for (namespace, account) in [(other, "team"), ("factory-system", "factory-operator"), ("regulator", "regulator")] {
        let accounts: Api<ServiceAccount> = Api::namespaced(team.client.clone(), namespace);
        refused(
            &format!("token of {namespace}/{account}"),
            accounts.create_token_request(account, &dry_run(), &TokenRequest::default()).await,
        )?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_team_writes_no_release_no_permit_no_participant_and_no_right() -> Result<(), Failure> {
    let scene = Scene::of("journey-team-a").await?;
    let (team, own) = (&scene.team, scene.participant.as_str());
    let release = json!({"metadata": {"name": "made-up"}, "spec": {
        "service": "queue", "commit": "0".repeat(40), "specHash": DIGEST, "manifest": {}, "standard": "basic",
        "standardSpec": {}, "attempt": 1,
    }});
    no_create::<Release>(team, own, release).await?;
    no_create::<LaunchPermit>(team, own, permit()).await?;
    no_create::<Secret>(team, "factory-system", json!({"metadata": {"name": "made-up"}})).await?;
    no_create::<RoleBinding>(
        team,
        own,
        json!({
            "metadata": {"name": "made-up"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        }),
    )
    .await?;
    no_create::<Pod>(
        team,
        own,
        json!({"metadata": {"name": "made-up"}, "spec": {"containers": [{"name": "c", "image": "x"}]}}),
    )
    .await?;
    let participants: Api<Participant> = Api::all(team.client.clone());
    let widened = json!({"spec": {"groups": ["system:authenticated"]}});
    refused("its own Participant", participants.patch(own, &patch_dry_run(), &Patch::Merge(widened)).await)?;
    let namespaces: Api<Namespace> = Api::all(team.client.clone());
    let labelled = json!({"metadata": {"labels": {"factory.gov.kg/environment": "lab"}}});
    refused("its namespace's labels", namespaces.patch(own, &patch_dry_run(), &Patch::Merge(labelled)).await)
}

/// Whatever stands in the namespace as announced was announced (invariant 4).
#[tokio::test(flavor = "multi_thread")]
async fn a_team_makes_rehearsals_and_no_experiment_that_counts() -> Result<(), Failure> {
    let scene = Scene::of("journey-team-a").await?;
    let own = scene.participant.as_str();
    let make = async |person: &Person, metadata: Value, spec: Value| {
        let experiments: Api<Experiment> = Api::namespaced(person.client.clone(), own);
        let experiment: Experiment = serde_json::from_value(json!({"metadata": metadata, "spec": spec}))?;
        Ok::<_, Failure>(experiments.create(&dry_run(), &experiment).await)
    };
    let rehearsal = json!({"service": "queue", "rehearsal": true});
    make(&scene.team, json!({"generateName": "queue-rehearsal-"}), rehearsal.clone()).await??;

    // Rights do not help: admission asks who it is, not what they may.
    let (like_a_release, other) = (json!({"name": "queue-0a1b2c3d-1"}), json!({"name": "made-up"}));
    let forged = json!({"service": "queue", "release": "queue-0a1b2c3d-1", "plan": {"entry": "queue"}});
    for person in [&scene.team, &scene.people.engineer] {
        for (metadata, spec, field) in [
            (&like_a_release, &forged, "spec.rehearsal: must be true"),
            (&other, &forged, "spec.rehearsal: must be true"),
            (&like_a_release, &rehearsal, "metadata.name: names that end like a release's"),
        ] {
            let answer = make(person, metadata.clone(), spec.clone()).await?;
            refused_for(field, 403, answer)?;
        }
    }
    // What says nothing true is refused by the kind itself, whoever makes it.
    let empty = json!({"service": "queue"});
    refused_for("spec.rehearsal: an experiment made by a team", 422, make(&scene.team, other.clone(), empty).await?)?;
    let planned = json!({"service": "queue", "rehearsal": true, "plan": {"entry": "queue"}});
    refused_for("spec.release, spec.plan: a rehearsal names neither", 422, make(&scene.team, other, planned).await?)?;

    // The operator makes them, and nobody has anybody's changed or deleted.
    let operator = "system:serviceaccount:factory-system:factory-operator";
    ensure(may(&scene, operator, "create", "experiments").await?, || "the operator cannot do its work".to_owned())?;
    for verb in ["update", "patch", "delete"] {
        ensure(!may(&scene, operator, verb, "experiments").await?, || format!("the operator may {verb} experiments"))?;
    }
    let experiments: Api<Experiment> = Api::namespaced(scene.team.client.clone(), own);
    let passed = json!({"status": {"message": "Passed"}});
    refused("an experiment's status", experiments.patch_status("any", &patch_dry_run(), &Patch::Merge(passed)).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_read_secrets_writes_no_manifest_that_names_one() -> Result<(), Failure> {
    let scene = Scene::of("journey-team-a").await?;
    let (engineer, own) = (&scene.people.engineer.client, scene.participant.as_str());
    let name = "journey-author";
    let rules = json!([{"apiGroups": ["factory.gov.kg"], "resources": ["stateservices"], "verbs": ["create"]}]);
    people::put::<Role>(&Api::namespaced(engineer.clone(), own), name, json!({"rules": rules})).await?;
    let bound = json!({
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
        "subjects": [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": name}],
    });
    people::put::<RoleBinding>(&Api::namespaced(engineer.clone(), own), name, bound).await?;
    let author = acting_as(&scene, name).await?;
    let without = scene.manifest("queue-number", "authored")?;
    let reference = json!([{"env": "KEY", "secret": "tickets", "key": "key"}]);
    let with = without.clone().with("/spec/components/0/secrets", reference);
    no_create::<StateService>(&author, own, with.json()).await?;
    for (person, manifest) in [(&author, &without), (&scene.team, &with)] {
        let services: Api<StateService> = Api::namespaced(person.client.clone(), own);
        services.create(&dry_run(), &serde_json::from_value(manifest.json())?).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_team_cannot_confirm_and_another_team_cannot_see_the_result() -> Result<(), Failure> {
    let (ours, theirs) = (Scene::of("journey-standing").await?, Scene::of("journey-team-b").await?);
    let release = ours.launched("queue-number", "standing").await?;
    let submission = release.status.unwrap_or_default().submission;
    ensure(!submission.is_empty(), || "the release names no submission".to_owned())?;

    let public = Public::read(&ours.team).await?;
    let (host, _) = factory_journeys::web::parts(&public.register);
    let path = format!("/api/v1/submissions/{submission}");
    let own = register::token(&ours.team, &ours.participant, "team").await?;
    let foreign = register::token(&theirs.team, &theirs.participant, "team").await?;
    let mut state = Value::Null;
    for (token, allowed) in [(Some(own.as_str()), true), (Some(foreign.as_str()), false), (None, false)] {
        let page = ours.web.get_as(token, host, &path).await?;
        ensure((page.status == 200) == allowed, || format!("{path}: {} {}", page.status, page.body))?;
        if allowed {
            state = serde_json::from_str(&page.body)?;
        }
    }

    // Not even a statement that the regulator signed is taken from anybody else: the register asks
    // who sends it. The regulator may send it again, and nothing changes.
    let regulator = register::token(&ours.people.regulator, "regulator", "regulator").await?;
    let body = json!({"confirmation": state["confirmation"]});
    ensure(body["confirmation"].is_object(), || format!("the owner does not see the confirmation: {state}"))?;
    let path = format!("{path}/confirmation");
    for (token, wanted) in [(Some(own.as_str()), 403), (None, 401), (Some(regulator.as_str()), 200)] {
        let page = ours.web.post_as(token, host, &path, &body).await?;
        ensure(page.status == wanted, || format!("{path}: {} instead of {wanted}: {}", page.status, page.body))?;
    }
    Ok(())
}

fn permit() -> Value {
    json!({"metadata": {"name": "live"}, "spec": {"bundles": [], "images": []}})
}
