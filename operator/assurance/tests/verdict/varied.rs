//! Results of every kind from a seed: sound ones, ones with failures and delays of all sizes, and
//! documents with something taken out, doubled, exchanged or made absurd.

use factory_assurance::{
    dossier::TestResult,
    evidence::{Class, Dose, Failure, FaultEvidence},
    plan::{Arrivals, ComparisonPlan, Gaps, Stretch},
    sample,
    verdict::MAX_EXACT,
};
use serde_json::{Value, json};

use super::{paced, prove, verify};

/// `SplitMix64`: a stream of numbers that is the same on every machine.
pub struct Random(u64);

impl Random {
    /// A stream of its own for each seed.
    pub fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// One of all 64-bit numbers.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One of `0..bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn small(&mut self, bound: u32) -> u32 {
        u32::try_from(self.below(bound.into())).unwrap()
    }

    /// One of the places of something of this length.
    pub fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap()
    }
}

/// The result of `seed`, with the verdict that follows; one in eight names the
/// first rules, one in eight the second.
pub fn result(seed: u64) -> TestResult {
    let mut random = Random::seeded(seed);
    let mut result = measured(&mut random);
    match random.below(8) {
        0 => result.rules = "factory.gov.kg/verdict/v1".to_owned(),
        1 => result.rules = "factory.gov.kg/verdict/v2".to_owned(),
        _ => {}
    }
    if random.below(2) == 0 {
        for _ in 0..=random.below(3) {
            edit(&mut result, &mut random);
        }
    }
    sample::judged(result)
}

/// A result of a standard that says how often each fault comes, and of a service that declares little
/// downtime, or much.
pub fn modelled(seed: u64) -> TestResult {
    let mut random = Random::seeded(seed);
    let mut result = if random.below(3) == 0 { sample::apart() } else { sample::struck() };
    for limits in &mut result.standard.faults {
        limits.times_a_year = Some([1, 12, 365, 100_000][random.index(4)]);
        if !seed.is_multiple_of(4) {
            limits.times_a_year = Some(random.small(40) + 1);
        }
    }
    if random.below(2) == 0 {
        let mut again = result.standard.faults[random.index(result.standard.faults.len())].clone();
        (again.times_a_year, again.window_seconds) = (Some(random.small(80) + 1), random.small(6) + 1);
        result.standard.faults.push(again);
    }
    for _ in 0..random.below(4) {
        let from = random.small(500);
        sample::fail(&mut result, random.small(2), from..from + random.small(6), Failure::Timeout);
    }
    let minutes = random.below(3) * random.below(3) * 120 + random.below(10);
    result.availability.max_downtime_per_year = format!("{minutes}m").parse().unwrap();
    sample::judged(result)
}

/// A result that a real run could have had.
pub fn measured(random: &mut Random) -> TestResult {
    let mut result = match random.below(12) {
        11 => climbed(random),
        10 => watched(random),
        9 => sample::disordered(),
        8 => sample::answering(),
        7 => sample::misled(),
        0 | 1 => sample::passing(),
        2 | 3 => sample::struck(),
        4 => sample::apart(),
        5 => sample::exhausted(),
        _ => sample::pressed(),
    };
    for _ in 0..random.below(4) {
        if random.below(3) == 0 {
            seen_otherwise(&mut result, random);
        } else {
            measured_otherwise(&mut result, random);
        }
    }
    sample::judged(result)
}

/// With a control that was slow, failed or was not asked in one second, or was quiet.
fn watched(random: &mut Random) -> TestResult {
    let mut result = sample::watched();
    for _ in 0..random.below(4) {
        let control = prove(&mut result).control.as_mut().unwrap();
        let from = random.index(control.len());
        let seconds = control[from..].iter_mut().take(random.index(9));
        match random.below(3) {
            0 => seconds.for_each(|one| one.latency_us[1][0] = 149_000 + 500 * random.below(5)),
            1 => seconds.for_each(|one| one.failed = random.below(4)),
            _ => seconds.for_each(|one| (one.good, one.latency_us) = (0, vec![[611, 0], [2_047, 0]])),
        }
    }
    result
}

