//! Events: what `kubectl describe` shows a team. A cause that stands in a condition stands here too.

use k8s_openapi::api::core::v1::Event;
use kube::{Api, Client, api::ListParams};

/// Reasons and messages of all Events about the object `name` in `namespace`.
pub async fn about(client: &Client, namespace: &str, name: &str) -> Result<Vec<(String, String)>, kube::Error> {
    let events: Api<Event> = Api::namespaced(client.clone(), namespace);
    let about = ListParams::default().fields(&format!("involvedObject.name={name}"));
    let found = events.list(&about).await?.items;
    Ok(found.into_iter().map(|event| (event.reason.unwrap_or_default(), event.message.unwrap_or_default())).collect())
}
