//! Every figure of the verdict beside its limit, and how much of the limit it used up.

use factory_crds::resilience_standard::FaultKind;

use crate::verdict::{Figure, Verdict};

use super::{dose, noticed, numbers, phases::Span, text::plain, words::Words};

/// The downtime of a year: of one fault, a part of what is declared for all of them together.
const DOWNTIME: &str = "modelledDowntimeMs";
/// Longest bar: half as much again as the limit.
const LONGEST: u128 = 150;

/// Figures of one phase.
pub struct Group {
    /// Its name; of a fault with its number.
    pub title: String,
    /// Its figures.
    pub rows: Vec<Row>,
}

/// A figure.
pub struct Row {
    /// What it is.
    pub name: String,
    /// The value with its unit.
    pub value: String,
    /// The limit with its unit; empty where there is none.
    pub limit: String,
    /// How much of the limit is used; of a limit that must not be exceeded.
    pub used: Option<Used>,
    /// The share of bad requests that such a run would have noticed; empty where that is no question.
    pub noticed: String,
}

/// A share of a limit.
#[derive(Debug, PartialEq, Eq)]
pub struct Used {
    /// In words, rounded up.
    pub percent: String,
    /// Length of its bar, of [`LONGEST`].
    pub bar: u64,
    /// Whether it is beyond the limit.
    pub over: bool,
}

