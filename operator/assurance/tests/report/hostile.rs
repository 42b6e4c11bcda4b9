//! Hostile text in every place of a dossier that takes text: none becomes markup, none turns the
//! page around, and none gets into a command that a reader copies.

use std::collections::BTreeSet;

use factory_assurance::{
    dossier::TestResult,
    report::{Language, comparison},
    sample,
};
use roxmltree::Document;
use serde_json::Value;

use super::{html, junit, named, parse, text};

const HOSTILE: &str = "\"'></title></style><script>alert(1)</script><svg onload=x>]]>&amp;&#0;{{ x }}{% x %}`$(id);\u{202e}\u{2066}\u{200f}\u{0}\u{7}\u{1b}[2J\u{85}\u{2028}\u{ffff}\r\n";

/// The sample with [`HOSTILE`] in every text that may be another one, map keys too.
fn poisoned() -> TestResult {
    let mut document = serde_json::to_value(super::struck::delayed()).unwrap();
    let mut places = Vec::new();
    texts(&document, &mut Vec::new(), &mut places);
    for place in &places {
        let before = document.pointer(place).cloned().unwrap();
        *document.pointer_mut(place).unwrap() = Value::from(HOSTILE);
        // Rules that nobody knows would leave nothing to show; words of an enumeration are no texts.
        if place == "/rules" || serde_json::from_value::<TestResult>(document.clone()).is_err() {
            *document.pointer_mut(place).unwrap() = before;
        }
    }
    let images = document["bundle"]["images"].as_object_mut().unwrap();
    let image = images.values().next().cloned().unwrap();
    images.insert(HOSTILE.to_owned(), image);
    let result: TestResult = serde_json::from_value(document).unwrap();
    assert_eq!(result.subject.service, HOSTILE);
    sample::judged(result)
}

fn texts(value: &Value, path: &mut Vec<String>, places: &mut Vec<String>) {
    match value {
        Value::String(_) => places.push(format!("/{}", path.join("/"))),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(index.to_string());
                texts(item, path, places);
                path.pop();
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                path.push(name.replace('~', "~0").replace('/', "~1"));
                texts(field, path, places);
                path.pop();
            }
        }
        _ => {}
    }
}

fn shapes<'a>(document: &'a Document<'_>) -> BTreeSet<(&'a str, Vec<&'a str>)> {
    let elements = document.descendants().filter(roxmltree::Node::is_element);
    elements
        .map(|node| (node.tag_name().name(), node.attributes().map(|attribute| attribute.name()).collect()))
        .collect()
}

fn steers(letter: char) -> bool {
    (letter.is_control() && letter != '\n')
        || matches!(letter, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{ffff}')
}

#[test]
fn no_text_of_a_dossier_becomes_markup_of_the_page() {
    let poisoned = poisoned();
    assert!(!poisoned.verdict.figures.is_empty(), "the rules are known, so that there is something to show");
    for language in Language::ALL {
        let page = html(poisoned.clone(), language);
        let sane = html(super::struck::delayed(), language);
        for mark in ["<script", "onload=x>", "</style><", "]]>", "{{ x }}"] {
            assert!(mark == "{{ x }}" || !page.contains(mark), "{mark}");
        }
        let document = parse(&page);
        let sane = parse(&sane);
        // A list of findings may be there in one and not in the other; nothing else may.
        let known = ["ul", "li", "code", "bdi", "span", "strong", "p"];
        let unknown: Vec<_> = shapes(&document)
            .difference(&shapes(&sane))
            .filter(|(name, _)| !known.contains(name))
            .map(|(name, attributes)| ((*name).to_owned(), attributes.len()))
            .collect();
        assert_eq!(unknown, [], "shapes that the sane page does not have");
        assert_eq!(named(&document, "style").count(), 1);
        let steering = page.chars().find(|letter| steers(*letter));
        assert_eq!(steering, None, "it steers");
        for node in document.descendants() {
            for attribute in node.attributes() {
                assert!(!attribute.value().contains("alert(1)"), "{attribute:?}");
                assert!(!attribute.name().starts_with("on"), "{attribute:?}");
                assert!(attribute.name() != "href" || attribute.value().starts_with("#fault-"), "{attribute:?}");
            }
        }
    }
}

#[test]
fn hostile_text_is_shown_as_text_and_kept_out_of_commands() {
    let page = html(poisoned(), Language::En);
    let document = parse(&page);
    assert!(text(named(&document, "h1").next().unwrap()).contains("<script>alert(1)</script>"));
    for command in named(&document, "pre") {
        let shown = text(command);
        assert!(shown.contains("SERVICE -n PARTICIPANT") && !shown.contains("$("), "{shown}");
    }
}

#[test]
fn no_text_of_a_dossier_becomes_markup_of_the_junit_document() {
    let page = junit(poisoned());
    let document = parse(&page);
    assert!(page.chars().all(|letter| !steers(letter)));
    let names: BTreeSet<_> = document
        .descendants()
        .filter(roxmltree::Node::is_element)
        .map(|node| node.tag_name().name().to_owned())
        .collect();
    let known = ["error", "failure", "properties", "property", "skipped", "testcase", "testsuite", "testsuites"];
    assert!(names.iter().all(|name| known.contains(&name.as_str())), "{names:?}");
    let case = named(&document, "testcase").last().unwrap();
    assert!(case.attribute("name").unwrap().contains("<script>alert(1)</script>"));
}

#[test]
fn rules_that_nobody_knows_give_a_report_that_says_so() {
    let mut result = sample::passing();
    result.rules = HOSTILE.to_owned();
    let page = html(sample::judged(result.clone()), Language::En);
    let shown = text(parse(&page).root_element());
    assert!(shown.contains("Inconclusive.") && shown.contains("UnknownRules"));
    assert!(shown.contains("The dossier contradicts itself:"), "{shown}");
    let page = junit(sample::judged(result));
    let document = parse(&page);
    let passed = named(&document, "testcase")
        .filter(|case| !case.has_children() || case.children().all(|child| child.is_text()));
    assert_eq!(passed.count(), 1, "only that its signature holds");
}

#[test]
fn cautions_of_a_comparison_are_harmless() {
    let (poisoned, sane) = (poisoned(), sample::passing());
    let run = |result| comparison::Run { result, digest: super::DIGEST };
    let comparison = comparison::compare(run(&poisoned), run(&sane));
    assert!(comparison.cautions.iter().all(|caution| caution.chars().all(|letter| !steers(letter))));
    assert!(comparison.cautions.iter().any(|caution| caution.starts_with("these are two services: ")));
}
