//! How often the pod is asked, from the heads of packets that come to it. A try is a connection that is opened to it, or a
//! request over HTTP/1 on a connection that carried one before: a caller that opens a connection for each request and one
//! that keeps a connection open count alike. A packet that is sent again is the same try. Requests over TLS or HTTP/2 cannot
//! be counted.

use std::{
    collections::{BTreeMap, HashMap},
    mem,
    net::IpAddr,
    ops::RangeInclusive,
    time::Duration,
};

use super::{exchange, packet::Packet};

/// Most connections in a generation: one is in use, and the one before it is remembered. Connections that were used in
/// neither are forgotten, and the next request on one is a try.
const MOST: usize = 8192;
/// Milliseconds in a tenth of a second.
const TENTH: u32 = 100;
/// What begins a record of TLS, and behind it is its major version.
const RECORDS: RangeInclusive<u8> = 0x14..=0x17;
/// What begins HTTP/2.
const PREFACE: &[u8] = b"PRI * HTTP/2";

type Ends = ((IpAddr, u16), (IpAddr, u16));

/// What a packet asks of the pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// A connection is opened.
    Opened,
    /// The first request on it.
    First,
    /// A further request, or one on a connection that nobody saw opened.
    Further,
    /// Nobody sees what.
    Unreadable,
    /// Nothing.
    Other,
}

#[derive(Debug, Default)]
struct Known {
    /// Its first number, where it was seen to be opened.
    opened: Option<u32>,
    /// Number of the last request.
    last: Option<u32>,
    is_fresh: bool,
}

/// Who asks the pod.
#[derive(Debug, Default)]
pub struct Callers {
    young: HashMap<Ends, Known>,
    old: HashMap<Ends, Known>,
}

impl Callers {
    /// What `packet` with `payload`, as far as it was read, asks.
    pub fn came(&mut self, packet: &Packet, payload: &[u8]) -> Came {
        let Some(tcp) = packet.tcp else { return Came::Other };
        let ends = (packet.from, packet.to);
        if tcp.syn {
            // The answer to what the pod itself opens asks nothing of it.
            if tcp.ack || self.of(ends).opened == Some(tcp.sequence) {
                return Came::Other;
            }
            *self.of(ends) = Known { opened: Some(tcp.sequence), last: None, is_fresh: true };
            return Came::Opened;
        }
        if is_unreadable(payload) {
            // What the pod itself asks of others, and so is answered, is nobody's try.
            return if self.of(ends).opened.is_some() { Came::Unreadable } else { Came::Other };
        }
        if exchange::target(payload).is_none() {
            return Came::Other;
        }
        let known = self.of(ends);
        if known.last.replace(tcp.sequence) == Some(tcp.sequence) {
            return Came::Other;
        }
        if mem::take(&mut known.is_fresh) { Came::First } else { Came::Further }
    }

    fn of(&mut self, ends: Ends) -> &mut Known {
        if !self.young.contains_key(&ends) {
            let known = self.old.remove(&ends).unwrap_or_default();
            if self.young.len() >= MOST {
                self.old = mem::take(&mut self.young);
            }
            self.young.insert(ends, known);
        }
        self.young.entry(ends).or_default()
    }
}

fn is_unreadable(payload: &[u8]) -> bool {
    matches!(payload, [first, 3, ..] if RECORDS.contains(first)) || payload.starts_with(PREFACE)
}

/// What was asked in a time.
#[derive(Debug, Default)]
pub struct Asked {
    /// Tries, by tenths of seconds from its beginning.
    tries: BTreeMap<u32, u32>,
    requests: u64,
    unseen: bool,
}

impl Asked {
    /// Counts what `came` so long after the beginning.
    pub fn count(&mut self, came: Came, since: Duration) {
        if matches!(came, Came::Opened | Came::Further) {
            let tries = self.tries.entry(ms(since) / TENTH).or_default();
            *tries = tries.saturating_add(1);
        }
        self.requests += u64::from(matches!(came, Came::First | Came::Further));
        self.unseen |= came == Came::Unreadable;
    }

    /// Packets came that nobody looked at.
    pub const fn missed(&mut self) {
        self.unseen = true;
    }

    /// Whether something came of which nobody knows how often it asked.
    #[must_use]
    pub const fn is_in_part(&self) -> bool {
        self.unseen
    }

    /// Whether a request over HTTP/1 was seen.
    #[must_use]
    pub const fn has_requests(&self) -> bool {
        self.requests > 0
    }

    /// Tries in the `last` of the time, which was so long in `all`, and how long that is in milliseconds: all of it where it
    /// was shorter. It begins with a tenth of a second.
    #[must_use]
    pub fn tries(&self, all: Duration, last: Duration) -> (u32, u32) {
        let from = ms(all).saturating_sub(ms(last)) / TENTH;
        let tries = self.tries.range(from..).fold(0, |sum: u32, (_, tries)| sum.saturating_add(*tries));
        (tries, ms(all) - from * TENTH)
    }
}

