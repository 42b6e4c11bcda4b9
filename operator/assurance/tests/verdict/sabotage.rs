//! Injectors that lie, break or miss, and instruments that do: none of them ever gets `Felt`. Each
//! starts from a fault that was done as it was asked, and changes what the lab would have measured.

use factory_assurance::{
    dossier::TestResult,
    evidence::{Class, Dose},
    sample,
    verdict::Verdict,
};
use factory_crds::release::Outcome::Passed;

use super::fault;

/// The sample that has `phase`.
fn sampled(phase: &str) -> TestResult {
    match phase {
        _ if PRESSED.contains(&phase) => sample::pressed(),
        _ if ANSWERING.contains(&phase) => sample::answering(),
        _ if MISLED.contains(&phase) => sample::misled(),
        _ if APART.contains(&phase) => sample::apart(),
        _ if DISORDERED.contains(&phase) || phase == CONTROL_PLANE => sample::disordered(),
        _ if EXHAUSTED.contains(&phase) => sample::exhausted(),
        _ => sample::struck(),
    }
}

type Sabotage = fn(&mut Vec<Dose>);

const ALL: [&str; 27] = [
    "container-kill-web",
    "freeze-web",
    "partition-web",
    "delay-200-web",
    "delay-50-web",
    "loss-50000-web",
    "bandwidth-500-web",
    "dns-outage-web",
    "reset-100000-web",
    "memory-pressure-90-web",
    "partition-web-to-registry",
    "delay-100-web-to-registry",
    "jitter-100-web",
    "cpu-starvation-80-web",
    "disk-full-95-web",
    "descriptor-exhaustion-90-web",
    "dns-failure-web",
    "dns-wrong-address-web",
    "dns-delay-200-web",
    "http-reset-100000-web",
    "http-delay-200000-web",
    "http-status-300000-web",
    "http-cut-400000-web",
    "duplicate-100000-web",
    "corrupt-50000-web",
    "reorder-200000-web-to-registry",
    CONTROL_PLANE,
];
/// Of the sample of packets, that without the control plane.
const CONTROL_PLANE: &str = "control-plane-outage-web";
/// And those of a share of packets.
const DISORDERED: &[&str] = &["duplicate-100000-web", "corrupt-50000-web", "reorder-200000-web-to-registry"];
/// Those of the sample of what runs out.
const EXHAUSTED: &[&str] = &["cpu-starvation-80-web", "disk-full-95-web", "descriptor-exhaustion-90-web"];
/// Those of the fifth sample.
const ANSWERING: &[&str] =
    &["http-reset-100000-web", "http-delay-200000-web", "http-status-300000-web", "http-cut-400000-web"];
/// Those of the fourth sample.
const MISLED: &[&str] = &["dns-failure-web", "dns-wrong-address-web", "dns-delay-200-web"];
/// Those of the third sample.
const APART: &[&str] = &["partition-web-to-registry", "delay-100-web-to-registry", "jitter-100-web"];
/// Those of the second sample.
const PRESSED: &[&str] = &["reset-100000-web", "memory-pressure-90-web"];
const DELAYS: &[&str] = &["delay-200-web", "delay-50-web", "delay-100-web-to-registry", "dns-delay-200-web"];
const STRONG: &[&str] = &[
    "delay-200-web",
    "delay-50-web",
    "loss-50000-web",
    "bandwidth-500-web",
    "reset-100000-web",
    "delay-100-web-to-registry",
    "dns-delay-200-web",
];
const ONE: &[&str] = &[
    "container-kill-web",
    "freeze-web",
    "delay-200-web",
    "loss-50000-web",
    "bandwidth-500-web",
    "reset-100000-web",
    "memory-pressure-90-web",
    "partition-web-to-registry",
    "delay-100-web-to-registry",
    "jitter-100-web",
    "cpu-starvation-80-web",
    "disk-full-95-web",
    "descriptor-exhaustion-90-web",
    "dns-failure-web",
    "dns-wrong-address-web",
    "duplicate-100000-web",
    "corrupt-50000-web",
    "reorder-200000-web-to-registry",
];
const SIDES: &[&str] = &[
    "freeze-web",
    "partition-web",
    "loss-50000-web",
    "dns-outage-web",
    "reset-100000-web",
    "dns-failure-web",
    "duplicate-100000-web",
    CONTROL_PLANE,
];
const CUTS: &[&str] = &["partition-web", "dns-outage-web", "partition-web-to-registry"];
const CLASSES: &[&str] = &[
    "partition-web",
    "delay-200-web",
    "delay-50-web",
    "partition-web-to-registry",
    "delay-100-web-to-registry",
    "jitter-100-web",
];

