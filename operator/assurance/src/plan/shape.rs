//! The arrivals that a standard asks of a run: its shape of the load, fitted into the phases. The operator composes plans by
//! it, and the verdict holds a plan against the standard by it, so that there is one answer to what the standard asks. Pure.

mod fit;

use factory_crds::resilience_standard::ArrivalRule;

use super::{Arrivals, Gaps, Phase, PhaseRole, Stretch, WHOLE_PPM};

pub use fit::{Misfit, fit};

/// Parts per million of one percent.
const OF_PERCENT: u32 = WHOLE_PPM / 100;

/// The arrivals of a run of `phases` by `rule`: the shape takes as long as the phases before the ladder without the soak. For
/// the soak it stands still at the declared rate, and each step of the ladder has the rate that it names. None where the
/// rate is the declared one all the time, each request at a moment of its own. The phases are those of a plan in order: one
/// soak at most, and the ladder last.
///
/// # Errors
///
/// The shape is longer than the run, or lacks what its kind needs.
pub fn of(rule: Option<&ArrivalRule>, phases: &[Phase]) -> Result<Option<Arrivals>, Misfit> {
    let ladder = phases.iter().position(|phase| matches!(phase.role, PhaseRole::Capacity { .. }));
    let (before, steps) = phases.split_at(ladder.unwrap_or(phases.len()));
    let (seconds, soak) = (length(before), soak(before));
    let arrivals = fit(rule, seconds.saturating_sub(soak.map_or(0, |(_, long)| long)))?;
    Ok(climb(within(arrivals, soak), seconds, steps))
}

/// `arrivals` of a run of `seconds`, or those that a plan without any has, with neighbouring stretches of one and the same
/// rate as one: two that are equal then ask for the same load.
#[must_use]
pub fn plain(arrivals: Option<&Arrivals>, seconds: u64) -> Arrivals {
    let Some(arrivals) = arrivals else { return level(seconds) };
    let mut stretches: Vec<Stretch> = Vec::with_capacity(arrivals.stretches.len());
    for stretch in &arrivals.stretches {
        let rates = [stretch.from_ppm, stretch.to_ppm];
        match stretches.last_mut() {
            Some(last) if [last.from_ppm, last.to_ppm] == rates && stretch.from_ppm == stretch.to_ppm => {
                last.seconds = last.seconds.saturating_add(stretch.seconds);
            }
            _ => stretches.push(*stretch),
        }
    }
    Arrivals { gaps: arrivals.gaps, stretches }
}

/// At the declared rate for `seconds`, each request at a moment of its own.
fn level(seconds: u64) -> Arrivals {
    let whole = Stretch::level(u32::try_from(seconds).unwrap_or(u32::MAX), WHOLE_PPM);
    Arrivals { gaps: Gaps::Drawn, stretches: vec![whole] }
}

fn length(phases: &[Phase]) -> u64 {
    phases.iter().fold(0, |sum: u64, phase| sum.saturating_add(phase.seconds.into()))
}

/// First second and length of the soak among `phases`, if there is one.
fn soak(phases: &[Phase]) -> Option<(u64, u64)> {
    let soak = phases.iter().position(|phase| matches!(phase.role, PhaseRole::Soak { .. }))?;
    Some((length(&phases[..soak]), phases[soak].seconds.into()))
}

/// `arrivals` of a run without its soak, with the declared rate over the `soak` that begins at a second and has so many:
/// the shape stands still meanwhile, and goes on behind it. Where the rate is the same all the time it stays so.
fn within(arrivals: Option<Arrivals>, soak: Option<(u64, u64)>) -> Option<Arrivals> {
    let mut arrivals = arrivals?;
    let Some((from, seconds)) = soak else { return Some(arrivals) };
    let mut stretches = Vec::with_capacity(arrivals.stretches.len() + 2);
    let (mut at, mut soak) = (0_u64, Some(Stretch::level(u32::try_from(seconds).unwrap_or(u32::MAX), WHOLE_PPM)));
    for stretch in arrivals.stretches {
        let to = at.saturating_add(stretch.seconds.into());
        if from < to
            && let Some(soak) = soak.take()
        {
            let [before, after] = halves(stretch, from.saturating_sub(at));
            stretches.extend(before.into_iter().chain([soak]).chain(after));
        } else {
            stretches.push(stretch);
        }
        at = to;
    }
    stretches.extend(soak);
    arrivals.stretches = stretches;
    Some(arrivals)
}

/// `stretch` up to its second `at`, and the rest; where either has no length there is none. The rate between them is
/// `⌊(from × (seconds − at) + to × at) / seconds⌋`.
fn halves(stretch: Stretch, at: u64) -> [Option<Stretch>; 2] {
    let at = u32::try_from(at).unwrap_or(u32::MAX).min(stretch.seconds);
    let (left, whole) = (stretch.seconds - at, u128::from(stretch.seconds.max(1)));
    let area = u128::from(stretch.from_ppm) * u128::from(left) + u128::from(stretch.to_ppm) * u128::from(at);
    let ppm = u32::try_from(area / whole).unwrap_or(stretch.to_ppm);
    let before = Stretch { seconds: at, to_ppm: ppm, ..stretch };
    let after = Stretch { seconds: left, from_ppm: ppm, ..stretch };
    [before, after].map(|half| (half.seconds > 0).then_some(half))
}

