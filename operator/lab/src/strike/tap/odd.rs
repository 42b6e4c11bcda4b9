//! What is odd about a pod's packets, each beside those before it: a copy of one that left just now, one that comes to
//! the pod from inside in another's name, a wrong sum, one that was overtaken by those behind it. Pure; it looks at
//! packets where the tap does, and knows nothing of who did that to them.

use std::{
    collections::{BTreeSet, HashMap, HashSet, VecDeque, hash_map::DefaultHasher},
    hash::{Hash as _, Hasher as _},
    net::IpAddr,
};

use super::{packet::Packet, sums};

/// Packets among which a copy is looked for.
const RECENT: usize = 2048;
/// Bytes by which a packet is told from another: its heads.
const HEADS: usize = 128;
/// Most flows that are known; beyond it the oldest knowledge is given up.
const MOST: usize = 4096;
/// Most gaps of one flow that are known.
const GAPS: usize = 16;
/// Most addresses of its own that a pod has.
const OWN: usize = 16;
/// A packet with data follows another of its flow at once if it comes within so many microseconds.
pub const AT_ONCE_US: u64 = 10_000;

/// How many packets were odd, and of how many that could be said beside all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Odd {
    /// Packets that came to the pod's interface.
    pub came: u64,
    /// Packets that came to the pod from inside in the name of somebody outside.
    pub came_again: u64,
    /// Packets that left and were the same as one that left just before.
    pub left_again: u64,
    /// Packets that left with a wrong sum.
    pub left_wrong: u64,
    /// Packets with data that came and that another of their flow followed at once.
    pub came_followed: u64,
    /// The same of those that left.
    pub left_followed: u64,
    /// Packets with data that left behind later ones of their flow, and had not left before.
    pub left_overtaken: u64,
}

impl Odd {
    /// Adds what `other` counted.
    pub const fn add(&mut self, other: &Self) {
        let Self { came, came_again, left_again, left_wrong, came_followed, left_followed, left_overtaken } = other;
        self.came += *came;
        self.came_again += *came_again;
        self.left_again += *left_again;
        self.left_wrong += *left_wrong;
        self.came_followed += *came_followed;
        self.left_followed += *left_followed;
        self.left_overtaken += *left_overtaken;
    }
}

/// One direction of a connection.
type Flow = ((IpAddr, u16), (IpAddr, u16));

/// What left in one flow.
#[derive(Debug, Default)]
struct Sent {
    /// Number of the byte behind the last that left.
    next: u32,
    /// Numbers that were left out so far, each from one to before another.
    gaps: Vec<(u32, u32)>,
}

/// What was seen before.
#[derive(Debug, Default)]
pub struct Oddities {
    own: BTreeSet<IpAddr>,
    known: HashSet<u64>,
    recent: VecDeque<u64>,
    sent: HashMap<Flow, Sent>,
    last_us: HashMap<Flow, u64>,
}

impl Oddities {
    /// `packet` came to the pod's interface at `at_us`.
    pub fn came(&mut self, packet: &Packet, at_us: u64) -> Odd {
        Odd { came: 1, came_followed: u64::from(self.follows(packet, at_us)), ..Odd::default() }
    }

    /// `packet` came from inside of the pod.
    pub fn inside(&mut self, packet: &Packet) -> Odd {
        let from = packet.from.0;
        let is_others = !from.is_loopback() && !self.own.contains(&from);
        Odd { came_again: u64::from(is_others), ..Odd::default() }
    }

    /// `packet` left at `at_us`; of its bytes from the head of IP on `ip` were read.
    pub fn left(&mut self, packet: &Packet, ip: &[u8], at_us: u64) -> Odd {
        if self.own.len() < OWN {
            self.own.insert(packet.from.0);
        }
        if self.is_known(ip) {
            return Odd { left_again: 1, ..Odd::default() };
        }
        Odd {
            left_wrong: u64::from(sums::is_wrong(ip)),
            left_followed: u64::from(self.follows(packet, at_us)),
            left_overtaken: u64::from(self.is_overtaken(packet)),
            ..Odd::default()
        }
    }

    /// Whether the same heads were seen just before: what is sent again has another number of IP, or another time.
    fn is_known(&mut self, ip: &[u8]) -> bool {
        let mut hasher = DefaultHasher::new();
        ip.get(..HEADS.min(ip.len())).hash(&mut hasher);
        let print = hasher.finish();
        if !self.known.insert(print) {
            return true;
        }
        self.recent.push_back(print);
        if self.recent.len() > RECENT
            && let Some(oldest) = self.recent.pop_front()
        {
            self.known.remove(&oldest);
        }
        false
    }

