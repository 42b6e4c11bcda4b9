//! Users who wait for their answers. A service that stalls is asked less by them: that makes no run void and no service
//! pass. What each of these tests says of the closed model is held beside the open one.

use std::{collections::BTreeMap, ops::Range};

use factory_assurance::{
    dossier::TestResult,
    evidence::{Bucket, Failure},
    plan::{Arrivals, Closed, Gaps, PhaseRole, Stretch, WHOLE_PPM},
    sample,
    verdict::Verdict,
};
use factory_crds::{
    release::Outcome::{Failed, Inconclusive, Passed},
    resilience_standard::LoadModel,
};

use super::{
    assert_finds, prove,
    varied::{Random, edit, measured_otherwise},
};

/// Users, and how long each thinks on average: 20 requests a second of those who are answered at once.
const USERS: u32 = 2;
const THINK_US: u64 = 100_000;
/// Seconds of the sample.
const SECONDS: u64 = 36;

/// What answers in a time that is always the same, and not at all meanwhile.
struct Service {
    takes_us: u64,
    stalls: Vec<Range<u64>>,
    timeout_us: u64,
}

impl Service {
    fn sound() -> Self {
        Self { takes_us: 5_000, stalls: Vec::new(), timeout_us: 5_000_000 }
    }

    /// In the first and the last steady phase for `us`.
    fn stalling(us: u64) -> Self {
        Self { stalls: [3, 32].map(|second| second * 1_000_000..second * 1_000_000 + us).to_vec(), ..Self::sound() }
    }

    /// How long the answer takes to what is asked at `due_us`, if it comes in time.
    fn answer(&self, due_us: u64) -> Option<u64> {
        let stall = self.stalls.iter().find(|stall| stall.contains(&due_us));
        let latency = self.takes_us + stall.map_or(0, |stall| stall.end - due_us);
        (latency <= self.timeout_us).then_some(latency)
    }

    /// Each 50 ms, whatever the answers do.
    fn asked_by_the_clock(&self) -> Vec<(u64, Option<u64>)> {
        (0..SECONDS * 20).map(|number| (number * 50_000, self.answer(number * 50_000))).collect()
    }

    /// By users who wait, think from nothing to twice the mean, and ask again.
    fn asked_by(&self, users: u32, seed: u64) -> Vec<(u64, Option<u64>)> {
        let (mut random, mut asked) = (Random::seeded(seed), Vec::new());
        for _ in 0..users {
            let mut at = random.below(2 * THINK_US);
            while at < SECONDS * 1_000_000 {
                let latency = self.answer(at);
                asked.push((at, latency));
                at += latency.unwrap_or(self.timeout_us) + random.below(2 * THINK_US);
            }
        }
        asked.sort_unstable();
        asked
    }
}

/// The passing sample whose load is `asked`, of both operations in turn.
fn measured(asked: &[(u64, Option<u64>)], service: &Service) -> TestResult {
    let mut result = sample::passing();
    let timeout_ms = service.timeout_us / 1_000;
    result.plan.prove.load.timeout_ms = u32::try_from(timeout_ms).unwrap();
    result.standard.load.as_mut().unwrap().timeout_ms = timeout_ms;
    let mut buckets: BTreeMap<(u32, u32), (Bucket, BTreeMap<u64, u64>)> = BTreeMap::new();
    let evidence = prove(&mut result);
    evidence.slots.iter_mut().for_each(|slot| *slot = [0, 0]);
    for (number, (due_us, latency)) in (0_u32..).zip(asked) {
        let (second, operation) = (u32::try_from(due_us / 1_000_000).unwrap(), number % 2);
        let empty = || Bucket { second, operation, good: 0, failed: BTreeMap::new(), latency_us: Vec::new() };
        let (bucket, cells) = buckets.entry((second, operation)).or_insert_with(|| (empty(), BTreeMap::new()));
        evidence.slots[usize::try_from(due_us / 100_000).unwrap()][usize::from(latency.is_none())] += 1;
        match latency {
            Some(latency) => {
                bucket.good += 1;
                *cells.entry(*latency).or_default() += 1;
            }
            None => *bucket.failed.entry(Failure::Timeout).or_default() += 1,
        }
    }
    let whole = |(mut bucket, cells): (Bucket, BTreeMap<u64, u64>)| {
        bucket.latency_us = cells.into_iter().map(|(value, count)| [value, count]).collect();
        bucket
    };
    evidence.buckets = buckets.into_values().map(whole).collect();
    evidence.lag_us = vec![[85, asked.len() as u64]];
    result
}

fn open(service: &Service) -> TestResult {
    sample::judged(measured(&service.asked_by_the_clock(), service))
}

/// By so many of the users that plan and standard ask for.
fn closed_by(users: u32, service: &Service, seed: u64) -> TestResult {
    let mut result = measured(&service.asked_by(users, seed), service);
    let load = result.standard.load.as_mut().unwrap();
    (load.model, load.think_time_ms) = (Some(LoadModel::Closed), THINK_US / 1_000);
    result.availability.simultaneous_users = USERS;
    result.plan.prove.load.closed = Some(Closed::of(USERS, THINK_US / 1_000));
    sample::judged(result)
}

