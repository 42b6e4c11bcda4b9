//! Waiting for the factory by watching its objects. Nothing here sleeps; every wait has a deadline,
//! and a deadline that passes prints the state in which the object was left.

use std::{fmt::Debug, pin::pin, time::Duration};

use futures::StreamExt as _;
use k8s_openapi::serde::{Serialize, de::DeserializeOwned};
use kube::{
    Api, Resource,
    runtime::{
        WatchStreamExt as _,
        watcher::{self, watch_object},
    },
};
use tokio::time::{Instant, timeout_at};

/// Why a wait ended without what it waited for.
#[derive(Debug, thiserror::Error)]
pub enum WaitError {
    /// The deadline passed.
    #[error("waited {limit:?} for {what}; {state}")]
    Deadline {
        /// What was waited for, with the object's name.
        what: String,
        /// How long.
        limit: Duration,
        /// The object's status, or that there is none, and the last error of the watch.
        state: String,
    },
    /// The object may not be seen by this person.
    #[error("waiting for {what}: {source}")]
    Forbidden {
        /// What was waited for.
        what: String,
        /// The API server's words.
        source: Box<watcher::Error>,
    },
}

/// Waits until `holds` of the object `name`, at most `limit`; `what` says it in words.
pub async fn until<K>(
    api: &Api<K>,
    name: &str,
    what: &str,
    limit: Duration,
    mut holds: impl FnMut(&K) -> bool,
) -> Result<K, WaitError>
where
    K: Resource + Clone + Debug + Send + Serialize + DeserializeOwned + 'static,
{
    follow(api, name, what, limit, |object| object.filter(|object| holds(object)).cloned()).await
}

/// Waits until there is no object `name`, at most `limit`.
pub async fn until_gone<K>(api: &Api<K>, name: &str, limit: Duration) -> Result<(), WaitError>
where
    K: Resource + Clone + Debug + Send + Serialize + DeserializeOwned + 'static,
{
    follow(api, name, "its end", limit, |object| object.is_none().then_some(())).await
}

/// Shows every state of the object `name` to `see` (`None` while there is none) until that returns
/// something, at most `limit`.
pub async fn follow<K, T>(
    api: &Api<K>,
    name: &str,
    what: &str,
    limit: Duration,
    mut see: impl FnMut(Option<&K>) -> Option<T>,
) -> Result<T, WaitError>
where
    K: Resource + Clone + Debug + Send + Serialize + DeserializeOwned + 'static,
{
    let what = format!("{what} of {name}");
    let deadline = Instant::now() + limit;
    let mut states = pin!(watch_object(api.clone(), name).default_backoff());
    let mut last = None;
    let mut trouble = None;
    loop {
        match timeout_at(deadline, states.next()).await {
            Ok(Some(Ok(object))) => {
                if let Some(found) = see(object.as_ref()) {
                    return Ok(found);
                }
                last = object;
            }
            Ok(Some(Err(source))) if is_refusal(&source) => {
                return Err(WaitError::Forbidden { what, source: Box::new(source) });
            }
            // The API server may be away for a moment; the watch comes back by itself.
            Ok(Some(Err(source))) => trouble = Some(source.to_string()),
            Ok(None) | Err(_) => {
                return Err(WaitError::Deadline { what, limit, state: describe(last.as_ref(), trouble) });
            }
        }
    }
}

fn is_refusal(error: &watcher::Error) -> bool {
    match error {
        watcher::Error::InitialListFailed(kube::Error::Api(status))
        | watcher::Error::WatchStartFailed(kube::Error::Api(status)) => matches!(status.code, 401 | 403),
        _ => false,
    }
}

/// What is known of an object at the deadline.
fn describe<K: Serialize>(object: Option<&K>, trouble: Option<String>) -> String {
    let state = match object.map(serde_json::to_value) {
        None => "there is no such object".to_owned(),
        Some(Ok(value)) => format!("its status is {:#}", value.get("status").unwrap_or(&serde_json::Value::Null)),
        Some(Err(error)) => format!("its status cannot be shown: {error}"),
    };
    trouble.map_or(state.clone(), |trouble| format!("{state}; last trouble of the watch: {trouble}"))
}
