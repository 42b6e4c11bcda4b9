//! What still answered while a fault acted: each operation by itself.

use factory_assurance::{dossier::TestResult, evidence::Failure, plan::PhaseRole, report::Language, sample};

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

/// Number of the fault of the phase `name`, from 1.
fn fault(result: &TestResult, name: &str) -> usize {
    let mut faults = result.plan.prove.phases.iter().filter(|phase| matches!(phase.role, PhaseRole::Fault { .. }));
    faults.position(|phase| phase.name == name).unwrap() + 1
}

/// Its rows, without the names of the operations.
fn told(result: TestResult, number: usize) -> Vec<Vec<String>> {
    let page = html(result, Language::En);
    rows(&parse(&page), &format!("answered-{number}")).into_iter().map(|row| row[1..].to_vec()).collect()
}

#[test]
fn each_operation_is_told_for_as_long_as_the_fault_acted_and_after_it() {
    // The freeze acts from 13.04 s to 16.052 s; its phase ends after 19 s.
    let result = failing(&[13, 14, 17]);
    let number = fault(&result, "freeze-web");
    let names: Vec<String> = result.plan.prove.load.operations.iter().map(|operation| operation.name.clone()).collect();
    let page = html(result.clone(), Language::En);
    let table = rows(&parse(&page), &format!("answered-{number}"));
    let numbered: Vec<String> = names.iter().zip(1..).map(|(name, place)| format!("{place}. {name}")).collect();
    assert_eq!(table.iter().map(|row| row[0].clone()).collect::<Vec<_>>(), numbered);
    assert_eq!(told(result, number), [["40", "0", "0", "–"], ["40", "20", "10", "5 s"]]);
}

#[test]
fn what_fails_in_the_last_second_was_not_seen_to_answer_again() {
    let result = failing(&[13, 18]);
    let number = fault(&result, "freeze-web");
    assert_eq!(told(result, number)[1], ["40", "10", "10", "not seen in this window"]);
}

#[test]
fn a_fault_that_happens_once_acts_to_the_end_of_its_phase_and_one_that_did_not_happen_tells_nothing() {
    let mut result = failing(&[8]);
    let number = fault(&result, "container-kill-web");
    assert_eq!(told(result.clone(), number), [["60", "0", "–", "–"], ["60", "10", "–", "2 s"]]);
    result.evidence.prove.as_mut().unwrap().faults[number - 1].injected_ms = None;
    assert_eq!(json(result.clone())["faults"][number - 1]["answered"], serde_json::json!([]));
    assert!(!html(result, Language::En).contains(&format!("answered-{number}\"")));
}

#[test]
fn an_operation_that_is_not_asked_after_it_failed_was_not_seen_to_answer() {
    let mut result = failing(&[14]);
    let number = fault(&result, "freeze-web");
    let prove = result.evidence.prove.as_mut().unwrap();
    prove.buckets.retain(|bucket| bucket.operation == 0 || !(15..19).contains(&bucket.second));
    assert_eq!(told(result.clone(), number)[1], ["20", "10", "0", "not seen in this window"]);
    let prove = result.evidence.prove.as_mut().unwrap();
    prove.buckets.retain(|bucket| bucket.operation == 0 || !(13..19).contains(&bucket.second));
    assert_eq!(told(result, number).len(), 1, "what was not asked has no row");
}

#[test]
fn a_fault_that_says_it_began_before_its_phase_is_told_of_its_phase_alone() {
    let mut result = failing(&[8]);
    let number = fault(&result, "freeze-web");
    result.evidence.prove.as_mut().unwrap().faults[number - 1].injected_ms = Some(0);
    assert_eq!(told(result, number)[1], ["40", "0", "0", "–"]);
}

#[test]
fn every_language_has_its_words() {
    for (language, words) in [
        (Language::En, ["What still answered while it acted", "not seen in this window"]),
        (Language::Ru, ["Что ещё отвечало", "в этом окне не видно"]),
        (Language::Ky, ["дагы эле жооп алды", "бул терезеде көрүнгөн жок"]),
    ] {
        let page = html(failing(&[18]), language);
        assert!(words.iter().all(|word| page.contains(word)), "{words:?}");
    }
}
