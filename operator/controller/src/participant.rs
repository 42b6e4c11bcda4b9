//! Driver of a `Participant`: its namespace, the rights of its groups there, its quota, and a
//! network policy that lets nothing in or out (items 14 and 66, invariant 12).

use std::{sync::Arc, time::Duration};

use factory_crds::{Participant, ParticipantStatus, condition};
use k8s_openapi::{
    api::{
        core::v1::{Namespace, ResourceQuota, ResourceQuotaSpec},
        networking::v1::{NetworkPolicy, NetworkPolicySpec},
        rbac::v1::{RoleBinding, RoleRef, Subject},
    },
    apimachinery::pkg::{
        api::resource::Quantity,
        apis::meta::v1::{LabelSelector, ObjectMeta, Time},
    },
    jiff::{SignedDuration, Timestamp},
};
use kube::{Api, ResourceExt as _, runtime::controller::Action};

use crate::{
    apply,
    context::{Context, MANAGER},
    manifests::PARTICIPANT,
};

/// ClusterRole that is bound to a participant's groups in its namespace.
const TEAM: &str = "factory-team";
/// ClusterRole that is bound to the operator in a participant's namespace: for the Secrets that
/// manifests there name, and for no others of the cluster.
const READER: &str = "factory-secret-reader";
const QUOTA: &str = "factory";
/// A quota controller that knows the kind counts a new quota well within this.
const COUNTED_WITHIN: SignedDuration = SignedDuration::from_secs(5);

/// A participant's namespace could not be made; it is tried again.
#[derive(Debug, thiserror::Error)]
pub enum ParticipantError {
    /// A write failed.
    #[error(transparent)]
    Write(#[from] apply::WriteError),
    /// A document of ours could not be written.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

/// One look at a `Participant`.
pub async fn reconcile(participant: Arc<Participant>, context: Arc<Context>) -> Result<Action, ParticipantError> {
    let _timed = context.metrics.time::<Participant>();
    let client = &context.client;
    apply::cluster(client, &namespace(&participant)).await?;
    apply::namespaced(client, &deny_all(&participant)).await?;
    apply::namespaced(client, &rights(&participant)).await?;
    apply::namespaced(client, &reader(&participant, &context.settings.namespace)).await?;
    let quota = apply::namespaced(client, &quota(&participant)).await?;
    let counted = Counted::of(&quota, Timestamp::now());
    if counted == Counted::Never {
        apply::delete::<ResourceQuota>(&Api::namespaced(client.clone(), &participant.name_any()), QUOTA).await?;
    }
    let name = participant.name_any();
    let (ready, reason, message) = match counted {
        Counted::Yes => ("True", "NamespaceReady", format!("namespace {name} is ready")),
        _ => ("False", "QuotaNotCounted", format!("the cluster does not count the services of namespace {name} yet")),
    };
    let mut status = participant.status.clone().unwrap_or_default();
    let generation = participant.metadata.generation;
    let ready = condition::condition("Ready", ready, reason, &message, generation, Time(Timestamp::now()));
    condition::set(&mut status.conditions, ready);
    if participant.status.as_ref() != Some(&status) {
        write(&context, &participant, &status).await?;
    }
    Ok(Action::requeue(if counted == Counted::Yes { Duration::from_secs(300) } else { Duration::from_secs(1) }))
}

/// Whether the cluster counts what a quota limits. Until it does, the API server refuses each manifest
/// with `status unknown for quota`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counted {
    Yes,
    /// The quota is new.
    Soon,
    /// The quota is older than the quota controller's knowledge of our kinds, which it looks for every
    /// 30 s only. It takes up such a quota again after minutes, a new one at once.
    Never,
}

impl Counted {
    fn of(quota: &ResourceQuota, now: Timestamp) -> Self {
        let used = quota.status.as_ref().and_then(|status| status.used.as_ref());
        let hard = quota.spec.as_ref().and_then(|spec| spec.hard.as_ref());
        if hard.into_iter().flatten().all(|(what, _)| used.is_some_and(|used| used.contains_key(what))) {
            return Self::Yes;
        }
        let made = quota.metadata.creation_timestamp.as_ref().map_or(now, |made| made.0);
        if now.duration_since(made) < COUNTED_WITHIN { Self::Soon } else { Self::Never }
    }
}

async fn write(
    context: &Context,
    participant: &Participant,
    status: &ParticipantStatus,
) -> Result<(), ParticipantError> {
    let api: Api<Participant> = Api::all(context.client.clone());
    apply::status(&api, &participant.name_any(), &serde_json::to_value(status)?).await?;
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

fn named(participant: &Participant, name: &str) -> ObjectMeta {
    ObjectMeta { name: Some(name.to_owned()), namespace: Some(participant.name_any()), ..ObjectMeta::default() }
}

fn deny_all(participant: &Participant) -> NetworkPolicy {
    NetworkPolicy {
        metadata: named(participant, "default-deny"),
        spec: Some(NetworkPolicySpec {
            pod_selector: Some(LabelSelector::default()),
            policy_types: Some(vec!["Ingress".to_owned(), "Egress".to_owned()]),
            ..NetworkPolicySpec::default()
        }),
    }
}

/// A participant's namespace holds manifests; its services run elsewhere. So no pods here.
fn quota(participant: &Participant) -> ResourceQuota {
    let services = participant.spec.max_services.to_string();
    ResourceQuota {
        metadata: named(participant, QUOTA),
        spec: Some(ResourceQuotaSpec {
            hard: Some(
                [
                    ("count/stateservices.factory.gov.kg".to_owned(), Quantity(services)),
                    ("pods".to_owned(), Quantity("0".to_owned())),
                ]
                .into(),
            ),
            ..ResourceQuotaSpec::default()
        }),
        ..ResourceQuota::default()
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
        metadata: named(participant, role),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn look(used: serde_json::Value, after: i64) -> Counted {
        let made = Timestamp::UNIX_EPOCH;
        let quota = serde_json::from_value(serde_json::json!({
            "metadata": {"name": QUOTA, "creationTimestamp": made},
            "spec": {"hard": {"pods": "0", "count/stateservices.factory.gov.kg": "3"}},
            "status": {"used": used},
        }));
        Counted::of(&quota.expect("a quota"), made + SignedDuration::from_secs(after))
    }

    #[test]
    fn a_quota_is_counted_only_when_each_of_its_limits_is() {
        let all = serde_json::json!({"pods": "0", "count/stateservices.factory.gov.kg": "0"});
        assert_eq!(look(all, 1), Counted::Yes);
        let pods_only = serde_json::json!({"pods": "0"});
        assert_eq!(look(pods_only.clone(), 1), Counted::Soon);
        assert_eq!(look(pods_only, 6), Counted::Never);
        assert_eq!(look(serde_json::Value::Null, 6), Counted::Never);
    }
}
