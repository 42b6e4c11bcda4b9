//! Driver of a `Participant`: its namespace, the rights of its groups there, its quota, and a
//! network policy that lets nothing in or out (items 14 and 66, invariant 12).

mod quota;

use std::{sync::Arc, time::Duration};

use factory_crds::{Participant, ParticipantStatus, condition};
use k8s_openapi::{
    api::{
        core::v1::Namespace,
        networking::v1::{NetworkPolicy, NetworkPolicySpec},
        rbac::v1::{RoleBinding, RoleRef, Subject},
    },
    apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta, Time},
    jiff::Timestamp,
};
use kube::{Api, ResourceExt as _, runtime::controller::Action};

use crate::{
    apply::{self, WriteError},
    context::{Context, MANAGER},
    error,
    manifests::{PARTICIPANT, named},
    stage::Why,
};
use quota::Counted;

/// ClusterRole that is bound to a participant's groups in its namespace.
const TEAM: &str = "factory-team";
/// ClusterRole that is bound to the operator in a participant's namespace: for the Secrets that
/// manifests there name, and for no others of the cluster.
const READER: &str = "factory-secret-reader";

/// A participant's namespace could not be made; it is tried again.
#[derive(Debug, thiserror::Error)]
pub enum ParticipantError {
    /// A write failed.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// One look at a `Participant`.
pub async fn reconcile(participant: Arc<Participant>, context: Arc<Context>) -> Result<Action, ParticipantError> {
    let _timed = context.metrics.time::<Participant>();
    let made = make(&context, &participant).await;
    let name = participant.name_any();
    let (ready, reason, message) = match &made {
        Ok(Counted::Yes) => ("True", "NamespaceReady", format!("namespace {name} is ready")),
        Ok(_) => ("False", "QuotaNotCounted", format!("the cluster does not count services of namespace {name} yet")),
        Err(error) => ("False", "Retrying", Why::new("Retrying", error::chain(error)).message),
    };
    let mut status = participant.status.clone().unwrap_or_default();
    let generation = participant.metadata.generation;
    let ready = condition::condition("Ready", ready, reason, &message, generation, Time(Timestamp::now()));
    condition::set(&mut status.conditions, ready);
    if participant.status.as_ref() != Some(&status) {
        write(&context, &participant, &status).await?;
    }
    Ok(Action::requeue(if made? == Counted::Yes { Duration::from_secs(300) } else { Duration::from_secs(1) }))
}

/// Makes the namespace of `participant` and what stands in it.
async fn make(context: &Context, participant: &Participant) -> Result<Counted, WriteError> {
    let client = &context.client;
    apply::cluster(client, &namespace(participant)).await?;
    apply::namespaced(client, &deny_all(participant)).await?;
    apply::namespaced(client, &rights(participant)).await?;
    apply::namespaced(client, &reader(participant, &context.settings.namespace)).await?;
    quota::counted(client, participant).await
}

async fn write(
    context: &Context,
    participant: &Participant,
    status: &ParticipantStatus,
) -> Result<(), ParticipantError> {
    let api: Api<Participant> = Api::all(context.client.clone());
    apply::status(&api, participant, status).await?;
    Ok(())
}

fn namespace(participant: &Participant) -> Namespace {
    let labels = [(PARTICIPANT, participant.name_any().as_str()), ("pod-security.kubernetes.io/enforce", "restricted")]
        .map(|(key, value)| (key.to_owned(), value.to_owned()));
    Namespace {
        metadata: ObjectMeta {
            name: Some(participant.name_any()),
            labels: Some(labels.into()),
            ..ObjectMeta::default()
        },
        ..Namespace::default()
    }
}

fn deny_all(participant: &Participant) -> NetworkPolicy {
    NetworkPolicy {
        metadata: named("default-deny", &participant.name_any()),
        spec: Some(NetworkPolicySpec {
            pod_selector: Some(LabelSelector::default()),
            policy_types: Some(vec!["Ingress".to_owned(), "Egress".to_owned()]),
            ..NetworkPolicySpec::default()
        }),
    }
}

fn rights(participant: &Participant) -> RoleBinding {
    let group = |name: &String| Subject {
        kind: "Group".to_owned(),
        name: name.clone(),
        api_group: Some("rbac.authorization.k8s.io".to_owned()),
        namespace: None,
    };
    binding(participant, TEAM, participant.spec.groups.iter().map(group).collect())
}

/// Lets the operator of `namespace` read single Secrets, which the team may read too (invariant 12).
fn reader(participant: &Participant, namespace: &str) -> RoleBinding {
    let operator = Subject {
        kind: "ServiceAccount".to_owned(),
        name: MANAGER.to_owned(),
        namespace: Some(namespace.to_owned()),
        api_group: None,
    };
    binding(participant, READER, vec![operator])
}

/// Binding of the ClusterRole `role`, under its name.
fn binding(participant: &Participant, role: &str, subjects: Vec<Subject>) -> RoleBinding {
    RoleBinding {
        metadata: named(role, &participant.name_any()),
        role_ref: RoleRef {
            api_group: "rbac.authorization.k8s.io".to_owned(),
            kind: "ClusterRole".to_owned(),
            name: role.to_owned(),
        },
        subjects: Some(subjects),
    }
}

/// How long to wait after an error.
#[must_use]
pub fn on_error(participant: Arc<Participant>, failure: &ParticipantError, context: Arc<Context>) -> Action {
    context.metrics.failed(&*participant, failure);
    Action::requeue(Duration::from_secs(5))
}
