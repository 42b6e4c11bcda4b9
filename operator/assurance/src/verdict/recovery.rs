//! Time to recovery, from the traffic alone: when did requests come through again?
//!
//! Only tenths of a second in which requests were due are looked at. Ten of them in a row serve if
//! at most the allowed share of their requests failed, rounded up to whole requests, because a
//! single stray failure among a handful of requests is no outage. Recovery is the beginning of the
//! first ten from which on all ten serve; where a fault strikes pods one after another, so many times.

use crate::evidence::{SLOT_MS, Slot};

/// Slots with requests that are looked at together: one second of dense traffic.
pub const TOGETHER: usize = 10;

/// When requests came through again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// After so many milliseconds; 0 if they never stopped.
    After(u64),
    /// Not within the window.
    Never,
    /// There were not requests enough to say.
    Unknown,
}

/// Recovery within `slots[from..to]`, where `allowed_ppm` may fail: the longest time from the moment that `since` gives
/// for an end of an outage to that end, both in milliseconds. Of outages that are all counted from one moment the last
/// takes longest.
pub fn recovery(slots: &[Slot], from: u64, to: u64, allowed_ppm: u32, since: impl Fn(u64) -> u64) -> Recovery {
    let due = due(slots, from, to);
    if due.len() < TOGETHER {
        return Recovery::Unknown;
    }
    let serves = |window: &[(u64, [u64; 2])]| {
        let [good, failed] = window.iter().fold([0, 0], |[g, f]: [u64; 2], (_, [good, failed])| [g + good, f + failed]);
        let allowed = (u128::from(good + failed) * u128::from(allowed_ppm)).div_ceil(1_000_000);
        u128::from(failed) <= allowed
    };
    let served: Vec<bool> = due.windows(TOGETHER).map(serves).collect();
    if served.last() == Some(&false) {
        return Recovery::Never;
    }
    let ended = served.windows(2).zip(due.iter().skip(1)).filter(|(pair, _)| *pair == [false, true]);
    let took = ended.map(|(_, (slot, _))| slot * SLOT_MS).map(|end| end.saturating_sub(since(end)));
    Recovery::After(took.max().unwrap_or(0))
}

/// Service lost within `slots[from..to]`, in milliseconds: of each slot with requests the share that
/// failed. It stands also for the slots without requests that follow it.
pub fn lost_ms(slots: &[Slot], from: u64, to: u64) -> u64 {
    let due = due(slots, from, to);
    let end = to.min(slots.len() as u64);
    let next = due.iter().skip(1).map(|(index, _)| *index).chain([end]);
    due.iter().zip(next).fold(0, |lost: u64, ((index, [good, failed]), next)| {
        let stands_for = u128::from(next - index) * u128::from(SLOT_MS) * u128::from(*failed);
        let part = stands_for.div_ceil(u128::from(good + failed));
        lost.saturating_add(u64::try_from(part).unwrap_or(u64::MAX))
    })
}

