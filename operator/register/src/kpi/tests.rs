//! Every value follows from its facts, and what is not there is missing.

use factory_assurance::{dossier::TestResult, sample, wire::Procedure};

use super::*;
use crate::log::event::Summary;

fn fact(result: TestResult, state: Procedure, entered: Option<&str>) -> Fact {
    let summary = Summary {
        subject: result.subject,
        bundle: "sha256:b".to_owned(),
        standard: "basic@1".to_owned(),
        dossier: "sha256:d".to_owned(),
        attempt: 2,
        verdict: result.verdict,
        missing: Vec::new(),
    };
    Fact {
        id: "submission".to_owned(),
        seq: 3,
        announcement: "announcement".to_owned(),
        summary,
        state,
        received: "2026-06-15T04:00:00.000Z".to_owned(),
        entry: entered.map(|at| (7, at.to_owned())),
        decided: entered.map(|at| (6, at.to_owned())),
    }
}

fn defined(measure: Option<Measure>, unit: &str, target: &str) -> Indicator {
    let text = || Text { ky: "ky".to_owned(), ru: "ru".to_owned(), en: "en".to_owned() };
    Indicator {
        name: "one".to_owned(),
        definition: text(),
        formula: "f".to_owned(),
        unit: unit.to_owned(),
        source: "s".to_owned(),
        period: "month".to_owned(),
        target: target.to_owned(),
        measure,
        query: None,
        effective_from: None,
        effective_until: None,
    }
}

fn of(indicator: Indicator, facts: &[Fact]) -> KpiIndicator {
    let definitions = BTreeMap::from([("basic@1".to_owned(), vec![indicator])]);
    // A Wednesday: the term of the 15th, a Monday, ended on the 22nd.
    let now = "2026-06-24T04:00:00Z".parse().unwrap();
    let mut report =
        report("2026-06", (9, true), (facts, &Launched::default()), &definitions, (&Calendar::built_in(), now));
    assert_eq!((report.period.as_str(), report.as_of, report.indicators.len()), ("2026-06", 9, 1));
    report.indicators.remove(0)
}

fn values(indicator: &KpiIndicator) -> Vec<(Option<u64>, Option<Missing>, Option<bool>)> {
    indicator.values.iter().map(|value| (value.value, value.missing, value.met)).collect()
}

#[test]
fn what_a_dossier_measured_is_a_value_with_its_origin() {
    let entered = fact(sample::modelled(), Procedure::Registered, Some("2026-06-16T04:00:00.000Z"));
    let figures = entered.summary.verdict.figures.clone();
    let largest =
        |name: &str| figures.iter().filter(|figure| figure.name == name).filter_map(|figure| figure.value).max();
    let recovery =
        of(defined(Some(Measure::RecoveryTime), "s", "<= recoveryTime declared"), std::slice::from_ref(&entered));
    assert_eq!(values(&recovery), [(largest("recoveryMs"), None, Some(true))]);
    assert_eq!((recovery.base_unit.as_deref(), recovery.overall, recovery.met), (Some("ms"), largest("recoveryMs"), 1));
    let value = &recovery.values[0];
    assert_eq!((value.submission.as_str(), value.dossier.as_str(), value.event), ("submission", "sha256:d", 3));

    let downtime = of(defined(Some(Measure::PredictedDowntime), "s", "<= 0"), std::slice::from_ref(&entered));
    let modelled = figures.iter().find(|figure| figure.name == "modelledDowntimeMs" && figure.phase.is_empty());
    assert_eq!(values(&downtime), [(modelled.unwrap().value, None, Some(false))]);
    assert!(modelled.unwrap().value.unwrap() > 0 && downtime.missed == 1);

    let share = of(defined(Some(Measure::FailedRequests), "%", "<= 0.1"), std::slice::from_ref(&entered));
    assert_eq!(values(&share), [(Some(0), None, Some(true))], "nothing failed while nothing was broken");
    let attempts = of(defined(Some(Measure::Attempts), "attempts", "< 2"), &[entered]);
    assert_eq!(values(&attempts), [(Some(2), None, Some(false))]);
}

