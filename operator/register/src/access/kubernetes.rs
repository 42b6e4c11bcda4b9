//! [`Authenticator`] over the cluster's API server: `TokenReview` for who, `SubjectAccessReview` for
//! what they may.
//!
//! An API server that is away is never read as a token that is wrong.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use factory_assurance::canonical;
use futures::future::{BoxFuture, FutureExt as _};
use k8s_openapi::api::{
    authentication::v1::{TokenReview, TokenReviewSpec, TokenReviewStatus},
    authorization::v1::{ResourceAttributes, SubjectAccessReview, SubjectAccessReviewSpec},
};
use kube::{Api, Client, api::PostParams};

use super::{AUDIENCE, AccessError, Authenticator, Identity, Right};

/// How long a reviewed token counts as reviewed; a revoked one is refused after that.
const FRESH: Duration = Duration::from_secs(10);
/// Longest that the API server may take for one answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Most tokens remembered at once.
const REMEMBERED: usize = 10_000;

/// The cluster, asked through a client.
pub struct Cluster {
    client: Client,
    /// By SHA-256 of the token, so that no token stays in memory.
    known: Mutex<HashMap<String, (Instant, Identity)>>,
}

impl Cluster {
    /// Asks through `client`, whose user needs `create` on `tokenreviews` and `subjectaccessreviews`.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self { client, known: Mutex::default() }
    }

    fn remembered(&self, key: &str) -> Option<Identity> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(key).filter(|(when, _)| when.elapsed() < FRESH).map(|(_, identity)| identity.clone())
    }

    fn remember(&self, key: String, identity: &Identity) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.retain(|_, (when, _)| when.elapsed() < FRESH);
        }
        if known.len() < REMEMBERED {
            known.insert(key, (Instant::now(), identity.clone()));
        }
    }

    async fn review(&self, token: &str) -> Result<Identity, AccessError> {
        let key = canonical::sha256(token.as_bytes());
        if let Some(identity) = self.remembered(&key) {
            return Ok(identity);
        }
        let review = TokenReview {
            spec: TokenReviewSpec { token: Some(token.to_owned()), audiences: Some(vec![AUDIENCE.to_owned()]) },
            ..TokenReview::default()
        };
        let api: Api<TokenReview> = Api::all(self.client.clone());
        let answer = in_time(api.create(&PostParams::default(), &review)).await?;
        let identity = identity(answer.status.unwrap_or_default())?;
        self.remember(key, &identity);
        Ok(identity)
    }

    async fn allowed(&self, who: &Identity, right: Right<'_>) -> Result<bool, AccessError> {
        let api: Api<SubjectAccessReview> = Api::all(self.client.clone());
        let answer = in_time(api.create(&PostParams::default(), &question(who, right))).await?;
        Ok(answer.status.is_some_and(|status| status.allowed))
    }
}

impl Authenticator for Cluster {
    fn identify<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<Identity, AccessError>> {
        self.review(token).boxed()
    }

    fn may<'a>(&'a self, who: &'a Identity, right: Right<'a>) -> BoxFuture<'a, Result<bool, AccessError>> {
        self.allowed(who, right).boxed()
    }
}

/// The answer of `call`, unless it fails or takes too long.
async fn in_time<T>(call: impl Future<Output = Result<T, kube::Error>>) -> Result<T, AccessError> {
    match tokio::time::timeout(PATIENCE, call).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(AccessError::Unavailable { reason: error.to_string(), source: Some(Box::new(error)) }),
        Err(_) => {
            let reason = format!("no answer within {} s", PATIENCE.as_secs());
            Err(AccessError::Unavailable { reason, source: None })
        }
    }
}

/// Who a reviewed token belongs to. An API server that does not know audiences answers without
/// ours, and such a token could have been made for anyone.
fn identity(status: TokenReviewStatus) -> Result<Identity, AccessError> {
    let refused = |reason: &str| AccessError::Unauthenticated(reason.to_owned());
    if !status.authenticated.unwrap_or(false) {
        return Err(refused(status.error.as_deref().unwrap_or("the API server does not know it")));
    }
    if !status.audiences.unwrap_or_default().iter().any(|audience| audience == AUDIENCE) {
        return Err(refused("it was made for another audience"));
    }
    let user = status.user.unwrap_or_default();
    Ok(Identity {
        user: user.username.filter(|name| !name.is_empty()).ok_or_else(|| refused("it names no user"))?,
        uid: user.uid,
        groups: user.groups.unwrap_or_default(),
        extra: user.extra.unwrap_or_default(),
    })
}

/// The question that asks whether `who` has the `right`.
fn question(who: &Identity, right: Right<'_>) -> SubjectAccessReview {
    let (verb, resource, namespace) = match right {
        Right::Confirm => ("confirm", "releases", None),
        Right::Read(participant) => ("get", "releases", Some(participant.to_owned())),
        Right::Withdraw(participant) => ("delete", "stateservices", Some(participant.to_owned())),
        Right::Write(participant) => ("update", "stateservices", Some(participant.to_owned())),
    };
    SubjectAccessReview {
        spec: SubjectAccessReviewSpec {
            user: Some(who.user.clone()),
            uid: who.uid.clone(),
            groups: Some(who.groups.clone()),
            extra: Some(who.extra.clone()),
            resource_attributes: Some(ResourceAttributes {
                group: Some(factory_crds::GROUP.to_owned()),
                version: Some(factory_crds::VERSION.to_owned()),
                resource: Some(resource.to_owned()),
                verb: Some(verb.to_owned()),
                namespace,
                ..ResourceAttributes::default()
            }),
            ..SubjectAccessReviewSpec::default()
        },
        ..SubjectAccessReview::default()
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::authentication::v1::UserInfo;

    use super::*;

    fn status(authenticated: bool, audiences: &[&str], user: &str) -> TokenReviewStatus {
        TokenReviewStatus {
            authenticated: Some(authenticated),
            audiences: Some(audiences.iter().map(|&audience| audience.to_owned()).collect()),
            user: Some(UserInfo { username: Some(user.to_owned()), ..UserInfo::default() }),
            error: None,
        }
    }

    #[test]
    fn only_a_known_token_for_this_audience_identifies() {
        assert_eq!(identity(status(true, &[AUDIENCE], "anna")).unwrap().user, "anna");
        for bad in [
            status(false, &[AUDIENCE], "anna"),
            status(true, &[], "anna"),
            status(true, &["https://kubernetes.default.svc"], "anna"),
            status(true, &[AUDIENCE], ""),
            TokenReviewStatus::default(),
        ] {
            assert!(matches!(identity(bad), Err(AccessError::Unauthenticated(_))));
        }
    }

    #[test]
    fn a_regulator_is_asked_for_in_every_namespace_and_an_owner_in_one() {
        let who = identity(status(true, &[AUDIENCE], "anna")).unwrap();
        for (right, verb, resource, namespace) in [
            (Right::Confirm, "confirm", "releases", None),
            (Right::Read("team-a"), "get", "releases", Some("team-a")),
            (Right::Withdraw("team-a"), "delete", "stateservices", Some("team-a")),
            (Right::Write("team-a"), "update", "stateservices", Some("team-a")),
        ] {
            let asked = question(&who, right).spec.resource_attributes.unwrap();
            assert_eq!((asked.verb.as_deref(), asked.resource.as_deref()), (Some(verb), Some(resource)));
            assert_eq!(asked.namespace.as_deref(), namespace);
        }
    }
}