/// The slots of `slots[from..to]` with requests.
fn due(slots: &[Slot], from: u64, to: u64) -> Vec<(u64, [u64; 2])> {
    (from..to)
        .map_while(|index| Some((index, *slots.get(usize::try_from(index).ok()?)?)))
        .map(|(index, [good, failed])| (index, [u64::from(good), u64::from(failed)]))
        .filter(|(_, [good, failed])| good + failed > 0)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All outages counted from one moment.
    fn recovery(slots: &[Slot], from: u64, to: u64, injected_ms: u64, allowed_ppm: u32) -> Recovery {
        super::recovery(slots, from, to, allowed_ppm, |_| injected_ms)
    }

    /// 40 tenths of a second with four requests each, of which those in `down` failed.
    fn traffic(down: std::ops::Range<usize>) -> Vec<Slot> {
        (0..40).map(|slot| if down.contains(&slot) { [0, 4] } else { [4, 0] }).collect()
    }

    #[test]
    fn recovery_is_the_first_tenth_from_which_on_requests_come_through() {
        for (down, want) in [
            (0..0, Recovery::After(0)),
            (0..1, Recovery::After(60)),
            (0..12, Recovery::After(1_160)),
            (5..12, Recovery::After(1_160)),
            (0..39, Recovery::Never),
            (39..40, Recovery::Never),
            (0..40, Recovery::Never),
        ] {
            assert_eq!(recovery(&traffic(down.clone()), 0, 40, 40, 50_000), want, "{down:?}");
        }
    }

    #[test]
    fn outages_that_begin_one_after_another_are_counted_each_by_itself() {
        let mut slots = traffic(2..4);
        slots[30] = [0, 4];
        let went = [150, 3_020];
        let since = |end: u64| went.into_iter().filter(|at| *at < end).max().unwrap_or(40);
        assert_eq!(super::recovery(&slots, 0, 40, 50_000, since), Recovery::Never);
        slots.extend([[4, 0]; 10]);
        assert_eq!(super::recovery(&slots, 0, 50, 50_000, |_| 40), Recovery::After(3_060));
        assert_eq!(super::recovery(&slots, 0, 50, 50_000, since), Recovery::After(250), "the longer one, not the last");
        assert_eq!(super::recovery(&slots[20..], 0, 30, 50_000, |_| 1_020), Recovery::After(80));
    }

    #[test]
    fn what_was_down_before_the_injection_or_after_the_window_does_not_count() {
        let mut slots = traffic(0..5);
        slots.extend([[0, 4]; 10]);
        assert_eq!(recovery(&slots, 5, 40, 510, 0), Recovery::After(0));
    }

    #[test]
    fn a_stray_failure_is_no_outage_unless_none_is_allowed() {
        let mut slots = traffic(0..0);
        slots[20] = [3, 1];
        assert_eq!(recovery(&slots, 0, 40, 0, 1), Recovery::After(0));
        assert_eq!(recovery(&slots, 0, 40, 0, 0), Recovery::After(2_100));
        slots[21] = [3, 1];
        assert_eq!(recovery(&slots, 0, 40, 0, 25_000), Recovery::After(2_100), "one of 40 is allowed, two are not");
        assert_eq!(recovery(&slots, 0, 40, 0, 25_001), Recovery::After(0), "two of 40 are allowed");
    }

    #[test]
    fn empty_tenths_say_nothing() {
        let mut slots = vec![[0, 0]; 31];
        for slot in (0..27).step_by(3) {
            slots[slot] = [1, 0];
        }
        assert_eq!(recovery(&slots, 0, 30, 0, 0), Recovery::Unknown, "nine tenths with requests");
        slots[27] = [1, 0];
        assert_eq!(recovery(&slots, 0, 30, 0, 0), Recovery::After(0));
        slots[0] = [0, 1];
        slots[30] = [1, 0];
        assert_eq!(recovery(&slots, 0, 31, 0, 0), Recovery::After(300), "from the next tenth with requests on");
    }

    #[test]
    fn lost_service_is_the_share_that_failed_for_as_long_as_nobody_else_asked() {
        assert_eq!(lost_ms(&traffic(5..12), 0, 40), 700);
        assert_eq!(lost_ms(&traffic(5..12), 10, 40), 200, "from the injection on");
        assert_eq!(lost_ms(&traffic(0..0), 0, 40), 0);
        assert_eq!(lost_ms(&[[0, 0], [2, 1], [0, 0], [0, 0], [1, 0]], 0, 5), 100, "a third of three tenths");
        assert_eq!(lost_ms(&[[1, 0], [0, 1], [0, 0]], 0, 9), 200, "to the end");
        assert_eq!(lost_ms(&[], 0, u64::MAX), 0);
    }

    #[test]
    fn slots_that_are_not_there_and_huge_counts_do_no_harm() {
        assert_eq!(recovery(&[], 0, u64::MAX, 0, 0), Recovery::Unknown);
        assert_eq!(recovery(&[[u32::MAX, u32::MAX]; 20], 0, 20, u64::MAX, u32::MAX), Recovery::After(0));
        assert_eq!(recovery(&[[u32::MAX, u32::MAX]; 20], 0, 20, 0, 499_999), Recovery::Never);
    }
}
