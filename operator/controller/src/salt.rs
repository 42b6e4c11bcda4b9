//! Random bytes that nobody but the operator reads, made once for each service and purpose. What is
//! hashed with them cannot be guessed from its hash.

use factory_assurance::{canonical, dsse};
use k8s_openapi::{ByteString, api::core::v1::Secret};
use kube::Api;

use crate::{
    apply::{self, WriteError},
    context::Context,
    manifests::named,
};

/// Key in the Secret.
const FIELD: &str = "salt";

/// What is salted. Admission knows the names that follow from it.
#[derive(Clone, Copy, Debug)]
pub enum Purpose {
    /// Contacts, which stand in the register as commitments.
    Contacts,
    /// Values of a service's secrets, whose change restarts its pods.
    Values,
}

impl Purpose {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Contacts => "contact-salt",
            Self::Values => "value-salt",
        }
    }
}

/// There is no salt.
#[derive(Debug, thiserror::Error)]
pub enum SaltError {
    /// It could not be read.
    #[error(transparent)]
    Api(#[from] kube::Error),
    /// It could not be made.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// It could not be drawn.
    #[error(transparent)]
    Dsse(#[from] dsse::DsseError),
    /// Somebody emptied it; without it a hash could be guessed from.
    #[error("secret {0} has no field {FIELD}")]
    Missing(String),
}

/// The salt of `service` of `participant` for `purpose`; made when there is none. The first one wins.
pub async fn of(context: &Context, purpose: Purpose, participant: &str, service: &str) -> Result<Vec<u8>, SaltError> {
    let whose = canonical::sha256(format!("{participant}/{service}").as_bytes());
    let name = format!("{}-{}", purpose.prefix(), &whose["sha256:".len()..][..16]);
    let secrets: Api<Secret> = Api::namespaced(context.client.clone(), &context.settings.namespace);
    let kept = match secrets.get_opt(&name).await? {
        Some(kept) => kept,
        None => apply::create_once(&context.client, &fresh(&name, &context.settings.namespace)?).await?,
    };
    let salt = kept.data.and_then(|mut data| data.remove(FIELD)).map(|bytes| bytes.0).unwrap_or_default();
    if salt.is_empty() { Err(SaltError::Missing(name)) } else { Ok(salt) }
}

/// A new one.
fn fresh(name: &str, namespace: &str) -> Result<Secret, dsse::DsseError> {
    Ok(Secret {
        metadata: named(name, namespace),
        immutable: Some(true),
        data: Some([(FIELD.to_owned(), ByteString(random()?.into_bytes()))].into()),
        ..Secret::default()
    })
}

/// 64 hexadecimal digits that nobody can guess. A private key is random; its hash says nothing of it.
pub fn random() -> Result<String, dsse::DsseError> {
    let key = dsse::PrivateKey::generate().to_pem()?;
    Ok(canonical::sha256(key.as_bytes())["sha256:".len()..].to_owned())
}
