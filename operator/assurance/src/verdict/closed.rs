//! A load of users who wait for their answers: whether the plan says it, how many requests such users make, and which they
//! did not make because they waited.
//!
//! A service that is slow is asked less by them. That is the service's doing: it is no lack of load, for which a run would
//! be void, and nothing that is left out of what is judged, by which a service would pass that makes people wait.

use crate::{
    dossier::TestResult,
    evidence::{Bucket, Failure},
    plan::{Closed, LoadPlan, PhaseRole},
};

use super::{
    Rules, histogram,
    load::{Timeline, begins},
    say,
};

/// How long the lab lets a user stay away at least who found nobody, in microseconds, however short a thought was.
const AWAY_US: u64 = 100_000;
/// In so many steps at most the requests stand that were left out in one wait.
const STEPS: u64 = 64;

/// What the plan lacks, if it has a closed model.
pub fn plan_lacks(result: &TestResult, rules: Rules) -> Option<String> {
    let load = &result.plan.prove.load;
    let closed = load.closed.as_ref()?;
    if rules < Rules::V3 {
        Some("the plan has a closed model, which these rules do not know".to_owned())
    } else if closed.users == 0 || closed.think_ms == 0 {
        Some("the closed model has no user, or none who thinks".to_owned())
    } else if load.arrivals.is_some() {
        Some("the closed model has arrivals: its users come when they were answered".to_owned())
    } else if Timeline::of(&result.plan.prove.phases).ladder.is_some() {
        Some("the closed model has a ladder: a step would ask less, the slower the service is".to_owned())
    } else if load.pause_ms > 0 {
        Some("the closed model has a pause beside the time that users think".to_owned())
    } else if load.max_in_flight < closed.users {
        Some(format!("the closed model has {} places in flight for {} users", load.max_in_flight, closed.users))
    } else {
        let mut followed = vec![0_u32; load.operations.len()];
        for before in load.operations.iter().filter_map(|operation| usize::try_from(operation.after?).ok()) {
            followed.get_mut(before).into_iter().for_each(|count| *count = count.saturating_add(1));
        }
        let (operation, _) = load.operations.iter().zip(followed).find(|(_, count)| *count > 1)?;
        let name = say::quote(&operation.name);
        Some(format!(
            "operation {name} of the closed model is followed by more than one: a user does one thing at a time"
        ))
    }
}

/// Requests that the users of `closed` made before the ladder of the run, by the time that they were not waiting, rounded
/// down: each asks about once in the time that it thinks. How long they waited is what the evidence says of each request,
/// and for one without an answer as long as they may have.
pub fn planned(closed: Closed, result: &TestResult, timeline: &Timeline<'_>) -> u128 {
    let seconds = timeline.ladder.unwrap_or(timeline.seconds);
    let all = u128::from(closed.users).saturating_mul(seconds.into()).saturating_mul(1_000_000);
    let longest_us = timeout_us(&result.plan.prove.load);
    let unanswered_us = longest_us.saturating_add(AWAY_US);
    let buckets = result.evidence.prove.iter().flat_map(|prove| &prove.buckets);
    let waited = buckets.filter(|bucket| !timeline.is_in_ladder(bucket.second.into())).fold(0, |sum: u128, bucket| {
        let unanswered = bucket.asked().saturating_sub(histogram::count(&bucket.latency_us));
        let answered = bucket.latency_us.iter().fold(0, |sum: u128, [value, count]| {
            sum.saturating_add(u128::from((*value).min(longest_us)).saturating_mul((*count).into()))
        });
        sum.saturating_add(answered).saturating_add(unanswered.saturating_mul(unanswered_us.into()))
    });
    all.saturating_sub(waited) / u128::from(closed.think_us())
}

/// Requests that a user left out while it waited, in the second in which it would have asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Second from the start of the load. That of a bucket is the one in which it was asked; how far into it, nobody knows.
    /// Of a wait that began in a fault phase always the one in which it began: what a fault costs is held against its limits.
    pub second: u64,
    /// How long they would have waited, in microseconds, rounded up to a millisecond so that few values stand for many;
    /// `None` where there would have been no answer.
    pub latency_us: Option<u64>,
    /// How many of them would have been answered as they should be.
    pub good: u128,
    /// How many would have failed.
    pub failed: u128,
}

