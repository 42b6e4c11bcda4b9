//! A run that could have been: the plan that a shipped standard asks for, arrivals by chance, and for each moment
//! what a recorded second showed, with what a service does worse than the recorded ones.

// Shares and rates are real numbers, of sizes that all fit.
#![allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss)]

use std::collections::BTreeMap;

use factory_assurance::{
    dossier::TestResult,
    evidence::{Bucket, Failure, NodeProfile, PhaseSpan, PodsProfile, Profile, ProveEvidence},
    plan::{Arrivals, Gaps, Phase, PhaseRole, Stretch, Strike, WHOLE_PPM},
    sample,
    standard::Standard,
    verdict::RULES,
};
use factory_crds::{
    ResilienceStandardSpec,
    resilience_standard::{FaultKind, FaultLimits},
};

use super::super::varied::Random;
use super::{
    draw::{EXACT, binomial, gathered, poisson, resample, share},
    fault::{Moment, Struck},
    recorded::Recorded,
    soak,
};

/// The one component of the simulated service.
const COMPONENT: &str = "queue";
/// Draws of latencies in a tenth of a second.
const OF_A_TENTH: u64 = 40;

/// What a service does worse than the recorded ones.
#[derive(Clone, Copy, Debug, Default)]
pub struct Worse {
    /// Share of requests that fail while nothing is broken, in parts per million.
    pub steady_failed_ppm: f64,
    /// So large a share of requests takes so many milliseconds.
    pub slower: Option<(f64, f64)>,
    /// From each fault of this kind on nothing is answered for so many seconds.
    pub away: Option<(FaultKind, f64)>,
    /// From each fault of this kind on a fifth is not answered for so many seconds.
    pub limps: Option<(FaultKind, f64)>,
}

/// Who is simulated: by which standard, with how many users, from which recordings.
pub struct Stage<'a> {
    /// Name of the standard.
    pub name: &'a str,
    /// The standard.
    pub spec: &'a ResilienceStandardSpec,
    /// Declared users.
    pub users: u64,
    /// Recordings.
    pub recorded: &'a Recorded,
}