/// All figures, the whole run's first.
pub fn groups(verdict: &Verdict, spans: &[Span<'_>], words: &Words) -> Vec<Group> {
    let year = verdict.figures.iter().find(|figure| figure.phase.is_empty() && figure.name == DOWNTIME);
    let year = year.and_then(|figure| figure.limit);
    let mut groups: Vec<(&str, Group)> = Vec::new();
    for figure in verdict.figures.iter().filter(|figure| !is_without_strength(figure)) {
        let noticed = noticed::of(verdict, figure)
            .map_or_else(String::new, |ppm| format!("≥ {}", numbers::percent(ppm.div_ceil(100) * 100)));
        let row = Row { noticed, ..row(figure, kind(&figure.phase, spans), year, words) };
        match groups.last_mut().filter(|(phase, _)| *phase == figure.phase) {
            Some((_, group)) => group.rows.push(row),
            None => groups.push((&figure.phase, Group { title: title(&figure.phase, spans, words), rows: vec![row] })),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

fn title(phase: &str, spans: &[Span<'_>], words: &Words) -> String {
    if phase.is_empty() {
        return words.whole_run.to_owned();
    }
    let fault = spans.iter().find(|span| span.phase.name == phase).and_then(|span| span.fault.as_ref());
    fault.map_or_else(|| plain(phase), |fault| format!("{}. {}", fault.number, plain(phase)))
}

/// The kind of the fault of the phase with this name.
fn kind(phase: &str, spans: &[Span<'_>]) -> Option<FaultKind> {
    spans.iter().find(|span| span.phase.name == phase)?.fault.as_ref().map(|fault| fault.kind)
}

/// Whether it is the dose of a fault that has no strength: such a fault is felt or not, and there is
/// nothing to measure.
pub fn is_without_strength(figure: &Figure) -> bool {
    figure.name == "doseP50" && figure.value.is_none() && figure.limit.is_none()
}

fn row(figure: &Figure, kind: Option<FaultKind>, year: Option<u64>, words: &Words) -> Row {
    let limit_of_all = figure.limit.or(year.filter(|_| figure.name == DOWNTIME));
    let used = figure.value.zip(limit_of_all).filter(|_| sign(&figure.name) == "≤");
    Row {
        name: name(&figure.name, words),
        value: value(figure, kind, words),
        limit: limit(figure, kind).unwrap_or_default(),
        used: used.map(|(value, limit)| self::used(value, limit)),
        noticed: String::new(),
    }
}

/// What stands before a limit: of these the first must be reached, of a dose it is what was asked for,
/// of a twin it must be exceeded, and all others must not be.
fn sign(name: &str) -> &'static str {
    match name {
        "requests" | "podsGone" | "podsFelt" | "heldPercent" | "comparedBlocks" => "≥",
        "doseP50" => "=",
        "twinP95Us" => ">",
        _ => "≤",
    }
}

/// The value of `figure` with its unit.
pub fn value(figure: &Figure, kind: Option<FaultKind>, words: &Words) -> String {
    figure.value.map_or_else(|| words.terms.not_measured.to_owned(), |value| show(&figure.name, kind, value))
}

/// The limit of `figure` with its unit and its sign.
pub fn limit(figure: &Figure, kind: Option<FaultKind>) -> Option<String> {
    figure.limit.map(|limit| format!("{} {}", sign(&figure.name), show(&figure.name, kind, limit)))
}

/// What the figure `name` is called; one of later rules has its own name.
pub fn name(name: &str, words: &Words) -> String {
    let known = words.figures.iter().find(|(known, _)| *known == name);
    known.map_or_else(|| plain(name), |(_, word)| (*word).to_owned())
}

/// `value` in the unit that a figure's name says; of a dose, in that of the fault's kind.
fn show(name: &str, kind: Option<FaultKind>, value: u64) -> String {
    match (name, kind) {
        ("doseP50", Some(kind)) => dose::strength(kind, value),
        _ if name.ends_with("DowntimeMs") => numbers::span(value),
        _ if name.ends_with("Percent") => format!("{value} %"),
        _ if name.ends_with("Ppm") => numbers::percent(value),
        _ if name.ends_with("Us") => numbers::milliseconds(value),
        _ if name.ends_with("Ms") => numbers::seconds(value),
        _ => numbers::count(value),
    }
}

fn used(value: u64, limit: u64) -> Used {
    let (value, limit) = (u128::from(value), u128::from(limit));
    // Of a limit of nothing, nothing is all of it that may be used.
    let percent =
        if value == 0 { Some(0) } else { (value * 100).checked_div(limit).map(|_| (value * 100).div_ceil(limit)) };
    let percent = percent.filter(|percent| *percent < 1_000);
    Used {
        percent: percent.map_or_else(|| "> 999 %".to_owned(), |percent| format!("{percent} %")),
        bar: numbers::exact(percent.unwrap_or(LONGEST).min(LONGEST)),
        over: value > limit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Language;

    #[test]
    fn a_figure_beyond_its_limit_never_reads_as_within_it() {
        for (value, limit, percent, bar, over) in [
            (0, 0, "0 %", 0, false),
            (1, 0, "> 999 %", 150, true),
            (500, 1_000, "50 %", 50, false),
            (1_000, 1_000, "100 %", 100, false),
            (1_001, 1_000, "101 %", 101, true),
            (1, 1_000_000, "1 %", 1, false),
            (u64::MAX, 1, "> 999 %", 150, true),
        ] {
            assert_eq!(used(value, limit), Used { percent: percent.to_owned(), bar, over }, "{value} of {limit}");
        }
    }

    #[test]
    fn what_must_be_reached_has_no_bar() {
        let figure =
            |name: &str| Figure { phase: String::new(), name: name.to_owned(), value: Some(9), limit: Some(8) };
        let row = |name| row(&figure(name), Some(FaultKind::Bandwidth), None, Language::En.words());
        assert_eq!((row("requests").limit.as_str(), row("requests").used), ("≥ 8", None));
        assert!(row("p95Us").used.is_some());
        assert_eq!((row("podsFelt").limit.as_str(), row("podsFelt").used), ("≥ 8", None));
        assert_eq!((row("doseP50").limit.as_str(), row("doseP50").used), ("= 8 kB/s", None));
        assert_eq!((row("twinP95Us").limit.as_str(), row("twinP95Us").used), ("> 0.008 ms", None));
        assert_eq!(row("twinPercent").value, "9 %");
        assert_eq!(row("modelledDowntimeMs").value, "1 s");
        assert_eq!(row("newDelayUs").name, "newDelayUs", "a figure of later rules is shown all the same");
    }

    #[test]
    fn the_downtime_of_one_fault_is_a_part_of_what_all_may_take() {
        let figure = |phase: &str, name: &str, value, limit| Figure {
            phase: phase.to_owned(),
            name: name.to_owned(),
            value,
            limit,
        };
        let figures = vec![
            figure("", DOWNTIME, Some(2_000), Some(8_000)),
            figure("freeze-web", DOWNTIME, Some(1_000), None),
            figure("freeze-web", "doseP50", None, None),
            figure("freeze-web", "lostMs", Some(1_000), None),
        ];
        let verdict = Verdict { outcome: factory_crds::Outcome::Passed, findings: Vec::new(), figures };
        let groups = groups(&verdict, &[], Language::En.words());
        let shown = |group: usize, row: usize| {
            let row = &groups[group].rows[row];
            (row.limit.as_str(), row.used.as_ref().map(|used| used.percent.as_str()))
        };
        assert_eq!((shown(0, 0), shown(1, 0)), (("≤ 8 s", Some("25 %")), ("", Some("13 %"))));
        assert_eq!((groups[1].rows.len(), shown(1, 1)), (2, ("", None)), "a fault without a strength has no dose");
    }
}
