//! The peer of a fault, from the side of `prove`: where what the struck component calls is, at the
//! address of its Service and at those of its pods, followed while they change. Reads; the nodes are told
//! by `leased`.

use std::{collections::BTreeSet, io, net::IpAddr};

use tokio::sync::watch;

use crate::{measure::view::View, target::Targets};

/// The peer is not there, so that no traffic with it can be struck.
#[derive(Debug, thiserror::Error)]
pub enum PeerError {
    /// The service has no such component and no such database.
    #[error("peer `{0}`: neither a component nor a database of this service has that name")]
    Unknown(String),
    /// Its Service name leads nowhere.
    #[error("peer `{0}`: its Service name does not resolve: {1}")]
    Unresolved(String, #[source] io::Error),
}

/// Where a component or a database is.
#[derive(Clone, Debug)]
pub struct Peer {
    service: BTreeSet<IpAddr>,
    pods: watch::Receiver<View>,
}

impl Peer {
    /// The component or database `name`, whose pods are seen in `pods`.
    pub async fn find(name: &str, targets: &Targets, pods: Option<watch::Receiver<View>>) -> Result<Self, PeerError> {
        let unknown = || PeerError::Unknown(name.to_owned());
        let target = targets.peer(name).ok_or_else(unknown)?;
        let pods = pods.ok_or_else(unknown)?;
        let resolved = target.resolve().await.map_err(|error| PeerError::Unresolved(name.to_owned(), error))?;
        Ok(Self { service: resolved.into_iter().map(|address| address.ip()).collect(), pods })
    }

    /// Its addresses now; never none.
    pub fn addresses(&mut self) -> BTreeSet<IpAddr> {
        let view = self.pods.borrow_and_update();
        self.service.iter().copied().chain(view.pods.values().flat_map(|pod| pod.addresses.iter().copied())).collect()
    }

    /// Waits until its addresses are others than `known`; for good if nobody looks at its pods any more.
    pub async fn moved(&mut self, known: &BTreeSet<IpAddr>) -> BTreeSet<IpAddr> {
        loop {
            if self.pods.changed().await.is_err() {
                return std::future::pending().await;
            }
            let addresses = self.addresses();
            if addresses != *known {
                return addresses;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, time::Instant};

    use super::*;
    use crate::{measure::view::tests::pod, target::Target};

    fn targets(host: &str) -> Targets {
        let registry = Target::plain(host.to_owned(), 80);
        Targets::new("web".to_owned(), BTreeMap::from([("registry".to_owned(), registry)]))
    }

    fn view(pods: &[(&str, &str)]) -> View {
        let mut view = View::default();
        for (uid, address) in pods {
            let mut pod = pod(uid, true, false);
            let status = pod.status.as_mut().unwrap();
            status.pod_ips = Some(vec![serde_json::from_value(serde_json::json!({ "ip": address })).unwrap()]);
            view.pod(&pod, Instant::now());
        }
        view
    }

    #[tokio::test]
    async fn a_peer_is_at_its_service_and_at_its_pods_and_is_followed_when_they_change() {
        let (sender, pods) = watch::channel(view(&[("a", "198.18.0.1")]));
        let mut peer = Peer::find("registry", &targets("198.18.9.9"), Some(pods)).await.unwrap();
        let of = |hosts: &[&str]| hosts.iter().map(|host| host.parse().unwrap()).collect::<BTreeSet<IpAddr>>();
        let first = peer.addresses();
        assert_eq!(first, of(&["198.18.9.9", "198.18.0.1"]));
        // A change that moves nobody is none.
        sender.send_modify(|view| view.complete = true);
        sender.send_modify(|known| *known = view(&[("b", "198.18.0.2")]));
        assert_eq!(peer.moved(&first).await, of(&["198.18.9.9", "198.18.0.2"]));
    }

    #[tokio::test]
    async fn a_peer_that_does_not_resolve_is_refused_in_one_line() {
        let pods = || Some(watch::channel(View::default()).1);
        let unknown = Peer::find("ledger", &targets("198.18.9.9"), pods()).await.unwrap_err().to_string();
        assert_eq!(unknown, "peer `ledger`: neither a component nor a database of this service has that name");
        let lost = Peer::find("registry", &targets(&"x".repeat(300)), pods()).await.unwrap_err().to_string();
        assert!(
            lost.starts_with("peer `registry`: its Service name does not resolve: ") && !lost.contains('\n'),
            "{lost}"
        );
    }
}
