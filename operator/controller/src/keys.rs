//! The keys that sign: one for dossiers, another for what is said of builds, so that neither can pass for
//! the other. Each is made once in the operator's namespace, its public half published beside it.
//! Neither can confirm anything (invariant 12).

use std::collections::BTreeMap;

use factory_assurance::dsse::{DsseError, PrivateKey};
use k8s_openapi::{
    ByteString,
    api::core::v1::{ConfigMap, Secret},
};
use kube::{Api, Client};

use crate::{
    apply::{self, WriteError},
    manifests::named,
};

/// Secrets that hold the private keys.
const DOSSIER: &str = "factory-dossier-key";
const BUILDER: &str = "factory-builder-key";
/// Key in each Secret.
const FIELD: &str = "key.pem";
/// ConfigMap with the key of dossiers alone, for the register: what it finds there it takes results from.
const REGISTER: &str = "factory-keys";
/// ConfigMap with all public halves, for everyone.
const PUBLIC: &str = "factory-public";

/// What the operator signs with.
pub struct Keys {
    /// Signs dossiers.
    pub dossier: PrivateKey,
    /// Signs the provenance of what was built.
    pub builder: PrivateKey,
}

/// A key could not be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// From the API server.
    #[error("secret {name}")]
    Api {
        /// Name of the Secret.
        name: &'static str,
        /// Why not.
        #[source]
        source: Box<kube::Error>,
    },
    /// It could not be written.
    #[error("secret {name} or its public half")]
    Write {
        /// Name of the Secret.
        name: &'static str,
        /// Why not.
        #[source]
        source: Box<WriteError>,
    },
    /// It is no key.
    #[error("secret {name}, field {FIELD}")]
    Key {
        /// Name of the Secret.
        name: &'static str,
        /// Why not.
        #[source]
        source: DsseError,
    },
    /// The Secret has no such field.
    #[error("secret {0} has no field {FIELD}")]
    Missing(&'static str),
}

/// The keys of this installation; each is made when there is none. Two leaders cannot make two: the first
/// Secret wins.
pub async fn of_installation(client: &Client, namespace: &str) -> Result<Keys, KeyError> {
    let keys =
        Keys { dossier: key(client, namespace, DOSSIER).await?, builder: key(client, namespace, BUILDER).await? };
    let dossier = ("dossier.pub".to_owned(), public(DOSSIER, &keys.dossier)?);
    let builder = ("builder.pub".to_owned(), public(BUILDER, &keys.builder)?);
    for (name, data) in [(REGISTER, vec![dossier.clone()]), (PUBLIC, vec![dossier, builder])] {
        let map = ConfigMap {
            metadata: named(name, namespace),
            data: Some(BTreeMap::from_iter(data)),
            ..ConfigMap::default()
        };
        apply::namespaced(client, &map).await.map_err(|source| write(DOSSIER, source))?;
    }
    Ok(keys)
}

async fn key(client: &Client, namespace: &str, name: &'static str) -> Result<PrivateKey, KeyError> {
    let secrets: Api<Secret> = Api::namespaced(client.clone(), namespace);
    let found = secrets.get_opt(name).await.map_err(|source| KeyError::Api { name, source: Box::new(source) })?;
    let secret = if let Some(secret) = found {
        secret
    } else {
        let made = new_secret(name, namespace).map_err(|source| KeyError::Key { name, source })?;
        apply::create_once(client, &made).await.map_err(|source| write(name, source))?
    };
    let bytes = secret.data.and_then(|mut data| data.remove(FIELD)).ok_or(KeyError::Missing(name))?;
    PrivateKey::from_pem(&String::from_utf8_lossy(&bytes.0)).map_err(|source| KeyError::Key { name, source })
}

fn new_secret(name: &str, namespace: &str) -> Result<Secret, DsseError> {
    let pem = PrivateKey::generate().to_pem()?;
    Ok(Secret {
        metadata: named(name, namespace),
        immutable: Some(true),
        data: Some([(FIELD.to_owned(), ByteString(pem.into_bytes()))].into()),
        ..Secret::default()
    })
}

fn public(name: &'static str, key: &PrivateKey) -> Result<String, KeyError> {
    key.public().to_pem().map_err(|source| KeyError::Key { name, source })
}

fn write(name: &'static str, source: WriteError) -> KeyError {
    KeyError::Write { name, source: Box::new(source) }
}
