//! A packet of IP that can be changed: where the payload of its TCP or UDP is, and its sums made right
//! again afterwards. Pure; a packet may hold anything, so what does not fit is `None`. (What only looks
//! reads `strike::tap::packet`.)

use std::{net::IpAddr, ops::Range};

/// Flag of TCP: the side that sends it ends the connection.
pub const FIN: u8 = 0x01;
/// Flag of TCP: it opens a connection or accepts one.
const SYN: u8 = 0x02;
/// Flag of TCP: it resets the connection.
pub const RESET: u8 = 0x04;
const PUSH: u8 = 0x08;
const ACK: u8 = 0x10;
/// Protocol number of TCP.
const TCP: u8 = 6;
/// Protocol number of UDP.
const UDP: u8 = 17;

/// A whole packet of TCP or UDP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    bytes: Vec<u8>,
    /// Where the addresses are.
    addresses: Range<usize>,
    /// Where TCP or UDP begins.
    transport: usize,
    /// Where the payload is.
    payload: usize,
    protocol: u8,
}

impl Segment {
    /// Reads a packet from its head of IP on. A fragment has no payload of its own, and heads of IPv6 that
    /// stand between are not followed.
    #[must_use]
    pub fn parse(packet: &[u8]) -> Option<Self> {
        let (addresses, transport, protocol) = match packet.first()? >> 4 {
            4 => {
                let is_fragment = short(packet, 6)? & 0x3fff != 0;
                (12..20, usize::from(packet.first()? & 0x0f) * 4, *packet.get(9).filter(|_| !is_fragment)?)
            }
            6 => (8..40, 40, *packet.get(6)?),
            _ => return None,
        };
        let payload = transport
            + match protocol {
                TCP => usize::from(packet.get(transport + 12)? >> 4) * 4,
                UDP => 8,
                _ => return None,
            };
        if transport < addresses.end || payload > packet.len() {
            return None;
        }
        Some(Self { bytes: packet.to_vec(), addresses, transport, payload, protocol })
    }

    /// Whether it is one of TCP.
    #[must_use]
    pub const fn is_tcp(&self) -> bool {
        self.protocol == TCP
    }

    /// Address and port it comes from.
    #[must_use]
    pub fn from(&self) -> (IpAddr, u16) {
        self.end(0)
    }

    /// Address and port it goes to.
    #[must_use]
    pub fn to(&self) -> (IpAddr, u16) {
        self.end(1)
    }

    fn end(&self, which: usize) -> (IpAddr, u16) {
        let addresses = self.bytes.get(self.addresses.clone()).unwrap_or_default();
        let address = addresses.chunks(addresses.len() / 2).nth(which).unwrap_or_default();
        let address =
            <[u8; 16]>::try_from(address).map(IpAddr::from).or_else(|_| <[u8; 4]>::try_from(address).map(IpAddr::from));
        (address.unwrap_or(IpAddr::from([0; 4])), short(&self.bytes, self.transport + 2 * which).unwrap_or(0))
    }

    /// Number of the first byte of its payload, of TCP.
    #[must_use]
    pub fn sequence(&self) -> u32 {
        let at = self.transport + 4;
        let bytes = self.bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
        bytes.map_or(0, u32::from_be_bytes)
    }

    /// Whether its side of a connection of TCP ends with it.
    #[must_use]
    pub fn is_fin(&self) -> bool {
        self.flags() & FIN != 0
    }

    /// Whether it resets a connection of TCP.
    #[must_use]
    pub fn is_reset(&self) -> bool {
        self.flags() & RESET != 0
    }

    /// Whether it opens or accepts a connection of TCP.
    #[must_use]
    pub fn is_syn(&self) -> bool {
        self.flags() & SYN != 0
    }

    /// Whether who receives it can tell that it was changed: over IPv4, UDP may have no sum.
    #[must_use]
    pub fn has_sum(&self) -> bool {
        self.is_tcp() || short(&self.bytes, self.transport + 6) != Some(0)
    }