const SABOTAGE: &[(&str, &[&str], Sabotage)] = &[
    ("an injector that does nothing", &ALL, |d| each(d, |dose| dose.during = dose.before.clone())),
    ("an instrument that always shows the fault", &ALL, |d| each(d, |dose| dose.before = dose.during.clone())),
    ("the two sides exchanged", &ALL, |d| each(d, |dose| std::mem::swap(&mut dose.before, &mut dose.during))),
    ("nothing measured at all", &ALL, Vec::clear),
    ("nothing measured before", &ALL, |d| each(d, |dose| dose.before.clear())),
    ("nothing measured while it lasted", &ALL, |d| each(d, |dose| dose.during.clear())),
    ("counts of nothing", &ALL, |d| each(d, |dose| dose.during.iter_mut().for_each(|cell| cell[1] = 0))),
    ("a pod that is not of the component", &ALL, |d| each(d, |dose| dose.pod = "stranger".to_owned())),
    ("counters of another run, with its pods", &ALL, |d| each(d, |dose| dose.pod.push_str("-of-yesterday"))),
    ("a pod without a name", &ALL, |d| each(d, |dose| dose.pod.clear())),
    ("the same dose twice", &ALL, |d| d.push(d[0].clone())),
    ("a second dose of a pod that says otherwise", &ALL, |d| {
        let mut other = d[0].clone();
        other.during = other.before.clone();
        d.push(other);
    }),
    ("values that fall", &ALL, |d| each(d, |dose| dose.before.insert(0, [9_000_000, 1]))),
    ("a value that stands twice", &ALL, |d| each(d, |dose| dose.during.push(*dose.during.last().unwrap()))),
    ("a value that is neither side", SIDES, |d| each(d, |dose| dose.during.push([2, 1]))),
    ("counts that overflow", &ALL, |d| each(d, |dose| dose.during[0][1] = u64::MAX)),
    ("a class that the fault does not have", &["freeze-web", "loss-50000-web", "delay-200-web"], |d| {
        each(d, |dose| dose.class = Class::Dns);
    }),
    ("other traffic than questions to DNS", &["dns-outage-web"], |d| each(d, |dose| dose.class = Class::All)),
    ("other traffic than answers of DNS", MISLED, |d| each(d, |dose| dose.class = Class::All)),
    ("one way of asking is answered rightly", MISLED, |d| {
        each(d, |dose| dose.during = vec![[dose.before[0][0], 30], [dose.during[0][0], 60]]);
    }),
    ("a third of the answers that were asked for", ANSWERING, |d| {
        each(d, |dose| {
            let struck = dose.during[1][1] / 3;
            dose.during = vec![[0, 200 - struck], [1, struck]];
        });
    }),
    ("every answer struck", ANSWERING, |d| each(d, |dose| dose.during = vec![[1, 200]])),
    ("49 answers", ANSWERING, |d| each(d, |dose| dose.during = vec![[0, 30], [1, 19]])),
    ("a service that answers so by itself", ANSWERING, |d| each(d, |dose| dose.before = vec![[0, 80], [1, 10]])),
    ("connections that are kept pass untouched", ANSWERING, |d| {
        each(d, |dose| {
            if dose.class == Class::Pooled {
                dose.during = vec![[0, 200]];
            }
        });
    }),
    ("a third of the packets that were asked for", DISORDERED, |d| {
        each(d, |dose| {
            let struck = dose.during[1][1] / 3;
            dose.during = vec![[0, 400 - struck], [1, struck]];
        });
    }),
    ("every packet struck", DISORDERED, |d| each(d, |dose| dose.during = vec![[1, 400]])),
    ("49 packets", DISORDERED, |d| each(d, |dose| dose.during = vec![[0, 40], [1, 9]])),
    ("a network that does so by itself", DISORDERED, |d| each(d, |dose| dose.before = vec![[0, 270], [1, 30]])),
    ("one attempt to connect that succeeds", &[CONTROL_PLANE], |d| each(d, |dose| dose.during = vec![[0, 1], [1, 23]])),
    ("a control plane that was out of reach already", &[CONTROL_PLANE], |d| {
        each(d, |dose| dose.before = vec![[0, 15], [1, 1]]);
    }),
    ("four attempts to connect", &[CONTROL_PLANE], |d| each(d, |dose| dose.during = vec![[1, 4]])),
    ("four answers", MISLED, |d| each(d, |dose| dose.during = vec![[dose.during[0][0], 4]])),
    ("answers that were wrong before it", &["dns-failure-web", "dns-wrong-address-web"], |d| {
        each(d, |dose| dose.before = vec![[0, 8], [1, 1]]);
    }),
    ("new connections only", CLASSES, |d| d.retain(|dose| dose.class == Class::New)),
    ("open connections only", CLASSES, |d| d.retain(|dose| dose.class == Class::Pooled)),
    ("open connections pass untouched", CLASSES, |d| {
        each(d, |dose| {
            if dose.class == Class::Pooled {
                dose.during = dose.before.clone();
            }
        });
    }),
    ("half the delay", DELAYS, |d| each(d, |dose| dose.during.iter_mut().for_each(|cell| cell[0] /= 2))),
    ("twice the delay", DELAYS, |d| each(d, |dose| dose.during.iter_mut().for_each(|cell| cell[0] *= 2))),
    ("a delay in seconds where milliseconds are asked", DELAYS, |d| {
        each(d, |dose| dose.during.iter_mut().for_each(|cell| cell[0] *= 1_000));
    }),
    ("three of five packets delayed", DELAYS, |d| {
        each(d, |dose| {
            dose.during = vec![[dose.before[0][0], 40], [dose.during[0][0], 60]];
        });
    }),
    ("one packet that was late", DELAYS, |d| each(d, |dose| dose.during = vec![[dose.during[0][0], 1]])),
    ("a delay in place of jitter", &["jitter-100-web"], |d| each(d, |dose| dose.during = vec![[100_090, 60]])),
    ("half the jitter", &["jitter-100-web"], |d| each(d, |dose| dose.during = vec![[90, 30], [50_090, 30]])),
    ("twice the jitter", &["jitter-100-web"], |d| each(d, |dose| dose.during = vec![[90, 30], [200_090, 30]])),
    ("a twentieth of packets that were late", &["jitter-100-web"], |d| {
        each(d, |dose| dose.during = vec![[90, 57], [100_090, 3]]);
    }),
    ("a network that was uneven already", &["jitter-100-web"], |d| {
        each(d, |dose| dose.before = vec![[90, 60], [60_090, 60]]);
    }),
    ("two fifths of the loss", &["loss-50000-web"], |d| d[0].during = vec![[0, 392], [1, 8]]),
    ("three times the loss", &["loss-50000-web"], |d| d[0].during = vec![[0, 340], [1, 60]]),
    ("a cut in place of a loss", &["loss-50000-web"], |d| d[0].during = vec![[1, 400]]),
    ("a network that lost packets before", &["loss-50000-web"], |d| d[0].before = vec![[0, 285], [1, 15]]),
    ("a loss of four packets", &["loss-50000-web"], |d| d[0].during = vec![[0, 76], [1, 4]]),
    ("the pod was struck in place of its traffic with the peer", APART, |d| {
        each(d, |dose| (dose.before, dose.during) = (Vec::new(), vec![[1, 400]]));
    }),
    ("a single packet passes", CUTS, |d| each(d, |dose| dose.during = vec![[0, 1], [1, 90]])),
    ("no packet came, so none was dropped", CUTS, |d| each(d, |dose| dose.during = vec![[0, 0], [1, 0]])),
    ("cut off before it already", CUTS, |d| each(d, |dose| dose.before = vec![[1, 9]])),
    ("a pod that sends less than the limit", &["bandwidth-500-web"], |d| d[0].before = vec![[450, 4]]),
    ("a burst before it", &["bandwidth-500-web"], |d| d[0].before = vec![[450, 4], [5_000, 1]]),
    ("one second above the limit", &["bandwidth-500-web"], |d| d[0].during = vec![[500, 3], [626, 1]]),
    ("a pod that was cut off in place of limited", &["bandwidth-500-web"], |d| d[0].during = vec![[0, 4]]),
    ("a third of the resets", &["reset-100000-web"], |d| d[0].during = vec![[0, 388], [1, 12]]),
    ("a cut in place of resets", &["reset-100000-web"], |d| d[0].during = vec![[1, 400]]),
    ("a memory that was full already", &["memory-pressure-90-web"], |d| d[0].before = vec![[88, 8]]),
    ("half of the memory", &["memory-pressure-90-web"], |d| d[0].during = vec![[45, 80]]),
    ("a memory that is given back in between", &["memory-pressure-90-web"], |d| {
        d[0].during = vec![[15, 20], [90, 60]];
    }),
    ("used up before it already", EXHAUSTED, |d| d[0].before = vec![[88, 8]]),
    ("half of what was asked", EXHAUSTED, |d| d[0].during = vec![[45, 80]]),
    ("given back for a third of the time", EXHAUSTED, |d| d[0].during = vec![[15, 30], [96, 60]]),
    ("stressors of which one in three runs elsewhere", &["cpu-starvation-80-web"], |d| d[0].during = vec![[66, 80]]),
    ("one of two volumes", &["disk-full-95-web"], |d| d[0].during = vec![[3, 80], [95, 80]]),
    ("the first process alone, of four", &["descriptor-exhaustion-90-web"], |d| d[0].during = vec![[6, 240], [90, 80]]),
    ("a freeze that lets go now and then", &["freeze-web"], |d| d[0].during = vec![[0, 4], [1, 26]]),
    ("a pod that stood still already", &["freeze-web"], |d| d[0].before = vec![[0, 10], [1, 10]]),
    ("a process that was gone already", &["container-kill-web"], |d| d[0].before = vec![[0, 19], [1, 1]]),
    ("a kill of another process", &["container-kill-web"], |d| d[0].during = vec![[0, 30]]),
];