/// `arrivals` over the `seconds` before the ladder, and then the rate of each of its `steps`; as they are where it has
/// none.
fn climb(arrivals: Option<Arrivals>, seconds: u64, steps: &[Phase]) -> Option<Arrivals> {
    if steps.is_empty() {
        return arrivals;
    }
    let mut arrivals = arrivals.unwrap_or_else(|| level(seconds));
    arrivals.stretches.extend(steps.iter().filter_map(|step| match step.role {
        PhaseRole::Capacity { percent } => Some(Stretch::level(step.seconds, percent.saturating_mul(OF_PERCENT))),
        _ => None,
    }));
    Some(arrivals)
}

#[cfg(test)]
mod tests {
    use factory_crds::resilience_standard::{ArrivalKind, Stage};

    use super::*;

    fn phase(seconds: u32, role: PhaseRole) -> Phase {
        Phase { name: String::new(), seconds, role }
    }

    fn soaked() -> Phase {
        phase(60, PhaseRole::Soak { every_seconds: 1, components: Vec::new() })
    }

    fn rising() -> ArrivalRule {
        let stages = [(4, 1_000_000), (10, 2_000_000)].map(|(seconds, share_ppm)| Stage { seconds, share_ppm });
        ArrivalRule { kind: ArrivalKind::Stages, stages: stages.to_vec(), ..ArrivalRule::default() }
    }

    #[test]
    fn a_stretch_is_parted_where_the_soak_begins() {
        let rising = Stretch { seconds: 10, from_ppm: 1_000_000, to_ppm: 2_000_000 };
        let [before, after] = halves(rising, 4);
        assert_eq!(before, Some(Stretch { seconds: 4, from_ppm: 1_000_000, to_ppm: 1_400_000 }));
        assert_eq!(after, Some(Stretch { seconds: 6, from_ppm: 1_400_000, to_ppm: 2_000_000 }));
        assert_eq!((halves(rising, 0), halves(rising, 10)), ([None, Some(rising)], [Some(rising), None]));
        // What falls is rounded down too, and no number is too large.
        let falling = Stretch { seconds: 3, from_ppm: 1_000_000, to_ppm: 0 };
        assert_eq!(halves(falling, 1)[0].unwrap().to_ppm, 666_666);
        let most = Stretch::level(u32::MAX, u32::MAX);
        assert_eq!(halves(most, 7)[1], Some(Stretch::level(u32::MAX - 7, u32::MAX)));
    }

    #[test]
    fn the_shape_stands_still_for_the_soak_and_ends_at_the_ladder() {
        let (warm_up, steady) = (phase(2, PhaseRole::WarmUp {}), phase(7, PhaseRole::Steady {}));
        let step = phase(5, PhaseRole::Capacity { percent: 150 });
        let phases = [warm_up, steady.clone(), soaked(), steady, step];
        let stretch = |seconds, from_ppm, to_ppm| Stretch { seconds, from_ppm, to_ppm };
        assert_eq!(
            of(Some(&rising()), &phases).unwrap().unwrap().stretches,
            [
                stretch(4, 1_000_000, 1_000_000),
                stretch(5, 1_000_000, 1_500_000),
                stretch(60, 1_000_000, 1_000_000),
                stretch(5, 1_500_000, 2_000_000),
                stretch(2, 2_000_000, 2_000_000),
                stretch(5, 1_500_000, 1_500_000),
            ]
        );
        let level = of(None, &phases).unwrap().unwrap();
        assert_eq!(level.stretches, [Stretch::level(76, WHOLE_PPM), Stretch::level(5, 1_500_000)]);
        assert_eq!(of(None, &phases[..4]), Ok(None));
        assert_eq!(of(Some(&rising()), &phases[..1]), Err(Misfit::Stages(14, 2)));
    }

    #[test]
    fn the_same_load_is_the_same_however_it_is_parted() {
        let of = |stretches: &[Stretch]| Arrivals { gaps: Gaps::Drawn, stretches: stretches.to_vec() };
        let parted = of(&[Stretch::level(4, WHOLE_PPM), Stretch::level(6, WHOLE_PPM)]);
        assert_eq!(plain(Some(&parted), 10), plain(None, 10));
        assert_ne!(plain(Some(&Arrivals { gaps: Gaps::Even, ..parted }), 10), plain(None, 10));
        let rising = Stretch { seconds: 4, from_ppm: 1_000_000, to_ppm: 2_000_000 };
        assert_eq!(plain(Some(&of(&[rising, rising])), 8).stretches, [rising, rising], "a saw is no line");
    }
}
