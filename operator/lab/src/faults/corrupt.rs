//! Corrupt: one bit of a share of the packets to the pod, or from it, is turned over on the way, and the sum stays as
//! it was. The pod's kernel refuses what comes so, and counts it; what leaves so is seen behind the queue. TCP sends it
//! again; a datagram is lost.

use std::{sync::Arc, time::Instant};

use super::{
    packets::{Chance, Counted, Struck},
    queued::{
        segment::Segment,
        serve::{Fate, Treatment, Way},
    },
};
use crate::strike::{StrikeError, counters::Counters, tap::Tap};

/// Packets are changed.
#[derive(Debug)]
pub struct Corrupt;

/// Who changes them.
#[derive(Debug)]
pub struct Garbling {
    chance: Chance,
    counted: Arc<Counted>,
}

impl Treatment for Garbling {
    fn reads(&self) -> u16 {
        u16::MAX
    }

    fn treat(&mut self, packet: &[u8], way: Way, _: Instant) -> Fate {
        // Of one without a sum nobody could tell that it was changed.
        let Some(segment) = Segment::parse(packet).filter(Segment::has_sum) else { return Fate::default() };
        let meant = self.chance.means();
        let becomes = if meant { segment.garbled(self.chance.draw()) } else { None };
        self.counted.count(way, becomes.is_some());
        Fate { becomes, ..Fate::default() }
    }
}

impl Struck for Corrupt {
    type Treatment = Garbling;

    fn treatment(chance: Chance, counted: Arc<Counted>) -> Result<Garbling, StrikeError> {
        Ok(Garbling { chance, counted })
    }

    fn seen(way: Way, tap: &Tap, kernel: Counters) -> [u64; 2] {
        match way {
            Way::Coming => [tap.odd.came, kernel.wrong_sums],
            Way::Leaving => [tap.sent, tap.odd.left_wrong],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{faults::queued::segment::tests::tcp, random::Random};

    #[test]
    fn what_is_meant_differs_in_one_bit_and_what_is_not_stays() {
        for (ppm, differing, counted) in [(1_000_000, 1, [2, 2]), (0, 0, [2, 0])] {
            let counts = Arc::default();
            let chance = Chance::of(ppm, Random::seeded("test", "corrupt"));
            let mut garbling = Corrupt::treatment(chance, Arc::clone(&counts)).unwrap();
            for payload in [&b"payload"[..], b""] {
                let packet = tcp(true, payload);
                let becomes = garbling.treat(&packet, Way::Leaving, Instant::now()).becomes.unwrap_or(packet.clone());
                let bits: u32 = packet.iter().zip(&becomes).map(|(one, other)| (one ^ other).count_ones()).sum();
                assert_eq!((packet.len(), bits), (becomes.len(), differing));
            }
            assert!(garbling.treat(b"no packet", Way::Leaving, Instant::now()).becomes.is_none());
            assert_eq!((counts.of(Way::Leaving), counts.of(Way::Coming)), (counted, [0, 0]));
        }
    }
}