/// A result with a twin, which a real run could have had.
pub fn twin(seed: u64) -> TestResult {
    let mut random = Random::seeded(seed);
    let mut result = twinned(&mut random);
    for _ in 0..random.below(3) {
        measured_otherwise(&mut result, &mut random);
    }
    if random.below(4) == 0 {
        edit(&mut result, &mut random);
    }
    sample::judged(result)
}

/// With a twin whose answers came in time, failed or were not asked for in some seconds, or were late as they must be.
fn twinned(random: &mut Random) -> TestResult {
    let mut result = sample::twinned();
    for _ in 0..random.below(4) {
        let buckets = &mut prove(&mut result).twin.as_mut().unwrap().buckets;
        // From the start of either phase on, for up to both of them.
        let from = random.index(2) * (buckets.len() / 2);
        let seconds = buckets[from..].iter_mut().take(random.index(11));
        let count = random.below(2) * random.below(11);
        match random.below(4) {
            0 => seconds.for_each(|one| one.latency_us = vec![[499_711, 10 - count], [500_223, count]]),
            1 => seconds.for_each(|one| {
                one.failed.insert([Failure::Timeout, Failure::Broken][usize::from(from > 0)], count);
                (one.good, one.latency_us) = (10 - count, vec![[700_000, 10 - count]]);
            }),
            2 => seconds.for_each(|one| (one.good, one.latency_us) = (0, Vec::new())),
            _ => seconds.for_each(|one| {
                one.failed.insert(Failure::Status, count);
                one.latency_us.iter_mut().take(1).for_each(|cell| cell[1] += count);
            }),
        }
    }
    if random.below(8) == 0 {
        prove(&mut result).twin = None;
    }
    result
}

/// A result with a soak, which a real run could have had, or could not.
pub fn soaked(seed: u64) -> TestResult {
    let mut random = Random::seeded(seed);
    let mut result = sample::soaked();
    for _ in 0..=random.below(3) {
        soaked_otherwise(&mut result, &mut random);
    }
    if random.below(4) == 0 {
        measured_otherwise(&mut result, &mut random);
    }
    if random.below(4) == 0 {
        edit(&mut result, &mut random);
    }
    sample::judged(result)
}

/// A result with a rotation of secrets, which a real run could have had, or could not.
pub fn rotated(seed: u64) -> TestResult {
    let mut random = Random::seeded(seed);
    let mut result = sample::rotated();
    for _ in 0..random.below(3) {
        given_otherwise(&mut result, &mut random);
    }
    for _ in 0..random.below(3) {
        if random.below(3) == 0 {
            seen_otherwise(&mut result, &mut random);
        } else {
            measured_otherwise(&mut result, &mut random);
        }
    }
    if random.below(6) == 0 {
        edit(&mut result, &mut random);
    }
    sample::judged(result)
}

/// A result with a comparison, which a real run could have had, or could not.
pub fn compared(seed: u64) -> TestResult {
    let mut random = Random::seeded(seed);
    let mut result = sample::taking([1_000_000, 900_000, 1_150_000, 1_400_000][random.index(4)]);
    for _ in 0..random.below(3) {
        compared_otherwise(&mut result, &mut random);
    }
    if random.below(4) == 0 {
        edit(&mut result, &mut random);
    }
    sample::judged(result)
}

/// Pods that were given something else, that nobody looked at, or that were not ready; or another plan.
fn given_otherwise(result: &mut TestResult, random: &mut Random) {
    let cells = |random: &mut Random| {
        [vec![[0, 2]], vec![[1, 2]], vec![[0, 1], [1, 1]], vec![[1, 1]], vec![]][random.index(5)].clone()
    };
    let kind = random.below(8);
    if kind == 0 {
        let components = ["registry", "web"];
        let of_web = result.plan.prove.rotations.remove("web").unwrap_or_default();
        result.plan.prove.rotations.insert(components[random.index(2)].to_owned(), of_web);
        return;
    }
    let Some(fault) = prove(result).faults.last_mut() else { return };
    let one = random.index(4).min(fault.doses.len().saturating_sub(1));
    let Some(dose) = fault.doses.get_mut(one) else { return };
    match kind {
        1 | 2 if one > 1 => dose.during = cells(random),
        1 | 2 => dose.before = cells(random),
        3 => (dose.before, dose.during) = (cells(random), cells(random)),
        4 => drop(fault.doses.remove(one)),
        5 => fault.before.iter_mut().take(one).for_each(|pod| pod.ready = false),
        6 => fault.gone.truncate(random.index(3)),
        _ => dose.pod = "web-secret-rotation-9".to_owned(),
    }
}

