//! Whatever is taken out of the evidence of a passing result, it does not stay a pass.

use factory_assurance::{
    dossier::{AnnouncedRun, TestResult},
    plan::ComparisonPlan,
    sample,
    wire::Announced,
};
use factory_crds::release::Outcome;
use serde_json::Value;

/// Takes out every element of every list and every entry of every map of the evidence, one at a time.
#[test]
fn no_single_removal_stays_a_pass() {
    let mut twinned = sample::twinned();
    // What a control says of the warm-up is not judged.
    twinned.plan.prove.control = None;
    twinned.evidence.prove.iter_mut().for_each(|prove| prove.control = None);
    let results = [
        (sample::passing(), 900),
        (sample::struck(), 1_800),
        (sample::judged(twinned), 1_000),
        (unwatched(), 1_200),
        (beside(), 1_800),
    ];
    for (result, least) in results {
        no_single_removal_of(&result, least);
    }
}

/// A ladder without a control: what that says of steps beyond those that must hold may be missing.
fn unwatched() -> TestResult {
    let mut result = sample::climbed();
    result.plan.prove.control = None;
    result.evidence.prove.iter_mut().for_each(|prove| prove.control = None);
    sample::judged(result)
}

/// A comparison without a control and without a warm-up, which is not judged, of as few blocks as there may be: each must
/// say something.
fn beside() -> TestResult {
    let mut result = sample::compared();
    result.plan.prove.control = None;
    result.evidence.prove.iter_mut().for_each(|prove| prove.control = None);
    if let Some(ComparisonPlan::Reference(reference)) = &mut result.plan.prove.comparison {
        (reference.blocks, reference.seconds, reference.warm_up_seconds) = (8, 4, 0);
    }
    result.standard.comparison.iter_mut().for_each(|asked| (asked.blocks, asked.seconds) = (8, 4));
    let AnnouncedRun { id, nonce, attempt } = result.announcement.clone();
    let result = sample::announced(result, &Announced { id, nonce, attempt });
    assert_eq!(result.verdict.outcome, Outcome::Passed, "{:?}", result.verdict.findings);
    result
}

fn no_single_removal_of(result: &TestResult, least: usize) {
    let whole = serde_json::to_value(&result.evidence).unwrap();
    let mut places = Vec::new();
    removable(&whole, "", &mut places);
    assert!(places.len() > least, "{} places", places.len());
    for (parent, key) in places {
        let mut evidence = whole.clone();
        remove(evidence.pointer_mut(&parent).unwrap(), &key);
        let Ok(evidence) = serde_json::from_value(evidence) else { continue };
        let changed = TestResult { evidence, ..result.clone() };
        // A field that is `null` says as much by not being there. Which operations a description has
        // and how many pods there were is known from the lab alone, and so is one sample more or less.
        let known_from_the_lab_alone =
            ["/before", "/operations", "/during"].into_iter().any(|end| parent.ends_with(end))
                || parent.contains("/pods/");
        if changed != *result && !known_from_the_lab_alone {
            assert_ne!(changed.judge().outcome, Outcome::Passed, "{parent} without {key}");
        }
    }
}

/// Parents and keys of everything in `value` that can be taken out.
fn removable(value: &Value, at: &str, places: &mut Vec<(String, String)>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Array(items) => items.iter().enumerate().map(|(index, item)| (index.to_string(), item)).collect(),
        Value::Object(fields) => fields.iter().map(|(name, field)| (name.clone(), field)).collect(),
        _ => Vec::new(),
    };
    for (key, child) in children {
        places.push((at.to_owned(), key.clone()));
        removable(child, &format!("{at}/{key}"), places);
    }
}

fn remove(parent: &mut Value, key: &str) {
    match parent {
        Value::Array(items) => {
            items.remove(key.parse().unwrap());
        }
        Value::Object(fields) => {
            fields.remove(key);
        }
        other => unreachable!("{other} has no parts"),
    }
}