    /// The packet with one bit turned over, and its sum as it was: one of the payload, or of the sum where there is no
    /// payload. Which one follows from `draw`.
    #[must_use]
    pub fn garbled(mut self, draw: u64) -> Option<Vec<u8>> {
        let sum = self.sum_at();
        let place = if self.payload().is_empty() { sum..sum + 2 } else { self.payload..self.bytes.len() };
        let bit = usize::try_from(draw % u64::try_from(place.len() * 8).ok()?).ok()?;
        *self.bytes.get_mut(place.start + bit / 8)? ^= 1 << (bit % 8);
        Some(self.bytes)
    }

    fn sum_at(&self) -> usize {
        self.transport + if self.is_tcp() { 16 } else { 6 }
    }

    fn flags(&self) -> u8 {
        if self.is_tcp() { self.bytes.get(self.transport + 13).copied().unwrap_or(0) } else { 0 }
    }

    /// The packet of TCP with the first `keep` bytes of its payload, as the last one of its side: a [`FIN`] or a
    /// [`RESET`].
    #[must_use]
    pub fn cut(mut self, keep: usize, last: u8) -> Option<Vec<u8>> {
        if !self.is_tcp() || keep > self.payload().len() {
            return None;
        }
        self.bytes.truncate(self.payload + keep);
        *self.bytes.get_mut(self.transport + 13)? = last | ACK | if last == FIN { PUSH } else { 0 };
        let is_v4 = self.addresses.len() == 8;
        let length = u16::try_from(self.bytes.len() - if is_v4 { 0 } else { 40 }).ok()?;
        let at = if is_v4 { 2 } else { 4 };
        self.bytes.get_mut(at..at + 2)?.copy_from_slice(&length.to_be_bytes());
        if is_v4 {
            self.bytes.get_mut(10..12)?.fill(0);
            let sum = folded(added(self.bytes.get(..self.transport)?))?;
            self.bytes.get_mut(10..12)?.copy_from_slice(&sum.to_be_bytes());
        }
        self.sum()?;
        Some(self.bytes)
    }

    /// Its payload.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        self.bytes.get(self.payload..).unwrap_or_default()
    }

    /// The packet with `payload`, which is as long as its own.
    #[must_use]
    pub fn with(mut self, payload: &[u8]) -> Option<Vec<u8>> {
        let own = self.bytes.get_mut(self.payload..).filter(|own| own.len() == payload.len())?;
        own.copy_from_slice(payload);
        self.sum()?;
        Some(self.bytes)
    }

    /// Makes the sum of TCP or UDP right.
    fn sum(&mut self) -> Option<()> {
        let at = self.sum_at();
        self.bytes.get_mut(at..at + 2)?.fill(0);
        let whole = self.bytes.get(self.transport..)?;
        let length = u32::try_from(whole.len()).ok()?;
        let pseudo = added(self.bytes.get(self.addresses.clone())?) + length + u32::from(self.protocol);
        // A sum of 0 would say that UDP has none.
        let sum = match folded(added(whole) + pseudo)? {
            0 if self.protocol == UDP => 0xffff,
            sum => sum,
        };
        self.bytes.get_mut(at..at + 2)?.copy_from_slice(&sum.to_be_bytes());
        Some(())
    }
}

