//! JUnit: a case for each thing that was judged, and none that passes by absence.

use factory_assurance::{evidence::Failure, report::Signature, sample};
use factory_crds::Outcome;
use roxmltree::{Document, Node};

use super::{junit, named, parse, prove, report};

fn case<'a, 'i>(document: &'a Document<'i>, name: &str) -> Node<'a, 'i> {
    named(document, "testcase").find(|case| case.attribute("name") == Some(name)).unwrap()
}

/// `failure`, `error`, `skipped`, or nothing.
fn ended<'a, 'i>(case: Node<'a, 'i>) -> Option<Node<'a, 'i>> {
    case.children().find(Node::is_element)
}

fn word(document: &Document<'_>, name: &str) -> String {
    ended_name(case(document, name))
}

fn ended_name(case: Node<'_, '_>) -> String {
    case.children().find(Node::is_element).map_or("passed".to_owned(), |child| child.tag_name().name().to_owned())
}

#[test]
fn a_run_that_passed_has_a_case_for_each_check_description_steady_phase_and_fault() {
    let page = junit(sample::passing());
    let document = parse(&page);
    let names: Vec<&str> = named(&document, "testcase").filter_map(|case| case.attribute("name")).collect();
    assert_eq!(
        names,
        [
            "the signature of the dossier holds",
            "the dossier does not contradict itself",
            "plan and evidence",
            "issue-certificate",
            "web/openapi.json",
            "steady-before",
            "steady-after",
            "pod-kill-registry",
            "rolling-restart-registry",
            "pod-kill-web",
            "rolling-restart-web",
        ]
    );
    assert!(named(&document, "testcase").all(|case| ended_name(case) == "passed"));
    let root = document.root_element();
    assert_eq!(
        ["tests", "failures", "errors", "time"].map(|name| root.attribute(name).unwrap()),
        ["11", "0", "0", "34"]
    );
}

#[test]
fn a_failure_has_the_findings_code_and_message_and_the_others_pass() {
    let result = sample::failing();
    let finding = result.verdict.findings[0].clone();
    let page = junit(result);
    let document = parse(&page);
    let failure = ended(case(&document, "pod-kill-web")).unwrap();
    assert!(failure.has_tag_name("failure"));
    assert_eq!(failure.attribute("type"), Some(finding.code.as_str()));
    assert_eq!(failure.attribute("message"), Some(finding.message.as_str()));
    assert_eq!(named(&document, "testcase").filter(|case| ended_name(*case) == "passed").count(), 10);
}

#[test]
fn what_the_evidence_did_not_reach_is_skipped_and_never_passed() {
    let page = junit(sample::inconclusive());
    let document = parse(&page);
    assert_eq!(word(&document, "plan and evidence"), "error");
    assert_eq!(word(&document, "issue-certificate"), "passed", "the checks were judged");
    for name in ["steady-before", "steady-after", "pod-kill-web", "rolling-restart-registry"] {
        assert_eq!(word(&document, name), "skipped", "{name}");
    }
    let mut result = sample::passing();
    result.evidence.verify = None;
    let page = junit(sample::judged(result));
    let document = parse(&page);
    assert_eq!(
        [word(&document, "issue-certificate"), word(&document, "web/openapi.json"), word(&document, "steady-after")],
        ["skipped", "skipped", "passed"]
    );
}

#[test]
fn a_generator_that_lagged_leaves_no_phase_passed() {
    let mut result = sample::passing();
    prove(&mut result).lag_us[1][0] = 10_000_000;
    let page = junit(sample::judged(result));
    let document = parse(&page);
    assert_eq!(word(&document, "plan and evidence"), "error");
    assert_eq!(word(&document, "pod-kill-web"), "skipped");
    assert_eq!(word(&document, "issue-certificate"), "passed");
}

#[test]
fn a_check_that_fails_is_a_failure_and_a_fault_that_was_not_felt_an_error() {
    let mut result = sample::passing();
    result.evidence.verify.as_mut().unwrap().checks[0].steps[1].status = Some(500);
    prove(&mut result).faults[2].gone.clear();
    sample::fail(&mut result, 0, 20..40, Failure::Status);
    let page = junit(sample::judged(result));
    let document = parse(&page);
    assert_eq!(word(&document, "issue-certificate"), "failure");
    assert_eq!(word(&document, "steady-before"), "failure");
    assert_eq!(word(&document, "pod-kill-web"), "error");
    assert_eq!(word(&document, "pod-kill-registry"), "passed");
}

#[test]
fn a_dossier_that_contradicts_itself_or_was_not_checked_says_so() {
    let mut result = sample::failing();
    result.verdict.outcome = Outcome::Passed;
    let page = report(result, Signature::NotChecked, |report| report.junit().unwrap());
    let document = parse(&page);
    assert_eq!(word(&document, "the signature of the dossier holds"), "skipped");
    assert_eq!(word(&document, "the dossier does not contradict itself"), "error");
}

#[test]
fn no_finding_is_lost() {
    let mut result = sample::failing();
    result.evidence.verify.as_mut().unwrap().checks[0].steps.clear();
    result.plan.prove.phases[3].name = result.plan.prove.phases[2].name.clone();
    prove(&mut result).faults[0].residue.push("a rule".to_owned());
    let result = sample::judged(result);
    let findings = result.verdict.findings.clone();
    assert!(findings.len() > 1);
    let page = junit(result);
    let document = parse(&page);
    let all: String = named(&document, "testcase").map(super::text).collect();
    for finding in findings {
        assert!(all.contains(&finding.message), "{finding:?}\n{page}");
    }
}
