//! DNS outage: no question of the pod to DNS leaves it. A service that asks anew for each connection
//! is cut off by that; one that keeps connections, or answers, carries on.

use std::{
    fs,
    net::{SocketAddr, UdpSocket},
    time::{Duration, Instant},
};

use factory_assurance::evidence::{Class, Dose};

use super::gated::{Gated, counts, dose};
use crate::strike::{
    StrikeError,
    gate::{self, DROP, Gate},
    place::Place,
    tap::Tap,
};

/// From one question of our own to the next: a service that asks nothing would feel nothing, and that
/// is for the measurement to say, not for chance.
const EVERY: Duration = Duration::from_millis(500);
/// A question for `kubernetes.default.svc.cluster.local`, type A, as a resolver writes it.
const QUESTION: &[u8] =
    b"\xfa\x17\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x0akubernetes\x07default\x03svc\x07cluster\x05local\x00\x00\x01\x00\x01";

/// Nobody answers names.
#[derive(Debug, Default)]
pub struct DnsOutage {
    asked: Option<Instant>,
}

impl Gated for DnsOutage {
    fn gate(&self) -> Gate {
        let lost = |protocol: &str| format!("{protocol} dport 53 {DROP}");
        Gate { leaving: vec![lost("udp"), lost("tcp")], ..Gate::default() }
    }

    fn sample(&mut self, place: &Place) {
        if self.asked.is_none_or(|asked| asked.elapsed() >= EVERY) {
            self.asked = Some(Instant::now());
            // A question that cannot be sent is one that is not counted.
            let _ = ask(place);
        }
    }

    fn dose(&mut self, before: &Tap, during: &Tap) -> Result<Vec<Dose>, StrikeError> {
        let cut = counts(during.asked, gate::counted()?.dropped);
        Ok(vec![dose("nft", Class::Dns, counts(before.asked, 0), cut)])
    }
}

/// Asks the pod's own resolver, from the pod's network, and waits for no answer.
fn ask(place: &Place) -> Option<()> {
    let pid = place.first().ok()?;
    let server: SocketAddr =
        (resolver(&fs::read_to_string(format!("/proc/{pid}/root/etc/resolv.conf")).ok()?)?, 53).into();
    let local = if server.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    UdpSocket::bind(local).ok()?.send_to(QUESTION, server).ok().map(drop)
}

/// The first name server of a `resolv.conf`.
pub(crate) fn resolver(text: &str) -> Option<std::net::IpAddr> {
    text.lines().filter_map(|line| line.trim().strip_prefix("nameserver")).find_map(|rest| rest.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_name_server_is_asked() {
        let text = "search a.svc\n# nameserver 1.1.1.1\nnameserver x\nnameserver 198.18.0.10\nnameserver 198.18.0.11\n";
        assert_eq!(resolver(text), Some("198.18.0.10".parse().unwrap()));
        assert_eq!(resolver("options ndots:5\n"), None);
    }
}
