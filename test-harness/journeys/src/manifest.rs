//! Manifests as a team writes them: an example's `service.yaml`, given another name, another source
//! or a mistake, and applied as `kubectl apply --server-side` would.
//!
//! It is kept as plain JSON on purpose: a typed manifest could not hold the mistakes.

use std::{fs, io, path::PathBuf};

use factory_crds::StateService;
use kube::{
    Api, Client, Resource as _,
    api::{Patch, PatchParams},
};
use serde_json::{Value, json};

use crate::Cluster;

/// Name under which a team's fields are owned; the one that kubectl uses.
pub const FIELD_MANAGER: &str = "kubectl";

/// A manifest.
#[derive(Clone, Debug)]
pub struct Manifest(Value);

/// Why there is no manifest.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The file cannot be read.
    #[error("{path}: {source}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is no YAML.
    #[error("{path}: {source}", path = path.display())]
    Yaml {
        /// The file.
        path: PathBuf,
        /// Why.
        source: serde_yaml::Error,
    },
}

impl Manifest {
    /// The manifest of `examples/<name>`, with its source on this cluster's git server.
    pub fn example(cluster: &Cluster, name: &str) -> Result<Self, ManifestError> {
        let path = cluster.root.join("examples").join(name).join("service.yaml");
        let text = fs::read_to_string(&path).map_err(|source| ManifestError::Read { path: path.clone(), source })?;
        let value = serde_yaml::from_str(&text).map_err(|source| ManifestError::Yaml { path, source })?;
        Ok(Self(value).with("/spec/source/git", json!(format!("{}/demo/{name}.git", cluster.git_url))))
    }

    /// `object`, as it is.
    #[must_use]
    pub const fn of(object: Value) -> Self {
        Self(object)
    }

    /// The same under another name in `participant`'s namespace, with a host of its own.
    #[must_use]
    pub fn named(self, participant: &str, service: &str) -> Self {
        self.with("/metadata/namespace", json!(participant))
            .with("/metadata/name", json!(service))
            .with("/spec/ingress/host", json!(format!("{service}.localhost")))
    }

    /// The same with `value` at `pointer` (RFC 6901); the last part is made where there is none.
    /// A pointer whose parents do not exist leaves the manifest as it is.
    #[must_use]
    pub fn with(mut self, pointer: &str, value: Value) -> Self {
        if let Some(place) = self.0.pointer_mut(pointer) {
            *place = value;
        } else if let Some((parent, key)) = pointer.rsplit_once('/')
            && let Some(Value::Object(fields)) = self.0.pointer_mut(parent)
        {
            fields.insert(key.to_owned(), value);
        }
        self
    }

    /// The same without what stands at `pointer`.
    #[must_use]
    pub fn without(mut self, pointer: &str) -> Self {
        if let Some((parent, key)) = pointer.rsplit_once('/')
            && let Some(Value::Object(fields)) = self.0.pointer_mut(parent)
        {
            fields.remove(key);
        }
        self
    }

    /// Text at `pointer`; empty where there is none.
    #[must_use]
    pub fn text(&self, pointer: &str) -> &str {
        self.0.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// Name of the service.
    #[must_use]
    pub fn service(&self) -> &str {
        self.text("/metadata/name")
    }

    /// Participant whose service it is.
    #[must_use]
    pub fn participant(&self) -> &str {
        self.text("/metadata/namespace")
    }

    /// The whole object.
    #[must_use]
    pub fn json(&self) -> Value {
        let mut object = self.0.clone();
        object["apiVersion"] = json!(StateService::api_version(&()));
        object["kind"] = json!(StateService::kind(&()));
        object
    }

    /// Applies it as `client`'s person. The API server's refusal is the error.
    pub async fn apply(&self, client: &Client) -> Result<StateService, Box<kube::Error>> {
        let api: Api<StateService> = Api::namespaced(client.clone(), self.participant());
        api.patch(self.service(), &PatchParams::apply(FIELD_MANAGER), &Patch::Apply(self.json()))
            .await
            .map_err(Box::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_takes_another_value_at_a_pointer() {
        let manifest = Manifest(json!({"spec": {"class": "basic", "components": [{"port": 1}]}}))
            .with("/spec/class", json!("vital"))
            .with("/spec/components/0/image", json!("x"))
            .without("/spec/components/0/port");
        assert_eq!(manifest.0, json!({"spec": {"class": "vital", "components": [{"image": "x"}]}}));
    }

    #[test]
    fn the_examples_are_read_whole() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let cluster = Cluster {
            root,
            kubeconfig: PathBuf::new(),
            registry: String::new(),
            registry_api: String::new(),
            git_url: "http://git.factory.test".to_owned(),
            git_push: String::new(),
            ingress: String::new(),
        };
        let manifest = Manifest::example(&cluster, "registered-address").unwrap();
        assert_eq!(manifest.service(), "registered-address");
        assert_eq!(manifest.text("/spec/source/git"), "http://git.factory.test/demo/registered-address.git");
    }
}
