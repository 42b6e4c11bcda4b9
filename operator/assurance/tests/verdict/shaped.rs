//! The shape of the load: requests come as the issued standard says and over connections as it says, or nothing is proved.
//! A rush within the warm-up would leave next to nothing to be judged.

use factory_assurance::{
    dossier::TestResult,
    plan::{Arrivals, Gaps, Phase, Stretch, WHOLE_PPM, shape},
    sample,
    standard::StandardLoad,
};
use factory_crds::{
    release::Outcome::{Inconclusive, Passed},
    resilience_standard::{ArrivalKind, ArrivalRule, Connections, Spike, Stage},
};

use super::{assert_finds, varied::Random};

fn rule(kind: ArrivalKind) -> ArrivalRule {
    ArrivalRule { kind, ..ArrivalRule::default() }
}

/// A shape of each kind, of which no part is above what came in the sample.
fn rules() -> Vec<ArrivalRule> {
    let stages = [(4, 500_000), (6, 1_000_000), (5, 700_001)].map(|(seconds, share_ppm)| Stage { seconds, share_ppm });
    let spike = Spike { base_ppm: 500_000, peak_ppm: 1_000_000, at_seconds: 8, seconds: 6 };
    let day = (0..24).map(|hour| if hour < 20 { 600_000 } else { 1_000_000 }).collect();
    vec![
        rule(ArrivalKind::Poisson),
        rule(ArrivalKind::Constant),
        ArrivalRule { stages: stages.to_vec(), ..rule(ArrivalKind::Stages) },
        ArrivalRule { spike: Some(spike), ..rule(ArrivalKind::Spike) },
        ArrivalRule { recorded: day, ..rule(ArrivalKind::Recorded) },
    ]
}

fn load(result: &mut TestResult) -> &mut StandardLoad {
    result.standard.load.as_mut().unwrap()
}

/// `result` under a standard with `rule`, with a plan that follows from it.
fn shaped(mut result: TestResult, rule: &ArrivalRule) -> TestResult {
    load(&mut result).arrivals = Some(rule.clone());
    result.plan.prove.load.arrivals = shape::of(Some(rule), &result.plan.prove.phases).unwrap();
    result
}

/// The passing sample with a spike; what came is level.
pub fn spike() -> TestResult {
    sample::judged(spiked(sample::passing()))
}

/// `result` under a standard with a spike, with a plan that follows from it.
pub fn spiked(result: TestResult) -> TestResult {
    shaped(result, &rules()[3])
}

/// The passing sample with the stretches of the plan, drawn by chance.
fn arrives(result: &mut TestResult, stretches: &[Stretch]) {
    result.plan.prove.load.arrivals = Some(Arrivals { gaps: Gaps::Drawn, stretches: stretches.to_vec() });
}

/// The sample with a spike that follows from its phases, of which `change` makes others.
fn with_phases(result: &mut TestResult, change: impl FnOnce(&mut Vec<Phase>)) {
    change(&mut result.plan.prove.phases);
    result.plan.prove.load.arrivals = shape::of(Some(&rules()[3]), &result.plan.prove.phases).unwrap();
}

fn lasts(result: &mut TestResult, index: usize, seconds: u32) {
    with_phases(result, |phases| phases[index].seconds = seconds);
}

/// A phase comes twice, one after the other.
fn again(result: &mut TestResult, index: usize) {
    with_phases(result, |phases| {
        let again = Phase { name: "once-more".to_owned(), ..phases[index].clone() };
        phases.insert(index + 1, again);
    });
}

/// What the plan lacks.
fn lacks(result: &TestResult) -> Vec<String> {
    let findings = result.judge().findings.into_iter().filter(|finding| finding.code == "PlanIncomplete");
    findings.map(|finding| finding.message).collect()
}