/// Blocks with noise, failures, lag or a control that moved; another plan, or another standard.
fn compared_otherwise(result: &mut TestResult, random: &mut Random) {
    let (from, long, noise) = (random.small(196), random.small(120), random.below(60_000));
    let kind = random.below(12);
    let Some(ComparisonPlan::Reference(reference)) = &mut result.plan.prove.comparison else { return };
    match kind {
        0 => return reference.blocks = 6 + random.small(8),
        1 => return reference.seconds = 1 + random.small(4),
        2 => return reference.operations = [vec![], vec![1, 0], vec![0], vec![0, 7]][random.index(4)].clone(),
        3 => return reference.requests_per_minute = random.small(2_000),
        4 if random.below(2) == 0 => return result.standard.comparison = None,
        4 => {
            let asked = result.standard.comparison.as_mut().unwrap();
            asked.max_p95_slower_ppm = [None, Some(10_000), Some(399_000), Some(400_000)][random.index(4)];
            return asked.matters_ms = 1 + random.small(30);
        }
        5 if random.below(4) == 0 => return prove(result).comparison = None,
        _ => {}
    }
    let Some(seen) = &mut prove(result).comparison else { return };
    let side = if random.below(2) == 0 { &mut seen.candidate } else { &mut seen.reference };
    let stretch = side.iter_mut().filter(|bucket| (from..from + long).contains(&bucket.second));
    match kind {
        6 => {
            stretch.for_each(|bucket| bucket.latency_us.iter_mut().for_each(|cell| cell[0] += random.below(noise + 1)));
        }
        7 => stretch.for_each(|bucket| {
            let failed = random.below(3);
            bucket.good -= failed;
            bucket.failed.insert(Failure::Timeout, failed);
            bucket.latency_us = vec![[40_000, bucket.good]];
        }),
        8 => {
            let part = random.index(seen.lag_us.len());
            seen.lag_us[part].iter_mut().for_each(|cell| cell[0] = 140_000 + random.below(20_000));
        }
        9 => {
            let control = seen.control.iter_mut().flatten();
            let stretch = control.filter(|one| (from..from + long).contains(&one.second));
            stretch.for_each(|one| (one.good, one.failed, one.latency_us) = (0, 10, Vec::new()));
        }
        10 => side.truncate(random.index(side.len() + 1)),
        _ => drop(seen.lag_us.pop()),
    }
}

