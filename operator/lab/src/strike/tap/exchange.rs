//! Requests of HTTP/1 to the pod and what becomes of them, from the heads of packets as they came and as
//! they left: which path, how long until the answer began, which status it had, and whether all of it left.
//! Nothing of a body is kept. What is no HTTP is counted as far as it says that it is TLS.

use std::{collections::HashMap, net::IpAddr};

use super::packet::{Packet, Tcp};

/// Most connections that are followed; of others nothing is known.
const MOST: usize = 8192;
/// Longest path that is kept, in bytes.
const LONGEST: usize = 128;
/// A record of TLS that begins a handshake, and the major version behind it.
const HANDSHAKE: [u8; 2] = [0x16, 0x03];
/// Methods of requests.
const METHODS: [&str; 8] = ["GET", "POST", "PUT", "HEAD", "PATCH", "DELETE", "OPTIONS", "TRACE"];

/// A request that was answered, or whose connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// What was asked for, from `/` on, cut off where it is long.
    pub path: String,
    /// Whether it was the first on a connection that was seen to be opened.
    pub is_first: bool,
    /// From the request to the first packet of the answer, in microseconds.
    pub took_us: u64,
    /// Status of the answer; nothing where there was none.
    pub status: Option<u16>,
    /// How it ended.
    pub end: End,
}

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// All of it left.
    Whole,
    /// Its connection was closed before all of it had left.
    Cut,
    /// Its connection was reset by the pod's side.
    Reset,
    /// It does not say how long it is.
    Unknown,
}

/// What came in one packet, as far as it is of interest.
#[derive(Debug, PartialEq, Eq)]
pub enum Came {
    /// The beginning of a request.
    Request,
    /// The beginning of a handshake of TLS.
    Tls,
    /// Something else.
    Other,
}

type Ends = ((IpAddr, u16), (IpAddr, u16));

#[derive(Debug, Default)]
struct Connection {
    is_fresh: bool,
    /// Number of the first byte of the last request: one that comes again is the same one.
    last: Option<u32>,
    asked: Option<Asked>,
}

#[derive(Debug)]
struct Asked {
    path: String,
    is_first: bool,
    at_us: u64,
    answer: Option<Answer>,
}

#[derive(Debug)]
struct Answer {
    took_us: u64,
    status: Option<u16>,
    /// Number of its first byte.
    first: u32,
    /// Bytes of head and body, where that is said.
    whole: Option<u64>,
}

/// Connections and what is asked on them.
#[derive(Debug, Default)]
pub struct Exchanges {
    connections: HashMap<Ends, Connection>,
}

impl Exchanges {
    /// A packet with `payload`, as far as it was read, came at `at_us`.
    pub fn came(&mut self, packet: &Packet, payload: &[u8], at_us: u64) -> (Came, Option<Exchange>) {
        let Some(tcp) = packet.tcp else { return (Came::Other, None) };
        let ends = (packet.from, packet.to);
        if tcp.syn {
            if self.connections.len() >= MOST {
                self.connections.clear();
            }
            self.connections.insert(ends, Connection { is_fresh: true, ..Connection::default() });
            return (Came::Other, None);
        }
        if payload.starts_with(&HANDSHAKE) {
            return (Came::Tls, None);
        }
        let Some(path) = path(payload) else {
            // Who goes before everything has come still was answered.
            let gone = if tcp.reset { self.connections.remove(&ends) } else { None };
            return (Came::Other, gone.and_then(|gone| gone.asked?.ended(End::Unknown)));
        };
        if self.connections.len() >= MOST && !self.connections.contains_key(&ends) {
            self.connections.clear();
        }
        let connection = self.connections.entry(ends).or_default();
        if connection.last.replace(tcp.sequence) == Some(tcp.sequence) {
            return (Came::Other, None);
        }
        let is_first = std::mem::take(&mut connection.is_fresh);
        let before = connection.asked.replace(Asked { path, is_first, at_us, answer: None });
        (Came::Request, before.and_then(|asked| asked.ended(End::Unknown)))
    }

