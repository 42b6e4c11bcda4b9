//! Downtime of a year: modelled where the standard says how often each fault comes, held against what
//! the service declares, and never better than what was seen.

use factory_assurance::{dossier::TestResult, evidence::Failure, sample, verdict::Verdict};
use factory_crds::release::Outcome::{Failed, Inconclusive, Passed};

use super::{assert_finds, fault};

fn after(change: impl FnOnce(&mut TestResult)) -> Verdict {
    let mut result = sample::modelled();
    change(&mut result);
    result.judge()
}

fn declare(result: &mut TestResult, ms: u64) {
    result.availability.max_downtime_per_year = format!("{}s{}ms", ms / 1_000, ms % 1_000).parse().unwrap();
}

fn figure(verdict: &Verdict, phase: &str, name: &str) -> (Option<u64>, Option<u64>) {
    let found = verdict.figures.iter().find(|figure| figure.phase == phase && figure.name == name).unwrap();
    (found.value, found.limit)
}

#[test]
fn what_is_declared_holds_at_the_bound_and_breaks_one_step_below() {
    let verdict = sample::modelled().verdict;
    let (modelled, limit) = figure(&verdict, "", "modelledDowntimeMs");
    let (seen, _) = figure(&verdict, "", "seenDowntimeMs");
    let (modelled, seen) = (modelled.unwrap(), seen.unwrap());
    assert_eq!(limit, Some(8 * 3_600_000));
    assert!(seen < modelled, "{seen} {modelled}");
    for (declared, outcome, codes) in [
        (modelled, Passed, &[][..]),
        (modelled - 1, Inconclusive, &["DowntimeNotExcluded"]),
        (seen, Inconclusive, &["DowntimeNotExcluded"]),
        (seen - 1, Failed, &["DowntimeTooLong"]),
    ] {
        assert_finds(&after(|result| declare(result, declared)), outcome, codes, &format!("{declared} ms"));
    }
}

#[test]
fn a_year_too_long_is_said_with_the_faults_that_take_most_of_it() {
    let verdict = after(|result| declare(result, 10_000));
    let said = &verdict.findings[0].message;
    let (seen, _) = figure(&verdict, "", "seenDowntimeMs");
    assert!(said.starts_with("1 of 20 modelled years has over "), "{said}");
    assert!(said.contains("declared maxDowntimePerYear is 10 s; alone: partition for 2 s of all pods "), "{said}");
    assert!(said.ends_with(" and 5 more"), "{said}");
    assert!(seen > Some(10_000));
    let verdict = after(|result| declare(result, 60_000));
    let said = &verdict.findings[0].message;
    assert!(said.starts_with("so few repetitions do not exclude over "), "{said}");
}

#[test]
fn more_lost_service_or_more_faults_never_shorten_the_year() {
    let seen = |verdict: &Verdict| figure(verdict, "", "seenDowntimeMs").0.unwrap();
    let usual = seen(&sample::modelled().verdict);
    let worse = after(|result| sample::fail(result, 0, 260..266, Failure::Timeout));
    assert!(seen(&worse) > usual);
    assert_eq!(figure(&worse, "delay-200-web", "lostMs").0, Some(300));
    let oftener = after(|result| {
        for limits in &mut result.standard.faults {
            limits.times_a_year = limits.times_a_year.map(|times| times * 3);
        }
    });
    assert!(seen(&oftener) > 2 * usual);
}

#[test]
fn without_how_often_each_fault_comes_no_year_is_modelled() {
    let verdict = after(|result| result.standard.faults[3].times_a_year = None);
    assert_eq!(verdict.outcome, Passed);
    assert!(verdict.figures.iter().all(|figure| !figure.name.ends_with("DowntimeMs")));
}

#[test]
fn the_first_rules_model_no_year() {
    let verdict = after(|result| result.rules = "factory.gov.kg/verdict/v1".to_owned());
    assert!(verdict.figures.iter().all(|figure| !figure.name.ends_with("DowntimeMs")));
}

#[test]
fn a_fault_that_was_not_felt_leaves_the_year_unknown() {
    let verdict = after(|result| fault(result, "freeze-web").doses.clear());
    assert_finds(&verdict, Inconclusive, &["FaultDoseUnknown"], "not felt");
    assert_eq!(figure(&verdict, "", "modelledDowntimeMs"), (None, Some(8 * 3_600_000)));
    assert_eq!(figure(&verdict, "freeze-web", "modelledDowntimeMs"), (None, None));
}

/// Neither the service nor the lab can choose the years: they follow from the register's nonce and
/// from what was measured.
#[test]
fn another_nonce_models_other_years_and_the_same_one_the_same() {
    let of = |nonce: &str| {
        let result = sample::modelled();
        let announced = factory_assurance::wire::Announced {
            id: result.announcement.id.clone(),
            nonce: nonce.to_owned(),
            attempt: 1,
        };
        figure(&sample::announced(result, &announced).verdict, "", "modelledDowntimeMs").0.unwrap()
    };
    assert_eq!(of("aa"), of("aa"));
    assert_ne!(of("aa"), of("ab"));
}
