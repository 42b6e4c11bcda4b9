//! Fits the standard's shape of the load into the length of a run, which follows from its faults and the service's
//! components. What does not fit is refused: a rush that never came, cut off in silence, would be a weaker standard.

use factory_crds::resilience_standard::{ArrivalKind, ArrivalRule, Spike, Stage};

use crate::plan::{Arrivals, Gaps, Stretch, WHOLE_PPM};

/// The shape is longer than the run.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// The stages.
    #[error(
        "the standard's spec.load.arrivals.stages take {0} s and the run {1} s: what comes after its end is never asked"
    )]
    Stages(u64, u64),
    /// The spike.
    #[error(
        "the standard's spec.load.arrivals.spike ends after {0} s and the run after {1} s: it must end before that"
    )]
    Spike(u64, u64),
    /// The recorded day.
    #[error("the standard's spec.load.arrivals.recorded has 24 hours and the run {0} s: an hour needs one at least")]
    Recorded(u64),
    /// The fields that its kind needs are not there; the API server refuses such a standard.
    #[error("the standard's spec.load.arrivals has no {0}, which its kind needs")]
    Absent(&'static str),
}

/// Hours of a day.
const HOURS: u64 = 24;

/// The arrivals of a run of `seconds` by `rule`. A Poisson process at one rate is what a plan without any says. The rule
/// may be anybody's: no number in it is too large.
pub fn fit(rule: Option<&ArrivalRule>, seconds: u64) -> Result<Option<Arrivals>, Misfit> {
    let Some(rule) = rule else { return Ok(None) };
    let stretches = match rule.kind {
        ArrivalKind::Poisson => return Ok(None),
        ArrivalKind::Constant => vec![level(0, seconds, WHOLE_PPM)],
        ArrivalKind::Stages => stages(&rule.stages, seconds)?,
        ArrivalKind::Spike => spike(rule.spike.as_ref().ok_or(Misfit::Absent("spike"))?, seconds)?,
        ArrivalKind::Recorded => recorded(&rule.recorded, seconds)?,
    };
    let gaps = if rule.kind == ArrivalKind::Constant { Gaps::Even } else { Gaps::Drawn };
    Ok(Some(Arrivals { gaps, stretches }))
}

/// At one rate from second `from` to `to`.
fn level(from: u64, to: u64, ppm: u32) -> Stretch {
    Stretch::level(u32::try_from(to.saturating_sub(from)).unwrap_or(u32::MAX), ppm)
}

fn stages(stages: &[Stage], seconds: u64) -> Result<Vec<Stretch>, Misfit> {
    let (Some(first), Some(last)) = (stages.first(), stages.last()) else { return Err(Misfit::Absent("stages")) };
    let taken = stages.iter().map(|stage| u64::from(stage.seconds)).sum();
    if taken > seconds {
        return Err(Misfit::Stages(taken, seconds));
    }
    let mut from_ppm = first.share_ppm;
    let mut stretches: Vec<_> = stages
        .iter()
        .map(|stage| Stretch {
            seconds: stage.seconds,
            from_ppm: std::mem::replace(&mut from_ppm, stage.share_ppm),
            to_ppm: stage.share_ppm,
        })
        .collect();
    stretches.extend((taken < seconds).then(|| level(taken, seconds, last.share_ppm)));
    Ok(stretches)
}

fn spike(spike: &Spike, seconds: u64) -> Result<Vec<Stretch>, Misfit> {
    let from = u64::from(spike.at_seconds);
    let to = from + u64::from(spike.seconds);
    if to >= seconds {
        return Err(Misfit::Spike(to, seconds));
    }
    let parts = [(0, from, spike.base_ppm), (from, to, spike.peak_ppm), (to, seconds, spike.base_ppm)];
    Ok(parts.into_iter().filter(|(from, to, _)| from < to).map(|(from, to, ppm)| level(from, to, ppm)).collect())
}

/// Hour `h` of the day lasts from second `⌊h × seconds / 24⌋` on.
fn recorded(shares: &[u32], seconds: u64) -> Result<Vec<Stretch>, Misfit> {
    if shares.len() as u64 != HOURS {
        return Err(Misfit::Absent("24 hours in recorded"));
    }
    if seconds < HOURS {
        return Err(Misfit::Recorded(seconds));
    }
    Ok((0..HOURS).zip(shares).map(|(hour, ppm)| level(begin(hour, seconds), begin(hour + 1, seconds), *ppm)).collect())
}