/// A pod that leaks, saws or wanders, was started again, went or was not looked at; answers that grow slower; or another
/// soak.
fn soaked_otherwise(result: &mut TestResult, random: &mut Random) {
    let kind = random.below(12);
    let (by, noise, which) = (random.below(40_000), random.below(3_000_000), 1 + random.index(2));
    match kind {
        8 => {
            for bucket in &mut prove(result).buckets {
                bucket.latency_us.iter_mut().for_each(|cell| cell[0] += by / 16 * u64::from(bucket.second));
            }
            return;
        }
        9 => {
            let soak = result.standard.soak.as_mut().unwrap();
            (soak.memory_percent, soak.descriptor_percent) = (random.small(40), random.small(101));
            soak.p95_ms = [None, Some(12), Some(13), Some(100)][random.index(4)];
            soak.horizon_seconds = [600, 3_600, 86_400, 31_536_001][random.index(4)];
            return;
        }
        10 if random.below(3) == 0 => return prove(result).soak = None,
        11 => return result.plan.prove.phases[2].seconds = 59 + random.small(3),
        _ => {}
    }
    let Some(pods) = &mut prove(result).soak else { return };
    let index = random.index(pods.len());
    let pod = &mut pods[index];
    match kind {
        0..4 => {
            let mut wandered = 0;
            let whole = pod.runs.iter_mut().flat_map(|run| &mut run.samples);
            for (look, sample) in (0_u64..).zip(whole) {
                wandered += random.below(noise / 8 + 1);
                let now = match kind {
                    0 => random.below(noise + 1),
                    1 => look % (by / 1_000 + 1) * noise / 64,
                    _ => wandered,
                };
                let scale = if which == 1 { 1 } else { 65_536 };
                sample[which] += (look * by + now) / scale;
            }
        }
        4 => {
            let Some(run) = pod.runs.first_mut() else { return };
            let rest = run.samples.split_off(run.samples.len() / 2);
            let next = factory_assurance::evidence::SoakedRun { samples: rest, ..run.clone() };
            pod.runs.push(next);
        }
        5 => pod.gone_ms = Some(6_000 + random.below(63_000)),
        6 => {
            pod.errors.push("no container of it runs here".to_owned());
            let left = 50 + random.index(11);
            pod.runs.iter_mut().for_each(|run| run.samples.truncate(left));
        }
        7 => (pod.ready, pod.uid) = (random.below(2) == 0, format!("pod-{}", random.below(9))),
        _ => pod.runs.iter_mut().for_each(|run| run.memory_limit = (random.below(2) * 90) << 20),
    }
}

/// With a ladder of which a step broke, was not asked in time, or went by beside a control that moved; or another one.
fn climbed(random: &mut Random) -> TestResult {
    let mut result = sample::climbed();
    for _ in 0..random.below(4) {
        let from = 360 + random.small(120);
        match random.below(6) {
            0 => sample::fail(&mut result, random.small(2), from..from + random.small(40), Failure::Timeout),
            1 => sample::fail(&mut result, 0, from..from + random.small(3), Failure::Unsent),
            2 => {
                let step = random.index(3);
                prove(&mut result).step_lag_us[step][1][0] = 149_000 + 500 * random.below(5);
            }
            3 => {
                let control = prove(&mut result).control.as_mut().unwrap();
                control[36 + random.index(12)].failed = random.below(9);
            }
            4 => {
                let capacity = result.standard.capacity.as_mut().unwrap();
                (capacity.headroom_percent, capacity.step_seconds) = (100 * (random.small(3) + 1), random.small(6));
            }
            _ => prove(&mut result).profile.as_mut().unwrap().nodes[0].pods[random.index(2)].count = random.small(2),
        }
    }
    result
}

/// Checks, descriptions and faults that went another way.
fn seen_otherwise(result: &mut TestResult, random: &mut Random) {
    let (one, line) = (random.index(prove(result).faults.len()), "a line".to_owned());
    let kind = random.below(19);
    if let Some(fault) = prove(result).faults.get_mut(one) {
        match kind {
            0 => (fault.injected_ms, fault.ready_again_ms) = (None, None),
            1 => {
                fault.injected_ms = Some(random.below(60_000));
                fault.ordered_ms = fault.injected_ms.filter(|_| random.below(3) > 0).or(fault.ordered_ms);
            }
            2 => fault.ready_again_ms = None,
            3 => fault.gone.truncate(random.index(2)),
            4 => fault.residue.push(line.clone()),
            5 => fault.errors.push(line.clone()),
            14 => fault.ended_ms = fault.ended_ms.map(|ended| ended - 900 + random.below(2_400)),
            15 => fault.doses.iter_mut().take(1).for_each(|dose| dosed_otherwise(dose, random)),
            16 => struck_otherwise(fault, random),
            _ => {}
        }
    }
    if let Some(step) = verify(result).checks[0].steps.get_mut(one % 2) {
        match kind {
            6 => step.mutants.truncate(random.index(3)),
            7 => step.mutants.iter_mut().take(1).for_each(|mutant| mutant.rejected = false),
            _ => {}
        }
    }
    if let Some(operation) = verify(result).contracts[0].operations.get_mut(one % 2) {
        match kind {
            8 => operation.answers.clear(),
            9 => operation.answers.iter_mut().for_each(|answer| answer.contradictions.push(line.clone())),
            _ => {}
        }
    }
    match kind {
        10 => drop(verify(result).checks[0].steps.pop()),
        11 => verify(result).contracts[0].operations.clear(),
        12 if random.below(4) == 0 => result.plan.prove.load.requests_per_minute = random.small(2_000),
        12 => paced(result, random.small(2_000) + 1),
        17 => {
            paced(result, random.small(2_000) + 1);
            let load = &mut result.plan.prove.load;
            let operation = &mut load.operations[usize::from(random.below(4) > 0)];
            (operation.after, operation.weight) = (Some(random.small(2)), u32::from(random.below(4) == 0));
        }
        18 => {
            let seconds = result.plan.prove.phases.iter().map(|phase| phase.seconds).sum();
            result.plan.prove.load.arrivals = Some(arrivals(seconds, random));
        }
        13 => prove(result).lag_us[1][0] = random.below(300_000) + 1_000,
        _ => {}
    }
}