fn closed(service: &Service) -> TestResult {
    closed_by(USERS, service, 1)
}

pub fn passing() -> TestResult {
    closed(&Service::sound())
}

fn codes(verdict: &Verdict) -> Vec<&str> {
    verdict.findings.iter().map(|finding| finding.code.as_str()).collect()
}

fn figure(verdict: &Verdict, name: &str) -> Option<u64> {
    verdict.figures.iter().find(|figure| figure.phase.is_empty() && figure.name == name)?.value
}

/// A stall of a second in each steady phase, in which the standard allows half of it to one in twenty requests.
fn stalling() -> Service {
    Service::stalling(1_000_000)
}

/// No answer for four seconds of the first steady phase, where users wait for one.
fn away() -> Service {
    let stalls = std::iter::once(2_500_000..6_500_000).collect();
    Service { stalls, timeout_us: 1_000_000, ..Service::sound() }
}

/// Answers that take four times as long as users think, and no longer than they may.
fn slow() -> Service {
    Service { takes_us: 400_000, ..Service::sound() }
}

/// Vectors of the closed model.
pub fn vectors() -> Vec<(&'static str, TestResult)> {
    let mut otherwise = passing();
    otherwise.plan.prove.load.closed = Some(Closed { users: USERS + 1, think_ms: 300 });
    otherwise.plan.prove.load.max_in_flight = 2;
    vec![
        ("v3-closed-passed", passing()),
        ("v3-closed-slow-and-sound", closed(&slow())),
        ("v3-closed-stalls", closed(&stalling())),
        ("v3-closed-away", closed(&away())),
        ("v3-closed-users-missing", closed_by(USERS - 1, &Service::sound(), 1)),
        ("v3-closed-plan-incomplete", sample::judged(otherwise)),
    ]
}

#[test]
fn a_sound_service_passes_whoever_asks() {
    assert_finds(&open(&Service::sound()).verdict, Passed, &[], "by the clock");
    let passing = passing();
    assert_finds(&passing.verdict, Passed, &[], "by users who wait");
    assert_eq!(figure(&passing.verdict, "omittedRequests"), Some(0));
    assert_eq!(figure(&open(&Service::sound()).verdict, "omittedRequests"), None);
}

/// The users of a service that stalls ask so little meanwhile that one request in twenty hides it.
#[test]
fn a_stalling_service_is_refused_under_both_models() {
    let (open, closed) = (open(&stalling()), closed(&stalling()));
    for (result, model) in [(&open, "open"), (&closed, "closed")] {
        assert_eq!(result.verdict.outcome, Failed, "{model}");
        assert_eq!(codes(&result.verdict), ["SteadyP95TooHigh"; 2], "{model}: {:#?}", result.verdict.findings);
    }
    assert!(figure(&closed.verdict, "omittedRequests").unwrap() > 10);
    // By what was asked alone it would have passed.
    let mut seen = closed;
    seen.plan.prove.load.closed = None;
    let load = seen.standard.load.as_mut().unwrap();
    (load.model, load.think_time_ms) = (None, 5_000);
    seen.availability.simultaneous_users = 100;
    assert_finds(&seen.judge(), Passed, &[], "what was asked alone");
}

#[test]
fn who_waited_in_vain_would_have_asked_in_vain() {
    let closed = closed(&away());
    assert_finds(
        &closed.verdict,
        Failed,
        &["SteadyFailuresTooHigh", "SteadyP95TooHigh", "OperationFailuresTooHigh", "OperationFailuresTooHigh"],
        "away",
    );
    let said = &closed.verdict.findings[0].message;
    assert!(said.contains(" no answer in time, ") && said.contains(" not asked while users waited)"), "{said}");
    let share = |result: &TestResult| {
        let figures = &result.verdict.figures;
        let of = |name| figures.iter().find(|one| one.phase == "steady-before" && one.name == name)?.value;
        of("failedPpm").unwrap()
    };
    // Of five seconds four were lost, less the last of those that were waited for.
    for result in [&closed, &open(&away())] {
        assert!((500_000..850_000).contains(&share(result)), "{}", share(result));
    }
}

/// A fifth of the requests that users make who are answered at once: no lack of load, and enough to be judged.
#[test]
fn fewer_requests_because_the_service_is_slow_are_the_services_doing() {
    let result = closed(&slow());
    assert_finds(&result.verdict, Passed, &[], "slow, and within the limits");
    let requests = figure(&result.verdict, "requests").unwrap();
    assert!(requests < 200, "{requests}");
    let slower = closed(&Service { takes_us: 600_000, ..Service::sound() });
    assert_finds(&slower.verdict, Failed, &["SteadyP95TooHigh"; 2], "too slow");
}