/// `⌊hour × seconds / 24⌋`.
fn begin(hour: u64, seconds: u64) -> u64 {
    u64::try_from(u128::from(hour) * u128::from(seconds) / u128::from(HOURS)).unwrap_or(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: ArrivalKind) -> ArrivalRule {
        ArrivalRule { kind, ..ArrivalRule::default() }
    }

    fn stage(seconds: u32, share_ppm: u32) -> Stage {
        Stage { seconds, share_ppm }
    }

    fn surge(at_seconds: u32, seconds: u32) -> ArrivalRule {
        let spike = Spike { base_ppm: 500_000, peak_ppm: 3_000_000, at_seconds, seconds };
        ArrivalRule { spike: Some(spike), ..of(ArrivalKind::Spike) }
    }

    #[test]
    fn a_shape_covers_the_whole_run_whatever_its_length() {
        let day = (0..24).map(|hour| 10_000 + hour * 50_000).collect::<Vec<u32>>();
        let rules = [
            of(ArrivalKind::Constant),
            ArrivalRule { stages: vec![stage(5, 200_000), stage(9, 1_000_000)], ..of(ArrivalKind::Stages) },
            surge(4, 6),
            surge(0, 6),
            ArrivalRule { recorded: day, ..of(ArrivalKind::Recorded) },
        ];
        for rule in &rules {
            for seconds in [24, 25, 47, 97, 3_600] {
                let arrivals = fit(Some(rule), seconds).unwrap().unwrap();
                assert_eq!(arrivals.seconds(), seconds, "{rule:?}");
                assert!(arrivals.stretches.iter().all(|stretch| stretch.seconds > 0), "{rule:?}");
                assert_eq!(arrivals.gaps == Gaps::Even, rule.kind == ArrivalKind::Constant);
            }
        }
        assert_eq!((fit(None, 60), fit(Some(&of(ArrivalKind::Poisson)), 60)), (Ok(None), Ok(None)));
    }

    #[test]
    fn stages_go_in_straight_lines_and_the_last_share_holds() {
        let stages = vec![stage(5, 200_000), stage(10, 1_000_000), stage(10, 400_000)];
        let rule = ArrivalRule { stages, ..of(ArrivalKind::Stages) };
        let stretch = |seconds, from_ppm, to_ppm| Stretch { seconds, from_ppm, to_ppm };
        let expected = [
            stretch(5, 200_000, 200_000),
            stretch(10, 200_000, 1_000_000),
            stretch(10, 1_000_000, 400_000),
            stretch(5, 400_000, 400_000),
        ];
        assert_eq!(fit(Some(&rule), 30).unwrap().unwrap().stretches, expected);
        // As long as the run: nothing is left to hold.
        assert_eq!(fit(Some(&rule), 25).unwrap().unwrap().stretches, expected[..3]);
    }

    #[test]
    fn what_would_come_after_the_end_is_refused_and_not_cut_off() {
        let stages = ArrivalRule { stages: vec![stage(61, 1_000_000)], ..of(ArrivalKind::Stages) };
        let day = ArrivalRule { recorded: vec![1_000_000; 24], ..of(ArrivalKind::Recorded) };
        for (rule, seconds, refused) in [
            (&stages, 60, Misfit::Stages(61, 60)),
            (&surge(50, 10), 60, Misfit::Spike(60, 60)),
            (&surge(70, 5), 60, Misfit::Spike(75, 60)),
            (&day, 23, Misfit::Recorded(23)),
            (&of(ArrivalKind::Stages), 60, Misfit::Absent("stages")),
            (&of(ArrivalKind::Spike), 60, Misfit::Absent("spike")),
            (&of(ArrivalKind::Recorded), 60, Misfit::Absent("24 hours in recorded")),
        ] {
            let said = refused.to_string();
            assert!(said.contains("spec.load.arrivals"), "{said}");
            assert_eq!(fit(Some(rule), seconds), Err(refused), "{rule:?}");
        }
    }
}
