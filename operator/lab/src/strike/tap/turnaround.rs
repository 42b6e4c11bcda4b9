//! How long a packet that reached the pod's interface takes until the pod's kernel answers it: what a
//! delay on the way into the pod adds to. Pure; works on packets of connections that others opened, so
//! it needs no probe that a service could notice.

use std::collections::HashMap;

use super::packet::{Packet, Tcp};

/// Most packets that wait for an answer; beyond it the oldest knowledge is given up.
const MOST: usize = 4096;

/// One direction of a connection, as it comes in.
type Flow = ((std::net::IpAddr, u16), (std::net::IpAddr, u16));

/// Packets that wait for their answer.
#[derive(Debug, Default)]
pub struct Turnaround {
    opening: HashMap<Flow, u64>,
    /// Others accepted what the pod opened.
    accepted: HashMap<Flow, u64>,
    data: HashMap<Flow, (u32, u64)>,
}

/// An answer, with the microseconds that it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// Of a connection that was opened.
    New(u64),
    /// Of data on an open one.
    Pooled(u64),
}

impl Answered {
    /// Microseconds that it took.
    #[must_use]
    pub const fn took_us(self) -> u64 {
        match self {
            Self::New(took) | Self::Pooled(took) => took,
        }
    }
}

impl Turnaround {
    /// `packet` came in at `at_us`. One that was sent again counts from its first time.
    pub fn came(&mut self, packet: &Packet, at_us: u64) {
        let Some(tcp) = packet.tcp else { return };
        let flow = (packet.from, packet.to);
        if tcp.syn && tcp.ack {
            bound(&mut self.accepted);
            self.accepted.entry(flow).or_insert(at_us);
        } else if tcp.syn {
            bound(&mut self.opening);
            self.opening.entry(flow).or_insert(at_us);
        } else if tcp.payload > 0 {
            bound(&mut self.data);
            self.data.entry(flow).or_insert((tcp.sequence.wrapping_add(tcp.payload), at_us));
        }
    }

    /// `packet` left at `at_us`: what it answers, if anything.
    pub fn left(&mut self, packet: &Packet, at_us: u64) -> Option<Answered> {
        let Tcp { syn, ack, acknowledged, .. } = packet.tcp?;
        if !ack {
            return None;
        }
        let flow = (packet.to, packet.from);
        if syn {
            return self.opening.remove(&flow).map(|came| Answered::New(at_us.saturating_sub(came)));
        }
        if let Some(came) = self.accepted.remove(&flow) {
            return Some(Answered::New(at_us.saturating_sub(came)));
        }
        let (end, came) = *self.data.get(&flow)?;
        // Numbers of TCP wrap: at most half of them lie ahead.
        if acknowledged.wrapping_sub(end) > u32::MAX / 2 {
            return None;
        }
        self.data.remove(&flow);
        Some(Answered::Pooled(at_us.saturating_sub(came)))
    }
}

fn bound<T>(waiting: &mut HashMap<Flow, T>) {
    if waiting.len() >= MOST {
        waiting.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(out: bool, syn: bool, ack: bool, sequence: u32, acknowledged: u32, payload: u32) -> Packet {
        let (client, server) = (("198.18.0.1".parse().unwrap(), 40_000), ("198.18.0.2".parse().unwrap(), 80));
        let (from, to) = if out { (server, client) } else { (client, server) };
        Packet {
            from,
            to,
            bytes: 60,
            tcp: Some(Tcp { sequence, acknowledged, syn, ack, reset: false, fin: false, payload }),
        }
    }

    #[test]
    fn the_first_answer_counts_and_from_the_first_time_that_a_packet_came() {
        let mut turnaround = Turnaround::default();
        turnaround.came(&packet(false, true, false, 1, 0, 0), 100);
        turnaround.came(&packet(false, true, false, 1, 0, 0), 900);
        assert_eq!(turnaround.left(&packet(true, true, true, 5, 2, 0), 1_100), Some(Answered::New(1_000)));
        assert_eq!(turnaround.left(&packet(true, true, true, 5, 2, 0), 1_200), None);
    }

    #[test]
    fn a_connection_that_the_pod_opens_is_new_too() {
        let mut turnaround = Turnaround::default();
        turnaround.came(&packet(false, true, true, 5, 2, 0), 1_000);
        assert_eq!(turnaround.left(&packet(true, false, true, 2, 6, 0), 1_030), Some(Answered::New(30)));
        assert_eq!(turnaround.left(&packet(true, false, true, 2, 6, 9), 1_040), None);
    }

    #[test]
    fn data_is_answered_by_what_acknowledges_all_of_it_also_where_numbers_wrap() {
        let mut turnaround = Turnaround::default();
        turnaround.came(&packet(false, false, true, u32::MAX - 9, 0, 20), 0);
        assert_eq!(turnaround.left(&packet(true, false, true, 0, 9, 100), 50), None);
        assert_eq!(turnaround.left(&packet(true, false, true, 0, 10, 100), 70), Some(Answered::Pooled(70)));
    }

    #[test]
    fn an_acknowledgement_of_nothing_and_a_packet_of_udp_are_no_answers() {
        let mut turnaround = Turnaround::default();
        turnaround.came(&packet(false, false, true, 1, 1, 0), 0);
        assert_eq!(turnaround.left(&packet(true, false, true, 1, 1, 0), 5), None);
        let udp = Packet { tcp: None, ..packet(true, false, false, 0, 0, 0) };
        turnaround.came(&udp, 0);
        assert_eq!(turnaround.left(&udp, 1), None);
    }

    #[test]
    fn a_flood_of_openings_takes_no_more_memory_than_is_allowed() {
        let mut turnaround = Turnaround::default();
        for port in 0..=u16::MAX {
            let mut packet = packet(false, true, false, 1, 0, 0);
            packet.from.1 = port;
            turnaround.came(&packet, 0);
        }
        assert!(turnaround.opening.len() <= MOST);
    }
}