/// Gives `take` what the users of `load` left out while they waited for the requests of `bucket`, up to the end of the run:
/// the correction for coordinated omission, with the time that they think as the interval at which each would have asked.
/// Nothing in an open model.
pub fn left_out(bucket: &Bucket, load: &LoadPlan, timeline: &Timeline<'_>, mut take: impl FnMut(LeftOut)) {
    let Some(closed) = &load.closed else { return };
    let (think_us, timeout_us) = (closed.think_us(), timeout_us(load));
    let began = u64::from(bucket.second);
    let phase = timeline.phase_at(began).and_then(|index| timeline.spans.get(index));
    let in_fault = phase.is_some_and(|span| matches!(span.phase.role, PhaseRole::Fault { .. }));
    let mut take = |after_us: u64, latency_us: Option<u64>, good: u128, failed: u128| {
        let due = began + after_us / 1_000_000;
        if due < timeline.seconds {
            take(LeftOut { second: if in_fault { began } else { due }, latency_us, good, failed });
        }
    };
    let lost = bucket.failed.get(&Failure::Timeout).copied().unwrap_or(0);
    // Of all that did not run out of time, with an answer or without: who was refused at once has no latency.
    let ended = bucket.asked().saturating_sub(lost.into());
    let bad = ended.saturating_sub(bucket.good.into());
    let (mut all, mut failed_before) = (0_u128, 0);
    for [value, count] in &bucket.latency_us {
        // Nobody waits longer than for the timeout, and no number that follows is too large.
        let waited = (*value).min(timeout_us);
        for (after_us, times) in steps(waited, think_us) {
            let times = u128::from(times).saturating_mul((*count).into());
            all = all.saturating_add(times);
            // What was left out ended as what was asked: as many in all as the share of requests that failed.
            let failed = all.saturating_mul(bad).checked_div(ended).unwrap_or(0);
            let of_these = failed.saturating_sub(std::mem::replace(&mut failed_before, failed));
            let latency_us = Some((waited - after_us).div_ceil(1_000) * 1_000);
            take(after_us, latency_us, times.saturating_sub(of_these), of_these);
        }
    }
    for (after_us, times) in steps(timeout_us, think_us).filter(|_| lost > 0) {
        take(after_us, None, 0, u128::from(times).saturating_mul(lost.into()));
    }
}

/// When a user who waits for `waited` microseconds would have asked meanwhile, from the begin of the wait on, and how often:
/// each `think_us`, as long as `think_us` are left. In so many steps at most: of more, the earlier ones stand with the last
/// of theirs.
fn steps(waited: u64, think_us: u64) -> impl Iterator<Item = (u64, u64)> {
    let count = (waited / think_us.max(1)).saturating_sub(1);
    let steps = count.min(STEPS);
    let up_to = move |step: u64| {
        let share = u128::from(step) * u128::from(count) / u128::from(steps.max(1));
        u64::try_from(share).unwrap_or(count)
    };
    (1..=steps).map(move |step| {
        let (before, last) = (up_to(step - 1), up_to(step));
        (last.saturating_mul(think_us), last - before)
    })
}

fn timeout_us(load: &LoadPlan) -> u64 {
    u64::from(load.timeout_ms) * 1_000
}

