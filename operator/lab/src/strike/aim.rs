//! Which of a pod's packets and answers a fault at the gate means: those of one direction, those that the pod
//! exchanges with one peer, answers for some names or paths; and what answers become. Where the peer is, is for
//! `prove` to find out and to follow; here it is a set of addresses that may change while a fault lasts.

use std::{
    collections::BTreeSet,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use factory_assurance::plan::Strike;
use factory_crds::resilience_standard::Direction;

/// Which packets.
#[derive(Clone, Debug, Default)]
pub struct Aim {
    /// Which way they go; as the fault has it where nothing is said.
    pub direction: Option<Direction>,
    /// With whom they are exchanged; with anybody where there is none.
    pub peer: Option<Peer>,
    /// Of answers of DNS: for which names; for all where there is none.
    pub names: Vec<String>,
    /// Of answers over HTTP: what the path of the request begins with; any where there is none.
    pub path: Option<String>,
    /// Of answers over HTTP: the status that they get.
    pub status: u16,
    /// Of answers over HTTP: by how much they are late.
    pub late: Duration,
    /// Of an outage of the control plane: where the API server is reached.
    pub doors: BTreeSet<SocketAddr>,
}

impl Aim {
    /// What `strike` means, with `peer` where that is now; no doors.
    #[must_use]
    pub fn of(strike: &Strike, peer: Option<Peer>) -> Self {
        Self {
            direction: strike.direction,
            peer,
            names: strike.names.clone(),
            path: strike.path.clone(),
            status: strike.status.and_then(|status| u16::try_from(status).ok()).unwrap_or(0),
            late: Duration::from_millis(strike.late_ms.unwrap_or(0).into()),
            doors: BTreeSet::new(),
        }
    }

    /// Whether packets to the pod are meant, `otherwise` saying what is where nothing is said.
    #[must_use]
    pub fn comes(&self, otherwise: Direction) -> bool {
        self.direction.unwrap_or(otherwise) != Direction::Out
    }

    /// The same of packets that leave it.
    #[must_use]
    pub fn leaves(&self, otherwise: Direction) -> bool {
        self.direction.unwrap_or(otherwise) != Direction::In
    }

    /// Where the peer is now, if there is one.
    #[must_use]
    pub fn addresses(&self) -> Option<BTreeSet<IpAddr>> {
        self.peer.as_ref().map(Peer::now)
    }
}

/// A peer by its addresses: those of its Service and of its pods. All copies are one.
#[derive(Clone, Debug, Default)]
pub struct Peer {
    known: Arc<Mutex<Known>>,
}

#[derive(Debug, Default)]
struct Known {
    now: BTreeSet<IpAddr>,
    always: Option<BTreeSet<IpAddr>>,
}

impl Peer {
    /// One that is at `addresses`.
    #[must_use]
    pub fn at(addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        let peer = Self::default();
        peer.moves(addresses);
        peer
    }

    /// From now on it is at `addresses`.
    pub fn moves(&self, addresses: impl IntoIterator<Item = IpAddr>) {
        let mut known = self.known();
        known.now = addresses.into_iter().collect();
        let now = known.now.clone();
        known.always = Some(known.always.take().map_or_else(|| now.clone(), |always| &always & &now));
    }

    /// Where it is.
    #[must_use]
    pub fn now(&self) -> BTreeSet<IpAddr> {
        self.known().now.clone()
    }

    /// Where it has been all the time since it is known: packets from and to there were its own, whenever they went.
    #[must_use]
    pub fn always(&self) -> BTreeSet<IpAddr> {
        self.known().always.clone().unwrap_or_default()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_that_moves_is_known_by_where_it_stayed() {
        let of = |hosts: &[u8]| hosts.iter().map(|host| IpAddr::from([198, 18, 0, *host])).collect::<BTreeSet<_>>();
        let peer = Peer::at(of(&[1, 2]));
        let copy = peer.clone();
        peer.moves(of(&[2, 3]));
        assert_eq!((copy.now(), copy.always()), (of(&[2, 3]), of(&[2])));
        peer.moves(of(&[1, 2]));
        assert_eq!((copy.now(), copy.always()), (of(&[1, 2]), of(&[2])));
    }

    #[test]
    fn a_direction_that_is_given_is_the_only_one() {
        let ways = |direction| {
            let aim = Aim { direction, ..Aim::default() };
            (aim.comes(Direction::Both), aim.leaves(Direction::Both), aim.leaves(Direction::In))
        };
        assert_eq!(ways(None), (true, true, false));
        assert_eq!(ways(Some(Direction::In)), (true, false, false));
        assert_eq!(ways(Some(Direction::Out)), (false, true, true));
        assert_eq!(ways(Some(Direction::Both)), (true, true, true));
    }
}
