//! How many services a participant may have, and whether the cluster counts them yet.

use factory_crds::Participant;
use k8s_openapi::{
    api::core::v1::{ResourceQuota, ResourceQuotaSpec},
    apimachinery::pkg::api::resource::Quantity,
    jiff::{SignedDuration, Timestamp},
};
use kube::{Api, Client, ResourceExt as _};

use crate::{
    apply::{self, WriteError},
    manifests::named,
};

const QUOTA: &str = "factory";
/// A quota controller that knows the kind counts a new quota well within this.
const COUNTED_WITHIN: SignedDuration = SignedDuration::from_secs(15);

/// Applies the quota of `participant`; one that the cluster will not count is deleted, so that the
/// next look makes a new one.
pub async fn counted(client: &Client, participant: &Participant) -> Result<Counted, WriteError> {
    let quota = apply::namespaced(client, &build(participant)).await?;
    let counted = Counted::of(&quota, Timestamp::now());
    if counted == Counted::Never {
        apply::delete_this(&Api::namespaced(client.clone(), &participant.name_any()), &quota).await?;
    }
    Ok(counted)
}

/// Whether the cluster counts what a quota limits. Until it does, the API server refuses each manifest
/// with `status unknown for quota`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// It does.
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

/// A participant's namespace holds manifests; its services run elsewhere. So no pods here.
fn build(participant: &Participant) -> ResourceQuota {
    let services = participant.spec.max_services.to_string();
    ResourceQuota {
        metadata: named(QUOTA, &participant.name_any()),
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
        assert_eq!(look(pods_only, 16), Counted::Never);
        assert_eq!(look(serde_json::Value::Null, 16), Counted::Never);
    }
}
