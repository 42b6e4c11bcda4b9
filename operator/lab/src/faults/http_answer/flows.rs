//! Connections of HTTP/1 to the pod, packet by packet: which request is meant, and what its answer becomes. A
//! request begins a packet, and so does an answer; where they do not (pipelining, which nobody uses), packets
//! pass as they are. Pure but for where its chance comes from.

use std::{
    collections::HashMap,
    net::IpAddr,
    time::{Duration, Instant},
};

use super::Wrong;
use crate::{
    faults::queued::{
        segment::{FIN, RESET, Segment},
        serve::{Fate, Treatment, Way},
    },
    random::Random,
    strike::tap::exchange,
};

/// Most connections on which something was asked and that are open; requests on further ones pass.
const MOST: usize = 8192;
/// End of a head.
const BLANK: &[u8] = b"\r\n\r\n";
/// Where the three digits of a status stand, and what stands before them.
const DIGITS: std::ops::Range<usize> = 9..12;
const VERSION: &[u8] = b"HTTP/1.";

/// A connection: the caller's end and the pod's.
type Ends = ((IpAddr, u16), (IpAddr, u16));

/// What is still to be done to an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meant {
    /// It has not begun.
    Asked,
    /// It may not go before.
    Until(Instant),
    /// Its head has not ended; so many bytes of the blank line behind it were seen.
    Head(usize),
    /// Its body comes.
    Body,
}

/// A connection's last request.
#[derive(Clone, Copy, Debug)]
struct Request {
    /// Number of its first byte: one that comes again is the same one.
    number: u32,
    /// What is to be done, if it is meant and that was not done yet.
    meant: Option<Meant>,
}

/// Requests, and which of them are meant.
#[derive(Debug)]
pub struct Flows {
    wrong: Wrong,
    ppm: u64,
    path: String,
    chance: Random,
    last: HashMap<Ends, Request>,
}

impl Flows {
    /// So many of a million requests whose path begins with `path`.
    #[must_use]
    pub fn new(wrong: Wrong, ppm: u64, path: &str) -> Self {
        Self { wrong, ppm, path: path.to_owned(), chance: Random::fresh("http"), last: HashMap::new() }
    }

    fn came(&mut self, segment: &Segment) {
        let ends = (segment.from(), segment.to());
        if segment.is_reset() {
            self.last.remove(&ends);
        }
        let Some(path) = exchange::path(segment.payload()) else { return };
        let (number, known) = (segment.sequence(), self.last.get(&ends));
        if known.is_some_and(|last| last.number == number) || (known.is_none() && self.last.len() >= MOST) {
            return;
        }
        let is_meant = path.starts_with(&self.path) && self.chance.below(1_000_000) < self.ppm;
        self.last.insert(ends, Request { number, meant: is_meant.then_some(Meant::Asked) });
    }

    fn left(&mut self, segment: Segment, now: Instant) -> Fate {
        let ends = (segment.to(), segment.from());
        if segment.payload().is_empty() && !segment.is_fin() && !segment.is_reset() {
            return Fate::default();
        }
        let ends_with_it = segment.is_fin() || segment.is_reset();
        let Some(last) = self.last.get_mut(&ends) else { return Fate::default() };
        let Some(meant) = last.meant else {
            if ends_with_it {
                self.last.remove(&ends);
            }
            return Fate::default();
        };
        let (next, fate) = match (self.wrong, meant) {
            (Wrong::Late(late), Meant::Asked) => {
                (Some(Meant::Until(now + late)), Fate { wait: late, ..Fate::default() })
            }
            // Nothing of an answer overtakes its beginning.
            (_, Meant::Until(due)) if due > now => {
                (Some(meant), Fate { wait: due.saturating_duration_since(now), ..Fate::default() })
            }
            (_, Meant::Until(_)) | (Wrong::Late(_), _) => (None, Fate::default()),
            // What the pod's kernel sends again passes: the caller's tells it that nobody is there.
            (Wrong::Reset, _) => (None, Fate { becomes: segment.cut(0, RESET), wait: Duration::ZERO }),
            (Wrong::Status(status), _) => (None, Fate { becomes: with_status(segment, status), wait: Duration::ZERO }),
            (Wrong::Cut, meant) => cut(segment, meant),
        };
        last.meant = next;
        fate
    }
}

impl Treatment for Flows {
    fn reads(&self) -> u16 {
        u16::MAX
    }

    fn treat(&mut self, packet: &[u8], way: Way, now: Instant) -> Fate {
        match (Segment::parse(packet).filter(Segment::is_tcp), way) {
            (Some(segment), Way::Leaving) => self.left(segment, now),
            (Some(segment), Way::Coming) => {
                self.came(&segment);
                Fate::default()
            }
            (None, _) => Fate::default(),
        }
    }
}

/// The first packet of an answer with another status.
fn with_status(segment: Segment, status: u16) -> Option<Vec<u8>> {
    let mut payload = segment.payload().to_vec();
    if !payload.starts_with(VERSION) {
        return None;
    }
    payload.get_mut(DIGITS)?.copy_from_slice(status.to_string().get(..3)?.as_bytes());
    segment.with(&payload)
}

