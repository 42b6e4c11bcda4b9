//! The ways in which the operator writes what a release consists of: server-side apply of what it
//! owns, and creation of what must not exist twice. Leases are written where they are held.

use std::fmt::Debug;

use kube::{
    Api, Client, Resource, ResourceExt as _,
    api::{DeleteParams, ListParams, Patch, PatchParams, PostParams, Preconditions},
    core::NamespaceResourceScope,
};
use serde::{Serialize, de::DeserializeOwned};

use crate::context::MANAGER;

/// A write was refused or did not arrive.
#[derive(Debug, thiserror::Error)]
#[error("{verb} {kind} {name}")]
pub struct WriteError {
    /// What was tried.
    pub verb: &'static str,
    /// Kind of the object.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Why not.
    #[source]
    pub source: kube::Error,
}

/// What can be applied.
pub trait Object: Resource<DynamicType = ()> + Clone + Debug + Serialize + DeserializeOwned {}
impl<K: Resource<DynamicType = ()> + Clone + Debug + Serialize + DeserializeOwned> Object for K {}

fn failed<K: Object>(verb: &'static str, name: &str, source: kube::Error) -> WriteError {
    tracing::warn!(verb, kind = %K::kind(&()), name, %source, "write failed");
    WriteError { verb, kind: K::kind(&()).into_owned(), name: name.to_owned(), source }
}

/// Applies a namespaced `object`, taking the fields that it names.
pub async fn namespaced<K>(client: &Client, object: &K) -> Result<K, WriteError>
where
    K: Object + Resource<Scope = NamespaceResourceScope>,
{
    namespaced_as(client, object, MANAGER).await
}

/// The same under the name `manager`: what other managers own and `object` does not name stays.
pub async fn namespaced_as<K>(client: &Client, object: &K, manager: &str) -> Result<K, WriteError>
where
    K: Object + Resource<Scope = NamespaceResourceScope>,
{
    let namespace = object.namespace().unwrap_or_default();
    apply(Api::namespaced(client.clone(), &namespace), object, manager).await
}

/// Applies a cluster-wide `object`, taking the fields that it names.
pub async fn cluster<K: Object>(client: &Client, object: &K) -> Result<K, WriteError> {
    apply(Api::all(client.clone()), object, MANAGER).await
}

async fn apply<K: Object>(api: Api<K>, object: &K, manager: &str) -> Result<K, WriteError> {
    let name = object.name_any();
    let how = PatchParams::apply(manager).force();
    api.patch(&name, &how, &Patch::Apply(object)).await.map_err(|source| failed::<K>("apply", &name, source))
}

/// Applies `status` to exactly this `object`: another of its name that was made since has a story of
/// its own, and the write conflicts.
pub async fn status<K: Object>(api: &Api<K>, object: &K, status: &impl Serialize) -> Result<K, WriteError> {
    let name = object.name_any();
    let document = serde_json::json!({
        "apiVersion": K::api_version(&()),
        "kind": K::kind(&()),
        "metadata": { "name": name, "uid": object.uid() },
        "status": status,
    });
    let how = PatchParams::apply(MANAGER).force();
    api.patch_status(&name, &how, &Patch::Apply(&document))
        .await
        .map_err(|source| failed::<K>("apply status", &name, source))
}

/// Creates `object` unless one of its name exists; answers the one that is there. Its name must be
/// derived from what it is for, so that a crash cannot make two.
pub async fn create_once<K>(client: &Client, object: &K) -> Result<K, WriteError>
where
    K: Object + Resource<Scope = NamespaceResourceScope>,
{
    let name = object.name_any();
    let api: Api<K> = Api::namespaced(client.clone(), &object.namespace().unwrap_or_default());
    match create_unless_there(client, object).await? {
        Some(made) => Ok(made),
        None => api.get(&name).await.map_err(|source| failed::<K>("get", &name, source)),
    }
}

/// Creates `object`; nothing where one of its name exists, which is neither changed nor read: there need be no
/// right to read it.
pub async fn create_unless_there<K>(client: &Client, object: &K) -> Result<Option<K>, WriteError>
where
    K: Object + Resource<Scope = NamespaceResourceScope>,
{
    let api: Api<K> = Api::namespaced(client.clone(), &object.namespace().unwrap_or_default());
    let how = PostParams { field_manager: Some(MANAGER.to_owned()), ..PostParams::default() };
    match api.create(&how, object).await {
        Ok(made) => Ok(Some(made)),
        Err(kube::Error::Api(status)) if status.is_already_exists() => Ok(None),
        Err(source) => Err(failed::<K>("create", &object.name_any(), source)),
    }
}

/// Replaces what was read: refused where somebody has written it since, by the version in `object`.
pub async fn replace<K>(client: &Client, object: &K) -> Result<K, WriteError>
where
    K: Object + Resource<Scope = NamespaceResourceScope>,
{
    let name = object.name_any();
    let api: Api<K> = Api::namespaced(client.clone(), &object.namespace().unwrap_or_default());
    let how = PostParams { field_manager: Some(MANAGER.to_owned()), ..PostParams::default() };
    api.replace(&name, &how, object).await.map_err(|source| failed::<K>("replace", &name, source))
}

/// Deletes all objects that `api` sees, with their dependents.
pub async fn delete_all<K: Object>(api: &Api<K>) -> Result<(), WriteError> {
    let gone = api.delete_collection(&DeleteParams::background(), &ListParams::default()).await;
    gone.map(drop).map_err(|source| failed::<K>("delete all", "", source))
}

/// Deletes the object of that name with its dependents; one that is gone already is fine.
pub async fn delete<K: Object>(api: &Api<K>, name: &str) -> Result<(), WriteError> {
    gone(api, name, &DeleteParams::background()).await
}

/// The same for exactly this `object`: another of its name that was made since stays.
pub async fn delete_this<K: Object>(api: &Api<K>, object: &K) -> Result<(), WriteError> {
    let only = Preconditions { uid: object.uid(), resource_version: None };
    gone(api, &object.name_any(), &DeleteParams::background().preconditions(only)).await
}

async fn gone<K: Object>(api: &Api<K>, name: &str, how: &DeleteParams) -> Result<(), WriteError> {
    match api.delete(name, how).await {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) if status.is_not_found() => Ok(()),
        Err(source) => Err(failed::<K>("delete", name, source)),
    }
}
