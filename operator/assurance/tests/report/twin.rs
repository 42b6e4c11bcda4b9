//! The twin in the report: how late it was told to be, and what became of it.

use factory_assurance::{dossier::TestResult, plan::twin::percent, report::Language, sample};
use serde_json::json;

use super::{html, json, parse, prove, text};

fn in_time(result: &mut TestResult) {
    for bucket in &mut prove(result).twin.as_mut().unwrap().buckets {
        bucket.latency_us = vec![[4_011, 10]];
    }
}

#[test]
fn that_it_was_refused_or_passed_or_never_found_is_said_to_people_and_to_programs() {
    let drawn = percent(&sample::twinned().announcement.nonce);
    let lost = |result: &mut TestResult| prove(result).twin = None;
    let of_another = |result: &mut TestResult| prove(result).twin.as_mut().unwrap().percent = 100;
    let cases: [(&str, &str, &dyn Fn(&mut TestResult)); 4] = [
        ("Refused", "refused, as it must be", &|_| {}),
        ("Passed", "passed: nothing is concluded from this run", &in_time),
        ("Missing", "not known", &lost),
        ("Missing", "not known", &of_another),
    ];
    for (outcome, words, change) in cases {
        let mut result = sample::twinned();
        change(&mut result);
        let result = sample::judged(result);
        assert_eq!(json(result.clone())["twin"], json!({"percent": drawn, "outcome": outcome}));
        let page = html(result, Language::En);
        let shown = text(parse(&page).root_element());
        let fact = format!("Twin held back until this share of the latency limit {drawn} %: {words}");
        assert!(shown.contains(&fact), "{fact}\n{shown}");
    }
}

#[test]
fn a_run_without_one_says_nothing_of_it() {
    assert!(json(sample::passing()).get("twin").is_none());
    assert!(!html(sample::passing(), Language::En).contains("Twin"));
}