/// Whether requests of `operation` are counted for whether the load came: all in a closed model, where each of them follows
/// from a time to think, and those that begin a visit in an open one.
pub fn counts(load: &LoadPlan, operation: u32) -> bool {
    load.closed.is_some() || begins(load, operation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Phase;

    fn all(waited: u64, think_us: u64) -> Vec<(u64, u64)> {
        steps(waited, think_us).collect()
    }

    #[test]
    fn who_waits_longer_than_a_thought_has_left_something_out() {
        assert!(
            [(1_999, 1_000), (0, 1_000), (0, 0)].iter().all(|(waited, think_us)| all(*waited, *think_us).is_empty())
        );
        assert_eq!(all(2_000, 1_000), [(1_000, 1)]);
        assert_eq!(all(4_500, 1_000), [(1_000, 1), (2_000, 1), (3_000, 1)]);
    }

    #[test]
    fn however_long_it_was_the_steps_are_few_and_all_are_counted() {
        for waited in [65_000, 66_000, 1_000_999, u64::MAX] {
            let steps = all(waited, 1_000);
            assert!(steps.len() <= 64, "{waited}");
            assert_eq!(steps.iter().map(|(_, times)| times).sum::<u64>(), waited / 1_000 - 1, "{waited}");
            assert!(steps.iter().all(|(after, _)| *after >= 1_000 && waited - after >= 1_000), "{waited}");
            assert!(steps.windows(2).all(|pair| pair[0].0 < pair[1].0), "{waited}");
        }
    }

    /// What is left out of `bucket` in a run of 20 s, of which the last 8 s are a fault phase.
    fn of_bucket(bucket: &Bucket, load: &LoadPlan) -> Vec<LeftOut> {
        let plan = crate::sample::passing().plan.prove;
        let fault = plan.phases.iter().find(|phase| matches!(phase.role, PhaseRole::Fault { .. })).unwrap();
        let steady = plan.phases.iter().find(|phase| phase.role == PhaseRole::Steady {}).unwrap();
        let phases = [Phase { seconds: 12, ..steady.clone() }, Phase { seconds: 8, ..fault.clone() }];
        let mut all = Vec::new();
        left_out(bucket, load, &Timeline::of(&phases), |one| all.push(one));
        all
    }

    /// Three answers in 2.5 s, one request in seven with a wrong status or none, and one that ran out of time; users think
    /// for a second.
    #[test]
    fn it_is_due_in_its_own_second_and_ends_as_what_was_asked() {
        let mut load = crate::sample::passing().plan.prove.load;
        (load.closed, load.timeout_ms) = (Some(Closed { users: 9, think_ms: 1_000 }), 3_000);
        let failed = [(Failure::Status, 1), (Failure::Timeout, 1), (Failure::Connect, 7)].into();
        let left_out = of_bucket;
        let latency_us = vec![[900_000, 4], [2_500_000, 3]];
        let bucket = Bucket { second: 9, operation: 0, good: 6, failed, latency_us };
        let of = |second, latency_us, good, failed| LeftOut { second, latency_us, good, failed };
        let all = [of(10, Some(1_500_000), 2, 1), of(10, None, 0, 1), of(11, None, 0, 1)];
        assert_eq!(left_out(&bucket, &load), all, "eight of fourteen that did not run out of time");
        let fault = Bucket { second: 12, ..bucket.clone() };
        assert_eq!(
            left_out(&fault, &load),
            all.map(|one| LeftOut { second: 12, ..one }),
            "what a fault costs is its own"
        );
        let last = Bucket { second: 18, ..bucket.clone() };
        assert_eq!(left_out(&last, &load), [of(18, Some(1_500_000), 2, 1), of(18, None, 0, 1)], "up to the end");
        let refused = Bucket {
            good: 10,
            failed: [(Failure::Connect, 10)].into(),
            latency_us: vec![[2_000_000, 10]],
            ..bucket.clone()
        };
        assert_eq!(left_out(&refused, &load), [of(10, Some(1_000_000), 5, 5)], "half of them refused at once");
        let fine = Bucket { latency_us: vec![[2_400_001, 1]], failed: [].into(), good: 1, ..bucket.clone() };
        assert_eq!(left_out(&fine, &load), [of(10, Some(1_401_000), 1, 0)], "rounded up");
        let half = Bucket { good: 3, failed: [(Failure::Status, 4)].into(), ..bucket.clone() };
        assert_eq!(left_out(&half, &load), [of(10, Some(1_500_000), 2, 1)], "four sevenths of three, rounded down");
        load.closed = None;
        assert_eq!(left_out(&bucket, &load), []);
    }
}
