//! The comparison with the last confirmed release for the reader: what its blocks say, and each of them in a table. Where
//! there was nothing to compare with, the report says so.

mod data;
mod words;

pub use data::{BlockReport, ConfirmedReport, data};
pub use words::Words;

use crate::{
    dossier::TestResult,
    plan::{
        Absence, ComparisonPlan, Reference,
        comparison::{Side, Turn},
    },
    verdict::comparison::{Block, Change, Compared, EQUAL, Said},
};

use super::{
    Language, Report, numbers,
    text::{message, plain},
};

/// The section of a page.
pub struct Section {
    /// Its words.
    pub words: &'static Words,
    /// Name and value: which release, what was found, and against which limit.
    pub facts: Vec<(&'static str, String)>,
    /// The blocks as a table.
    pub rows: Vec<Row>,
}

/// A block.
pub struct Row {
    /// From 1.
    pub number: usize,
    /// Whose turn it was: `ABBA` where the candidate came first, else `BAAB`.
    pub order: &'static str,
    /// The candidate's 95th percentile of latency, and the other's.
    pub within: [String; 2],
    /// How much longer or shorter the first is.
    pub change: String,
    /// Why it says nothing, in English; empty where it says something.
    pub void: String,
}

/// The section in `language`; nothing where the plan of `report` says nothing of a comparison.
pub fn section(report: &Report<'_>, language: Language) -> Option<Section> {
    let (result, words) = (report.result, words::of(language));
    let reference = match result.plan.prove.comparison.as_ref()? {
        ComparisonPlan::Reference(reference) => reference,
        ComparisonPlan::Nothing { why } => {
            let why = match why {
                Absence::NoneConfirmed => words.none_confirmed,
                Absence::NothingInCommon => words.nothing_in_common,
            };
            return Some(Section { words, facts: vec![(words.beside, why.to_owned())], rows: Vec::new() });
        }
    };
    let compared = report.compared.as_ref();
    let change = compared.and_then(|compared| compared.change);
    let mut facts = vec![
        (words.beside, plain(&reference.release)),
        (words.bundle, plain(&reference.bundle)),
        (words.found, change.map_or(words.not_known, |change| said(&change, words)).to_owned()),
    ];
    facts.extend(change.map(|change| (words.change, told(&change))));
    let limit = result.standard.comparison.as_ref().and_then(|asked| asked.max_p95_slower_ppm);
    let limit = limit.map_or_else(|| words.no_limit.to_owned(), |ppm| format!("+{}", numbers::percent(ppm.into())));
    facts.push((words.limit, limit));
    Some(Section { words, facts, rows: rows(result, reference, compared) })
}

const fn said(change: &Change, words: &Words) -> &'static str {
    match change.said() {
        Said::Faster => words.faster,
        Said::Slower => words.slower,
        Said::Alike => words.alike,
    }
}

/// `+1.2 % (−0.5 % … +3 %)`.
fn told(change: &Change) -> String {
    format!("{} ({} … {})", signed(change.middle), signed(change.least), signed(change.most))
}

/// Parts per million of the other's time as a change in percent.
fn signed(ppm: u64) -> String {
    if ppm < EQUAL {
        format!("−{}", numbers::percent(EQUAL - ppm))
    } else {
        format!("+{}", numbers::percent(ppm - EQUAL))
    }
}

fn rows(result: &TestResult, reference: &Reference, compared: Option<&Compared>) -> Vec<Row> {
    let turns = reference.blocks(&result.announcement.nonce);
    let blocks = compared.iter().flat_map(|compared| &compared.blocks);
    let row = |(index, (turns, block)): (usize, (&[Turn; 4], &Block))| {
        let [first, ..] = turns;
        let order = if first.side == Side::Candidate { "ABBA" } else { "BAAB" };
        let nothing = || "–".to_owned();
        let (within, change, void) = match block {
            Ok(one) => {
                let within = [one.candidate_us, one.reference_us].map(numbers::milliseconds);
                (within, signed(one.ratio()), String::new())
            }
            Err(why) => ([nothing(), nothing()], nothing(), message(why)),
        };
        Row { number: index + 1, order, within, change, void }
    };
    turns.iter().zip(blocks).enumerate().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_have_a_sign() {
        for (ppm, want) in [(1_000_000, "+0 %"), (1_250_000, "+25 %"), (912_500, "−8.75 %")] {
            assert_eq!(signed(ppm), want);
        }
    }
}