impl Stage<'_> {
    /// The result of the run that `seed` gives, judged.
    pub fn run(&self, worse: Worse, seed: u64) -> TestResult {
        let mut random = Random::seeded(seed);
        let mut result = self.recorded.results[0].clone();
        result.rules = RULES.to_owned();
        result.standard = Standard::of(self.name, self.spec);
        result.record.class = self.spec.class.as_str().to_owned();
        result.availability.simultaneous_users = u32::try_from(self.users).unwrap();
        result.announcement.nonce = format!("{:016x}", random.next()).repeat(4);
        let load = &mut result.plan.prove.load;
        load.operations.retain(|operation| operation.after.is_none());
        load.requests_per_minute = u32::try_from(self.users * 60_000 / self.spec.load.think_time.millis()).unwrap();
        load.timeout_ms = u32::try_from(self.spec.load.timeout.millis()).unwrap();
        result.plan.prove.phases = self.phases();
        result.plan.prove.load.arrivals = self.arrivals(&result.plan.prove.phases);
        result.evidence.verify.as_mut().unwrap().nonce = result.announcement.nonce.clone();
        result.evidence.prove = Some(self.prove(&result, worse, &mut random));
        sample::judged(result)
    }

    fn phases(&self) -> Vec<Phase> {
        let load = &self.spec.load;
        let phase = |name: &str, seconds, role| Phase { name: name.to_owned(), seconds, role };
        let of_fault = |(index, limits): (usize, &FaultLimits)| {
            let (kind, strike) = (limits.kind, Strike::of(limits));
            let role = PhaseRole::Fault { kind, component: COMPONENT.to_owned(), strike };
            phase(&format!("{}-{index}", kind.slug()), limits.window_seconds, role)
        };
        let mut phases = vec![
            phase("warm-up", load.warm_up_seconds, PhaseRole::WarmUp {}),
            phase("before", load.steady_seconds, PhaseRole::Steady {}),
        ];
        phases.extend(self.spec.soak.iter().map(|soak| {
            let (every_seconds, components) = (soak.every_seconds, vec![COMPONENT.to_owned()]);
            phase("soak", soak.soak_seconds, PhaseRole::Soak { every_seconds, components })
        }));
        phases.extend(self.spec.faults.iter().enumerate().map(of_fault));
        phases.push(phase("after", load.steady_seconds, PhaseRole::Steady {}));
        let steps = self.spec.capacity.iter().flat_map(|capacity| {
            let of_step = |percent: &u32| (*percent, capacity.step_seconds);
            capacity.steps_percent.iter().map(of_step)
        });
        phases.extend(
            steps.map(|(percent, seconds)| {
                phase(&format!("capacity-{percent}"), seconds, PhaseRole::Capacity { percent })
            }),
        );
        phases
    }

    /// At the declared rate up to the ladder, if there is one, and at that of each step in it.
    fn arrivals(&self, phases: &[Phase]) -> Option<Arrivals> {
        self.spec.capacity.as_ref()?;
        let stretch = |phase: &Phase| match phase.role {
            PhaseRole::Capacity { percent } => Stretch::level(phase.seconds, percent * (WHOLE_PPM / 100)),
            _ => Stretch::level(phase.seconds, WHOLE_PPM),
        };
        Some(Arrivals { gaps: Gaps::Drawn, stretches: phases.iter().map(stretch).collect() })
    }

    fn prove(&self, result: &TestResult, worse: Worse, random: &mut Random) -> ProveEvidence {
        let plan = &result.plan.prove;
        let mut prove = ProveEvidence {
            nonce: result.announcement.nonce.clone(),
            started_unix_ms: 1_795_000_000_000,
            phases: Vec::new(),
            buckets: Vec::new(),
            slots: Vec::new(),
            lag_us: Vec::new(),
            step_lag_us: Vec::new(),
            faults: Vec::new(),
            control: None,
            twin: None,
            profile: self.spec.capacity.as_ref().map(|_| profile(result)),
            soak: soak::seen(&plan.phases, random),
            drawn: None,
            comparison: None,
        };
        let sent = |slots: &[[u32; 2]]| slots.iter().map(|[good, failed]| u64::from(good + failed)).sum();
        let lags = &self.recorded.lags[random.index(self.recorded.lags.len())];
        let mut before = None;
        let operations = u32::try_from(plan.load.operations.len()).unwrap();
        let mut from: u64 = 0;
        for phase in &plan.phases {
            let to = from + u64::from(phase.seconds);
            prove.phases.push(PhaseSpan { name: phase.name.clone(), from_ms: 1_000 * from, to_ms: 1_000 * to });
            let first_slot = prove.slots.len();
            let rate = match phase.role {
                PhaseRole::Capacity { percent } => plan.load.requests_per_minute * percent / 100,
                _ => plan.load.requests_per_minute,
            };
            let fault = Struck::of(self.recorded, phase, rate, from, random);
            for second in from..to {
                self.second(
                    &mut prove,
                    [f64::from(rate), f64::from(operations)],
                    second,
                    fault.as_ref(),
                    worse,
                    random,
                );
            }
            if matches!(phase.role, PhaseRole::Capacity { .. }) {
                before.get_or_insert(first_slot);
                let step = resample(lags, sent(&prove.slots[first_slot..]), EXACT, random);
                prove.step_lag_us.push(gathered(step));
            }
            prove.faults.extend(fault.map(|fault| fault.evidence));
            from = to;
        }
        let before = before.unwrap_or(prove.slots.len());
        prove.lag_us = gathered(resample(lags, sent(&prove.slots[..before]), EXACT, random));
        prove
    }

    /// One second of the run: ten tenths with their arrivals, and the latencies of those that were answered. Each
    /// operation comes as often as any other, at moments of its own.
    fn second(
        &self,
        prove: &mut ProveEvidence,
        [rate, operations]: [f64; 2],
        second: u64,
        fault: Option<&Struck<'_>>,
        worse: Worse,
        random: &mut Random,
    ) {
        let steady = &self.recorded.steady[random.index(self.recorded.steady.len())];
        let timeout_us = self.spec.load.timeout.millis() * 1_000;
        let mut each = vec![(0, BTreeMap::new(), Vec::new()); operations as usize];
        let moment = fault.map(|fault| fault.second(second, steady, random));
        for tenth in 0..10 {
            let calm = Moment { cells: steady, failed: worse.steady_failed_ppm / 1e6, cause: Failure::Status };
            let moment = match (&moment, fault) {
                (Some(of_fault), Some(fault)) => fault.tenth(of_fault, second * 10 + tenth, worse, random),
                _ => calm,
            };
            let mut slot = [0_u64; 2];
            for (good, failed, latencies) in &mut each {
                let due = poisson(rate / 600.0 / operations, random);
                let lost = binomial(due, moment.failed, random);
                let mut answered = resample(moment.cells, due - lost, OF_A_TENTH, random);
                if let Some((of, ms)) = worse.slower {
                    for [us, _] in &mut answered {
                        *us = if share(random) < of { (1_000.0 * ms) as u64 } else { *us };
                    }
                }
                let late: u64 = answered.iter().filter(|[us, _]| *us > timeout_us).map(|[_, count]| count).sum();
                answered.retain(|[us, _]| *us <= timeout_us);
                if moment.cause == Failure::Status {
                    // Its answer came all the same.
                    answered.extend(resample(moment.cells, lost, OF_A_TENTH, random));
                }
                for (cause, count) in [(moment.cause, lost), (Failure::Timeout, late)] {
                    if count > 0 {
                        *failed.entry(cause).or_default() += count;
                    }
                }
                *good += due - lost - late;
                latencies.append(&mut answered);
                slot = [slot[0] + due - lost - late, slot[1] + lost + late];
            }
            prove.slots.push(slot.map(|count| u32::try_from(count).unwrap()));
        }
        let second = u32::try_from(second).unwrap();
        for (operation, (good, failed, latencies)) in (0..).zip(each) {
            if good > 0 || !failed.is_empty() {
                prove.buckets.push(Bucket { second, operation, good, failed, latency_us: gathered(latencies) });
            }
        }
    }
}

/// A node with a pod of each component.
fn profile(result: &TestResult) -> Profile {
    let of = |component: &String| PodsProfile {
        component: component.clone(),
        count: 1,
        cpu_milli: None,
        memory_bytes: None,
    };
    let pods = result.bundle.images.keys().map(of).collect();
    let (architecture, kernel) = ("amd64".to_owned(), "6.1.0".to_owned());
    Profile { nodes: vec![NodeProfile { cpu_milli: 2_000, memory_bytes: 1 << 32, architecture, kernel, pods }] }
}