/// Whole milliseconds of a time that is no month.
#[must_use]
pub fn ms(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::packet::Tcp;
    use super::*;

    const ASKED: &[u8] = b"GET /v1/a HTTP/1.1\r\nhost: pod\r\n\r\n";

    /// A packet of the connection from `port`, with its number, whether it opens it, and its payload.
    type Sent = (u16, u32, bool, &'static [u8]);

    fn opens(port: u16, first: u32) -> Sent {
        (port, first, true, b"")
    }

    fn asks(port: u16, number: u32) -> Sent {
        (port, number, false, ASKED)
    }

    fn came(callers: &mut Callers, (port, sequence, syn, payload): Sent, ack: bool) -> Came {
        let length = u32::try_from(payload.len()).unwrap();
        let tcp = Tcp { sequence, acknowledged: 0, syn, ack, reset: false, fin: false, payload: length };
        let (from, to) = (([198, 18, 0, 2].into(), port), ([198, 18, 0, 1].into(), 80));
        callers.came(&Packet { from, to, bytes: 0, tcp: Some(tcp) }, payload)
    }

    fn tries(sent: &[Sent]) -> u32 {
        let (mut callers, mut asked) = (Callers::default(), Asked::default());
        for one in sent {
            asked.count(came(&mut callers, *one, !one.2), Duration::ZERO);
        }
        asked.tries(Duration::ZERO, Duration::MAX).0
    }

    #[test]
    fn who_opens_a_connection_for_each_request_tries_as_often_as_who_keeps_one() {
        let each = [opens(1, 0), asks(1, 1), opens(2, 500), asks(2, 501), opens(1, 900), asks(1, 901)];
        assert_eq!(tries(&each), 3);
        assert_eq!(tries(&[opens(1, 0), asks(1, 1), asks(1, 100), asks(1, 200)]), 3);
        assert_eq!(tries(&[opens(1, 7), opens(1, 7), opens(1, 7), asks(1, 8), asks(1, 8)]), 1, "sent again");
        assert_eq!(tries(&[asks(1, 300), asks(1, 400)]), 2, "opened before anybody looked");
    }

    #[test]
    fn what_the_pod_asks_of_others_is_no_try() {
        let mut callers = Callers::default();
        assert_eq!(came(&mut callers, opens(1, 0), true), Came::Other);
        assert_eq!(came(&mut callers, (1, 1, false, b"HTTP/1.1 200 OK\r\n\r\n"), true), Came::Other);
        assert_eq!(came(&mut callers, (1, 90, false, &[0x17, 3, 3, 0]), true), Came::Other);
    }

    #[test]
    fn what_nobody_can_read_is_known_to_be_in_part() {
        let unreadable: [&'static [u8]; 3] = [&[0x16, 3, 1, 0], &[0x17, 3, 3, 0], b"PRI * HTTP/2.0\r\n"];
        for said in unreadable {
            let (mut callers, mut asked) = (Callers::default(), Asked::default());
            asked.count(came(&mut callers, opens(1, 0), false), Duration::ZERO);
            assert!(!asked.is_in_part() && !asked.has_requests());
            asked.count(came(&mut callers, (1, 1, false, said), true), Duration::ZERO);
            assert!(asked.is_in_part(), "{said:?}");
        }
    }

    #[test]
    fn a_storm_forgets_what_was_not_used_for_longest() {
        let (mut callers, storm) = (Callers::default(), u32::try_from(3 * MOST).unwrap());
        came(&mut callers, opens(1, 1), false);
        for number in 0..storm {
            let port = u16::try_from(2 + number).unwrap();
            assert_eq!(came(&mut callers, opens(port, number), false), Came::Opened);
            // Who waits for an answer sends again.
            assert_eq!(came(&mut callers, opens(1, 1), false), Came::Other);
        }
        assert!(callers.young.len() <= MOST && callers.old.len() <= MOST);
        assert_eq!(came(&mut callers, asks(1, 2), true), Came::First);
    }

    #[test]
    fn tries_are_counted_over_the_time_that_is_said() {
        let mut asked = Asked::default();
        for (tenth, tries) in [(0, 7), (19, 1), (20, 2), (39, 4)] {
            for _ in 0..tries {
                asked.count(Came::Further, Duration::from_millis(tenth * 100));
            }
        }
        let all = Duration::from_millis(3_950);
        assert_eq!(asked.tries(all, Duration::MAX), (14, 3_950));
        assert_eq!(asked.tries(all, Duration::from_millis(1_950)), (6, 1_950));
        assert_eq!(asked.tries(all, Duration::from_secs(2)), (7, 2_050), "from the beginning of a tenth on");
        assert_eq!(asked.tries(all, Duration::from_secs(5)), (14, 3_950), "nobody had looked for so long");
    }
}
