//! The soak in the report: as pictures, as a table with where each pod leads, and as data.

use factory_assurance::{dossier::TestResult, report::Language, sample};
use serde_json::json;

use super::{html, json, junit, named, parse, prove, rows, text};

const MIB: u64 = 1 << 20;

/// The last pod leaks a quarter of a MiB a second.
fn leaks(result: &mut TestResult) {
    let pod = prove(result).soak.as_mut().unwrap().last_mut().unwrap();
    for (look, sample) in (0_u64..).zip(&mut pod.runs[0].samples) {
        sample[1] = 40 * MIB + look * MIB / 4;
    }
}

fn soaked(change: impl FnOnce(&mut TestResult)) -> TestResult {
    let mut result = sample::soaked();
    change(&mut result);
    sample::judged(result)
}

#[test]
fn the_page_says_where_each_pod_leads_and_draws_memory_descriptors_and_latency() {
    let page = html(soaked(leaks), Language::En);
    let document = parse(&page);
    let table = rows(&document, "soaked");
    let shown: Vec<_> = table.iter().map(|row| [row[1].as_str(), &row[2], &row[3], &row[4], &row[5]]).collect();
    assert_eq!(shown[3], ["web-soak-1", "60", "0", "40.5 MiB → 54 MiB", "1854 MiB (≤ 115.2 MiB)"]);
    assert_eq!(shown[0][..3], ["registry-soak-0", "60", "0"]);
    assert_eq!(shown[0][4], "does not grow (≤ 115.2 MiB)");
    let pictures: Vec<_> = named(&document, "svg").filter(|svg| svg.attribute("class") == Some("soak")).collect();
    let lines = pictures.iter().map(|svg| svg.descendants().filter(|node| node.has_tag_name("g")).count());
    assert_eq!(lines.collect::<Vec<_>>(), [4, 4, 1]);
    assert!(rows(&document, "budget").iter().any(|row| row[0].starts_with("Memory, where it leads")));
}

#[test]
fn a_container_that_was_started_again_is_a_line_of_its_own() {
    let page = html(
        soaked(|r| {
            let pod = prove(r).soak.as_mut().unwrap().last_mut().unwrap();
            let samples = pod.runs[0].samples.split_off(30);
            let mut again = pod.runs[0].clone();
            again.samples = samples;
            pod.runs.push(again);
        }),
        Language::En,
    );
    let document = parse(&page);
    let last = rows(&document, "soaked").pop().unwrap();
    assert_eq!(last[2..6], ["60", "1", "not known", "not known"]);
    let memory = named(&document, "svg").find(|svg| svg.attribute("class") == Some("soak")).unwrap();
    assert_eq!(memory.descendants().filter(|node| node.has_tag_name("g")).count(), 5);
}

#[test]
fn every_language_has_its_words_and_a_run_without_a_soak_has_no_section() {
    for (language, heading) in
        [(Language::En, "Soak"), (Language::Ru, "Длительная нагрузка"), (Language::Ky, "Узак жүктөм")]
    {
        let page = html(sample::soaked(), language);
        assert!(named(&parse(&page), "h2").any(|title| text(title) == heading));
        let without = html(sample::watched(), language);
        assert!(named(&parse(&without), "h2").all(|title| text(title) != heading));
        let unseen = html(soaked(|r| prove(r).soak = None), language);
        assert!(named(&parse(&unseen), "h2").any(|title| text(title) == heading));
    }
}

#[test]
fn as_data_each_pod_has_its_trends() {
    let value = json(soaked(leaks));
    let soak = &value["soak"];
    assert_eq!((&soak["everySeconds"], &soak["horizonSeconds"]), (&json!(1), &json!(7_200)));
    let memory = &soak["pods"][3]["memoryBytes"];
    assert_eq!((&memory["grows"], &memory["ahead"]), (&json!(true), &json!(1_854 * MIB)));
    assert_eq!(soak["pods"][0]["descriptors"]["grows"], false);
    assert_eq!(soak["latencyUs"]["limit"], 400_000);
    assert_eq!(value["phases"][2]["role"], "Soak");
    assert!(json(sample::watched()).get("soak").is_none());
}

#[test]
fn for_pipelines_a_soak_is_a_case_that_fails_for_what_grows() {
    let case = |result: TestResult| {
        let page = junit(result);
        let document = parse(&page);
        let suite = named(&document, "testsuite").find(|suite| suite.attribute("name") == Some("soak")).unwrap();
        let case = suite.children().find(|node| node.has_tag_name("testcase")).unwrap();
        let ended = case.children().find(roxmltree::Node::is_element);
        ended.map_or_else(String::new, |ended| ended.tag_name().name().to_owned())
    };
    assert_eq!(case(sample::soaked()), "");
    assert_eq!(case(soaked(leaks)), "failure");
    assert_eq!(case(soaked(|r| prove(r).soak = None)), "error");
    assert_eq!(case(soaked(|r| prove(r).lag_us[1][0] = 9_000_000)), "skipped");
}