#[test]
fn what_was_not_measured_is_missing_and_not_nothing() {
    let plain = fact(sample::passing(), Procedure::Registered, Some("2026-06-16T04:00:00.000Z"));
    let downtime = of(defined(Some(Measure::PredictedDowntime), "s", "<= 9"), std::slice::from_ref(&plain));
    assert_eq!(values(&downtime), [(None, Some(Missing::NotMeasured), None)]);
    assert_eq!((downtime.missing, downtime.met, downtime.missed, downtime.overall), (1, 0, 0, None));
    let mut half = plain.clone();
    let one = half.summary.verdict.figures.iter_mut().find(|figure| figure.name == "recoveryMs");
    one.unwrap().value = None;
    let recovery = of(defined(Some(Measure::RecoveryTime), "s", "<= 30"), &[half]);
    assert_eq!(values(&recovery), [(None, Some(Missing::NotMeasured), None)], "the longest is not known");
    let elsewhere = of(defined(None, "%", ">= 99.5"), &[plain]);
    assert_eq!((elsewhere.values.len(), elsewhere.measure, elsewhere.overall), (0, None, None));
}

#[test]
fn only_what_was_confirmed_speaks_for_a_release() {
    for (state, count) in [
        (Procedure::Submitted, 0),
        (Procedure::Returned, 0),
        (Procedure::Confirmed, 1),
        (Procedure::Registered, 1),
        (Procedure::Withdrawn, 1),
    ] {
        let facts = [fact(sample::passing(), state, None)];
        assert_eq!(of(defined(Some(Measure::RecoveryTime), "s", "<= 30"), &facts).values.len(), count, "{state:?}");
    }
}

#[test]
fn the_term_of_an_entry_is_counted_in_working_days() {
    let entered = |at: &str| fact(sample::passing(), Procedure::Registered, Some(at));
    let waiting = |received: &str| {
        let mut fact = fact(sample::passing(), Procedure::Submitted, None);
        received.clone_into(&mut fact.received);
        fact
    };
    let mut incomplete = waiting("2026-06-15T04:00:00.000Z");
    incomplete.summary.missing = vec![2];
    let facts = [
        entered("2026-06-22T04:00:00.000Z"),
        entered("2026-06-23T04:00:00.000Z"),
        waiting("2026-06-15T04:00:00.000Z"),
        waiting("2026-06-23T04:00:00.000Z"),
        incomplete,
        fact(sample::failing(), Procedure::Submitted, None),
        fact(sample::passing(), Procedure::Returned, None),
    ];
    let days = of(defined(Some(Measure::DaysToEntry), "working days", "<= 5"), &facts);
    let missing = (None, Some(Missing::NotEntered), None);
    assert_eq!(values(&days), [(Some(5), None, Some(true)), (Some(6), None, Some(false)), missing, missing]);
    assert_eq!((days.overall, days.worst), (Some(5), Some(6)));
    assert_eq!((days.values[0].event, days.values[0].at.as_str()), (7, "2026-06-22T04:00:00.000Z"));

    let share = of(defined(Some(Measure::EnteredInTerm), "%", ">= 100"), &facts);
    let late = (Some(0), None, Some(false));
    let running = (None, Some(Missing::TermRuns), None);
    assert_eq!(values(&share), [(Some(1_000_000), None, Some(true)), late, late, running]);
    assert_eq!((share.overall, share.worst), (Some(333_333), None));

    let mut unknown = waiting("2028-06-15T04:00:00.000Z");
    unknown.entry = None;
    let share = of(defined(Some(Measure::EnteredInTerm), "%", ">= 100"), &[unknown]);
    assert_eq!(values(&share), [(None, Some(Missing::NoCalendar), None)]);
}

#[test]
fn a_definition_holds_for_its_days_alone() {
    let facts = [fact(sample::passing(), Procedure::Confirmed, None)];
    for (from, until, count) in [
        (None, None, 1),
        (Some("2026-06-15"), Some("2026-06-15"), 1),
        (Some("2026-06-16"), None, 0),
        (None, Some("2026-06-14"), 0),
    ] {
        let mut indicator = defined(Some(Measure::Attempts), "attempts", "<= 3");
        indicator.effective_from = from.map(str::to_owned);
        indicator.effective_until = until.map(str::to_owned);
        assert_eq!(of(indicator, &facts).values.len(), count, "{from:?} {until:?}");
    }
}

