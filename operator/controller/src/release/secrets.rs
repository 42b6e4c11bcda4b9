//! What the components' `secrets` name: read in the team's namespace, and copied key by key to where
//! the service runs. A value goes from the one Secret into the other and nowhere else: what is said
//! here has names only, and what holds values cannot be printed.

mod pick;

use std::collections::{BTreeMap, BTreeSet};

use factory_assurance::canonical;
use factory_crds::state_service::Component;
use k8s_openapi::{ByteString, api::core::v1::Secret};
use kube::{Api, Client};

use super::{ReleaseError, attempt::Attempt};
use crate::{
    apply::{self, WriteError},
    context::Context,
    manifests::{Place, secret},
    salt::{self, Purpose},
    stage::Progress,
};
use pick::{pick, references};

/// Field manager of values whose pods are not all there yet.
const ARRIVING: &str = "factory-operator-rollout";

/// Values by their keys in the service's Secret.
type Values = BTreeMap<String, ByteString>;

/// What a service's secrets hold now.
pub struct Secrets {
    values: Values,
    salt: Vec<u8>,
}

/// Reads what the manifest of `attempt` names for `place`; waits where something is not there.
pub async fn read(context: &Context, attempt: &Attempt, place: &Place<'_>) -> Result<Progress<Secrets>, ReleaseError> {
    let secrets: Api<Secret> = Api::namespaced(context.client.clone(), &attempt.participant);
    let named = references(&attempt.spec).map(|(_, reference)| reference.secret.as_str());
    let mut found = BTreeMap::new();
    for name in named.collect::<BTreeSet<_>>() {
        if let Some(secret) = secrets.get_opt(name).await? {
            found.insert(name, secret);
        }
    }
    // What follows is for a rotation under test alone, and nobody else is given it.
    let rotates = !place.is_live() && attempt.standard.faults.iter().any(|fault| fault.kind.rotates());
    let values = match pick(&attempt.spec, &attempt.participant, &found, rotates) {
        Ok(values) => values,
        Err(why) => return Ok(Progress::Waiting(why)),
    };
    let salt = if values.is_empty() {
        Vec::new()
    } else {
        salt::of(context, Purpose::Values, &attempt.participant, &attempt.pinned.service).await?
    };
    Ok(Progress::Done(Secrets { values, salt }))
}

impl Secrets {
    /// Puts the values where the pods will ask for them. Those that older pods ask for stay, so that a
    /// rollout that never ends takes nothing from the pods that serve.
    pub async fn offer(&self, client: &Client, place: &Place<'_>) -> Result<(), WriteError> {
        if self.values.is_empty() {
            return Ok(());
        }
        apply::namespaced_as(client, &secret::build(place, &self.values), ARRIVING).await.map(drop)
    }

    /// Takes away the values that nobody asks for, once every pod is of this release.
    pub async fn settle(&self, client: &Client, place: &Place<'_>) -> Result<(), WriteError> {
        if self.values.is_empty() {
            let secrets: Api<Secret> = Api::namespaced(client.clone(), &place.namespace);
            return apply::delete(&secrets, secret::NAME).await;
        }
        apply::namespaced(client, &secret::build(place, &self.values)).await.map(drop)
    }

    /// Stands for the values that `component` is given, on its pods: another when one of them changes.
    /// Salted, so that nobody who reads it can try out values.
    #[must_use]
    pub fn mark(&self, component: &Component) -> Option<String> {
        if component.secrets.is_empty() {
            return None;
        }
        let mut text = self.salt.clone();
        for reference in &component.secrets {
            let entry = secret::entry(reference);
            let value = self.values.get(&entry).map_or(&[][..], |value| &value.0);
            // Neither has a zero byte, so no two lists of values are one text.
            text.extend([entry.as_bytes(), &[0], value, &[0]].concat());
        }
        Some(canonical::sha256(&text)["sha256:".len()..][..16].to_owned())
    }
}

#[cfg(test)]
mod tests {
    use factory_crds::state_service::SecretReference;

    use super::*;
    use crate::state_service::examples;

    #[test]
    fn a_mark_changes_with_a_value_of_its_own_component_and_cannot_be_had_without_the_salt() {
        let mut spec = examples::service().spec;
        let [env, secret, key] = ["USER", "db", "user"].map(str::to_owned);
        spec.components[0].secrets = vec![SecretReference { env, secret, key, next: None }];
        let mark = |salt: &[u8], user: &[u8], other: &[u8]| {
            let found: Values = [("db_user", user), ("db_other", other)]
                .map(|(entry, value)| (entry.to_owned(), ByteString(value.to_vec())))
                .into();
            Secrets { values: found, salt: salt.to_vec() }.mark(&spec.components[0])
        };
        let before = mark(b"salt", b"u", b"o");
        assert!(before.is_some());
        assert_eq!(mark(b"salt", b"u", b"another"), before);
        assert_ne!(mark(b"salt", b"v", b"o"), before);
        assert_ne!(mark(b"pepper", b"u", b"o"), before);
        assert_eq!(Secrets { values: Values::new(), salt: Vec::new() }.mark(&spec.components[1]), None);
    }
}
