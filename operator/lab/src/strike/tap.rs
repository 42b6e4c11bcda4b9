//! Looks at the heads of the packets on a pod's interface, in the pod's own network namespace: before
//! the rules of a fault on the way in, behind them on the way out. So it sees what the pod feels, and
//! would see that a fault does nothing. Reads packets of others; sends none, and keeps of their payload only
//! what `exchange` does.

pub mod exchange;
pub mod odd;
pub mod packet;
mod socket;
pub mod sums;
pub mod tries;
pub mod turnaround;

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
    net::IpAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Instant,
};

use super::{StrikeError, place::Place};
use crate::load::sparse::{Grid, Sparse};
use exchange::{Came, Exchange, Exchanges};
use odd::{Odd, Oddities};
use packet::Packet;
use socket::{HEAD, Seen, Socket};
use tries::{Asked, Callers};
use turnaround::{Answered, Turnaround};

/// The interface that every container runtime gives a pod.
pub const INTERFACE: &str = "eth0";
/// Most addresses with which packets are told apart.
const MOST_REMOTES: usize = 256;
/// Most exchanges that are kept between two looks; of more nothing is known.
const MOST_EXCHANGES: usize = 20_000;

/// What was seen since the last time that it was taken.
#[derive(Debug)]
pub struct Tap {
    /// Microseconds from a packet's arrival to its answer, of connections that were opened.
    pub new_us: Sparse,
    /// The same of data on open connections.
    pub pooled_us: Sparse,
    /// Packets that left.
    pub sent: u64,
    /// Questions to DNS that left.
    pub asked: u64,
    /// Of the packets that left, those that opened a connection or accepted one.
    pub opened: u64,
    /// Resets of connections that left, or that the pod's own kernel sent to it.
    pub resets: u64,
    /// What was odd.
    pub odd: Odd,
    /// Requests over HTTP/1 to the pod that ended.
    pub exchanges: Vec<Exchange>,
    /// Handshakes of TLS that came to it.
    pub tls: u64,
    /// How often it was asked.
    pub tries: Asked,
    /// The same of those with whom the pod exchanged packets, each by its address.
    remotes: BTreeMap<IpAddr, Tap>,
    since: Instant,
    until: Instant,
    bytes: BTreeMap<u64, u64>,
}

impl Tap {
    fn new(since: Instant) -> Self {
        let (new_us, pooled_us) = (Sparse::default(), Sparse::default());
        let (remotes, bytes) = (BTreeMap::new(), BTreeMap::new());
        Self {
            new_us,
            pooled_us,
            sent: 0,
            asked: 0,
            opened: 0,
            resets: 0,
            odd: Odd::default(),
            exchanges: Vec::new(),
            tls: 0,
            tries: Asked::default(),
            remotes,
            since,
            until: since,
            bytes,
        }
    }

    /// One that saw nothing.
    #[cfg(test)]
    pub(crate) fn empty() -> Self {
        Self::new(Instant::now())
    }

    /// What of it was seen with `peers` alone; nothing of HTTP.
    #[must_use]
    pub fn with(&self, peers: &BTreeSet<IpAddr>) -> Self {
        let mut seen = Self { until: self.until, ..Self::new(self.since) };
        for tap in peers.iter().filter_map(|peer| self.remotes.get(peer)) {
            seen.new_us.merge(&tap.new_us);
            seen.pooled_us.merge(&tap.pooled_us);
            seen.sent += tap.sent;
            seen.asked += tap.asked;
            seen.opened += tap.opened;
            seen.resets += tap.resets;
            seen.odd.add(&tap.odd);
            for (second, bytes) in &tap.bytes {
                *seen.bytes.entry(*second).or_default() += bytes;
            }
        }
        seen
    }

    /// From when to when it was looked at.
    #[must_use]
    pub const fn looked(&self) -> (Instant, Instant) {
        (self.since, self.until)
    }

    /// What was seen with `remote`; nothing where there are too many to be told apart.
    fn remote(&mut self, remote: IpAddr) -> Option<&mut Self> {
        if self.remotes.len() >= MOST_REMOTES && !self.remotes.contains_key(&remote) {
            return None;
        }
        let since = self.since;
        Some(self.remotes.entry(remote).or_insert_with(|| Self::new(since)))
    }