#[test]
fn no_sabotage_is_ever_felt() {
    assert!(SABOTAGE.len() >= 20);
    for (what, phases, sabotage) in SABOTAGE {
        for phase in *phases {
            let mut result = sampled(phase);
            let before = fault(&mut result, phase).doses.clone();
            sabotage(&mut fault(&mut result, phase).doses);
            assert_ne!(fault(&mut result, phase).doses, before, "{what} changes nothing in {phase}");
            assert_not_felt(&result.judge(), phase, what);
        }
    }
}

/// One pod is asked for: the dose in a pod that was not ready, or of two at once, is no dose.
#[test]
fn a_fault_of_one_pod_is_not_felt_by_others() {
    for phase in ONE {
        let mut result = sampled(phase);
        for pod in &mut fault(&mut result, phase).before {
            pod.ready = false;
        }
        assert_not_felt(&result.judge(), phase, "no pod was ready");
        let mut result = sampled(phase);
        fault(&mut result, phase).before.remove(0);
        assert_not_felt(&result.judge(), phase, "the pod was not there before");
    }
}

/// Whatever strength the injector used, another than asked is not felt once it is far from it.
#[test]
fn a_strength_far_from_what_was_asked_is_not_felt() {
    for phase in STRONG {
        for factor in [0, 10, 30, 45, 210, 300, 1_000] {
            let mut result = sampled(phase);
            for dose in &mut fault(&mut result, phase).doses {
                scaled(dose, phase, factor);
            }
            assert_not_felt(&result.judge(), phase, &format!("{factor} % of what was asked"));
        }
    }
}