    /// A packet with `payload` left at `at_us`; what it was the end of.
    pub fn left(&mut self, packet: &Packet, payload: &[u8], at_us: u64) -> Option<Exchange> {
        let (tcp, ends) = (packet.tcp?, (packet.to, packet.from));
        let connection = self.connections.get_mut(&ends)?;
        if let Some(asked) = &mut connection.asked
            && asked.answer.is_none()
            && tcp.payload > 0
            && !tcp.reset
        {
            asked.answer = Some(Answer::read(payload, tcp.sequence, at_us.saturating_sub(asked.at_us)));
        }
        let end = connection.asked.as_ref().and_then(|asked| asked.end(&tcp));
        let ended = end.and_then(|end| connection.asked.take().and_then(|asked| asked.at(at_us).ended(end)));
        if tcp.reset || tcp.fin {
            self.connections.remove(&ends);
        }
        ended
    }
}

impl Asked {
    /// How it ended with a packet that left, if it did.
    fn end(&self, tcp: &Tcp) -> Option<End> {
        if tcp.reset {
            return Some(End::Reset);
        }
        let answer = self.answer.as_ref()?;
        let sent = u64::from(tcp.sequence.wrapping_sub(answer.first).wrapping_add(tcp.payload));
        match answer.whole {
            Some(whole) if sent >= whole => Some(End::Whole),
            Some(_) if tcp.fin => Some(End::Cut),
            None if tcp.fin => Some(End::Unknown),
            _ => None,
        }
    }

    /// One that was never answered ended at `at_us` without a status.
    fn at(mut self, at_us: u64) -> Self {
        let none = || Answer { took_us: at_us.saturating_sub(self.at_us), status: None, first: 0, whole: None };
        self.answer = Some(self.answer.take().unwrap_or_else(none));
        self
    }

    /// Nothing where there is no answer.
    fn ended(self, end: End) -> Option<Exchange> {
        let answer = self.answer?;
        let (took_us, status) = (answer.took_us, answer.status);
        Some(Exchange { path: self.path, is_first: self.is_first, took_us, status, end })
    }
}

impl Answer {
    fn read(payload: &[u8], first: u32, took_us: u64) -> Self {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut answer = httparse::Response::new(&mut headers);
        let parsed = answer.parse(payload);
        let status = answer.code;
        let length = || {
            let header = answer.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"))?;
            std::str::from_utf8(header.value).ok()?.trim().parse::<u64>().ok()
        };
        let whole = match parsed {
            Ok(httparse::Status::Complete(head)) => length().map(|body| body.saturating_add(head as u64)),
            _ => None,
        };
        Self { took_us, status, first, whole }
    }
}

/// What a request asks for, if `payload` begins one.
#[must_use]
pub fn path(payload: &[u8]) -> Option<String> {
    target(payload).map(|path| String::from_utf8_lossy(path.get(..LONGEST).unwrap_or(path)).into_owned())
}

