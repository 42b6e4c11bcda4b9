//! The dossier key: made once in the operator's namespace, its public half published beside it.
//! It signs what was measured; it cannot confirm anything (invariant 11).

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

/// Secret that holds the private key.
const SECRET: &str = "factory-dossier-key";
/// ConfigMaps that publish the public half: to the register, which waits for it, and to everyone.
const PUBLIC: [&str; 2] = ["factory-keys", "factory-public"];
/// Key in the Secret.
const FIELD: &str = "key.pem";

/// Signs dossiers.
pub type DossierKey = PrivateKey;

/// The key could not be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// From the API server.
    #[error("secret {SECRET}")]
    Api(#[source] Box<kube::Error>),
    /// It could not be written.
    #[error("secret {SECRET} or its public half")]
    Write(#[source] Box<WriteError>),
    /// It is no key.
    #[error("secret {SECRET}, field {FIELD}")]
    Key(#[from] DsseError),
    /// The Secret has no such field.
    #[error("secret {SECRET} has no field {FIELD}")]
    Missing,
}

/// The key of this installation; made when there is none. Two leaders cannot make two: the first
/// Secret wins.
pub async fn dossier_key(client: &Client, namespace: &str) -> Result<DossierKey, KeyError> {
    let secrets: Api<Secret> = Api::namespaced(client.clone(), namespace);
    let secret = match secrets.get_opt(SECRET).await.map_err(Box::new).map_err(KeyError::Api)? {
        Some(secret) => secret,
        None => apply::create_once(client, &new_secret(namespace)?).await.map_err(Box::new).map_err(KeyError::Write)?,
    };
    let bytes = secret.data.and_then(|mut data| data.remove(FIELD)).ok_or(KeyError::Missing)?;
    let key = PrivateKey::from_pem(&String::from_utf8_lossy(&bytes.0))?;
    for name in PUBLIC {
        apply::namespaced(client, &public(name, namespace, &key.public().to_pem()?))
            .await
            .map_err(Box::new)
            .map_err(KeyError::Write)?;
    }
    Ok(key)
}

fn new_secret(namespace: &str) -> Result<Secret, KeyError> {
    let pem = PrivateKey::generate().to_pem()?;
    Ok(Secret {
        metadata: named(SECRET, namespace),
        immutable: Some(true),
        data: Some([(FIELD.to_owned(), ByteString(pem.into_bytes()))].into()),
        ..Secret::default()
    })
}

fn public(name: &str, namespace: &str, pem: &str) -> ConfigMap {
    ConfigMap {
        metadata: named(name, namespace),
        data: Some([("dossier.pub".to_owned(), pem.to_owned())].into()),
        ..ConfigMap::default()
    }
}
