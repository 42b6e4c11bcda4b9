//! How often the pods of a fault were asked, for each request of the load.

use factory_assurance::{dossier::TestResult, evidence::Tries, report::Language, sample};
use serde_json::{Value, json as value};

use super::{html, json, named, parse, prove, struck::delayed, text};

/// The run with a delay that is ordered at 7.04 s, under 20 requests a second, and with what its pods counted.
fn tried(pods: &[Tries]) -> TestResult {
    let mut result = delayed();
    let prove = prove(&mut result);
    prove.slots.fill([1, 1]);
    prove.faults[0].tries = pods.to_vec();
    sample::judged(result)
}

/// 100 requests are due in the time before, and 58 while it acts.
fn pod(before: u32, during: u32) -> Tries {
    Tries { pod: "a".to_owned(), before, before_ms: 5_000, until_ms: 0, during, from_ms: 60, during_ms: 2_900 }
}

fn told(pods: &[Tries]) -> Value {
    json(tried(pods))["faults"][0]["tries"].clone()
}

#[test]
fn tries_are_told_for_each_request_that_was_due_in_the_same_time() {
    let of = |pods: u32, before: u32, during: u32, times: Value| value!({"pods": pods, "beforePermille": before, "duringPermille": during, "timesPercent": times});
    assert_eq!(told(&[pod(104, 174)]), of(1, 1_040, 3_000, value!(288)));
    assert_eq!(told(&[pod(52, 29), pod(52, 29)]), of(2, 1_040, 1_000, value!(96)), "two pods share what comes");
    assert_eq!(told(&[pod(0, 58)]), of(1, 0, 1_000, Value::Null), "nobody had asked");
}

#[test]
fn without_counts_or_requests_nothing_is_told() {
    assert_eq!(told(&[]), Value::Null);
    let never = Tries { before_ms: 0, ..pod(0, 58) };
    assert_eq!(told(std::slice::from_ref(&never)), Value::Null, "nobody had looked before");
    assert_eq!(told(&[pod(104, 174), never])["pods"], 1, "the other pod counted");
    let mut result = tried(&[pod(104, 174)]);
    prove(&mut result).slots[70..].fill([0, 0]);
    assert_eq!(json(result)["faults"][0]["tries"], Value::Null, "no request was due meanwhile");
    let mut result = tried(&[pod(104, 174)]);
    prove(&mut result).faults[0].ordered_ms = None;
    assert_eq!(json(result)["faults"][0]["tries"], Value::Null);
}

#[test]
fn counts_and_times_beyond_reason_are_shown_as_they_are() {
    let most = u32::MAX;
    let beyond = Tries { before_ms: most, during_ms: most, ..pod(most, most) };
    assert_eq!(told(&[beyond])["pods"], 1);
    let late = Tries { from_ms: most, ..pod(1, 1) };
    assert_eq!(told(&[late]), Value::Null);
}

#[test]
fn every_language_says_it() {
    for (language, words) in [
        (Language::En, "Tries for each request of the load, at n pods that the fault struck"),
        (Language::Ru, "Попыток на каждый запрос нагрузки, на n подах"),
        (Language::Ky, "Жүктөмдүн ар бир суроо-талабына"),
    ] {
        let page = html(tried(&[pod(104, 174)]), language);
        let document = parse(&page);
        let section = named(&document, "section").next().unwrap();
        let shown = text(section);
        assert!(shown.contains(words) && shown.contains("1.04 → 3 (× 2.88, n = 1)"), "{shown}");
    }
}
