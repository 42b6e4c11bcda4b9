//! What was not measured is said, and what is too large is shown all the same.

use factory_assurance::{
    evidence::Failure,
    plan::{Phase, PhaseRole},
    report::Language,
    sample,
    verdict::MAX_EXACT,
};

use super::{html, json, junit, named, parse, prove, rows, text};

#[test]
fn a_run_without_load_says_that_nothing_was_measured() {
    let page = html(sample::inconclusive(), Language::En);
    let document = parse(&page);
    let shown = text(document.root_element());
    assert!(shown.contains("No request was measured in this run.") && shown.contains("EvidenceMissing"));
    assert_eq!(named(&document, "svg").filter(|svg| svg.attribute("class") == Some("plot")).count(), 0);
    assert!(rows(&document, "budget").iter().any(|row| row.get(1).is_some_and(|value| value == "not measured")));
    assert!(shown.contains("not injected"), "faults of the plan stand there, as not injected");
}

#[test]
fn a_run_without_checks_still_has_its_plot() {
    let mut result = sample::passing();
    result.evidence.verify = None;
    let page = html(sample::judged(result), Language::En);
    let document = parse(&page);
    assert!(text(document.root_element()).contains("the functional checks left no evidence"));
    assert_eq!(named(&document, "svg").filter(|svg| svg.attribute("class") == Some("plot")).count(), 1);
}

#[test]
fn a_dossier_with_nothing_in_it_is_a_report_that_says_so() {
    let mut result = sample::passing();
    result.plan.prove.phases.clear();
    result.plan.prove.load.operations.clear();
    result.plan.verify.checks.clear();
    result.plan.verify.descriptions.clear();
    result.standard.faults.clear();
    result.bundle.images.clear();
    let evidence = prove(&mut result);
    (evidence.buckets, evidence.slots, evidence.lag_us) = (Vec::new(), Vec::new(), Vec::new());
    (evidence.phases, evidence.faults) = (Vec::new(), Vec::new());
    let result = sample::judged(result);
    let page = html(result.clone(), Language::En);
    let shown = text(parse(&page).root_element());
    assert!(shown.contains("Inconclusive.") && shown.contains("The plan has no fault."));
    parse(&junit(result.clone()));
    assert_eq!(json(result)["seconds"], serde_json::json!([]));
}

#[test]
fn a_second_without_answers_has_no_percentile() {
    let mut result = sample::passing();
    for bucket in prove(&mut result).buckets.iter_mut().filter(|bucket| bucket.second == 20) {
        bucket.good = 0;
        bucket.failed = [(Failure::Timeout, 10)].into();
        bucket.latency_us.clear();
    }
    let page = html(result.clone(), Language::En);
    assert_eq!(rows(&parse(&page), "seconds")[20][2..], ["20", "20", "–", "–", "–"].map(str::to_owned));
    let second = &json(result)["seconds"][20];
    assert_eq!((&second["p50Us"], &second["failed"]["Timeout"]), (&serde_json::Value::Null, &20.into()));
}

#[test]
fn counts_that_no_machine_could_have_made_are_shown() {
    for huge in [MAX_EXACT, u64::MAX] {
        let mut result = sample::passing();
        let evidence = prove(&mut result);
        evidence.started_unix_ms = huge;
        for bucket in &mut evidence.buckets {
            (bucket.good, bucket.failed) = (huge, [(Failure::Broken, huge), (Failure::Status, huge)].into());
            bucket.latency_us = vec![[huge - 1, huge], [huge, huge]];
        }
        for fault in &mut evidence.faults {
            (fault.injected_ms, fault.ready_again_ms, fault.ended_ms) = (Some(huge), Some(huge), Some(huge));
            fault.gone.iter_mut().for_each(|pod| pod.at_ms = huge);
        }
        let result = sample::judged(result);
        let page = html(result.clone(), Language::Ky);
        let document = parse(&page);
        assert_eq!(rows(&document, "seconds")[0][2], MAX_EXACT.to_string());
        assert!(!page.contains("NaN") && !page.contains("inf"));
        parse(&junit(result.clone()));
        assert_eq!(json(result)["seconds"][0]["good"], MAX_EXACT);
    }
}

#[test]
fn a_plan_of_a_century_costs_no_more_than_one_of_a_minute() {
    let mut result = sample::passing();
    for phase in &mut result.plan.prove.phases {
        phase.seconds = u32::MAX;
    }
    let more = (0..50).map(|index| Phase { name: format!("p{index}"), seconds: u32::MAX, role: PhaseRole::Steady {} });
    result.plan.prove.phases.extend(more);
    prove(&mut result).buckets[71].second = u32::MAX;
    let page = html(sample::judged(result), Language::En);
    let document = parse(&page);
    assert!(page.len() < 200_000, "{}", page.len());
    assert!(rows(&document, "seconds").len() <= 2);
}
