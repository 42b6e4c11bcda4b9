//! What still answered while a fault acted: each operation by itself, and how often what was struck was tried.

use factory_assurance::{
    dossier::TestResult,
    evidence::Failure,
    plan::{PhaseRole, Strike},
    report::Language,
    sample,
};

use super::{html, json, parse, rows};

/// A run with two operations, of which the first answers all and the second none in `seconds`, those of the load's begin
/// counted as 0.
fn failing(seconds: &[u32]) -> TestResult {
    let mut result = sample::modelled();
    for bucket in &mut result.evidence.prove.as_mut().unwrap().buckets {
        let fails = bucket.operation == 1 && seconds.contains(&bucket.second);
        bucket.good = if fails { 0 } else { 10 };
        bucket.failed = if fails { [(Failure::Timeout, 10)].into() } else { [].into() };
    }
    result
}

/// Index of the fault of the phase `name`, from 1, and the strike of it.
fn fault<'a>(result: &'a mut TestResult, name: &str) -> (usize, &'a mut Strike) {
    let faults = result.plan.prove.phases.iter_mut().filter(|phase| matches!(phase.role, PhaseRole::Fault { .. }));
    let (index, phase) = faults.enumerate().find(|(_, phase)| phase.name == name).unwrap();
    let PhaseRole::Fault { strike: Some(strike), .. } = &mut phase.role else { unreachable!() };
    (index + 1, strike)
}

/// Its rows, without the names of the operations.
fn told(result: TestResult, number: usize) -> Vec<Vec<String>> {
    let page = html(result, Language::En);
    rows(&parse(&page), &format!("answered-{number}")).into_iter().map(|row| row[1..].to_vec()).collect()
}

#[test]
fn each_operation_is_told_for_as_long_as_the_fault_acted_and_after_it() {
    // The freeze acts from 13.04 s to 16.052 s; its phase ends after 19 s.
    let mut result = failing(&[13, 14, 17]);
    let (number, _) = fault(&mut result, "freeze-web");
    let names: Vec<String> = result.plan.prove.load.operations.iter().map(|operation| operation.name.clone()).collect();
    let page = html(result.clone(), Language::En);
    let table = rows(&parse(&page), &format!("answered-{number}"));
    assert_eq!(table.iter().map(|row| row[0].clone()).collect::<Vec<_>>(), names);
    assert_eq!(told(result, number), [["40", "0", "0", "–"], ["40", "20", "10", "5 s"]]);
}

#[test]
fn what_fails_in_the_last_second_was_not_seen_to_answer_again() {
    let mut result = failing(&[13, 18]);
    let (number, _) = fault(&mut result, "freeze-web");
    assert_eq!(told(result, number)[1], ["40", "10", "10", "not within this window"]);
}

#[test]
fn a_fault_that_happens_once_acts_to_the_end_of_its_phase_and_one_that_did_not_happen_tells_nothing() {
    let mut result = failing(&[8]);
    let (number, _) = fault(&mut result, "container-kill-web");
    assert_eq!(told(result.clone(), number), [["60", "0", "–", "–"], ["60", "10", "–", "2 s"]]);
    result.evidence.prove.as_mut().unwrap().faults[number - 1].injected_ms = None;
    assert_eq!(json(result.clone())["faults"][number - 1]["answered"], serde_json::json!([]));
    assert!(!html(result, Language::En).contains(&format!("answered-{number}\"")));
}

#[test]
fn a_partition_from_a_peer_tells_how_often_it_was_tried_for_each_request() {
    // Two pods tried twelve times each in the three seconds in which 60 requests were due.
    let mut result = failing(&[]);
    let (number, strike) = fault(&mut result, "partition-web");
    strike.peer = Some("registry".to_owned());
    let value = json(result.clone());
    assert_eq!(value["faults"][number - 1]["tried"], serde_json::json!({"tries": 24, "requests": 60}));
    assert!(html(result, Language::En).contains("0.4 (24 : 60)"));
    // Of one from everybody nobody knows whom it was meant for.
    assert!(json(failing(&[]))["faults"][number - 1].get("tried").is_none());
}

#[test]
fn every_language_has_its_words() {
    for (language, words) in [
        (Language::En, ["What still answered while it acted", "not within this window"]),
        (Language::Ru, ["Что ещё отвечало", "не в этом окне"]),
        (Language::Ky, ["эмне дагы эле жооп берди", "бул терезеде эмес"]),
    ] {
        let page = html(failing(&[18]), language);
        assert!(words.iter().all(|word| page.contains(word)), "{words:?}");
    }
}
