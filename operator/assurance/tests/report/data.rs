//! The report as data: the fields that programs rely on.

use factory_assurance::{report::Signature, sample};
use serde_json::json;

use super::{json, report};

#[test]
fn its_fields_are_these() {
    let value = json(sample::failing());
    let fields: Vec<&String> = value.as_object().unwrap().keys().collect();
    assert_eq!(
        fields,
        [
            "announcement",
            "bundle",
            "consistent",
            "contradiction",
            "dossier",
            "faults",
            "figures",
            "findings",
            "format",
            "noticed",
            "outcome",
            "phases",
            "seconds",
            "signatureChecked",
            "standard",
            "standardVersion",
            "statedOutcome",
            "subject",
        ]
    );
    assert_eq!(value["format"], "factory.gov.kg/report/v1");
    assert_eq!((&value["outcome"], &value["statedOutcome"]), (&json!("Failed"), &json!("Failed")));
    assert_eq!(value["findings"][0]["outcome"], "Failed");
    // Nothing of 100 requests may fail: one does in nine of ten runs where 2.2763 % do.
    assert_eq!(value["noticed"][0], json!({ "phase": "steady-before", "figure": "failedPpm", "sharePpm": 22_763 }));
    assert_eq!(
        value["phases"][1],
        json!({ "name": "steady-before", "role": "Steady", "fromSecond": 2, "toSecond": 7 })
    );
    assert_eq!(
        value["seconds"][0],
        json!({ "second": 0, "good": 20, "failed": {}, "p50Us": 4_011, "p95Us": 12_031, "p99Us": 12_031 })
    );
    assert_eq!(value["faults"][2]["pods"][0], json!({ "uid": "web-pod-kill-0", "ready": true, "goneMs": 19_060 }));
}

#[test]
fn a_program_learns_that_a_dossier_is_not_to_be_believed() {
    let mut result = sample::failing();
    result.verdict.outcome = factory_crds::Outcome::Passed;
    let value = report(result, Signature::NotChecked, |report| serde_json::to_value(report.json()).unwrap());
    assert_eq!((&value["consistent"], &value["signatureChecked"]), (&json!(false), &json!(false)));
    assert_eq!((&value["outcome"], &value["statedOutcome"]), (&json!("Failed"), &json!("Passed")));
}
