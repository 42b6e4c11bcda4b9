//! Repetitions of earlier runs beside those of this one: which are meant, and what they prove together.
//!
//! *Architecture invariant:* they sharpen a bound, or make it worse; no finding of this run's own evidence goes because of
//! them.

mod quantile;

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    dossier::TestResult,
    plan::history::{EarlierRepetition, EarlierRuns, MOST_REPETITIONS},
    risk::{self, Planned, Repetition},
};

use super::{
    MAX_EXACT, PhaseCost,
    fault::Cost,
    found::{Found, inconclusive},
    load::Timeline,
    recovery::Recovery,
    say,
};

/// Earlier repetitions that count.
#[derive(Debug)]
pub struct Pooled {
    /// Which of `faults` each phase of the plan is, in its order; `None` of one that is no fault.
    phases: Vec<Option<usize>>,
    /// Earlier repetitions of each risk.
    pub faults: Vec<Vec<EarlierRepetition>>,
    /// Dossiers that they are from.
    pub dossiers: usize,
    /// Attempts at the bundle before this one.
    attempts: u64,
}

/// What is proven of one fault phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Repetitions, earlier ones and this run's.
    pub repetitions: u64,
    /// Those of earlier runs.
    pub earlier: u64,
    /// The percentile of recovery that is within what is declared, with 95 % confidence; `None` without any repetition.
    pub percent: Option<u64>,
    /// Earlier attempts at the bundle of which no repetition counts.
    pub not_counted: u64,
}

/// The earlier repetitions that count for `result`; nothing where its standard asks for none. An error says what its plan lacks.
pub fn of(result: &TestResult) -> Result<Option<Pooled>, String> {
    let (history, asked) = match (&result.plan.prove.history, &result.standard.history) {
        (None, None) => return Ok(None),
        (Some(_), None) => return Err("the plan builds on earlier runs, and the standard asks for none".to_owned()),
        (None, Some(_)) => {
            return Err("the plan does not say on which earlier runs it builds, which the standard requires".to_owned());
        }
        (Some(history), Some(asked)) => (history, asked),
    };
    let risks = Planned::from(result).risks().map_err(|error| error.to_string())?;
    let attempt = result.announcement.attempt;
    let lack = other_risks(history, &risk::distinct(&risks))
        .or_else(|| odd(history, asked.most_repetitions.min(MOST_REPETITIONS)))
        .or_else(|| other_dossiers(history, attempt));
    if let Some(lack) = lack {
        return Err(lack);
    }
    let places: BTreeMap<&str, usize> = history.faults.iter().map(|fault| fault.risk.as_str()).zip(0..).collect();
    Ok(Some(Pooled {
        phases: risks.iter().map(|risk| places.get(risk.as_deref()?).copied()).collect(),
        faults: history.faults.iter().map(|fault| fault.repetitions.clone()).collect(),
        dossiers: history.dossiers.len(),
        attempts: attempt.saturating_sub(1).into(),
    }))
}

/// What the plan lacks, as it is found.
pub fn check(earlier: &Result<Option<Pooled>, String>) -> Option<Found> {
    earlier.as_ref().err().map(|lack| inconclusive("PlanIncomplete", lack.clone()))
}

/// A history of other faults than the plan's, another bundle, another load.
fn other_risks(history: &EarlierRuns, risks: &[String]) -> Option<String> {
    let found = history.faults.iter().map(|fault| fault.risk.as_str());
    let length = history.faults.len().max(risks.len());
    let padded = |name: Option<&str>| name.map_or("nothing".to_owned(), say::quote);
    let (mut found, mut planned) = (found, risks.iter().map(String::as_str));
    (1..=length).find_map(|number| {
        let (found, planned) = (found.next(), planned.next());
        let differs = found != planned;
        differs.then(|| {
            format!(
                "earlier repetitions {number} are of the risk {}; that of the plan is {}",
                padded(found),
                padded(planned)
            )
        })
    })
}