    /// Kilobytes (1000 bytes, rounded) that left in each whole second until it was taken, as histogram.
    #[must_use]
    pub fn kilobytes(&self) -> Vec<[u64; 2]> {
        let whole = self.until.saturating_duration_since(self.since).as_secs();
        let mut counts = BTreeMap::new();
        for second in 0..whole {
            *counts.entry((self.bytes.get(&second).unwrap_or(&0) + 500) / 1000).or_insert(0) += 1;
        }
        counts.into_iter().map(|(value, count)| [value, count]).collect()
    }

    /// `packet` left. An answer to what came before anybody looked says nothing about the time since.
    fn left(&mut self, packet: &Packet, answered: Option<Answered>, grid: &Grid) {
        let looked = u64::try_from(self.since.elapsed().as_micros()).unwrap_or(u64::MAX);
        let answered = answered.filter(|answered| answered.took_us() <= looked);
        self.count(packet, answered, grid);
        if let Some(remote) = self.remote(packet.to.0) {
            remote.count(packet, answered, grid);
        }
    }

    /// So `odd` was a packet that was exchanged with `remote`.
    fn note(&mut self, remote: IpAddr, odd: &Odd) {
        self.odd.add(odd);
        if let Some(remote) = self.remote(remote) {
            remote.odd.add(odd);
        }
    }

    /// Something came that may be a try.
    fn tried(&mut self, came: tries::Came) {
        self.tries.count(came, self.since.elapsed());
    }

    /// An exchange ended. One that began before anybody looked says nothing about the time since.
    fn ended(&mut self, exchange: Exchange) {
        let looked = u64::try_from(self.since.elapsed().as_micros()).unwrap_or(u64::MAX);
        if exchange.took_us <= looked && self.exchanges.len() < MOST_EXCHANGES {
            self.exchanges.push(exchange);
        }
    }

    /// The pod's own kernel reset a connection, in the name of who stands in `packet`.
    fn reset(&mut self, packet: &Packet) {
        self.resets += 1;
        if let Some(remote) = self.remote(packet.from.0) {
            remote.resets += 1;
        }
    }

    fn count(&mut self, packet: &Packet, answered: Option<Answered>, grid: &Grid) {
        self.sent += 1;
        if packet.to.1 == 53 {
            self.asked += 1;
        }
        if packet.tcp.is_some_and(|tcp| tcp.syn) {
            self.opened += 1;
        }
        if packet.tcp.is_some_and(|tcp| tcp.reset) {
            self.resets += 1;
        }
        *self.bytes.entry(self.since.elapsed().as_secs()).or_default() += packet.bytes;
        match answered {
            Some(Answered::New(took)) => self.new_us.record(grid, took),
            Some(Answered::Pooled(took)) => self.pooled_us.record(grid, took),
            None => {}
        }
    }
}

/// Looks at the packets of one pod until this is dropped.
#[derive(Debug)]
pub struct Tapping {
    seen: Arc<Mutex<Tap>>,
    ended: Arc<AtomicBool>,
}

impl Drop for Tapping {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
    }
}

impl Tapping {
    /// Begins to look, on a thread in the network namespace of `place`; returns once it sees.
    pub fn start(place: &Place) -> Result<Self, StrikeError> {
        let seen = Arc::new(Mutex::new(Tap::new(Instant::now())));
        let ended = Arc::new(AtomicBool::new(false));
        let tapping = Self { seen: Arc::clone(&seen), ended: Arc::clone(&ended) };
        let (opened, open) = std::sync::mpsc::channel();
        let place = place.clone();
        let look = move || {
            let open = place.enter_network().and_then(|()| Socket::open());
            match open {
                Ok(socket) => {
                    drop(opened.send(Ok(())));
                    look(socket, &seen, &ended);
                }
                Err(error) => drop(opened.send(Err(error))),
            }
        };
        thread::Builder::new().name("tap".to_owned()).spawn(look).map_err(StrikeError::kernel("start a thread"))?;
        open.recv().unwrap_or_else(|_| Err(StrikeError::Incapable("the tap died".to_owned())))?;
        Ok(tapping)
    }

