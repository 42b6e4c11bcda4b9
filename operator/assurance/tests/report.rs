//! The report of a run, read as its readers do: the page and the JUnit document by a strict parser,
//! the numbers against those of the evidence, hostile text in every place that takes text.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that cannot go on may stop
#![allow(clippy::assigning_clones)] // tables read better with `=`

#[path = "report/absent.rs"]
mod absent;
#[path = "report/answered.rs"]
mod answered;
#[path = "report/capacity.rs"]
mod capacity;
#[path = "report/comparison.rs"]
mod comparison;
#[path = "report/confirmed.rs"]
mod confirmed;
#[path = "report/data.rs"]
mod data;
#[path = "report/history.rs"]
mod history;
#[path = "report/hostile.rs"]
mod hostile;
#[path = "report/junit.rs"]
mod junit;
#[path = "report/page.rs"]
mod page;
#[path = "report/soak.rs"]
mod soak;
#[path = "report/struck.rs"]
mod struck;
#[path = "report/tries.rs"]
mod tries;
#[path = "report/twin.rs"]
mod twin;

use factory_assurance::{
    dossier::TestResult,
    evidence::ProveEvidence,
    report::{Language, Report, Signature},
};
use roxmltree::{Document, Node, ParsingOptions};

const DIGEST: &str = "sha256:d05510d05510d05510d05510d05510d05510d05510d05510d05510d05510d055";

/// Hands a report of `result` to `look`.
fn report<T>(result: TestResult, signature: Signature, look: impl FnOnce(&Report<'_>) -> T) -> T {
    let dossier = result.into_statement().unwrap();
    look(&Report::of(&dossier, DIGEST, signature))
}

fn html(result: TestResult, language: Language) -> String {
    report(result, Signature::Holds, |report| report.html(language).unwrap())
}

fn junit(result: TestResult) -> String {
    report(result, Signature::Holds, |report| report.junit().unwrap())
}

fn json(result: TestResult) -> serde_json::Value {
    report(result, Signature::Holds, |report| serde_json::to_value(report.json()).unwrap())
}

/// Parses as XML, which is stricter than HTML: every tag closed, every attribute quoted.
fn parse(text: &str) -> Document<'_> {
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// All text below `node`, white space as one space.
fn text(node: Node<'_, '_>) -> String {
    let pieces: String = node.descendants().filter(Node::is_text).filter_map(|node| node.text()).collect();
    pieces.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn named<'a, 'i>(document: &'a Document<'i>, name: &'static str) -> impl Iterator<Item = Node<'a, 'i>> {
    document.descendants().filter(move |node| node.has_tag_name(name))
}

/// Cells of the table whose caption has this id, row by row, without the head.
fn rows(document: &Document<'_>, caption: &str) -> Vec<Vec<String>> {
    let table = named(document, "table")
        .find(|table| table.descendants().any(|node| node.attribute("id") == Some(caption)))
        .unwrap_or_else(|| panic!("no table {caption}"));
    let body = table
        .descendants()
        .filter(|node| node.has_tag_name("tr") && node.ancestors().any(|up| up.has_tag_name("tbody")));
    body.map(|row| row.children().filter(Node::is_element).map(text).collect()).collect()
}

fn prove(result: &mut TestResult) -> &mut ProveEvidence {
    result.evidence.prove.as_mut().unwrap()
}
