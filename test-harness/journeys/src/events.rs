//! Events: what `kubectl describe` shows a team. A cause that stands in a condition stands here too,
//! a moment later: the condition is written first.

use std::{pin::pin, time::Duration};

use futures::StreamExt as _;
use k8s_openapi::api::core::v1::Event;
use kube::{
    Api, Client,
    runtime::{WatchStreamExt as _, watcher},
};
use tokio::time::{Instant, timeout_at};

use crate::Failure;

/// An Event follows its condition within this.
const LIMIT: Duration = Duration::from_secs(20);

/// Waits for an Event about the object `name` in `namespace` whose reason and message are as `holds`
/// wants them; `what` says it in words.
pub async fn told(
    client: &Client,
    namespace: &str,
    name: &str,
    what: &str,
    holds: impl Fn(&str, &str) -> bool,
) -> Result<(), Failure> {
    let events: Api<Event> = Api::namespaced(client.clone(), namespace);
    let about = watcher::Config::default().fields(&format!("involvedObject.name={name}"));
    let mut seen = Vec::new();
    let mut stream = pin!(watcher(events, about).default_backoff().applied_objects());
    let deadline = Instant::now() + LIMIT;
    loop {
        match timeout_at(deadline, stream.next()).await {
            Ok(Some(Ok(event))) => {
                let (reason, note) = (event.reason.unwrap_or_default(), event.message.unwrap_or_default());
                if holds(&reason, &note) {
                    return Ok(());
                }
                seen.push((reason, note));
            }
            // The watch comes back by itself.
            Ok(Some(Err(_))) => {}
            Ok(None) | Err(_) => return Err(Failure::new(format!("no Event about {name} says {what}: {seen:?}"))),
        }
    }
}
