//! The lab's own keys, with which it signs what it measured. They are made here, are kept in a Secret beside the lab
//! that no other program may read, and go into the lab's pods as files. `factory-lab key` makes those that lack and
//! publishes the halves that everyone may have.
//!
//! A key that follows another has a line before it, `Not-Before` and a moment: from then on it signs.

use std::{collections::BTreeMap, path::Path};

use factory_assurance::{
    dsse::{DsseError, PrivateKey},
    term::{PUBLISHED_BEFORE, Ring},
};
use jiff::Timestamp;
use k8s_openapi::{
    ByteString,
    api::core::v1::{ConfigMap, Secret},
};
use kube::{
    Api, Client,
    api::{ObjectMeta, Patch, PatchParams, PostParams},
};

/// Secret with the private keys, and ConfigMap with the public ones.
const SECRET: &str = "factory-lab-key";
const PUBLIC: &str = "factory-lab-keys";
/// Name under which the lab writes them.
const MANAGER: &str = "factory-lab";
/// Before a key that follows another.
const NOT_BEFORE: &str = "Not-Before:";
/// Most keys.
const MOST: usize = 50;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The folder has none.
    #[error("{0}: no `key.pem`")]
    None(String),
    /// A file cannot be read.
    #[error("{name}: {source}")]
    Read {
        /// Which one.
        name: String,
        /// Why not.
        source: std::io::Error,
    },
    /// A file holds no key.
    #[error("{name}: {source}")]
    Key {
        /// Which one.
        name: String,
        /// Why not.
        source: DsseError,
    },
    /// A key has other lines before it.
    #[error("{name}: `{found}` before the key: must be {NOT_BEFORE} and a moment such as 2026-03-04T05:06:07Z")]
    Line {
        /// Which one.
        name: String,
        /// What stands there.
        found: String,
    },
    /// The API server refused.
    #[error("{name}: {source}")]
    Api {
        /// Which object.
        name: &'static str,
        /// Why.
        source: Box<kube::Error>,
    },
}