/// A rate in up to three stretches, which mostly cover `seconds` and mostly reach what is declared.
fn arrivals(seconds: u32, random: &mut Random) -> Arrivals {
    let (mut stretches, mut left) = (Vec::new(), seconds);
    for part in [random.small(20), random.small(20)] {
        let (from_ppm, to_ppm) = (random.small(2_000_000), random.small(1_300_000));
        stretches.push(Stretch { seconds: part, from_ppm, to_ppm });
        left -= part.min(left);
    }
    stretches.push(Stretch::level(left + u32::from(random.below(8) == 0), 600_000 + random.small(500_000)));
    Arrivals { gaps: Gaps::Drawn, stretches }
}

/// Another pod or class, or none.
fn struck_otherwise(fault: &mut FaultEvidence, random: &mut Random) {
    let Some(mut dose) = fault.doses.pop() else { return };
    match random.below(4) {
        0 => dose.pod = fault.before[1].uid.clone(),
        1 => dose.class = [Class::All, Class::New, Class::Pooled, Class::Dns][random.index(4)],
        2 => fault.doses.push(Dose { pod: fault.before[1].uid.clone(), ..dose.clone() }),
        _ => return,
    }
    fault.doses.push(dose);
}

/// More or less of the fault.
fn dosed_otherwise(dose: &mut Dose, random: &mut Random) {
    let side = if random.below(4) == 0 { &mut dose.before } else { &mut dose.during };
    let (which, factor) = (random.index(2), random.below(300));
    for cell in side {
        if cell[0] > 1 || which == 1 {
            cell[which] = cell[which] * factor / 100;
        }
    }
}

/// Something that a real run could have measured.
pub fn measured_otherwise(result: &mut TestResult, random: &mut Random) {
    use Failure::{Broken, Connect, Content, Status, Timeout, Unsent};
    match random.below(11) {
        8 => rarely_asked(result, random),
        9 => ordered_otherwise(result, random),
        10 => asked_otherwise(result, random),
        0..3 => {
            let cause = [Connect, Broken, Timeout, Status, Content, Unsent][random.index(6)];
            let from = random.small(u32::try_from(prove(result).slots.len()).unwrap());
            let length = random.small(40);
            sample::fail(result, random.small(2), from..from + length, cause);
        }
        3 => result.standard.steady.max_failed_ppm = random.small(100_000),
        4 => {
            for limits in &mut result.standard.faults {
                limits.max_failed_ppm = random.small(400_000);
                limits.p95_ms = limits.p95_ms.map(|_| random.small(100) + 1);
            }
        }
        5 => {
            let text = format!("{}s{}ms", random.below(5), random.below(1_000));
            result.availability.recovery_time = text.parse().unwrap();
        }
        6 => {
            let (factor, cells) = (random.below(400), random.index(120));
            for bucket in prove(result).buckets.iter_mut().take(cells) {
                for cell in &mut bucket.latency_us {
                    cell[0] = cell[0].saturating_mul(factor).saturating_add(cell[0]);
                }
            }
        }
        _ => result.standard.steady.p99_ms = random.small(20) + 1,
    }
}

