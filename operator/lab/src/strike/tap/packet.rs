//! The head of a packet, as far as it is needed to see what a pod's connections feel. Pure; a packet
//! may hold anything, so what does not fit is `None`.

use std::net::IpAddr;

/// Length of an Ethernet head.
pub const ETHERNET: usize = 14;

/// A packet of TCP or UDP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Address and port it comes from.
    pub from: (IpAddr, u16),
    /// Address and port it goes to.
    pub to: (IpAddr, u16),
    /// Bytes on the wire, without the Ethernet head.
    pub bytes: u64,
    /// What TCP says; nothing in UDP.
    pub tcp: Option<Tcp>,
}

/// What TCP says in a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // flags, each by its own name in the head of TCP
pub struct Tcp {
    /// First byte of the payload.
    pub sequence: u32,
    /// What was received of the other side, if `ack`.
    pub acknowledged: u32,
    /// Opens a connection.
    pub syn: bool,
    /// Acknowledges.
    pub ack: bool,
    /// Resets the connection.
    pub reset: bool,
    /// Ends its side of the connection.
    pub fin: bool,
    /// Bytes of payload.
    pub payload: u32,
}

/// Reads an Ethernet frame; `head` may be cut off behind its heads.
#[must_use]
pub fn parse(head: &[u8]) -> Option<Packet> {
    let network = head.get(ETHERNET..)?;
    match head.get(12..ETHERNET)? {
        [0x08, 0x00] => v4(network),
        [0x86, 0xdd] => v6(network),
        _ => None,
    }
}

/// What was read of the payload of TCP of a frame.
#[must_use]
pub fn said(head: &[u8]) -> Option<&[u8]> {
    let network = head.get(ETHERNET..)?;
    let before = if network.first()? >> 4 == 4 { usize::from(*network.first()? & 0x0f) * 4 } else { 40 };
    let transport = network.get(before..)?;
    // Short frames are filled up: what is behind the packet is none of it.
    let payload = parse(head)?.tcp?.payload as usize;
    let said = transport.get(usize::from(*transport.get(12)? >> 4) * 4..)?;
    Some(said.get(..payload).unwrap_or(said))
}

fn v4(ip: &[u8]) -> Option<Packet> {
    let length = usize::from(*ip.first()? & 0x0f) * 4;
    let total = u64::from(short(ip, 2)?);
    // Of a fragment, only the first has ports.
    if length < 20 || short(ip, 6)? & 0x1fff != 0 {
        return None;
    }
    let address = |at: usize| Some(IpAddr::from(<[u8; 4]>::try_from(ip.get(at..at + 4)?).ok()?));
    transport(*ip.get(9)?, ip.get(length..)?, address(12)?, address(16)?, total, length as u64)
}

fn v6(ip: &[u8]) -> Option<Packet> {
    let address = |at: usize| Some(IpAddr::from(<[u8; 16]>::try_from(ip.get(at..at + 16)?).ok()?));
    transport(*ip.get(6)?, ip.get(40..)?, address(8)?, address(24)?, u64::from(short(ip, 4)?) + 40, 40)
}

fn transport(protocol: u8, rest: &[u8], from: IpAddr, to: IpAddr, bytes: u64, before: u64) -> Option<Packet> {
    let (source, target) = (short(rest, 0)?, short(rest, 2)?);
    let tcp = match protocol {
        6 => {
            let (head, flags) = (u64::from(*rest.get(12)? >> 4) * 4, *rest.get(13)?);
            Some(Tcp {
                sequence: long(rest, 4)?,
                acknowledged: long(rest, 8)?,
                syn: flags & 0x02 != 0,
                ack: flags & 0x10 != 0,
                reset: flags & 0x04 != 0,
                fin: flags & 0x01 != 0,
                payload: u32::try_from(bytes.checked_sub(before + head)?).ok()?,
            })
        }
        17 => None,
        _ => return None,
    };
    Some(Packet { from: (from, source), to: (to, target), bytes, tcp })
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn long(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A frame of TCP with 3 bytes of payload, which are cut off.
    fn frame(flags: u8) -> Vec<u8> {
        let mut frame = vec![0; ETHERNET];
        frame[12] = 0x08;
        frame.extend([0x45, 0, 0, 43, 0, 0, 0x40, 0, 64, 6, 0, 0, 198, 18, 0, 1, 198, 18, 0, 2]);
        frame.extend([0x9c, 0x40, 0x1f, 0x90, 0, 0, 0, 7, 0, 0, 0, 9, 0x50, flags, 0, 0, 0, 0, 0, 0]);
        frame
    }

    #[test]
    fn a_segment_is_read_as_it_was_written() {
        let packet = parse(&frame(0x18)).unwrap();
        assert_eq!(packet.from, ("198.18.0.1".parse().unwrap(), 40_000));
        assert_eq!(packet.to, ("198.18.0.2".parse().unwrap(), 8_080));
        assert_eq!(packet.bytes, 43);
        let tcp = Tcp { sequence: 7, acknowledged: 9, syn: false, ack: true, reset: false, fin: false, payload: 3 };
        assert_eq!(packet.tcp, Some(tcp));
        let mut whole = frame(0x18);
        whole.extend(b"abc and what fills it up");
        assert_eq!((said(&whole), said(&frame(0x18))), (Some(&b"abc"[..]), Some(&b""[..])));
        assert!(parse(&frame(0x11)).unwrap().tcp.unwrap().fin);
        assert!(parse(&frame(0x02)).unwrap().tcp.unwrap().syn);
        assert!(parse(&frame(0x14)).unwrap().tcp.unwrap().reset);
    }

    #[test]
    fn what_is_no_first_fragment_of_tcp_or_udp_is_nothing() {
        let changed = |at: usize, value: u8| {
            let mut frame = frame(0x10);
            frame[at] = value;
            parse(&frame)
        };
        assert!(changed(12, 0x09).is_none(), "another protocol than IP");
        assert!(changed(ETHERNET + 9, 1).is_none(), "ICMP");
        assert!(changed(ETHERNET + 7, 1).is_none(), "a later fragment");
        assert!(changed(ETHERNET + 3, 20).is_none(), "shorter than its heads");
        assert!(parse(&[]).is_none());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..120), kind in 0..2) {
            let mut bytes = bytes;
            if bytes.len() > ETHERNET {
                bytes[12..14].copy_from_slice(if kind == 0 { &[0x08, 0x00] } else { &[0x86, 0xdd] });
            }
            let _ = (parse(&bytes), said(&bytes));
        }
    }
}
