//! What somebody may not do, asked of the API server itself; nothing is left behind by the asking.

use std::{fmt::Debug, path::PathBuf};

use k8s_openapi::{
    NamespaceResourceScope,
    api::authorization::v1::SubjectAccessReview,
    serde::{Serialize, de::DeserializeOwned},
};
use kube::{
    Api, Resource,
    api::{ListParams, PatchParams, PostParams},
};
use serde_json::{Value, json};

use crate::{Failure, Person, cluster, scene::Scene};

/// Nothing is left behind.
#[must_use]
pub fn dry_run() -> PostParams {
    PostParams { dry_run: true, ..PostParams::default() }
}

/// The same for a patch.
#[must_use]
pub fn patch_dry_run() -> PatchParams {
    PatchParams { dry_run: true, ..PatchParams::default() }
}

/// An object of a namespace, as journeys read and write them.
pub trait Object:
    Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + Serialize + DeserializeOwned
{
}
impl<K> Object for K where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + Serialize + DeserializeOwned
{
}

/// `person` must not list objects of `namespace`.
pub async fn no_list<K: Object>(person: &Person, namespace: &str) -> Result<(), Failure> {
    let api: Api<K> = Api::namespaced(person.client.clone(), namespace);
    refused(&format!("list of {} in {namespace}", K::plural(&())), api.list(&ListParams::default()).await)
}

/// `person` must not create `object` in `namespace`.
pub async fn no_create<K: Object>(person: &Person, namespace: &str, object: Value) -> Result<(), Failure> {
    let api: Api<K> = Api::namespaced(person.client.clone(), namespace);
    let object: K = serde_json::from_value(object)?;
    refused(&format!("{} in {namespace}", K::plural(&())), api.create(&dry_run(), &object).await)
}

/// `answer` must be a refusal for want of rights.
pub fn refused<T>(what: &str, answer: Result<T, kube::Error>) -> Result<(), Failure> {
    match answer {
        Ok(_) => Err(Failure::new(format!("{what}: allowed"))),
        Err(kube::Error::Api(refusal)) if refusal.is_forbidden() => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// `answer` must be a refusal with `code` that says `what`.
pub fn refused_for<T>(what: &str, code: u16, answer: Result<T, kube::Error>) -> Result<(), Failure> {
    match answer {
        Ok(_) => Err(Failure::new(format!("{what}: allowed"))),
        Err(kube::Error::Api(refusal)) if refusal.code == code && refusal.message.contains(what) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Whether the API server would let `user` do `verb` to `resource` of the factory anywhere.
pub async fn may(scene: &Scene, user: &str, verb: &str, resource: &str) -> Result<bool, Failure> {
    allowed(scene, user, json!({"group": "factory.gov.kg", "resource": resource, "verb": verb})).await
}

/// Whether the API server would let `user`, an account of the factory, do what `asked` says.
pub async fn allowed(scene: &Scene, user: &str, asked: Value) -> Result<bool, Failure> {
    let reviews: Api<SubjectAccessReview> = Api::all(scene.people.engineer.client.clone());
    let review = serde_json::from_value(json!({"metadata": {}, "spec": {
        "user": user,
        "groups": ["system:serviceaccounts", "system:serviceaccounts:factory-system", "system:authenticated"],
        "resourceAttributes": asked,
    }}))?;
    let answer = reviews.create(&PostParams::default(), &review).await?;
    Ok(answer.status.is_some_and(|status| status.allowed))
}

/// `user`, as whom the administrator may act.
pub async fn acting_as(scene: &Scene, user: &str) -> Result<Person, Failure> {
    let mut kubeconfig = scene.people.cluster.read_kubeconfig()?;
    for named in &mut kubeconfig.auth_infos {
        named.auth_info.get_or_insert_default().impersonate = Some(user.to_owned());
    }
    // No file: programs are not run as somebody else.
    Ok(Person { client: cluster::client(kubeconfig).await?, kubeconfig: PathBuf::new() })
}