/// The second operation hardly comes, or fails whenever it does; what is left of the evidence agrees with itself.
fn rarely_asked(result: &mut TestResult, random: &mut Random) {
    let (keep, weight) = (random.small(60), [1, 7, 100][random.index(3)]);
    if let Some(first) = result.plan.prove.load.operations.first_mut() {
        first.weight = weight;
    }
    // Two buckets of one operation in a second are as good as one.
    prove(result).buckets.iter_mut().filter(|one| one.second % 60 >= keep).for_each(|one| one.operation = 0);
    if random.below(3) == 0 {
        let slots = u32::try_from(prove(result).slots.len()).unwrap();
        sample::fail(result, 1, 0..slots, Failure::Status);
    }
}

/// Pods went at other moments, and the order came earlier.
fn ordered_otherwise(result: &mut TestResult, random: &mut Random) {
    for fault in &mut prove(result).faults {
        fault.ordered_ms = fault.ordered_ms.map(|ordered| ordered.saturating_sub(random.below(60)));
        for pod in &mut fault.gone {
            pod.at_ms += random.below(3_000);
        }
    }
}

/// Another class, timeout, rate, warm-up or steady state than the standard's, or one at its limit.
fn asked_otherwise(result: &mut TestResult, random: &mut Random) {
    let Some(load) = &mut result.standard.load else { return };
    match random.below(8) {
        0 => load.think_time_ms = 4_000 + random.below(3) * 1_000,
        1 => load.timeout_ms = 4_999 + random.below(3),
        2 => load.warm_up_seconds = random.small(4),
        3 => load.steady_seconds = random.small(4) + 3,
        4 => result.standard.load = None,
        5 => result.standard.class = None,
        6 => result.record.class = ["basic", "important", ""][random.index(3)].to_owned(),
        _ => result.availability.simultaneous_users = 99 + random.small(3),
    }
}

/// Changes one place of the document, if it is still a document after that.
pub fn edit(result: &mut TestResult, random: &mut Random) {
    let mut document = serde_json::to_value(&*result).unwrap();
    let part = ["evidence", "evidence", "evidence", "plan", "standard", "bundle", "announcement"][random.index(7)];
    change(&mut document[part], random);
    if let Ok(changed) = serde_json::from_value(document) {
        *result = changed;
    }
}

fn change(value: &mut Value, random: &mut Random) {
    let deeper = random.below(6) > 0;
    match value {
        Value::Array(items) if !items.is_empty() => {
            let index = random.index(items.len());
            match random.below(4) {
                _ if deeper => change(&mut items[index], random),
                0 => drop(items.remove(index)),
                1 => items.insert(index, items[index].clone()),
                2 => items.reverse(),
                _ => items.clear(),
            }
        }
        Value::Object(fields) if !fields.is_empty() => {
            let names: Vec<String> = fields.keys().cloned().collect();
            let name = &names[random.index(names.len())];
            if deeper {
                change(&mut fields[name], random);
            } else {
                fields.remove(name);
            }
        }
        other => *other = leaf(other, random),
    }
}

fn leaf(value: &Value, random: &mut Random) -> Value {
    match value {
        Value::Bool(flag) => json!(!flag),
        Value::Number(number) => {
            let number = number.as_u64().unwrap_or_default();
            let others = [
                0,
                1,
                number.wrapping_add(1),
                number.wrapping_sub(1),
                number / 2,
                1_000,
                u32::MAX.into(),
                MAX_EXACT,
                MAX_EXACT + 1,
                u64::MAX,
            ];
            json!(others[random.index(others.len())])
        }
        Value::String(text) => {
            let others = [String::new(), format!("{text}x"), "web".to_owned(), "\u{7}\"\\\n`ы😀".repeat(60)];
            json!(others[random.index(others.len())])
        }
        Value::Array(_) => json!(["a line"]),
        Value::Null | Value::Object(_) => [Value::Null, json!("why"), json!(7), json!({})][random.index(4)].clone(),
    }
}
