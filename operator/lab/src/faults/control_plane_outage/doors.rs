//! Where the API server is reached, from the side of `prove`: at the address that the kubelet tells every pod, and at
//! those that the EndpointSlice `kubernetes` lists. Reads; the nodes are told with the order, and no plan or dossier
//! says it.

use std::{collections::BTreeSet, net::SocketAddr, time::Duration};

use k8s_openapi::api::discovery::v1::EndpointSlice;
use kube::{Api, Client};

/// The namespace and the name of the API server's own Service and EndpointSlice.
const NAMESPACE: &str = "default";
const NAME: &str = "kubernetes";
/// Where the kubelet says it.
const SERVICE: [&str; 2] = ["KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"];
/// Longest wait for the API server to say where it is.
const DEADLINE: Duration = Duration::from_secs(5);

/// It is not known where the API server is.
#[derive(Debug, thiserror::Error)]
pub enum DoorsError {
    /// It did not say so.
    #[error("read the endpoints of the API server: {0}")]
    Api(#[from] kube::Error),
    /// It did not answer.
    #[error("read the endpoints of the API server: no answer in time")]
    Slow,
    /// It has none.
    #[error("read the endpoints of the API server: it lists no address with a port")]
    Nowhere,
}

/// Addresses and ports of the API server.
pub async fn of(client: &Client) -> Result<BTreeSet<SocketAddr>, DoorsError> {
    let slices: Api<EndpointSlice> = Api::namespaced(client.clone(), NAMESPACE);
    let slice = tokio::time::timeout(DEADLINE, slices.get(NAME)).await.map_err(|_| DoorsError::Slow)??;
    let mut doors = listed(&slice);
    if doors.is_empty() {
        return Err(DoorsError::Nowhere);
    }
    let [host, port] = SERVICE.map(|name| std::env::var(name).unwrap_or_default());
    if let (Ok(host), Ok(port)) = (host.parse(), port.parse()) {
        doors.insert(SocketAddr::new(host, port));
    }
    Ok(doors)
}

fn listed(slice: &EndpointSlice) -> BTreeSet<SocketAddr> {
    let ports = || slice.ports.iter().flatten().filter_map(|port| u16::try_from(port.port?).ok());
    let addresses = slice.endpoints.iter().flat_map(|endpoint| &endpoint.addresses);
    addresses
        .filter_map(|address| address.parse().ok())
        .flat_map(|address| ports().map(move |port| SocketAddr::new(address, port)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_that_is_listed_is_a_door_at_every_port_and_a_name_is_none() {
        let slice: EndpointSlice = serde_json::from_value(serde_json::json!({
            "metadata": {"name": "kubernetes"},
            "addressType": "IPv4",
            "endpoints": [{"addresses": ["198.18.0.3"]}, {"addresses": ["198.18.0.4", "api.example"]}],
            "ports": [{"name": "https", "port": 6443}],
        }))
        .unwrap();
        let doors: Vec<_> = listed(&slice).iter().map(ToString::to_string).collect();
        assert_eq!(doors, ["198.18.0.3:6443", "198.18.0.4:6443"]);
    }
}