/// The same as it stands there, however long it is.
pub(super) fn target(payload: &[u8]) -> Option<&[u8]> {
    let mut words = payload.splitn(3, |byte| *byte == b' ');
    let method = words.next()?;
    let path = words.next().filter(|path| path.starts_with(b"/"))?;
    let is_method = METHODS.iter().any(|known| known.as_bytes() == method);
    is_method.then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(leaves: bool, tcp: Tcp) -> Packet {
        let (pod, user) = (([198, 18, 0, 1].into(), 80), ([198, 18, 0, 2].into(), 40_000));
        let (from, to) = if leaves { (pod, user) } else { (user, pod) };
        Packet { from, to, bytes: 0, tcp: Some(tcp) }
    }

    fn tcp(sequence: u32, payload: &[u8]) -> Tcp {
        let payload = u32::try_from(payload.len()).unwrap();
        Tcp { sequence, acknowledged: 0, syn: false, ack: true, reset: false, fin: false, payload }
    }

    const ASKED: &[u8] = b"GET /v1/a?b=c HTTP/1.1\r\nhost: pod\r\n\r\n";
    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nbody";

    /// What is seen when `packets` leave after a question at 10 µs on a fresh connection.
    fn seen(packets: &[(Tcp, &[u8])]) -> Option<Exchange> {
        let mut exchanges = Exchanges::default();
        exchanges.came(&packet(false, Tcp { syn: true, ..tcp(0, b"") }), b"", 0);
        assert_eq!(exchanges.came(&packet(false, tcp(1, ASKED)), ASKED, 10).0, Came::Request);
        packets.iter().find_map(|(tcp, payload)| exchanges.left(&packet(true, *tcp), payload, 25))
    }

    #[test]
    fn an_answer_is_whole_cut_or_reset_as_it_left() {
        let whole =
            Exchange { path: "/v1/a?b=c".to_owned(), is_first: true, took_us: 15, status: Some(200), end: End::Whole };
        assert_eq!(seen(&[(tcp(7, ANSWER), ANSWER)]), Some(whole.clone()));
        let (head, cut) = (&ANSWER[..41], Tcp { fin: true, ..tcp(48, b"") });
        assert_eq!(seen(&[(tcp(7, head), head)]), None, "three bytes are missing");
        assert_eq!(seen(&[(tcp(7, head), head), (cut, b"")]), Some(Exchange { end: End::Cut, ..whole.clone() }));
        let reset = Tcp { reset: true, ..tcp(7, b"") };
        assert_eq!(seen(&[(reset, b"")]), Some(Exchange { status: None, end: End::Reset, ..whole }));
        let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n";
        let fin = Tcp { fin: true, ..tcp(60, b"") };
        assert_eq!(seen(&[(tcp(7, chunked), chunked), (fin, b"")]).unwrap().end, End::Unknown);
    }

    #[test]
    fn a_second_question_is_not_the_first_and_ends_an_answer_without_length() {
        let mut exchanges = Exchanges::default();
        exchanges.came(&packet(false, tcp(1, ASKED)), ASKED, 10);
        let answer = b"HTTP/1.1 503 x\r\n\r\n";
        assert_eq!(exchanges.left(&packet(true, tcp(7, answer)), answer, 12), None);
        let again = exchanges.came(&packet(false, tcp(1, ASKED)), ASKED, 15);
        assert_eq!(again, (Came::Other, None), "it was sent again");
        let (_, ended) = exchanges.came(&packet(false, tcp(99, ASKED)), ASKED, 20);
        let ended = ended.unwrap();
        assert_eq!((ended.status, ended.end, ended.is_first), (Some(503), End::Unknown, false));
    }

    #[test]
    fn who_goes_before_everything_has_come_was_answered() {
        let mut exchanges = Exchanges::default();
        exchanges.came(&packet(false, tcp(1, ASKED)), ASKED, 10);
        assert_eq!(exchanges.left(&packet(true, tcp(7, &ANSWER[..41])), &ANSWER[..41], 12), None);
        let (_, ended) = exchanges.came(&packet(false, Tcp { reset: true, ..tcp(99, b"") }), b"", 20);
        assert_eq!(ended.map(|ended| (ended.status, ended.end)), Some((Some(200), End::Unknown)));
    }

    #[test]
    fn what_is_no_request_is_told_apart() {
        let mut exchanges = Exchanges::default();
        let mut came = |payload: &[u8]| exchanges.came(&packet(false, tcp(1, payload)), payload, 0).0;
        assert_eq!(came(&[0x16, 0x03, 0x01, 0]), Came::Tls);
        assert_eq!(came(b"GET http://a/ HTTP/1.1\r\n"), Came::Other);
        assert_eq!(came(b"get / HTTP/1.1\r\n"), Came::Other);
        assert_eq!(came(b""), Came::Other);
    }
}