/// The sum that makes words which add up to `sum` add up to ones.
fn folded(mut sum: u32) -> Option<u16> {
    while sum > 0xffff {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    Some(!u16::try_from(sum).ok()?)
}

/// Sum of 16-bit words; a last byte stands for a word with a zero behind it.
fn added(bytes: &[u8]) -> u32 {
    let words = bytes.chunks(2).map(|word| match *word {
        [high, low] => u32::from(u16::from_be_bytes([high, low])),
        [high] => u32::from(high) << 8,
        _ => 0,
    });
    words.sum()
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

#[cfg(test)]
pub(in crate::faults) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A packet of UDP over IPv4 with its right sum, as a kernel wrote it.
    const ANSWER: &[u8] = &[
        0x45, 0x00, 0x00, 0x1f, 0x00, 0x01, 0x00, 0x00, 0x40, 0x11, 0xf6, 0xcc, 0x0a, 0x00, 0x00, 0x01, 0x0a, 0x00,
        0x00, 0x02, 0x00, 0x35, 0x9c, 0x40, 0x00, 0x0b, 0x00, 0x00, b'a', b'b', b'c',
    ];

    /// Whether the sum over everything is right: then all words add up to ones.
    fn is_right(packet: &[u8], transport: usize, protocol: u32) -> bool {
        let mut sum = added(&packet[12..20]) + added(&packet[transport..]) + protocol;
        sum += u32::try_from(packet.len() - transport).unwrap();
        while sum > 0xffff {
            sum = (sum >> 16) + (sum & 0xffff);
        }
        sum == 0xffff
    }

    /// A packet of TCP over IPv4 with `payload`, to the pod or from it.
    pub fn tcp(leaves: bool, payload: &[u8]) -> Vec<u8> {
        let length = u16::try_from(40 + payload.len()).unwrap().to_be_bytes();
        let (pod, user) = ([198, 18, 0, 1], [198, 18, 0, 2]);
        let (from, to) = if leaves { (pod, user) } else { (user, pod) };
        let (from_port, to_port) = if leaves { ([0, 80], [0x9c, 0x40]) } else { ([0x9c, 0x40], [0, 80]) };
        let mut packet = vec![0x45, 0, length[0], length[1], 0, 0, 0x40, 0, 64, 6, 0, 0];
        packet.extend([from, to].concat());
        packet.extend([from_port, to_port].concat());
        packet.extend([0, 0, 0, 7, 0, 0, 0, 9, 0x50, 0x18, 0, 0, 0, 0, 0, 0]);
        packet.extend(payload);
        packet
    }

    #[test]
    fn a_cut_packet_is_the_last_of_its_side_and_its_sums_and_lengths_are_right() {
        let segment = Segment::parse(&tcp(true, b"abcdef")).unwrap();
        assert_eq!(segment.from(), ([198, 18, 0, 1].into(), 80));
        assert_eq!(segment.to(), ([198, 18, 0, 2].into(), 40_000));
        for (keep, last) in [(3, FIN), (0, RESET)] {
            let packet = segment.clone().cut(keep, last).unwrap();
            assert!(is_right(&packet, 20, 6));
            assert_eq!(folded(added(&packet[..20])), Some(0));
            assert_eq!((usize::from(packet[3]), packet.len()), (40 + keep, 40 + keep));
            let cut = Segment::parse(&packet).unwrap();
            assert_eq!((cut.is_fin(), cut.is_reset(), cut.payload()), (last == FIN, last == RESET, &b"abc"[..keep]));
        }
        assert_eq!(segment.cut(7, FIN), None);
    }

    #[test]
    fn a_changed_payload_has_a_right_sum_and_everything_else_stays() {
        let changed = Segment::parse(ANSWER).unwrap().with(b"xyz").unwrap();
        assert!(is_right(&changed, 20, 17));
        assert_eq!((&changed[..26], &changed[28..]), (&ANSWER[..26], &b"xyz"[..]));
        assert_eq!(Segment::parse(ANSWER).unwrap().with(b"longer"), None);
    }

    #[test]
    fn what_is_no_whole_packet_of_tcp_or_udp_is_nothing() {
        let changed = |at: usize, value: u8| {
            let mut packet = ANSWER.to_vec();
            packet[at] = value;
            Segment::parse(&packet)
        };
        assert!(changed(0, 0x55).is_none(), "another version of IP");
        assert!(changed(0, 0x4f).is_none(), "a head longer than the packet");
        assert!(changed(9, 1).is_none(), "ICMP");
        assert!(changed(6, 0x20).is_none() && changed(7, 1).is_none(), "a fragment");
        assert!(Segment::parse(&ANSWER[..27]).is_none());
        assert!(Segment::parse(&[]).is_none());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..100), version in 0..2) {
            if let Some(first) = bytes.first_mut() {
                *first = [0x45, 0x60][usize::try_from(version).unwrap()];
            }
            if let Some(segment) = Segment::parse(&bytes) {
                let same = segment.payload().to_vec();
                prop_assert!(segment.with(&same).is_some_and(|packet| packet.len() == bytes.len()));
            }
        }
    }
}