fn scaled(dose: &mut Dose, phase: &str, percent: u64) {
    if phase.starts_with("loss") || phase.starts_with("reset") {
        let lost = (dose.during[1][1] * percent / 100).min(400);
        dose.during = vec![[0, 400 - lost], [1, lost]];
    } else {
        let base = if phase.contains("delay") { dose.before[0][0] } else { 0 };
        for cell in &mut dose.during {
            cell[0] = base + (cell[0] - base) * percent / 100;
        }
        dose.during.dedup_by_key(|cell| cell[0]);
    }
}

/// Not a pass, and no pod felt it, or what was measured contradicts itself.
fn assert_not_felt(verdict: &Verdict, phase: &str, what: &str) {
    assert_ne!(verdict.outcome, Passed, "{what}, {phase}");
    let codes: Vec<&str> = verdict.findings.iter().map(|finding| finding.code.as_str()).collect();
    let refused = |code: &&str| matches!(*code, "FaultNotFelt" | "FaultDoseUnknown" | "EvidenceContradictory");
    assert!(codes.iter().any(refused), "{what}, {phase}: {codes:?}");
    assert!(!codes.iter().any(|code| code.starts_with("FaultCost")), "{what}, {phase}: {codes:?}");
}

fn each(doses: &mut [Dose], change: fn(&mut Dose)) {
    doses.iter_mut().for_each(change);
}

/// The sabotage above starts from faults that are felt, or it would show nothing.
#[test]
fn without_sabotage_every_fault_is_felt() {
    for phase in ALL {
        let result = sampled(phase);
        let figure = |name: &str| {
            let mut figures = result.verdict.figures.iter();
            figures.find(|figure| figure.phase == phase && figure.name == name).unwrap()
        };
        assert_eq!(figure("podsFelt").value, figure("podsFelt").limit, "{phase}");
        assert!(figure("podsFelt").value > Some(0), "{phase}");
    }
}
