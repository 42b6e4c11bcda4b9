//! Whether a packet's sum of TCP or UDP is wrong, as who receives it will find. Pure; adds up by lines of its own, not
//! by those that make sums right again where packets are changed (`faults::queued::segment`).

/// Protocol number of TCP.
const TCP: u8 = 6;
/// Protocol number of UDP.
const UDP: u8 = 17;

/// Whether the sum in `ip`, a packet from its head of IP on, is wrong. One that was left to the network's device is
/// not, and of one that was not read whole nothing is said.
#[must_use]
pub fn is_wrong(ip: &[u8]) -> bool {
    wrong(ip).unwrap_or(false)
}

fn wrong(ip: &[u8]) -> Option<bool> {
    let (addresses, protocol, rest) = match ip.first()? >> 4 {
        4 => {
            let (head, length) = (usize::from(*ip.first()? & 0x0f) * 4, usize::from(word(ip, 2)?));
            let is_fragment = word(ip, 6)? & 0x3fff != 0;
            (ip.get(12..20)?, *ip.get(9).filter(|_| !is_fragment)?, ip.get(head..length)?)
        }
        6 => (ip.get(8..40)?, *ip.get(6)?, ip.get(40..40 + usize::from(word(ip, 4)?))?),
        _ => return None,
    };
    let sum = match protocol {
        TCP => word(rest, 16)?,
        // Over IPv4 a sum of 0 says that there is none.
        UDP => Some(word(rest, 6)?).filter(|sum| *sum != 0)?,
        _ => return None,
    };
    let pseudo = total(addresses) + u64::from(protocol) + u64::try_from(rest.len()).ok()?;
    let is_left_to_device = u64::from(sum) == folded(pseudo);
    Some(!is_left_to_device && folded(pseudo + total(rest)) != 0xffff)
}

/// Sum of big-endian words, with carries added in: all ones for what adds up.
fn folded(sum: u64) -> u64 {
    if sum > 0xffff { folded((sum & 0xffff) + (sum >> 16)) } else { sum }
}

fn total(bytes: &[u8]) -> u64 {
    let mut words = bytes.chunks_exact(2);
    let whole: u64 = words.by_ref().map(|word| u64::from(word[0]) << 8 | u64::from(word[1])).sum();
    whole + words.remainder().first().map_or(0, |last| u64::from(*last) << 8)
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::queued::segment::Segment;
    use proptest::prelude::*;

    /// A packet of UDP over IPv4 with `payload`, its sum right.
    fn packet(payload: &[u8]) -> Vec<u8> {
        let udp = u16::try_from(8 + payload.len()).unwrap();
        let mut ip = vec![0x45, 0, 0, 0, 0, 1, 0x40, 0, 64, UDP, 0, 0, 198, 18, 0, 1, 198, 18, 0, 2];
        ip[2..4].copy_from_slice(&(20 + udp).to_be_bytes());
        ip.extend([0x9c, 0x40, 0, 80]);
        ip.extend(udp.to_be_bytes());
        ip.extend([0, 0]);
        ip.extend(payload);
        Segment::parse(&ip).unwrap().with(payload).unwrap()
    }

    proptest! {
        #[test]
        fn a_sum_is_right_until_any_one_bit_is_turned_over(
            payload in proptest::collection::vec(any::<u8>(), 0..200), draw in any::<u64>(),
        ) {
            let right = packet(&payload);
            prop_assert!(!is_wrong(&right));
            let garbled = Segment::parse(&right).unwrap().garbled(draw).unwrap();
            let differing: u32 = right.iter().zip(&garbled).map(|(one, other)| (one ^ other).count_ones()).sum();
            prop_assert_eq!(differing, 1);
            // A sum that happens to be the one which is left to the device says nothing, nor does one that was turned over.
            let pseudo = folded(total(&right[12..20]) + u64::from(UDP) + right.len() as u64 - 20);
            if garbled[26..28] == right[26..28] && word(&right, 26).map(u64::from) != Some(pseudo) {
                prop_assert!(is_wrong(&garbled));
            }
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..120), version in 4_u8..=6) {
            let mut bytes = bytes;
            if let Some(first) = bytes.first_mut() {
                *first = version << 4 | 5;
            }
            let _ = is_wrong(&bytes);
        }
    }

    #[test]
    fn what_is_left_to_the_device_or_was_not_read_whole_is_not_wrong() {
        let mut unfinished = packet(b"payload");
        let pseudo = folded(total(&unfinished[12..20]) + u64::from(UDP) + 15);
        unfinished[26..28].copy_from_slice(&u16::try_from(pseudo).unwrap().to_be_bytes());
        assert!(!is_wrong(&unfinished));
        let mut garbled = Segment::parse(&packet(b"payload")).unwrap().garbled(3).unwrap();
        assert!(is_wrong(&garbled));
        garbled.pop();
        assert!(!is_wrong(&garbled));
    }
}
