//! The ladder in the report: as a picture, as a table with the numbers of the buckets, and with what it was measured on.

use factory_assurance::{dossier::TestResult, evidence::Failure, report::Language, sample};
use roxmltree::Document;
use serde_json::json;

use super::{html, json, junit, named, parse, prove, rows, text};

fn climbed(change: impl FnOnce(&mut TestResult)) -> TestResult {
    let mut result = sample::climbed();
    change(&mut result);
    sample::judged(result)
}

/// Every second request of the step at 200 % gets no answer.
fn broke_at_200(result: &mut TestResult) {
    for operation in [0, 1] {
        sample::fail(result, operation, 400..440, Failure::Timeout);
    }
}

/// Values of the section's facts, by their names.
fn facts(document: &Document<'_>, name: &str) -> Vec<String> {
    let terms = named(document, "dt").filter(|term| text(*term) == name);
    terms.map(|term| text(term.next_sibling_element().unwrap())).collect()
}

#[test]
fn the_page_says_up_to_where_it_held_and_on_what() {
    let page = html(climbed(broke_at_200), Language::En);
    let document = parse(&page);
    assert_eq!(facts(&document, "Held up to"), ["150 %"]);
    assert_eq!(facts(&document, "Broke at"), ["200 %"]);
    assert_eq!(facts(&document, "Must hold"), ["200 %"]);
    assert_eq!(
        facts(&document, "Measured on"),
        ["registry × 2 (0.5 CPU, 128 MiB); web × 2 (0.5 CPU, 128 MiB) – node: 2 CPU, 4096 MiB; amd64, 6.1.0-18-amd64"]
    );
    let ladder = rows(&document, "ladder");
    let steps: Vec<_> = ladder.iter().map(|row| [row[0].as_str(), &row[1], &row[2], &row[3], &row[6]]).collect();
    assert_eq!(
        steps,
        [
            ["150 % (must hold)", "30", "120", "0 (0 %)", "held"],
            ["200 % (must hold)", "40", "160", "80 (50 %)", "broke"],
            ["300 %", "60", "240", "0 (0 %)", "after a break"],
        ]
    );
    let picture = named(&document, "svg").find(|svg| svg.attribute("class") == Some("ladder")).unwrap();
    let bars = picture.descendants().filter(|node| node.has_tag_name("rect"));
    let classes: Vec<_> = bars.filter_map(|bar| bar.attribute("class")).collect();
    assert_eq!(classes, ["step declared", "step held", "step broke", "step untold"]);
    assert!(rows(&document, "budget").iter().any(|row| row[0].starts_with("Held up to") && row[1] == "150 %"));
}

#[test]
fn every_language_has_its_words_and_a_run_without_a_ladder_has_no_section() {
    for (language, held, heading) in [
        (Language::En, "held", "Capacity"),
        (Language::Ru, "выдержана", "Запас по нагрузке"),
        (Language::Ky, "чыдады", "Жүктөм боюнча запас"),
    ] {
        let page = html(sample::climbed(), language);
        let document = parse(&page);
        assert!(rows(&document, "ladder").iter().all(|row| row[6] == held), "{held}");
        assert!(named(&document, "h2").any(|title| text(title) == heading));
        let without = html(sample::watched(), language);
        assert!(named(&parse(&without), "h2").all(|title| text(title) != heading));
    }
}

#[test]
fn what_broke_nowhere_and_what_nobody_knows_are_not_the_same() {
    let broke = |result| {
        let page = html(result, Language::En);
        let document = parse(&page);
        ["Held up to", "Broke at", "Measured on"].map(|name| facts(&document, name)[0].clone())
    };
    assert_eq!(broke(sample::climbed())[..2], ["300 %", "nowhere: every step held"]);
    let late = climbed(|r| {
        prove(r).step_lag_us[2][1][0] = 9_000_000;
        prove(r).profile = None;
    });
    assert_eq!(broke(late), ["200 %", "not known", "not known"]);
    let nothing = climbed(|r| prove(r).lag_us[1][0] = 9_000_000);
    assert_eq!(broke(nothing)[..2], ["not known", "not known"]);
    let first = climbed(|r| sample::fail(r, 0, 360..400, Failure::Timeout));
    assert_eq!(broke(first)[..2], ["no step", "150 %"]);
}

#[test]
fn as_data_each_step_has_what_became_of_it() {
    let value = json(climbed(broke_at_200));
    let capacity = &value["capacity"];
    assert_eq!(capacity["mustHoldPercent"], 200);
    assert_eq!(capacity["steps"][1], json!({"phase": "capacity-200", "percent": 200, "state": "Broke"}));
    assert_eq!((&capacity["steps"][0]["state"], &capacity["steps"][2]["state"]), (&json!("Held"), &json!("Untold")));
    assert_eq!(capacity["profile"]["nodes"][0]["cpuMilli"], 2_000);
    assert_eq!(value["phases"].as_array().unwrap().last().unwrap()["role"], "Capacity");
}

#[test]
fn for_pipelines_the_steps_that_must_hold_are_cases_and_none_passes_unjudged() {
    let cases = |result: TestResult| {
        let page = junit(result);
        let document = parse(&page);
        let suite = named(&document, "testsuite").find(|suite| suite.attribute("name") == Some("capacity")).unwrap();
        let ended = |case: roxmltree::Node<'_, '_>| {
            let child = case.children().find(roxmltree::Node::is_element);
            child.map_or_else(String::new, |child| child.tag_name().name().to_owned())
        };
        suite.children().filter(|node| node.has_tag_name("testcase")).map(ended).collect::<Vec<_>>()
    };
    assert_eq!(cases(sample::climbed()), ["", ""]);
    assert_eq!(cases(climbed(broke_at_200)), ["", "failure"]);
    assert_eq!(cases(climbed(|r| sample::fail(r, 0, 360..400, Failure::Timeout))), ["failure", "skipped"]);
    let late = climbed(|r| prove(r).step_lag_us[0][1][0] = 9_000_000);
    assert_eq!(cases(late), ["error", ""]);
    let void = climbed(|r| prove(r).lag_us[1][0] = 9_000_000);
    assert_eq!(cases(void), ["skipped", "skipped"]);
}
