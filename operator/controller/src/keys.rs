//! The keys that sign: one for dossiers, another for what is said of builds, so that neither can pass for
//! the other. The first of each is made once in the operator's namespace; those that follow it are Secrets that an
//! administrator makes beside it. The public halves are published with their times, each before it signs. None
//! can confirm anything (invariant 11). The lab's key is not among them: [`lab`].

pub mod lab;

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use factory_assurance::{
    dsse::{DsseError, PrivateKey},
    term::{PUBLISHED_BEFORE, Ring},
};
use k8s_openapi::{
    ByteString,
    api::core::v1::{ConfigMap, Secret},
    jiff::Timestamp,
};
use kube::{Api, Client};

use crate::{
    apply::{self, WriteError},
    context::Context,
    error::Fatal,
    manifests::named,
    serve::again,
};

/// Secrets that hold the private keys.
const DOSSIER: &str = "factory-dossier-key";
const BUILDER: &str = "factory-builder-key";
/// Key in each Secret.
const FIELD: &str = "key.pem";
/// How often it is looked for another key.
const EVERY: Duration = Duration::from_secs(60);
/// Most Secrets of a kind.
const MOST: usize = 50;
/// ConfigMap with the key of dossiers alone, for the register: what it finds there it takes results from.
const REGISTER: &str = "factory-keys";
/// ConfigMap with all public halves, for everyone.
const PUBLIC: &str = "factory-public";

/// What the operator signs with.
pub struct Keys {
    /// Signs dossiers.
    pub dossier: Ring,
    /// Signs the provenance of what was built.
    pub builder: Ring,
}

/// A key could not be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// From the API server.
    #[error("secret {name}")]
    Api {
        /// Name of the Secret.
        name: String,
        /// Why not.
        #[source]
        source: Box<kube::Error>,
    },
    /// It could not be written.
    #[error("secret {name} or its public half")]
    Write {
        /// Name of the Secret.
        name: String,
        /// Why not.
        #[source]
        source: Box<WriteError>,
    },
    /// It is no key.
    #[error("secret {name}, field {FIELD}")]
    Key {
        /// Name of the Secret.
        name: String,
        /// Why not.
        #[source]
        source: DsseError,
    },
    /// The Secret has no such field.
    #[error("secret {name} has no field {field}")]
    Missing {
        /// Name of the Secret.
        name: String,
        /// Name of the field.
        field: &'static str,
    },
    /// A public half cannot be written.
    #[error("public halves of {kind}")]
    Public {
        /// Kind of key.
        kind: &'static str,
        /// Why not.
        #[source]
        source: DsseError,
    },
}

/// The keys of this installation; the first of each kind is made when there is none. Two leaders cannot make two:
/// the first Secret wins. Asked again and again: a key that an administrator adds is published, and signs when
/// its time has come.
pub async fn of_installation(client: &Client, namespace: &str) -> Result<Keys, KeyError> {
    let keys =
        Keys { dossier: ring(client, namespace, DOSSIER).await?, builder: ring(client, namespace, BUILDER).await? };
    let now = Timestamp::now();
    let published = |ring: &Ring, kind| ring.published(kind, now).map_err(|source| KeyError::Public { kind, source });
    let dossier = published(&keys.dossier, "dossier")?;
    let builder = published(&keys.builder, "builder")?;
    for (name, data) in [(REGISTER, dossier.clone()), (PUBLIC, [dossier, builder].concat())] {
        let map = ConfigMap {
            metadata: named(name, namespace),
            data: Some(BTreeMap::from_iter(data)),
            ..ConfigMap::default()
        };
        apply::namespaced(client, &map).await.map_err(|source| write(DOSSIER, source))?;
    }
    Ok(keys)
}

/// The key in the Secret `name`, and in `name-2`, `name-3` and so on as far as they are there.
async fn ring(client: &Client, namespace: &str, name: &'static str) -> Result<Ring, KeyError> {
    let secrets: Api<Secret> = Api::namespaced(client.clone(), namespace);
    let first = if let Some(secret) = found(&secrets, name).await? {
        secret
    } else {
        let made = new_secret(name, namespace).map_err(|source| KeyError::Key { name: name.to_owned(), source })?;
        apply::create_once(client, &made).await.map_err(|source| write(name, source))?
    };
    let mut later = Vec::new();
    for number in 2..=MOST {
        let name = format!("{name}-{number}");
        let Some(secret) = found(&secrets, &name).await? else { break };
        let made = secret.metadata.creation_timestamp.as_ref().map_or(Timestamp::MIN, |made| made.0);
        later.push((key(&name, &secret)?, made.saturating_add(PUBLISHED_BEFORE).unwrap_or(made)));
    }
    Ok(Ring::of(key(name, &first)?, later))
}

/// Looks for keys that were added, and publishes them, until dropped.
pub async fn run(context: Arc<Context>) {
    let mut lab = lab::Lab::default();
    again(EVERY, "keys not looked for", async || {
        let found = of_installation(&context.client, &context.settings.namespace).await?;
        context.keys.replace(found);
        lab.see_to(&context).await?;
        Ok::<_, Fatal>(())
    })
    .await;
}

/// The keys as they were seen last.
pub struct Seen(RwLock<Arc<Keys>>);

impl Seen {
    /// These, until others are seen.
    #[must_use]
    pub fn first(keys: Keys) -> Self {
        Self(RwLock::new(Arc::new(keys)))
    }

    /// The keys.
    #[must_use]
    pub fn now(&self) -> Arc<Keys> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn replace(&self, keys: Keys) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }
}

async fn found(secrets: &Api<Secret>, name: &str) -> Result<Option<Secret>, KeyError> {
    let failed = |source| KeyError::Api { name: name.to_owned(), source: Box::new(source) };
    secrets.get_opt(name).await.map_err(failed)
}

fn key(name: &str, secret: &Secret) -> Result<PrivateKey, KeyError> {
    let pem = field(name, secret, FIELD)?;
    PrivateKey::from_pem(&pem).map_err(|source| KeyError::Key { name: name.to_owned(), source })
}

fn field(name: &str, secret: &Secret, field: &'static str) -> Result<String, KeyError> {
    let bytes = secret.data.as_ref().and_then(|data| data.get(field));
    let bytes = bytes.ok_or_else(|| KeyError::Missing { name: name.to_owned(), field })?;
    Ok(String::from_utf8_lossy(&bytes.0).into_owned())
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

fn write(name: &str, source: WriteError) -> KeyError {
    KeyError::Write { name: name.to_owned(), source: Box::new(source) }
}