/// A history that cannot be read.
fn odd(history: &EarlierRuns, most: u32) -> Option<String> {
    let dossiers = history.dossiers.len() as u64;
    (1..).zip(&history.faults).find_map(|(number, fault)| {
        let count = fault.repetitions.len();
        if count as u64 > u64::from(most) {
            return Some(format!("earlier repetitions {number} are {count}; {most} are the most"));
        }
        let mut before = 0;
        fault.repetitions.iter().find_map(|one| {
            let follows = std::mem::replace(&mut before, one.dossier) <= one.dossier;
            if u64::from(one.dossier) >= dossiers {
                Some(format!("earlier repetitions {number} are of dossier {}; there are {dossiers}", one.dossier))
            } else if !follows {
                Some(format!("earlier repetitions {number} are not in the order of the log"))
            } else if one.lost_ms.max(one.recovery_ms.unwrap_or(0)) > MAX_EXACT {
                Some(format!("a number is larger than {MAX_EXACT}, the largest that canonical JSON keeps exactly"))
            } else {
                None
            }
        })
    })
}

/// Dossiers of nothing, one of them twice, or more than there were attempts: the bundle is in the risk, so each was one.
fn other_dossiers(history: &EarlierRuns, attempt: u32) -> Option<String> {
    let of: BTreeSet<u32> = history.faults.iter().flat_map(|fault| &fault.repetitions).map(|one| one.dossier).collect();
    let mut known = BTreeSet::new();
    let odd = (0..).zip(&history.dossiers).find_map(|(place, dossier)| {
        if !known.insert(dossier) {
            Some(format!("earlier dossier {place} is an earlier one again"))
        } else if of.contains(&place) {
            None
        } else {
            Some(format!("earlier dossier {place} has no repetition"))
        }
    });
    odd.or_else(|| {
        let count = history.dossiers.len() as u64;
        (count > attempt.saturating_sub(1).into())
            .then(|| format!("{count} earlier dossiers are of this bundle, and this is attempt {attempt} at it"))
    })
}

/// What each of `costs` is for later runs: those of which it is known whether requests came through again.
pub fn repetitions(costs: &[PhaseCost], timeline: &Timeline<'_>, risks: &[Option<String>]) -> Vec<Repetition> {
    let repetition = |one: &PhaseCost| {
        let (phase, risk) = (&timeline.spans.get(one.phase)?.phase.name, risks.get(one.phase)?.clone()?);
        let recovery_ms = match one.cost.recovery {
            Recovery::After(ms) => Some(ms.min(MAX_EXACT)),
            Recovery::Never => None,
            Recovery::Unknown => return None,
        };
        Some(Repetition { phase: phase.clone(), risk, recovery_ms, lost_ms: one.cost.lost_ms.min(MAX_EXACT) })
    };
    costs.iter().filter_map(repetition).collect()
}

impl Pooled {
    /// Which risk the phase with this index has: phases of one risk are repetitions of one thing.
    pub fn risk(&self, phase: usize) -> Option<usize> {
        self.phases.get(phase).copied().flatten()
    }

    /// Earlier repetitions of the phase with this index.
    pub fn of(&self, phase: usize) -> &[EarlierRepetition] {
        self.risk(phase).and_then(|risk| self.faults.get(risk)).map_or(&[], Vec::as_slice)
    }

    /// What they prove of the phase together with what it came to in this run, where `declared_ms` is the declared recovery.
    pub fn proof(&self, phase: usize, own: Option<Cost>, declared_ms: u64) -> Proof {
        let earlier = self.of(phase);
        let own = own.and_then(|cost| match cost.recovery {
            Recovery::After(ms) => Some(ms <= declared_ms),
            Recovery::Never => Some(false),
            Recovery::Unknown => None,
        });
        let in_time = |one: &EarlierRepetition| one.recovery_ms.is_some_and(|ms| ms <= declared_ms);
        let all: Vec<bool> = earlier.iter().map(in_time).chain(own).collect();
        let late = all.iter().filter(|in_time| !**in_time).count() as u64;
        let repetitions = all.len() as u64;
        let percent = (repetitions > 0).then(|| quantile::percent(repetitions, late));
        let counted = earlier.iter().map(|one| one.dossier).collect::<BTreeSet<u32>>().len() as u64;
        let not_counted = self.attempts.saturating_sub(counted);
        Proof { repetitions, earlier: earlier.len() as u64, percent, not_counted }
    }
}