/// The keys in `folder`, as the Secret is mounted.
pub fn load(folder: &Path) -> Result<Ring, KeyError> {
    let mut texts = Vec::new();
    for number in 1..=MOST {
        let path = folder.join(name(number));
        match std::fs::read_to_string(&path) {
            Ok(text) => texts.push(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => break,
            Err(source) => return Err(KeyError::Read { name: path.display().to_string(), source }),
        }
    }
    ring(&texts)?.ok_or_else(|| KeyError::None(folder.display().to_string()))
}

/// Makes keys until there are `count` of them in the lab's Secret, and publishes their public halves in `namespace`.
/// The same again changes nothing.
pub async fn make(client: &Client, count: usize, namespace: &str) -> Result<(), KeyError> {
    let secrets: Api<Secret> = Api::default_namespaced(client.clone());
    let failed = |name| move |source| KeyError::Api { name, source: Box::new(source) };
    let held = secrets.get_opt(SECRET).await.map_err(failed(SECRET))?;
    let mut texts: Vec<String> = held.iter().flat_map(texts).collect();
    if texts.len() < count {
        while texts.len() < count.min(MOST) {
            texts.push(new(&texts, Timestamp::now())?);
        }
        let data = texts.iter().enumerate().map(|(at, text)| (name(at + 1), ByteString(text.clone().into_bytes())));
        let metadata = ObjectMeta {
            name: Some(SECRET.to_owned()),
            // Two of us at once: the second one finds another version than it read.
            resource_version: held.as_ref().and_then(|held| held.metadata.resource_version.clone()),
            ..ObjectMeta::default()
        };
        let secret = Secret { metadata, data: Some(data.collect()), ..Secret::default() };
        let written = match held {
            Some(_) => secrets.replace(SECRET, &PostParams::default(), &secret).await,
            None => secrets.create(&PostParams::default(), &secret).await,
        };
        written.map_err(failed(SECRET))?;
        tracing::info!(keys = texts.len(), "the lab has another key");
    }
    if let Some(ring) = ring(&texts)? {
        // Named by their order and not by which of them signs: nobody is here to name them anew when that changes.
        let published = ring.published("lab", Timestamp::MIN);
        let published = published.map_err(|source| KeyError::Key { name: PUBLIC.to_owned(), source })?;
        let map = ConfigMap {
            metadata: ObjectMeta { name: Some(PUBLIC.to_owned()), ..ObjectMeta::default() },
            data: Some(BTreeMap::from_iter(published)),
            ..ConfigMap::default()
        };
        let maps: Api<ConfigMap> = Api::namespaced(client.clone(), namespace);
        let apply = PatchParams::apply(MANAGER).force();
        maps.patch(PUBLIC, &apply, &Patch::Apply(&map)).await.map_err(failed(PUBLIC))?;
    }
    Ok(())
}

/// The texts of the keys in `secret`, in their order.
fn texts(secret: &Secret) -> Vec<String> {
    let entry = |number| secret.data.as_ref()?.get(&name(number));
    (1..=MOST).map_while(entry).map(|bytes| String::from_utf8_lossy(&bytes.0).into_owned()).collect()
}

/// Name of the key with this number, from 1.
fn name(number: usize) -> String {
    if number == 1 { "key.pem".to_owned() } else { format!("key-{number}.pem") }
}

/// A new key that follows those of `before`, as it is kept.
fn new(before: &[String], now: Timestamp) -> Result<String, KeyError> {
    let wrong = |source| KeyError::Key { name: name(before.len() + 1), source };
    let pem = PrivateKey::generate().to_pem().map_err(wrong)?;
    let begins = now.saturating_add(PUBLISHED_BEFORE).unwrap_or(now);
    Ok(if before.is_empty() { pem } else { format!("{NOT_BEFORE} {begins:.0}\n{pem}") })
}

/// The keys of these texts; none where there is no text.
fn ring(texts: &[String]) -> Result<Option<Ring>, KeyError> {
    let mut keys = Vec::new();
    for (at, text) in texts.iter().enumerate() {
        let name = name(at + 1);
        let (line, pem) = text.split_at(text.find("-----BEGIN").unwrap_or(0));
        let wrong = || KeyError::Line { name: name.clone(), found: line.trim().chars().take(80).collect() };
        let from = match line.trim() {
            "" => Timestamp::MIN,
            line => line.strip_prefix(NOT_BEFORE).and_then(|at| at.trim().parse().ok()).ok_or_else(wrong)?,
        };
        keys.push((PrivateKey::from_pem(pem).map_err(|source| KeyError::Key { name, source })?, from));
    }
    let mut keys = keys.into_iter();
    Ok(keys.next().map(|(first, _)| Ring::of(first, keys.collect())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_follows_is_published_before_it_signs() {
        let now: Timestamp = "2026-03-04T05:06:07Z".parse().unwrap();
        let first = new(&[], now).unwrap();
        let second = new(std::slice::from_ref(&first), now).unwrap();
        let public = |text: &str| PrivateKey::from_pem(&text[text.find("-----").unwrap()..]).unwrap().public();
        let both = ring(&[first.clone(), second.clone()]).unwrap().unwrap();
        assert_eq!(both.at(now).public(), public(&first));
        assert_eq!(both.at(now + PUBLISHED_BEFORE).public(), public(&second));
        let published: Vec<_> =
            both.published("lab", Timestamp::MIN).unwrap().into_iter().map(|(name, _)| name).collect();
        assert_eq!(published, ["lab.pub", "lab-2.pub"]);
    }

    #[test]
    fn keys_are_read_from_files_and_what_is_none_is_named() {
        let folder = std::env::temp_dir().join(format!("factory-lab-key-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
        let error = || load(&folder).err().unwrap().to_string();
        assert!(error().ends_with("no `key.pem`"), "{}", error());
        let key = PrivateKey::generate();
        write("key.pem", &key.to_pem().unwrap());
        assert_eq!(load(&folder).unwrap().at(Timestamp::now()).public(), key.public());
        write("key-2.pem", &format!("Not-Before: soon\n{}", key.to_pem().unwrap()));
        assert_eq!(
            error(),
            "key-2.pem: `Not-Before: soon` before the key: must be Not-Before: and a moment such as 2026-03-04T05:06:07Z"
        );
        write("key-2.pem", "words");
        assert!(error().starts_with("key-2.pem: the key is no PEM"), "{}", error());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