/// The packet in which the first bytes of the body are, with half of them, as the last of its connection.
fn cut(segment: Segment, meant: Meant) -> (Option<Meant>, Fate) {
    let payload = segment.payload();
    let seen = if let Meant::Head(seen) = meant { seen } else { 0 };
    let found = if meant == Meant::Body { Ok(0) } else { head_end(payload, seen) };
    let body = match found {
        Ok(body) => body,
        Err(seen) => return (Some(Meant::Head(seen)), Fate::default()),
    };
    if body == payload.len() {
        // An answer without a body is followed by a request, which ends this.
        return (Some(Meant::Body), Fate::default());
    }
    let keep = body + (payload.len() - body) / 2;
    (None, Fate { becomes: segment.cut(keep, FIN), wait: Duration::ZERO })
}

/// Where the head ends in `payload`, `seen` bytes of the blank line behind it having come before; or how many have
/// come by its end.
fn head_end(payload: &[u8], mut seen: usize) -> Result<usize, usize> {
    for (at, byte) in payload.iter().enumerate() {
        seen = match BLANK.get(seen) {
            Some(expected) if expected == byte => seen + 1,
            _ => usize::from(*byte == b'\r'),
        };
        if seen == BLANK.len() {
            return Ok(at + 1);
        }
    }
    Err(seen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::queued::segment::tests::tcp;

    const ASKED: &[u8] = b"GET /v1/a HTTP/1.1\r\nhost: pod\r\n\r\n";
    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n";

    /// What becomes of packets of an answer with these payloads.
    fn fates(wrong: Wrong, path: &str, ppm: u64, answers: &[&[u8]]) -> Vec<Fate> {
        let (mut flows, now) = (Flows::new(wrong, ppm, path), Instant::now());
        assert_eq!(flows.treat(&tcp(false, ASKED), Way::Coming, now), Fate::default());
        answers.iter().map(|answer| flows.treat(&tcp(true, answer), Way::Leaving, now)).collect()
    }

    fn payload(fate: &Fate) -> Vec<u8> {
        Segment::parse(fate.becomes.as_ref().unwrap()).unwrap().payload().to_vec()
    }

    #[test]
    fn an_answer_gets_another_status_once_and_nothing_else_of_it_changes() {
        let fates = fates(Wrong::Status(503), "/v1", 1_000_000, &[ANSWER, b"body"]);
        assert_eq!(payload(&fates[0]), [b"HTTP/1.1 503", &ANSWER[12..]].concat());
        assert_eq!(fates[1], Fate::default());
    }

    #[test]
    fn a_reset_takes_the_place_of_the_first_packet() {
        let fates = fates(Wrong::Reset, "/", 1_000_000, &[ANSWER, ANSWER]);
        let reset = Segment::parse(fates[0].becomes.as_ref().unwrap()).unwrap();
        assert!(reset.is_reset() && reset.payload().is_empty());
        assert_eq!(fates[1], Fate::default(), "what is sent again passes");
    }

    #[test]
    fn nothing_of_a_late_answer_overtakes_its_beginning() {
        let late = Duration::from_millis(300);
        let fates = fates(Wrong::Late(late), "/", 1_000_000, &[b"", ANSWER, b"body"]);
        let waits: Vec<_> = fates.iter().map(|fate| fate.wait).collect();
        assert_eq!(waits, [Duration::ZERO, late, late]);
        assert!(fates.iter().all(|fate| fate.becomes.is_none()));
    }

    #[test]
    fn a_body_is_cut_in_its_middle_wherever_it_begins() {
        let whole = [ANSWER, b"abcdef"].concat();
        for packets in [vec![&whole[..]], vec![ANSWER, b"abcdef"], vec![&ANSWER[..36], &ANSWER[36..], b"abcdef"]] {
            let fates = fates(Wrong::Cut, "/", 1_000_000, &packets);
            let (last, others) = fates.split_last().unwrap();
            assert!(others.iter().all(|fate| *fate == Fate::default()));
            assert!(payload(last).ends_with(b"abc"), "{packets:?}");
            assert!(Segment::parse(last.becomes.as_ref().unwrap()).unwrap().is_fin());
        }
        assert_eq!(fates(Wrong::Cut, "/", 1_000_000, &[ANSWER]), [Fate::default()], "no body");
    }

    #[test]
    fn a_request_that_comes_again_is_the_same_one() {
        let late = Duration::from_millis(300);
        let (mut flows, now) = (Flows::new(Wrong::Late(late), 1_000_000, "/"), Instant::now());
        flows.treat(&tcp(false, ASKED), Way::Coming, now);
        assert_eq!(flows.treat(&tcp(true, ANSWER), Way::Leaving, now).wait, late);
        let later = now + Duration::from_millis(200);
        flows.treat(&tcp(false, ASKED), Way::Coming, later);
        assert_eq!(flows.treat(&tcp(true, ANSWER), Way::Leaving, later).wait, Duration::from_millis(100));
    }

    #[test]
    fn requests_of_another_path_or_outside_of_the_share_pass() {
        for (path, ppm) in [("/v2", 1_000_000), ("/v1", 0)] {
            for wrong in [Wrong::Reset, Wrong::Status(503), Wrong::Cut, Wrong::Late(Duration::from_secs(1))] {
                assert_eq!(fates(wrong, path, ppm, &[ANSWER]), [Fate::default()], "{wrong:?} {path} {ppm}");
            }
        }
        let mut flows = Flows::new(Wrong::Reset, 250_000, "/");
        let struck = (0..4_000).filter(|number: &u32| {
            let mut asked = tcp(false, ASKED);
            asked[24..28].copy_from_slice(&number.to_be_bytes());
            flows.treat(&asked, Way::Coming, Instant::now());
            flows.treat(&tcp(true, ANSWER), Way::Leaving, Instant::now()).becomes.is_some()
        });
        assert!((800..1_200).contains(&struck.count()));
    }
}
