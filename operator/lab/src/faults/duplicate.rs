//! Duplicate: of a share of the packets to the pod, or from it, a copy goes the same way, as when a network sent them
//! round twice. The copy is made in the pod's own network and marked, so that it is not copied again: one that comes
//! does so over the pod's loopback in the sender's name, where the tap sees it; one that leaves does so like the first.

use std::{
    net::{IpAddr, SocketAddr},
    os::fd::{AsRawFd as _, OwnedFd},
    sync::Arc,
    time::Instant,
};

use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, SockaddrStorage, sendto, setsockopt, socket, sockopt,
};

use super::{
    packets::{Chance, Counted, Struck},
    queued::{
        segment::Segment,
        serve::{Fate, Treatment, Way},
    },
};
use crate::strike::{StrikeError, counters::Counters, gate::TREATED, tap::Tap};

/// Packets come twice.
#[derive(Debug)]
pub struct Duplicate;

/// Who copies them.
#[derive(Debug)]
pub struct Copying {
    chance: Chance,
    counted: Arc<Counted>,
    v4: OwnedFd,
    /// Where there is IPv6.
    v6: Option<OwnedFd>,
}

impl Copying {
    /// Whether a copy of `packet`, which goes to `to`, was sent.
    fn copy(&self, packet: &[u8], to: IpAddr) -> bool {
        let socket = if to.is_ipv4() { Some(&self.v4) } else { self.v6.as_ref() };
        let to = SockaddrStorage::from(SocketAddr::from((to, 0)));
        // A copy that has no room is one that the network lost.
        socket.is_some_and(|socket| sendto(socket.as_raw_fd(), packet, &to, MsgFlags::MSG_DONTWAIT).is_ok())
    }
}

impl Treatment for Copying {
    fn reads(&self) -> u16 {
        u16::MAX
    }

    fn treat(&mut self, packet: &[u8], way: Way, _: Instant) -> Fate {
        // What opens a connection has no number of IP by which a copy could be told from one that is sent again.
        if let Some(segment) = Segment::parse(packet).filter(|segment| !segment.is_syn()) {
            let is_copied = self.chance.means() && self.copy(packet, segment.to().0);
            self.counted.count(way, is_copied);
        }
        Fate::default()
    }
}

impl Struck for Duplicate {
    type Treatment = Copying;

    fn treatment(chance: Chance, counted: Arc<Counted>) -> Result<Copying, StrikeError> {
        Ok(Copying { chance, counted, v4: raw(AddressFamily::Inet)?, v6: raw(AddressFamily::Inet6).ok() })
    }

    fn seen(way: Way, tap: &Tap, _: Counters) -> [u64; 2] {
        match way {
            Way::Coming => [tap.odd.came, tap.odd.came_again],
            Way::Leaving => [tap.sent.saturating_sub(tap.odd.left_again), tap.odd.left_again],
        }
    }
}

/// A socket of the calling thread's network namespace over which packets go as they are, marked.
fn raw(family: AddressFamily) -> Result<OwnedFd, StrikeError> {
    let socket = socket(family, SockType::Raw, SockFlag::SOCK_CLOEXEC, SockProtocol::Raw)
        .map_err(StrikeError::kernel("open a raw socket"))?;
    setsockopt(&socket, sockopt::Mark, &TREATED).map_err(StrikeError::kernel("mark packets"))?;
    Ok(socket)
}
