//! Whether a fault is as strong as it was asked to be: each at three strengths, several times, as the
//! lab measures it in the pod.

use std::{sync::atomic::AtomicBool, time::Duration};

use factory_assurance::evidence::{Class, Dose};
use factory_crds::resilience_standard::FaultKind;
use factory_lab::{
    faults,
    strike::{
        aim::Aim,
        order::Struck,
        pod::{self, Span},
    },
};

use crate::{Failure, figures::Figure, rig::Rig, users};

/// A measured dose may be so far from the asked one, in parts of it.
const GOAL: f64 = 0.05;
/// Length of each fault.
const LEASE: Duration = Duration::from_secs(6);
/// How many ask at once.
const USERS: usize = 12;
/// The same where there is little room for their answers. Of many connections in a short queue all wait at times, after
/// losses, and what could be sent is not.
const FEW: usize = 4;

/// Delay, jitter, loss, resets and bandwidth, `rounds` times at each strength.
pub fn measure(rounds: usize) -> Result<Vec<Figure>, Failure> {
    let mut figures = Vec::new();
    for (kind, strengths, body, unit) in [
        (FaultKind::Delay, [20, 100, 400], 500, "ms"),
        (FaultKind::Jitter, [50, 100, 400], 500, "ms"),
        (FaultKind::Loss, [20_000, 100_000, 300_000], 500, "ppm"),
        (FaultKind::Reset, [20_000, 100_000, 300_000], 500, "ppm"),
        (FaultKind::Bandwidth, [100, 500, 2_000], 100_000, "kB/s"),
    ] {
        for strength in strengths {
            let mut measured = Vec::new();
            for _ in 0..rounds {
                measured.extend(once(kind, strength, body)?);
            }
            measured.sort_by(f64::total_cmp);
            let median = measured.get(measured.len() / 2).copied();
            figures.push(Figure::near(&format!("dose of {}", kind.slug()), median, unit, strength, GOAL));
        }
    }
    Ok(figures)
}

/// One fault on a fresh pod under traffic: what was measured, in the unit of its strength.
fn once(kind: FaultKind, strength: u64, body: usize) -> Result<Option<f64>, Failure> {
    let rig = Rig::new(body)?;
    // Many users: each waits for its answer and asks less, the slower it comes; and chance needs numbers.
    let users = if kind == FaultKind::Bandwidth { FEW } else { USERS };
    let mut traffic: Vec<_> = (0..users).map(|_| rig.users().traffic()).collect();
    if kind == FaultKind::Loss {
        traffic.push(rig.users().packets());
    }
    let tapping = rig.tapping()?;
    std::thread::sleep(Duration::from_secs(2));
    let fault = faults::on_node(kind, strength, &Aim::default()).ok_or("no fault on the node")?;
    let mut last = Struck::default();
    let (place, stop) = (rig.place.clone(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let mut tell = |struck: &Struck| last = struck.clone();
        let (place, tapping, stop) = (&place, &tapping, &stop);
        scope.spawn(move || pod::strike(fault, place, tapping, Span::now(LEASE), stop, &mut tell));
    });
    drop(traffic);
    if !last.errors.is_empty() || !last.residue.is_empty() {
        return Err(format!("{}: {:?} {:?}", kind.slug(), last.errors, last.residue).into());
    }
    Ok(strength_of(kind, &last.doses))
}

/// The measured strength: added milliseconds of new and open connections alike, lost or reset
/// packets in a million, or the median of kilobytes a second.
#[allow(clippy::cast_precision_loss)] // figures for people
pub fn strength_of(kind: FaultKind, doses: &[Dose]) -> Option<f64> {
    match kind {
        FaultKind::Delay => added(doses, median),
        // The wait that is reached in a tenth of the time. Whoever waits does not ask meanwhile, so each answer is weighed
        // by the time from its question to the next: by number, long waits would hardly be seen.
        FaultKind::Jitter => added(doses, |during| {
            let pause = u64::try_from(users::EVERY.as_micros()).unwrap_or(u64::MAX);
            let times: Vec<_> = during.iter().map(|[us, count]| [*us, count * (us + pause)]).collect();
            percentile(&times, 90)
        }),
        FaultKind::Loss | FaultKind::Reset => {
            let during = &doses.first()?.during;
            let of = |value| during.iter().find(|cell| cell[0] == value).map_or(0, |cell| cell[1]) as f64;
            Some(of(1) * 1e6 / (of(0) + of(1)))
        }
        _ => median(&doses.first()?.during).map(|kilobytes| kilobytes as f64),
    }
}

/// Milliseconds by which what `of` says of new and open connections alike is more than the median before.
#[allow(clippy::cast_precision_loss)] // figures for people
fn added(doses: &[Dose], of: impl Fn(&[[u64; 2]]) -> Option<u64>) -> Option<f64> {
    let of_class = |class| {
        let dose = doses.iter().find(|dose| dose.class == class)?;
        Some((of(&dose.during)? as f64 - median(&dose.before)? as f64) / 1000.0)
    };
    Some(f64::midpoint(of_class(Class::New)?, of_class(Class::Pooled)?))
}

/// The middle value of a histogram.
pub fn median(cells: &[[u64; 2]]) -> Option<u64> {
    percentile(cells, 50)
}

fn percentile(cells: &[[u64; 2]], percent: u64) -> Option<u64> {
    let total: u64 = cells.iter().map(|cell| cell[1]).sum();
    let mut seen = 0;
    cells.iter().find_map(|[value, count]| {
        seen += count;
        (100 * seen >= percent * total).then_some(*value)
    })
}
