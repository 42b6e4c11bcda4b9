//! Bandwidth: what the pod sends goes through a shaper while the lease holds. The shaper alone shapes
//! nothing: packets are sent into its slow class by the gate.

use factory_assurance::evidence::{Class, Dose};

use super::gated::{Gated, dose};
use crate::strike::{
    StrikeError,
    aim::{Aim, Peer},
    gate::{self, CLASS, Gate},
    tap::{INTERFACE, Tap},
};

/// Handle of the shaper, by which it is taken away.
const HANDLE: &str = "fa17:";
/// What waits at the shaper is sent within this time, so that the effect ends with the lease.
const QUEUE: u64 = 4;
/// Bytes of a full packet.
const PACKET: u64 = 1514;

/// The pod can send only so much.
#[derive(Debug)]
pub struct Bandwidth {
    /// Kilobytes a second.
    kilobytes: u64,
    aim: Aim,
}

impl Bandwidth {
    /// So many kilobytes a second, of the packets that leave the pod and that `aim` means.
    #[must_use]
    pub const fn new(kilobytes: u64, aim: Aim) -> Self {
        Self { kilobytes, aim }
    }

    fn shape(&self, interface: &str) -> Result<(), StrikeError> {
        let rate = format!("{}bps", self.kilobytes * 1000);
        // A quarter of a second of it, at least two packets.
        let queue = (self.kilobytes * 1000 / QUEUE / PACKET).max(2).to_string();
        let tc = |words: &[&str]| gate::run("tc", words, "").map(drop);
        tc(&["qdisc", "add", "dev", interface, "root", "handle", HANDLE, "htb", "default", "1"])?;
        tc(&[
            "class", "add", "dev", interface, "parent", HANDLE, "classid", "fa17:1", "htb", "rate", "100gbit",
            "quantum", "60000",
        ])?;
        tc(&[
            "class", "add", "dev", interface, "parent", HANDLE, "classid", CLASS, "htb", "rate", &rate, "burst", "3k",
            "cburst", "3k", "quantum", "1514",
        ])?;
        tc(&["qdisc", "add", "dev", interface, "parent", CLASS, "pfifo", "limit", &queue])
    }
}

impl Gated for Bandwidth {
    fn gate(&self) -> Gate {
        let slow = vec![format!("meta priority set {CLASS}")];
        Gate { leaving: slow, peer: self.aim.addresses(), ..Gate::default() }
    }

    fn peer(&self) -> Option<&Peer> {
        self.aim.peer.as_ref()
    }

    fn preflight(&mut self) -> Result<(), StrikeError> {
        self.gate().rehearse()?;
        self.shape("lo").map_err(StrikeError::incapable)
    }

    fn prepare(&mut self, _: &Tap) -> Result<(), StrikeError> {
        self.shape(INTERFACE)
    }

    fn dose(&mut self, before: &Tap, during: &Tap) -> Result<Vec<Dose>, StrikeError> {
        Ok(vec![dose("htb", Class::All, before.kilobytes(), during.kilobytes())])
    }

    fn undo(&mut self) -> Vec<StrikeError> {
        let shaped = gate::run("tc", &["qdisc", "show", "dev", INTERFACE], "");
        let unshaped = match shaped {
            Ok(said) if said.contains(&format!("htb {HANDLE} root")) => {
                gate::run("tc", &["qdisc", "del", "dev", INTERFACE, "root", "handle", HANDLE], "").map(drop)
            }
            Ok(_) => Ok(()),
            Err(error) => Err(error),
        };
        [gate::shut(), unshaped].into_iter().filter_map(Result::err).collect()
    }
}