    /// What was seen since the last time.
    #[must_use]
    pub fn take(&self) -> Tap {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        Tap { until: now, ..mem::replace(&mut *seen, Tap::new(now)) }
    }
}

/// Looks at what comes through `socket` until it has `ended`, and counts it in `seen`.
fn look(mut socket: Socket, seen: &Mutex<Tap>, ended: &AtomicBool) {
    let Ok(grid) = Grid::new() else { return };
    let (mut turnaround, mut exchanges) = (Turnaround::default(), Exchanges::default());
    let (mut oddities, mut callers) = (Oddities::default(), Callers::default());
    let mut head = [0; HEAD];
    while !ended.load(Ordering::Relaxed) {
        let Some((packet, way, at_us, length)) = socket.next(&mut head) else { continue };
        let said = head.get(..length).and_then(packet::said).unwrap_or_default();
        let whole = head.get(packet::ETHERNET..length).unwrap_or_default();
        let tap = || seen.lock().unwrap_or_else(PoisonError::into_inner);
        if mem::take(&mut socket.has_dropped) {
            tap().tries.missed();
        }
        match way {
            Seen::Left => {
                let answered = turnaround.left(&packet, at_us);
                let ended = exchanges.left(&packet, said, at_us);
                let odd = oddities.left(&packet, whole, at_us);
                tap().left(&packet, answered, &grid);
                tap().note(packet.to.0, &odd);
                if let Some(ended) = ended {
                    tap().ended(ended);
                }
            }
            Seen::Came => {
                turnaround.came(&packet, at_us);
                tap().note(packet.from.0, &oddities.came(&packet, at_us));
                let (came, ended) = exchanges.came(&packet, said, at_us);
                if came == Came::Tls {
                    tap().tls += 1;
                }
                let asks = callers.came(&packet, said);
                if asks != tries::Came::Other {
                    tap().tried(asks);
                }
                if let Some(ended) = ended {
                    tap().ended(ended);
                }
            }
            Seen::Inside if packet.tcp.is_some_and(|tcp| tcp.reset) => tap().reset(&packet),
            Seen::Inside => tap().note(packet.from.0, &oddities.inside(&packet)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn only_whole_seconds_count_and_a_silent_one_counts_as_nothing_sent() {
        let start = Instant::now();
        let mut tap = Tap::new(start);
        tap.bytes = BTreeMap::from([(0, 1_499), (2, 1_500), (3, 9_000_000)]);
        tap.until = start + Duration::from_millis(3_900);
        assert_eq!(tap.kilobytes(), [[0, 1], [1, 1], [2, 1]]);
        tap.until = start + Duration::from_millis(900);
        assert_eq!(tap.kilobytes(), Vec::<[u64; 2]>::new());
    }

    #[test]
    fn what_was_seen_with_one_peer_is_told_apart_also_when_a_flood_comes_from_everywhere() {
        let grid = Grid::new().unwrap();
        let mut tap = Tap::new(Instant::now());
        let to = |host: [u8; 4]| Packet {
            from: ([198, 18, 0, 1].into(), 40_000),
            to: (host.into(), 80),
            bytes: 1_000,
            tcp: None,
        };
        let (peer, other) = ([198, 18, 0, 2], [198, 18, 0, 3]);
        for host in [peer, other, peer] {
            tap.left(&to(host), None, &grid);
        }
        tap.left(&to(peer), Some(Answered::New(u64::MAX)), &grid);
        for host in 0..=u16::MAX {
            let [high, low] = host.to_be_bytes();
            tap.left(&to([198, 19, high, low]), None, &grid);
        }
        let alone = tap.with(&BTreeSet::from([peer.into()]));
        assert_eq!((alone.sent, tap.sent), (3, 4 + 65_536));
        assert!(alone.new_us.cells().is_empty(), "an answer to what came before anybody looked");
        assert_eq!(tap.with(&BTreeSet::new()).sent, 0);
        assert!(tap.remotes.len() <= MOST_REMOTES);
    }
}