#[test]
fn users_who_never_came_make_a_run_void() {
    let result = closed_by(USERS - 1, &Service::sound(), 1);
    assert_finds(&result.verdict, Inconclusive, &["LoadTooLow"], "one of two");
    assert!(result.verdict.findings[0].message.ends_with("the load did not come"));
}

type Change = fn(&mut TestResult);

/// Changes after which the plan is none of the standard's closed model, and what is said.
const TABLE: &[(Change, &str)] = &[
    (|r| r.plan.prove.load.closed = None, "the load is of the open model; the standard asks for the closed one"),
    (
        |r| r.standard.load.as_mut().unwrap().model = None,
        "the load is of the closed model; the standard asks for the open one",
    ),
    (
        |r| users(r).users = 3,
        "the closed model has 3 users who think for 0.1 s; by the standard it has 2 users who think for 0.1 s",
    ),
    (
        |r| users(r).think_ms = 99,
        "the closed model has 2 users who think for 0.099 s; by the standard it has 2 users who think for 0.1 s",
    ),
    (|r| r.plan.prove.load.pause_ms = 1, "the closed model has a pause beside the time that users think"),
    (|r| r.plan.prove.load.max_in_flight = 1, "the closed model has 1 places in flight for 2 users"),
    (
        |r| {
            let stretches = vec![Stretch::level(36, WHOLE_PPM)];
            r.plan.prove.load.arrivals = Some(Arrivals { gaps: Gaps::Drawn, stretches });
        },
        "the closed model has arrivals: its users come when they were answered",
    ),
    (
        |r| {
            let first = r.plan.prove.load.operations[0].clone();
            r.plan.prove.load.operations.push(first);
            for operation in &mut r.plan.prove.load.operations[1..] {
                (operation.after, operation.weight) = (Some(0), 0);
            }
        },
        "operation `GET /v1/addresses/10101199900017` of the closed model is followed by more than one: a user does one thing at a time",
    ),
    (
        |r| r.rules = "factory.gov.kg/verdict/v2".to_owned(),
        "the plan has a closed model, which these rules do not know",
    ),
];

fn users(result: &mut TestResult) -> &mut Closed {
    result.plan.prove.load.closed.as_mut().unwrap()
}

#[test]
fn another_model_than_the_standard_asks_for_proves_nothing() {
    for (change, said) in TABLE {
        let mut result = passing();
        change(&mut result);
        let verdict = result.judge();
        assert_eq!(verdict.outcome, Inconclusive, "{said}");
        let lacks: Vec<_> = verdict.findings.iter().filter(|finding| finding.code == "PlanIncomplete").collect();
        assert_eq!(lacks.iter().map(|lack| lack.message.as_str()).collect::<Vec<_>>(), [*said]);
    }
}

#[test]
fn a_plan_of_users_has_no_ladder_and_nobody_who_does_nothing() {
    for (change, said) in [
        (
            (|r: &mut TestResult| {
                let last = r.plan.prove.phases.last_mut().unwrap();
                last.role = PhaseRole::Capacity { percent: 150 };
            }) as Change,
            "the closed model has a ladder: a step would ask less, the slower the service is",
        ),
        (|r| users(r).users = 0, "the closed model has no user, or none who thinks"),
        (|r| users(r).think_ms = 0, "the closed model has no user, or none who thinks"),
    ] {
        let mut result = passing();
        change(&mut result);
        assert!(result.judge().findings.iter().any(|finding| finding.message == said), "{said}");
    }
}

/// Services of every kind under users who wait, and evidence and plans with something changed.
pub fn varied(seed: u64) -> TestResult {
    let mut random = Random::seeded(seed);
    let mut stalls = Vec::new();
    for _ in 0..random.below(4) {
        let from = random.below(SECONDS * 1_000_000);
        stalls.push(from..from + random.below(4_000_000));
    }
    let takes_us = [1_000, 90_000, 250_000, 700_000][random.index(4)];
    let timeout_us = [400, 1_000, 5_000][random.index(3)] * 1_000;
    let users = USERS - u32::from(random.below(6) == 0);
    let mut result = closed_by(users, &Service { takes_us, stalls, timeout_us }, seed);
    if random.below(3) == 0 {
        measured_otherwise(&mut result, &mut random);
    }
    let load = &mut result.plan.prove.load;
    let mut closed = load.closed;
    if let Some(closed) = &mut closed {
        match random.below(16) {
            0 => closed.think_ms = [0, 1, 50, 101, u32::MAX][random.index(5)],
            1 => closed.users = [0, 1, 5, 400, u32::MAX][random.index(5)],
            2 => load.max_in_flight = 1,
            3 => load.timeout_ms = [1, 999, u32::MAX][random.index(3)],
            4 => load.operations[1].after = Some(0),
            5 => result.rules = ["factory.gov.kg/verdict/v1", "factory.gov.kg/verdict/v2"][random.index(2)].to_owned(),
            _ => {}
        }
    }
    result.plan.prove.load.closed = closed.filter(|_| random.below(16) > 0);
    if random.below(4) == 0 {
        edit(&mut result, &mut random);
    }
    sample::judged(result)
}
