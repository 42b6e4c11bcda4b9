//! Where the tap's packets come from: a packet socket in the pod's network namespace.

use std::{
    io::IoSliceMut,
    os::fd::{AsRawFd as _, OwnedFd},
    time::Duration,
};

use nix::{
    cmsg_space,
    net::if_::if_nametoindex,
    sys::{
        socket::{
            AddressFamily, ControlMessageOwned, LinkAddr, MsgFlags, SockFlag, SockProtocol, SockType, recvmsg,
            setsockopt, socket, sockopt,
        },
        time::{TimeSpec, TimeVal, TimeValLike as _},
    },
};

use super::{
    INTERFACE,
    packet::{self, Packet},
};
use crate::strike::StrikeError;

/// The interface on which the pod talks to itself.
const LOOPBACK: &str = "lo";
/// Bytes of a packet that are read: its heads, with room for options, the head of an answer over HTTP, and all of one
/// that is as long as networks usually carry.
pub const HEAD: usize = 2048;
/// Bytes of packets that wait to be looked at, at most.
const BUFFER: usize = 8 << 20;
/// `PACKET_OUTGOING` of the kernel: the packet leaves the pod.
const OUTGOING: u8 = 4;
/// How long a look may find nothing before it is asked whether to go on.
const PATIENCE: i64 = 100;

/// A socket on which every packet of the pod comes up.
pub struct Socket {
    packets: OwnedFd,
    interface: usize,
    loopback: usize,
    /// How many packets the kernel has dropped in all, because nobody looked for too long.
    dropped: u32,
    /// Whether it dropped any since this was last taken.
    pub has_dropped: bool,
}

/// Where a packet was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// It came to the pod.
    Came,
    /// It left it.
    Left,
    /// From the pod to itself.
    Inside,
}

impl Socket {
    /// Opens it in the network namespace of this thread.
    pub fn open() -> Result<Self, StrikeError> {
        let failed = StrikeError::kernel::<nix::Error>;
        let interface = if_nametoindex(INTERFACE).map_err(failed("find the pod's interface eth0"))?;
        let socket = socket(AddressFamily::Packet, SockType::Raw, SockFlag::SOCK_CLOEXEC, SockProtocol::EthAll)
            .map_err(failed("open a packet socket"))?;
        let patience = TimeVal::milliseconds(PATIENCE);
        setsockopt(&socket, sockopt::ReceiveTimeout, &patience).map_err(failed("set the patience of a socket"))?;
        setsockopt(&socket, sockopt::ReceiveTimestampns, &true).map_err(failed("ask for the time of packets"))?;
        setsockopt(&socket, sockopt::RxqOvfl, &1).map_err(failed("ask how many packets were dropped"))?;
        // More than the system allows takes a capability; with what it allows, more may be dropped, and that is said.
        if let Err(error) = setsockopt(&socket, sockopt::RcvBufForce, &BUFFER) {
            tracing::debug!(%error, "what waits to be looked at has the room that is usual");
        }
        let loopback = if_nametoindex(LOOPBACK).map_err(failed("find the pod's interface lo"))?;
        let (interface, loopback) = (interface as usize, loopback as usize);
        Ok(Self { packets: socket, interface, loopback, dropped: 0, has_dropped: false })
    }

    /// The next packet of the pod's interfaces, where it was seen, when, and how much of it was read into `head`.
    pub fn next(&mut self, head: &mut [u8; HEAD]) -> Option<(Packet, Seen, u64, usize)> {
        let mut control = cmsg_space!(TimeSpec, u32);
        let mut parts = [IoSliceMut::new(head)];
        let message =
            recvmsg::<LinkAddr>(self.packets.as_raw_fd(), &mut parts, Some(&mut control), MsgFlags::empty()).ok()?;
        let link = message.address?;
        let mut at = None;
        for control in message.cmsgs().ok()? {
            match control {
                ControlMessageOwned::ScmTimestampns(moment) => at = Some(Duration::from(moment)),
                ControlMessageOwned::RxqOvfl(count) => {
                    self.has_dropped |= count != self.dropped;
                    self.dropped = count;
                }
                _ => {}
            }
        }
        let at = at?;
        let length = message.bytes.min(HEAD);
        let way = match (link.ifindex(), link.pkttype() == OUTGOING) {
            (interface, true) if interface == self.interface => Seen::Left,
            (interface, false) if interface == self.interface => Seen::Came,
            // What the pod sends to itself is seen twice.
            (interface, false) if interface == self.loopback => Seen::Inside,
            _ => return None,
        };
        let packet = packet::parse(head.get(..length)?)?;
        Some((packet, way, u64::try_from(at.as_micros()).ok()?, length))
    }
}
