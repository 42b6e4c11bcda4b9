//! Who the person is, a token by which the register knows them, and what the factory publishes for
//! everyone. The token is asked for anew each time and kept nowhere.

use std::collections::BTreeMap;

use k8s_openapi::api::{
    authentication::v1::{SelfSubjectReview, TokenRequest, TokenRequestSpec},
    core::v1::{ConfigMap, ServiceAccount},
};
use kube::{Api, api::PostParams};

use super::{Cluster, ClusterError};

/// Audience of tokens for the register.
const AUDIENCE: &str = "factory-register";
/// The shortest life that the API server grants, in seconds.
const LIFETIME: i64 = 600;
/// Namespace and name of the `ConfigMap` in which the factory says where its register is.
const PUBLISHED: (&str, &str) = ("factory-system", "factory-public");

impl Cluster {
    /// The person's user name.
    pub async fn user(&self) -> Result<String, ClusterError> {
        let api = Api::<SelfSubjectReview>::all(self.client().clone());
        let review = api
            .create(&PostParams::default(), &SelfSubjectReview::default())
            .await
            .map_err(ClusterError::api("cannot ask who you are"))?;
        let user = review.status.and_then(|status| status.user_info).and_then(|user| user.username);
        Ok(user.unwrap_or_default())
    }

    /// A token for the register, for the service account that the person is.
    pub async fn register_token(&self) -> Result<String, ClusterError> {
        let user = self.user().await?;
        let Some((namespace, name)) = service_account(&user) else { return Err(ClusterError::NotServiceAccount(user)) };
        let request = TokenRequest {
            spec: TokenRequestSpec {
                audiences: vec![AUDIENCE.to_owned()],
                expiration_seconds: Some(LIFETIME),
                ..TokenRequestSpec::default()
            },
            ..TokenRequest::default()
        };
        let answer = Api::<ServiceAccount>::namespaced(self.client().clone(), namespace)
            .create_token_request(name, &PostParams::default(), &request)
            .await
            .map_err(ClusterError::api(format!("cannot get a token for the register as {user}")))?;
        Ok(answer.status.map(|status| status.token).unwrap_or_default())
    }

    /// What the factory publishes: `registerUrl`, `dossier.pub`.
    pub async fn published(&self) -> Result<BTreeMap<String, String>, ClusterError> {
        let (namespace, name) = PUBLISHED;
        let map = Api::<ConfigMap>::namespaced(self.client().clone(), namespace)
            .get(name)
            .await
            .map_err(ClusterError::api(format!("cannot read the ConfigMap {namespace}/{name}")))?;
        Ok(map.data.unwrap_or_default())
    }
}

/// Namespace and name of the service account with this user name.
fn service_account(user: &str) -> Option<(&str, &str)> {
    user.strip_prefix("system:serviceaccount:")?.split_once(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_service_account_is_one() {
        assert_eq!(service_account("system:serviceaccount:demo:team"), Some(("demo", "team")));
        assert_eq!(service_account("kubernetes-admin"), None);
        assert_eq!(service_account("system:serviceaccount:demo"), None);
    }
}