/// Vectors of the shape.
pub fn vectors() -> Vec<(&'static str, TestResult)> {
    let mut rush = sample::passing();
    arrives(&mut rush, &[Stretch::level(1, 30_000_000), Stretch::level(35, 10_000)]);
    let mut fresh = spike();
    fresh.plan.prove.load.connections = Some(Connections::Kept);
    load(&mut fresh).connections = Some(Connections::Fresh);
    let climbed = shaped(sample::climbed(), &rules()[2]);
    let mut moved = spike();
    lasts(&mut moved, 1, 30);
    vec![
        ("v3-shape-spike", spike()),
        ("v3-shape-stages-before-a-ladder", sample::judged(climbed)),
        ("v3-shape-recorded-around-a-soak", sample::judged(shaped(sample::soaked(), &rules()[4]))),
        ("v3-shape-rush-in-the-warm-up", sample::judged(rush)),
        ("v3-shape-other-connections", sample::judged(fresh)),
        ("v3-shape-moved-off-the-faults", sample::judged(moved)),
    ]
}

#[test]
fn a_load_that_comes_as_the_standard_says_passes() {
    for rule in rules() {
        for sample in [sample::passing, sample::climbed, sample::soaked] {
            let result = shaped(sample(), &rule);
            assert_finds(&result.judge(), Passed, &[], &format!("{:?}", rule.kind));
        }
    }
    // The same load, said in parts.
    let mut parted = sample::passing();
    arrives(&mut parted, &[Stretch::level(7, WHOLE_PPM), Stretch::level(29, WHOLE_PPM)]);
    assert_finds(&parted.judge(), Passed, &[], "at one rate");
    for connections in [None, Some(Connections::Visits)] {
        let mut result = sample::passing();
        load(&mut result).connections = connections;
        assert_finds(&result.judge(), Passed, &[], "for a visit, said or not");
    }
}

type Change = fn(&mut TestResult);

/// Changes of the sample with a spike after which the plan is another than the standard asks for, and what is said.
const TABLE: &[(Change, &str)] = &[
    (
        |r| arrives(r, &[Stretch::level(1, 30_000_000), Stretch::level(35, 10_000)]),
        "stretch 1 of the load is 1 s from 3000 % to 3000 %; by the standard it is 8 s from 50 % to 50 %",
    ),
    (
        |r| load(r).arrivals = None,
        "stretch 1 of the load is 8 s from 50 % to 50 %; by the standard it is 36 s from 100 % to 100 %",
    ),
    (
        |r| r.plan.prove.load.arrivals = None,
        "stretch 1 of the load is 36 s from 100 % to 100 %; by the standard it is 8 s from 50 % to 50 %",
    ),
    (
        |r| {
            arrives(r, &[Stretch::level(8, 500_000), Stretch::level(28, WHOLE_PPM)]);
        },
        "stretch 2 of the load is 28 s from 100 % to 100 %; by the standard it is 6 s from 100 % to 100 %",
    ),
    (
        |r| {
            let parts = [(8, 500_000), (6, WHOLE_PPM), (10, 500_000), (12, 500_001)];
            arrives(r, &parts.map(|(seconds, ppm)| Stretch::level(seconds, ppm)));
        },
        "stretch 3 of the load is 10 s from 50 % to 50 %; by the standard it is 22 s from 50 % to 50 %",
    ),
    (
        |r| r.plan.prove.load.arrivals.as_mut().unwrap().gaps = Gaps::Even,
        "gaps of the load are even; by the standard they are drawn by chance",
    ),
    (
        |r| load(r).arrivals.as_mut().unwrap().kind = ArrivalKind::Constant,
        "gaps of the load are drawn by chance; by the standard they are even",
    ),
    (
        |r| load(r).arrivals.as_mut().unwrap().spike.as_mut().unwrap().seconds = 28,
        "the standard's shape of the load does not fit into the 36 s of the plan",
    ),
    (
        |r| load(r).arrivals.as_mut().unwrap().kind = ArrivalKind::Recorded,
        "the standard's shape of the load does not fit into the 36 s of the plan",
    ),
    (|r| lasts(r, 0, 1), "phase `warm-up` lasts 1 s; by the standard's shape of the load it lasts 2 s"),
    (|r| lasts(r, 1, 30), "phase `steady-before` lasts 30 s; by the standard's shape of the load it lasts 5 s"),
    (|r| lasts(r, 2, 30), "phase `pod-kill-registry` lasts 30 s; by the standard's shape of the load it lasts 6 s"),
    (|r| again(r, 1), "phase `steady-after` is one more than the standard's shape of the load is for"),
    (|r| again(r, 2), "phase `once-more` is one more than the standard's shape of the load is for"),
    (
        |r| r.plan.prove.load.connections = Some(Connections::Kept),
        "connections of the load are `Kept`; the standard asks for `Visits`",
    ),
    (
        |r| load(r).connections = Some(Connections::Fresh),
        "connections of the load are `Visits`; the standard asks for `Fresh`",
    ),
];

