//! Counts the requests of the lab's clients: each list, watch and write is one, as the API server sees them.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use kube::{Client, Config, client::ClientBuilder};
use tower::util::MapRequestLayer;

use crate::Failure;

/// Requests since the last time that they were taken.
#[derive(Clone, Default)]
pub struct Calls(Arc<AtomicUsize>);

impl Calls {
    /// How many there were; counting begins anew.
    pub fn taken(&self) -> usize {
        self.0.swap(0, Ordering::Relaxed)
    }
}

/// A client of the cluster of KUBECONFIG whose requests count.
pub async fn counted(calls: &Calls) -> Result<Client, Failure> {
    let calls = calls.clone();
    let count = move |request: http::Request<kube::client::Body>| {
        calls.0.fetch_add(1, Ordering::Relaxed);
        request
    };
    let config = Config::infer().await?;
    Ok(ClientBuilder::try_from(config)?.with_layer(&MapRequestLayer::new(count)).build())
}
