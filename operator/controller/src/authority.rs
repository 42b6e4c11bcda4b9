//! The factory's own certificates: a CA, made once and replaced in time, and by it the certificate
//! with which the register serves operator and permit keeper. Others read the CA's public half only.
//!
//! The order is: CA, then what is published of it, then what it signs. A look that was cut off in
//! between is ended by the next one, and two leaders cannot make two: the first Secret wins, and each
//! later write carries the version that it was decided from.

pub mod decide;
pub mod issue;
mod kept;
pub mod pair;

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::{Api, ResourceExt as _};

use crate::{
    apply::{self, WriteError},
    context::Context,
    error,
    serve::again,
};
use decide::{Seen, Wish};
use issue::{IssueError, Issued};
use pair::{Certificate, Pair, Unfit};

/// How often it is looked.
const EVERY: Duration = Duration::from_secs(10);
/// A look ends by then: an answer that was lost must not be the last one waited for.
const LONGEST: Duration = Duration::from_secs(60);

/// The certificates are not as they should be.
#[derive(Debug, thiserror::Error)]
enum AuthorityError {
    #[error("{0}")]
    Api(&'static str, #[source] Box<kube::Error>),
    #[error(transparent)]
    Write(#[from] Box<WriteError>),
    #[error("no certificate could be made")]
    Issue(#[from] IssueError),
    #[error("secret {}", kept::AUTHORITY)]
    Unfit(#[from] Unfit),
}

/// Looks again and again, until dropped.
pub async fn run(context: Arc<Context>) {
    let look = async || Ok(tokio::time::timeout(LONGEST, once(&context)).await??);
    again(EVERY, "certificates not looked after", look).await;
}

async fn once(context: &Context) -> Result<(), AuthorityError> {
    let now = Timestamp::now().as_second();
    let secret = authority(context, now).await?;
    let authority = kept::pair(&secret)?;
    let old = kept::replaced(&secret).filter(|_| decide::old_still_counts(authority.certificate.from, now));
    let bundle = kept::bundle(&authority.certificate, old.as_ref());
    publish(context, &bundle).await?;
    context.register.published(&bundle);
    let names = names(&context.settings.namespace);
    let known = [Some(&authority.certificate), old.as_ref()];
    let read = |secret: &Secret| {
        let leaf = kept::only_pair(secret)?;
        leaf.certificate.serves(&names, known.into_iter().flatten())?;
        Ok(leaf)
    };
    let there = secrets(context).get_opt(kept::LEAF).await.map_err(asked(kept::LEAF))?;
    let seen = there.as_ref().map(|secret| seen(kept::LEAF, read(secret)));
    let wish = decide::leaf(seen, authority.certificate.from, now);
    if wish != Wish::Nothing {
        let issued = issue::leaf(&names, &authority, now)?;
        // A CA that somebody else made may have a name that ours cannot sign for: then nothing is written.
        Certificate::read(issued.certificate.as_bytes())?.serves(&names, [&authority.certificate])?;
        write(context, there, kept::LEAF, &issued, None).await?;
    }
    Ok(())
}

/// The Secret with the CA, made or replaced where it has to be.
async fn authority(context: &Context, now: i64) -> Result<Secret, AuthorityError> {
    let there = secrets(context).get_opt(kept::AUTHORITY).await.map_err(asked(kept::AUTHORITY))?;
    let seen = there.as_ref().map(|secret| seen(kept::AUTHORITY, kept::pair(secret)));
    match (decide::authority(seen, now), there) {
        (Wish::Nothing, Some(secret)) => Ok(secret),
        (_, there) => {
            let old = there.as_ref().and_then(kept::certificate);
            write(context, there, kept::AUTHORITY, &issue::authority(now)?, old.as_ref()).await
        }
    }
}

/// Creates the Secret, or replaces the one that was read.
async fn write(
    context: &Context,
    there: Option<Secret>,
    name: &'static str,
    issued: &Issued,
    old: Option<&Certificate>,
) -> Result<Secret, AuthorityError> {
    let mut secret = kept::secret(name, &context.settings.namespace, issued, old);
    let written = match there {
        None => apply::create_once(&context.client, &secret).await,
        Some(there) => {
            secret.metadata.resource_version = there.resource_version();
            // A type cannot be changed; what is read is the fields.
            secret.type_ = there.type_;
            apply::replace(&context.client, &secret).await
        }
    };
    let written = written.map_err(Box::new)?;
    tracing::info!(secret = name, "certificate made");
    Ok(written)
}

/// Lets operator and permit keeper know whom to trust.
async fn publish(context: &Context, bundle: &str) -> Result<(), AuthorityError> {
    let namespace = &context.settings.namespace;
    let maps: Api<ConfigMap> = Api::namespaced(context.client.clone(), namespace);
    let there = maps.get_opt(kept::AUTHORITY).await.map_err(asked(kept::AUTHORITY))?;
    let published = there.as_ref().and_then(|map| map.data.as_ref()?.get(kept::BUNDLE));
    if published.is_some_and(|published| published == bundle) {
        return Ok(());
    }
    let mut map = kept::public(namespace, bundle);
    map.metadata.resource_version = there.and_then(|map| map.resource_version());
    apply::namespaced(&context.client, &map).await.map_err(Box::new)?;
    tracing::info!(config_map = kept::AUTHORITY, "CA published");
    Ok(())
}

/// What the decision is told of a certificate; why one cannot be used is for people.
fn seen(name: &'static str, read: Result<Pair, Unfit>) -> Seen {
    match read {
        Ok(pair) => Seen::Fit { from: pair.certificate.from, until: pair.certificate.until },
        Err(unfit) => {
            tracing::warn!(secret = name, error = %error::chain(&unfit), "replaced, because it cannot be used");
            Seen::Unfit
        }
    }
}

/// Names of the register's Service in `namespace`.
fn names(namespace: &str) -> Vec<String> {
    let service = "factory-register";
    vec![format!("{service}.{namespace}.svc"), format!("{service}.{namespace}"), service.to_owned()]
}

fn secrets(context: &Context) -> Api<Secret> {
    Api::namespaced(context.client.clone(), &context.settings.namespace)
}

fn asked(name: &'static str) -> impl FnOnce(kube::Error) -> AuthorityError {
    move |source| AuthorityError::Api(name, Box::new(source))
}