#[test]
fn a_load_that_comes_otherwise_proves_nothing() {
    for (change, said) in TABLE {
        let mut result = spike();
        change(&mut result);
        assert_eq!((result.judge().outcome, lacks(&result)), (Inconclusive, vec![(*said).to_owned()]), "{said}");
        result.rules = "factory.gov.kg/verdict/v2".to_owned();
        assert_eq!(lacks(&result), [""; 0], "the second rules do not ask: {said}");
    }
}

/// A shape whose rate does not change stands anywhere; one that does begins with the warm-up.
#[test]
fn phases_may_be_longer_where_nothing_is_moved_by_it() {
    for rule in [None, Some(&rules()[0]), Some(&rules()[1])] {
        let mut result = sample::passing();
        load(&mut result).arrivals = rule.cloned();
        result.plan.prove.phases[1].seconds = 30;
        result.plan.prove.load.arrivals = shape::of(rule, &result.plan.prove.phases).unwrap();
        assert_eq!(lacks(&result), [""; 0], "{rule:?}");
    }
    let mut result = spike();
    with_phases(&mut result, |phases| drop(phases.remove(0)));
    assert_eq!(lacks(&result), ["the plan has no warm-up, with which the standard's shape of the load begins"]);
}

/// One deviation is one finding: what the ladder or the soak says is not said again.
#[test]
fn what_the_ladder_finds_is_not_found_twice() {
    let mut result = sample::climbed();
    result.plan.prove.load.arrivals.as_mut().unwrap().stretches[1].to_ppm -= 1;
    let lacks = lacks(&result);
    assert!(lacks.len() == 1 && lacks[0].ends_with("the load is not at 150 % of the declared rate"), "{lacks:?}");
}

/// A shape of any kind, sound or absurd, and a plan that follows from it, nearly follows, or has nothing to do with it.
pub fn varied(seed: u64) -> TestResult {
    let mut random = Random::seeded(seed);
    let mut result = [sample::passing, sample::climbed, sample::soaked][random.index(3)]();
    let small = |random: &mut Random, bound: u64| u32::try_from(random.below(bound)).unwrap();
    let mut rule = rules().swap_remove(random.index(5));
    if random.below(2) == 0 {
        let odd = [0, 1, 10_000, 3_333_333, u32::MAX][random.index(5)];
        match random.below(4) {
            0 => rule.kind = rules()[random.index(5)].kind,
            1 => rule.recorded.iter_mut().step_by(5).for_each(|share| *share = odd),
            2 => {
                let seconds = small(&mut random, 20);
                rule.stages.push(Stage { seconds, share_ppm: odd });
            }
            _ => {
                let at_seconds = small(&mut random, 100);
                rule.spike = rule.spike.map(|spike| Spike { at_seconds, peak_ppm: odd, ..spike });
            }
        }
    }
    let planned = shape::of(Some(&rule), &result.plan.prove.phases).unwrap_or_default();
    result.plan.prove.load.arrivals = planned;
    load(&mut result).arrivals = Some(rule).filter(|_| random.below(6) > 0);
    if random.below(3) == 0
        && let Some(arrivals) = &mut result.plan.prove.load.arrivals
    {
        let index = random.index(arrivals.stretches.len());
        match random.below(4) {
            0 => arrivals.gaps = Gaps::Even,
            1 => arrivals.stretches[index].to_ppm = arrivals.stretches[index].to_ppm.wrapping_add(1),
            2 => arrivals.stretches.reverse(),
            _ => drop(arrivals.stretches.remove(index)),
        }
    }
    let of = |random: &mut Random| [None, Some(Connections::Visits), Some(Connections::Kept)][random.index(3)];
    if random.below(4) == 0 {
        (load(&mut result).connections, result.plan.prove.load.connections) = (of(&mut random), of(&mut random));
    }
    sample::judged(result)
}
