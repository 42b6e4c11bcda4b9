//! The comparison with the last confirmed release in the report: what was found, each block as a table, and as data.

use factory_assurance::{
    canonical::sha256,
    dossier::TestResult,
    evidence::DrawnEvidence,
    plan::{Absence, ComparisonPlan, DrawnPlan},
    report::Language,
    sample,
};
use factory_crds::release::Outcome;
use serde_json::json as value;

use super::{html, json, junit, named, parse, prove, rows, text};

fn compared(ppm: u64, change: impl FnOnce(&mut TestResult)) -> TestResult {
    let mut result = sample::taking(ppm);
    change(&mut result);
    sample::judged(result)
}

fn beside_nothing(result: &mut TestResult) {
    result.plan.prove.comparison = Some(ComparisonPlan::Nothing { why: Absence::NoneConfirmed });
    prove(result).comparison = None;
}

/// A fault of the first block's generator.
fn late(result: &mut TestResult) {
    let comparison = prove(result).comparison.as_mut().unwrap();
    comparison.lag_us.iter_mut().take(4).for_each(|part| part[0][0] = 151_000);
}

#[test]
fn the_page_says_what_was_found_and_has_a_row_for_each_block() {
    let page = html(compared(1_300_000, late), Language::En);
    let document = parse(&page);
    let table = rows(&document, "confirmed");
    assert_eq!(table.len(), 12);
    assert!(table.iter().all(|row| ["ABBA", "BAAB"].contains(&row[1].as_str())), "{table:?}");
    assert_eq!(table[0][2..5], ["–", "–", "–"]);
    assert!(table[0][5].starts_with("99 % of its requests left within 151 ms"), "{table:?}");
    assert!(table[1][2].starts_with("52") && table[1][3].starts_with("40") && table[1][5].is_empty(), "{table:?}");
    assert!(page.contains("slower, beyond noise") && page.contains("registered-address-0"));
    assert!(rows(&document, "budget").iter().any(|row| row[0].starts_with("95th percentile of latency, of the last")));
}

#[test]
fn every_language_has_its_words_and_says_where_there_was_nothing_to_compare_with() {
    for (language, heading, nothing) in [
        (Language::En, "Beside the last confirmed release", "no release of the service is confirmed"),
        (Language::Ru, "Рядом с последним подтверждённым выпуском", "подтверждённых выпусков сервиса нет"),
        (Language::Ky, "Акыркы ырасталган чыгарылыш менен катар", "ырасталган чыгарылышы жок"),
    ] {
        let has = |page: &str| named(&parse(page), "h2").any(|title| text(title) == heading);
        assert!(has(&html(sample::compared(), language)));
        let alone = html(compared(1_000_000, beside_nothing), language);
        assert!(has(&alone) && alone.contains(nothing));
        assert!(!has(&html(sample::watched(), language)));
    }
}

#[test]
fn as_data_the_comparison_has_its_bounds_and_blocks() {
    let value = json(compared(1_300_000, late));
    let confirmed = &value["confirmed"];
    assert_eq!((&confirmed["found"], &confirmed["limitPpm"]), (&"Slower".into(), &1_200_000.into()));
    assert_eq!(confirmed["blocks"].as_array().map(Vec::len), Some(12));
    assert!(confirmed["blocks"][0]["void"].is_string() && confirmed["blocks"][1]["candidateUs"].is_u64());
    let alone = json(compared(1_000_000, beside_nothing));
    assert_eq!((&alone["confirmed"]["absence"], &alone["confirmed"]["found"]), (&"NoneConfirmed".into(), &().into()));
    assert!(json(sample::watched()).get("confirmed").is_none());
    assert_eq!(json(sample::compared())["confirmed"]["found"], "Alike");
}

#[test]
fn for_pipelines_it_is_a_case_that_fails_where_the_candidate_is_slower() {
    let case = |result: TestResult| {
        let page = junit(result);
        let document = parse(&page);
        let suite = named(&document, "testsuite").find(|suite| suite.attribute("name") == Some("comparison")).unwrap();
        let case = suite.children().find(|node| node.has_tag_name("testcase")).unwrap();
        let ended = case.children().find(roxmltree::Node::is_element);
        ended.map_or_else(String::new, |ended| ended.tag_name().name().to_owned())
    };
    assert_eq!(case(sample::compared()), "");
    assert_eq!(case(compared(1_300_000, |_| {})), "failure");
    assert_eq!(case(compared(1_000_000, |r| prove(r).comparison = None)), "error");
    assert_eq!(case(compared(1_000_000, |r| prove(r).lag_us[1][0] = 9_000_000)), "skipped");
    let unlike = |r: &mut TestResult| {
        r.plan.prove.comparison = Some(ComparisonPlan::Nothing { why: Absence::NothingInCommon });
        prove(r).comparison = None;
    };
    assert_eq!(case(compared(1_000_000, unlike)), "error");
    let alone = junit(compared(1_000_000, beside_nothing));
    assert!(named(&parse(&alone), "testsuite").all(|suite| suite.attribute("name") != Some("comparison")));
}

/// One operation is drawn from a description, and every other request of the second one was of it.
fn drawn(result: &mut TestResult) {
    let get = value!({"get": {"parameters": [], "responses": {"200": {}}}});
    let description = value!({"openapi": "3.1.0", "paths": {"/v1/streets": get}}).to_string();
    let (component, path) = ("web".to_owned(), "/openapi.json".to_owned());
    let plan = DrawnPlan { component: component.clone(), path: path.clone(), weight: 1, most: 8 };
    let operations: Vec<String> =
        plan.draw(&description, &result.announcement.nonce).into_iter().map(|one| one.name).collect();
    assert_eq!(operations.len(), 1);
    result.plan.prove.load.drawn = vec![plan];
    let contract = &mut result.evidence.verify.as_mut().unwrap().contracts[0];
    (contract.component, contract.path) = (component.clone(), path.clone());
    contract.digest = sha256(description.as_bytes());
    let evidence = prove(result);
    evidence.drawn = Some(vec![DrawnEvidence { component, path, description, operations }]);
    let odd = evidence.buckets.iter_mut().filter(|bucket| bucket.operation == 1 && bucket.second % 2 == 1);
    odd.for_each(|bucket| bucket.operation = 2);
}

#[test]
fn beside_operations_that_are_drawn_it_is_told_as_well() {
    let result = compared(1_000_000, drawn);
    assert_eq!(result.verdict.outcome, Outcome::Passed, "{:#?}", result.verdict.findings);
    assert_eq!(json(result)["confirmed"]["found"], "Alike");
    let page = html(compared(1_000_000, drawn), Language::En);
    assert_eq!(rows(&parse(&page), "confirmed").len(), 12);
}
