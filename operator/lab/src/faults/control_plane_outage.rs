//! Control plane outage: the pod cannot reach the API server, as when the control plane of its cluster is away for it.
//! Connections that were open are cut as well. A service that never asks the API server feels nothing, and that is for
//! the measurement to say: it is taken by connections of our own from the pod's network, which must succeed before and
//! fail while it lasts.

pub mod doors;

use std::{
    collections::BTreeSet,
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use factory_assurance::evidence::{Class, Dose};

use super::gated::{Gated, counts, dose};
use crate::strike::{
    StrikeError,
    gate::{DROP, Gate},
    place::Place,
    tap::Tap,
};

/// From one attempt of our own to the next, while it lasts.
const EVERY: Duration = Duration::from_millis(200);
/// Longest wait for the API server to accept a connection, at all of its doors together: less than what looking ends
/// before the lease does.
const PATIENCE: Duration = Duration::from_millis(80);
/// Port of the API server where nothing else is known.
const PORT: u16 = 443;

/// The API server is out of reach.
#[derive(Debug)]
pub struct ControlPlaneOutage {
    /// Where it is reached: at the address of its Service and at its own.
    doors: BTreeSet<SocketAddr>,
    /// Attempts that succeeded and that failed.
    before: [u64; 2],
    during: [u64; 2],
    injected: bool,
    tried: Option<Instant>,
}

impl ControlPlaneOutage {
    /// Of the API server that is reached at `doors`.
    #[must_use]
    pub const fn new(doors: BTreeSet<SocketAddr>) -> Self {
        Self { doors, before: [0; 2], during: [0; 2], injected: false, tried: None }
    }

    /// Whether the API server accepts a connection at one of its doors. Nothing is asked over it.
    fn is_reached(&self) -> bool {
        let each = PATIENCE / u32::try_from(self.doors.len()).unwrap_or(u32::MAX).max(1);
        self.doors.iter().any(|door| TcpStream::connect_timeout(door, each).is_ok())
    }
}

impl Gated for ControlPlaneOutage {
    fn gate(&self) -> Gate {
        // Other programs may be at the same addresses: a node's, above all.
        let mut ports: BTreeSet<u16> = self.doors.iter().map(SocketAddr::port).collect();
        if ports.is_empty() {
            ports.insert(PORT);
        }
        let ports: Vec<_> = ports.iter().map(ToString::to_string).collect();
        let cut = |side: &str| vec![format!("tcp {side} {{ {} }} {DROP}", ports.join(", "))];
        Gate {
            coming: cut("sport"),
            leaving: cut("dport"),
            peer: Some(self.doors.iter().map(SocketAddr::ip).collect()),
            ..Gate::default()
        }
    }

    fn prepare(&mut self, _: &Tap) -> Result<(), StrikeError> {
        let refused = |why: String| Err(StrikeError::Incapable(why));
        if self.doors.is_empty() {
            return refused("nobody said where the API server is".to_owned());
        }
        let [reached, failed] = self.before;
        if failed > 0 || reached == 0 {
            return refused(format!(
                "the API server is out of the pod's reach already ({failed} of {} attempts to connect failed): that it is away would change nothing",
                reached + failed
            ));
        }
        self.injected = true;
        Ok(())
    }

    fn sample(&mut self, _: &Place) {
        if self.doors.is_empty() || (self.injected && self.tried.is_some_and(|tried| tried.elapsed() < EVERY)) {
            return;
        }
        self.tried = Some(Instant::now());
        let failed = usize::from(!self.is_reached());
        let side = if self.injected { &mut self.during } else { &mut self.before };
        side[failed] += 1;
    }

    fn dose(&mut self, _: &Tap, _: &Tap) -> Result<Vec<Dose>, StrikeError> {
        let of = |[reached, failed]: [u64; 2]| counts(reached, failed);
        Ok(vec![dose("nft", Class::All, of(self.before), of(self.during))])
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::strike::tap::Tap;

    fn place() -> Place {
        Place { uid: "none".to_owned(), containers: Vec::new() }
    }

    fn refusal(fault: &mut ControlPlaneOutage) -> String {
        Gated::sample(fault, &place());
        fault.prepare(&Tap::empty()).map_or_else(|error| error.to_string(), |()| String::new())
    }

    #[test]
    fn what_cannot_be_reached_before_it_is_refused_and_nothing_else_is() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let open = listener.local_addr().unwrap();
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert_eq!(refusal(&mut ControlPlaneOutage::new(BTreeSet::from([open, closed]))), "");
        let unknown = refusal(&mut ControlPlaneOutage::new(BTreeSet::new()));
        assert!(unknown.ends_with("nobody said where the API server is"), "{unknown}");
        let away = refusal(&mut ControlPlaneOutage::new(BTreeSet::from([closed])));
        assert!(away.contains("(1 of 1 attempts to connect failed)"), "{away}");
    }

    #[test]
    fn only_the_api_servers_ports_at_its_addresses_are_cut() {
        let doors = ["198.18.0.1:443", "198.18.9.9:6443"].map(|door| door.parse().unwrap());
        let rules = ControlPlaneOutage::new(doors.into()).gate().rules("eth0", Duration::from_secs(1));
        assert!(rules.contains("peer4 { 198.18.0.1, 198.18.9.9 }"), "{rules}");
        let dropping: Vec<_> = rules.lines().filter(|line| line.contains(DROP)).collect();
        assert_eq!(dropping.len(), 4);
        assert!(dropping.iter().all(|rule| rule.contains("@peer") && rule.contains("port { 443, 6443 }")), "{rules}");
    }
}
