//! Reorder: a share of the packets of TCP with data waits a moment, while those behind them in their flow go on: they
//! are overtaken. One that nothing follows at once is only a little late, and counts for nothing. The pod's kernel
//! counts packets that come behind a gap; what leaves late is seen behind the queue.

use std::{
    collections::{HashMap, hash_map::Entry},
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    packets::{Chance, Counted, Struck},
    queued::{
        segment::Segment,
        serve::{Fate, Treatment, Way},
    },
};
use crate::strike::{
    StrikeError,
    counters::Counters,
    tap::{Tap, odd::AT_ONCE_US},
};

/// How long a packet waits that is meant to be overtaken, and how soon another must come to follow at once.
const WAIT: Duration = Duration::from_micros(AT_ONCE_US);
/// Most flows that are known; beyond it the oldest knowledge is given up.
const MOST: usize = 4096;

/// Packets overtake each other.
#[derive(Debug)]
pub struct Reorder;

/// Who lets some of them wait.
#[derive(Debug)]
pub struct Overtaking {
    chance: Chance,
    counted: Arc<Counted>,
    flows: HashMap<((IpAddr, u16), (IpAddr, u16)), Flow>,
}

/// What of one flow came last.
#[derive(Debug)]
struct Flow {
    last: Instant,
    /// Until when packets wait that nothing has overtaken yet.
    waiting: Vec<Instant>,
}

impl Treatment for Overtaking {
    fn reads(&self) -> u16 {
        u16::MAX
    }

    fn treat(&mut self, packet: &[u8], way: Way, now: Instant) -> Fate {
        let is_meant = |segment: &Segment| segment.is_tcp() && !segment.payload().is_empty() && !segment.is_syn();
        let Some(segment) = Segment::parse(packet).filter(is_meant) else { return Fate::default() };
        if self.flows.len() >= MOST {
            self.flows.clear();
        }
        let ends = (segment.from(), segment.to());
        let waits = self.chance.means();
        let (flow, follows) = match self.flows.entry(ends) {
            Entry::Vacant(vacant) => (vacant.insert(Flow { last: now, waiting: Vec::new() }), false),
            Entry::Occupied(known) => {
                let follows = now.saturating_duration_since(known.get().last) <= WAIT;
                (known.into_mut(), follows)
            }
        };
        flow.last = now;
        flow.waiting.retain(|until| *until > now);
        // The packets before it that wait are overtaken by one that does not; each is counted once.
        let overtaken = if waits { 0 } else { std::mem::take(&mut flow.waiting).len() };
        if waits {
            flow.waiting.push(now + WAIT);
        }
        self.counted.add(way, u64::from(follows), overtaken as u64);
        Fate { wait: if waits { WAIT } else { Duration::ZERO }, becomes: None }
    }
}

impl Struck for Reorder {
    type Treatment = Overtaking;

    fn treatment(chance: Chance, counted: Arc<Counted>) -> Result<Overtaking, StrikeError> {
        Ok(Overtaking { chance, counted, flows: HashMap::new() })
    }

    fn seen(way: Way, tap: &Tap, kernel: Counters) -> [u64; 2] {
        match way {
            Way::Coming => [tap.odd.came_followed, kernel.out_of_order],
            Way::Leaving => [tap.odd.left_followed, tap.odd.left_overtaken],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{faults::queued::segment::tests::tcp, random::Random};

    /// What an overtaking of so many of a million does to packets with data that come at these milliseconds: how many
    /// could be overtaken, how many were, and how many waited.
    fn done(ppm: u64, packets: &[(u64, &[u8])]) -> (u64, u64, usize) {
        let counted = Arc::default();
        let chance = Chance::of(ppm, Random::seeded("test", "reorder"));
        let mut overtaking = Reorder::treatment(chance, Arc::clone(&counted)).unwrap();
        let start = Instant::now();
        let treat = |(ms, payload): &(u64, &[u8])| {
            overtaking.treat(&tcp(false, payload), Way::Coming, start + Duration::from_millis(*ms)).wait
        };
        let waited = packets.iter().map(treat).filter(|wait| *wait == WAIT).count();
        let [could, were] = counted.of(Way::Coming);
        (could, were, waited)
    }

    #[test]
    fn one_that_nothing_overtakes_counts_for_nothing() {
        assert_eq!(done(1_000_000, &[(0, b"a"), (1, b"b"), (30, b"c")]), (1, 0, 3), "all wait");
        assert_eq!(done(0, &[(0, b"a"), (1, b"b"), (30, b"c")]), (1, 0, 0));
        assert_eq!(done(1_000_000, &[(0, b""), (1, b"")]), (0, 0, 0), "without data");
    }

    #[test]
    fn each_that_waits_is_overtaken_once() {
        let packets: Vec<(u64, &[u8])> = (0..4_000).map(|ms| (ms, &b"data"[..])).collect();
        let (could, were, waited) = done(300_000, &packets);
        assert_eq!(could, 3_999);
        assert!(were <= waited as u64 && were * 10 > waited as u64 * 9, "{were} of {waited}");
        assert!((1_000..1_400).contains(&waited), "{waited}");
    }
}