    /// Whether `packet` has data and comes at once after another of its flow that has.
    fn follows(&mut self, packet: &Packet, at_us: u64) -> bool {
        if packet.tcp.is_none_or(|tcp| tcp.payload == 0) {
            return false;
        }
        if self.last_us.len() >= MOST {
            self.last_us.clear();
        }
        let before = self.last_us.insert((packet.from, packet.to), at_us);
        before.is_some_and(|before| at_us.saturating_sub(before) <= AT_ONCE_US)
    }

    /// Whether `packet` has data that later data of its flow left before.
    fn is_overtaken(&mut self, packet: &Packet) -> bool {
        let Some(tcp) = packet.tcp.filter(|tcp| tcp.payload > 0) else { return false };
        if self.sent.len() >= MOST {
            self.sent.clear();
        }
        let (begin, end) = (tcp.sequence, tcp.sequence.wrapping_add(tcp.payload));
        let sent = self.sent.entry((packet.from, packet.to)).or_insert_with(|| Sent { next: begin, gaps: Vec::new() });
        if let Some(at) = sent.gaps.iter().position(|(from, to)| !is_before(begin, *from) && is_before(begin, *to)) {
            let (from, to) = sent.gaps.swap_remove(at);
            sent.gaps.extend([(from, begin), (end, to)].into_iter().filter(|(from, to)| is_before(*from, *to)));
            return true;
        }
        if is_before(sent.next, begin) && sent.gaps.len() < GAPS {
            sent.gaps.push((sent.next, begin));
        }
        if is_before(sent.next, end) {
            sent.next = end;
        }
        false
    }
}

/// Numbers of TCP wrap: at most half of them lie ahead.
const fn is_before(one: u32, other: u32) -> bool {
    one != other && other.wrapping_sub(one) < u32::MAX / 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strike::tap::packet::Tcp;

    fn data(sequence: u32, payload: u32) -> Packet {
        let tcp = Tcp { sequence, acknowledged: 1, syn: false, ack: true, reset: false, fin: false, payload };
        let (from, to) = (([198, 18, 0, 1].into(), 80), ([198, 18, 0, 2].into(), 40_000));
        Packet { from, to, bytes: u64::from(payload) + 40, tcp: Some(tcp) }
    }

    /// What is odd of packets with data that leave one after the other, at these moments and with these first bytes.
    fn odd(packets: &[(u64, u32, u32)]) -> Odd {
        let (mut oddities, mut sum) = (Oddities::default(), Odd::default());
        for (number, (at_us, sequence, payload)) in packets.iter().enumerate() {
            sum.add(&oddities.left(&data(*sequence, *payload), &number.to_be_bytes(), *at_us));
        }
        sum
    }

    #[test]
    fn what_fills_a_gap_was_overtaken_and_what_is_sent_again_was_not() {
        let of = |packets: &[(u64, u32, u32)]| (odd(packets).left_followed, odd(packets).left_overtaken);
        assert_eq!(of(&[(0, 100, 10), (1, 110, 10), (2, 120, 10)]), (2, 0));
        assert_eq!(of(&[(0, 100, 10), (1, 120, 10), (2, 110, 10)]), (2, 1));
        assert_eq!(of(&[(0, 100, 10), (1, 120, 10), (2, 130, 10), (9, 110, 10), (10, 110, 10)]), (4, 1));
        // Sent again, in whole or in part, and nothing was left out.
        assert_eq!(of(&[(0, 100, 10), (1, 110, 10), (2, 100, 10), (3, 100, 20)]), (3, 0));
        // A gap is filled in parts, and its numbers wrap.
        assert_eq!(of(&[(0, u32::MAX - 4, 5), (1, 20, 5), (2, 0, 10), (3, 10, 10)]), (3, 2));
        // Later than at once; without data.
        assert_eq!(of(&[(0, 100, 10), (AT_ONCE_US + 1, 110, 10)]), (0, 0));
        assert_eq!(of(&[(0, 100, 0), (1, 100, 0)]), (0, 0));
    }

    #[test]
    fn the_same_packet_twice_is_a_copy_and_one_from_inside_is_one_in_anothers_name() {
        let mut oddities = Oddities::default();
        let packet = data(100, 10);
        assert_eq!(oddities.left(&packet, b"one", 0).left_again, 0);
        assert_eq!(oddities.left(&packet, b"other", 0).left_again, 0);
        assert_eq!(oddities.left(&packet, b"one", 0).left_again, 1);
        assert_eq!(oddities.inside(&packet).came_again, 0, "its own");
        let others = Packet { from: packet.to, to: packet.from, ..packet };
        assert_eq!(oddities.inside(&others).came_again, 1);
        assert_eq!(oddities.inside(&Packet { from: ([127, 0, 0, 1].into(), 1), ..others }).came_again, 0);
        for number in 0..3 * RECENT {
            oddities.left(&data(100, 10), &number.to_be_bytes(), 0);
        }
        assert!(oddities.known.len() <= RECENT && oddities.recent.len() <= RECENT);
    }
}