#[test]
fn a_decision_counts_whichever_it_is_and_keeps_its_event() {
    let decided = |state, at: &str| Fact {
        entry: None,
        decided: Some((6, at.to_owned())),
        ..fact(sample::passing(), state, None)
    };
    let mut waiting = fact(sample::passing(), Procedure::Submitted, None);
    let facts = [
        decided(Procedure::Returned, "2026-06-16T04:00:00.000Z"),
        decided(Procedure::Confirmed, "2026-06-23T04:00:00.000Z"),
        waiting.clone(),
        decided(Procedure::Returned, "soon"),
    ];
    let days = of(defined(Some(Measure::DaysToDecision), "working days", "<= 5"), &facts);
    let (not_yet, unknown) = ((None, Some(Missing::NotDecided), None), (None, Some(Missing::NoCalendar), None));
    assert_eq!(values(&days), [(Some(1), None, Some(true)), (Some(6), None, Some(false)), not_yet, unknown]);
    assert_eq!((days.origin, days.values[0].event, days.values[2].event), (Some(Origin::RegisterEvents), 6, 3));
    let share = of(defined(Some(Measure::DecidedInTerm), "%", ">= 100"), &facts[..3]);
    let late = (Some(0), None, Some(false));
    assert_eq!(values(&share), [(Some(1_000_000), None, Some(true)), late, late]);
    assert_eq!((share.overall, share.worst), (Some(333_333), None));
    // A dossier that failed waits for nobody.
    waiting.summary.verdict = sample::failing().verdict;
    assert!(of(defined(Some(Measure::DecidedInTerm), "%", ">= 100"), &[waiting]).values.is_empty());
}

#[test]
fn what_was_measured_of_launched_services_is_a_value_and_what_was_not_is_missing() {
    let case = |service: &str, standard: &str| {
        let mut summary = fact(sample::passing(), Procedure::Registered, None).summary;
        service.clone_into(&mut summary.subject.service);
        standard.clone_into(&mut summary.standard);
        Case {
            id: format!("submission-{service}"),
            seq: 3,
            announcement: "announcement".to_owned(),
            summary,
            state: Procedure::Registered,
            reason: String::new(),
            received: "2026-06-15T04:00:00.000Z".to_owned(),
        }
    };
    let measured = |service: &str, indicator: &str, millionths| {
        let measured = Measured {
            standard: "basic@1".to_owned(),
            indicator: indicator.to_owned(),
            participant: "social-registry".to_owned(),
            service: service.to_owned(),
            submission: format!("submission-{service}"),
            millionths,
            event: 9,
            at: "2026-07-01T04:00:00.000Z".to_owned(),
        };
        (measured, case(service, "basic@1"))
    };
    let indicator =
        Indicator { query: Some("up{namespace=\"{namespace}\"}".to_owned()), ..defined(None, "%", ">= 99.5") };
    let definitions = BTreeMap::from([("basic@1".to_owned(), vec![indicator])]);
    let now = "2026-07-02T04:00:00Z".parse().unwrap();
    for (over, missing) in [(true, Missing::NotMeasured), (false, Missing::PeriodRuns)] {
        let launched = Launched {
            measured: vec![
                measured("one", "one", 99_730_000),
                measured("two", "one", 99_400_000),
                measured("one", "other", 1),
            ],
            in_force: vec![case("one", "basic@1"), case("three", "basic@1"), case("four", "important@1")],
            over,
        };
        let report = report("2026-06", (9, true), (&[], &launched), &definitions, (&Calendar::built_in(), now));
        let found = &report.indicators[0];
        let values = values(found);
        assert_eq!(
            values,
            [(Some(99_730_000), None, Some(true)), (Some(99_400_000), None, Some(false)), (None, Some(missing), None)]
        );
        assert_eq!(
            (found.origin, found.values[0].origin, found.values[0].event),
            (Some(Origin::Prometheus), Origin::Prometheus, 9)
        );
        assert_eq!((found.worst, found.met, found.missed, found.missing), (Some(99_400_000), 1, 1, 1));
        assert_eq!((found.values[2].service.as_str(), found.base_unit.as_deref()), ("three", Some("millionths")));
    }
}
