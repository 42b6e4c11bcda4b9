//! The page: what stands on it and in which order is in `templates/report.html`; here is gathered
//! what it shows.

use askama::Template;
use factory_crds::Outcome;
use jiff::{Timestamp, tz::Offset};

use crate::plan::LoadPlan;

use super::{
    Contradiction, Language, NotWritten, Report, Signature, answered, budget, capacity, confirmed, findings, history,
    numbers,
    phases::{self, Span},
    plot::{self, Plot},
    requests::{self, Requests},
    soak,
    struck::{self, Struck},
    text::{message, plain, word},
    twin,
    words::Words,
};

/// Bishkek, all year: as the register's pages show moments.
const BISHKEK: Offset = Offset::constant(6);

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    words: &'a Words,
    language: Language,
    heading: String,
    outcome: &'static str,
    outcome_means: &'static str,
    outcome_class: &'static str,
    signature_holds: bool,
    differs: Option<[&'static str; 2]>,
    contradiction: Option<String>,
    findings: Vec<Finding>,
    facts: Vec<Fact>,
    plot: Option<Plot>,
    rows: Vec<Row>,
    phases: Vec<PhaseRow>,
    faults: Vec<Struck>,
    groups: Vec<budget::Group>,
    capacity: Option<capacity::Section>,
    soak: Option<soak::Section>,
    confirmed: Option<confirmed::Section>,
    history: Option<history::Section>,
    digests: Vec<Fact>,
    service: String,
    participant: String,
}

/// A finding.
struct Finding {
    outcome: &'static str,
    class: &'static str,
    code: String,
    message: String,
}

/// A name with its value.
struct Fact {
    name: &'static str,
    value: String,
}

/// A step of the run.
struct Row {
    from: String,
    phase: String,
    requests: u64,
    failed: u64,
    percentiles: [String; 3],
}

/// A phase of the plan.
struct PhaseRow {
    from: String,
    name: String,
    /// Number and name of a fault, or what kind of phase it is.
    what: String,
    /// Of its fault; 0 if it is none.
    fault: usize,
    requests: u64,
    failed: String,
}

pub fn write(report: &Report<'_>, language: Language) -> Result<String, NotWritten> {
    let words = language.words();
    let result = report.result;
    let spans = phases::spans(result);
    let seconds = requests::by_second(result.evidence.prove.as_ref());
    let plot = plot::of(result, &spans, &seconds, words);
    let step = plot.as_ref().map_or(1, |plot| plot.step);
    let steps = requests::in_steps(&seconds, step);
    let differs = match report.contradiction {
        Some(Contradiction::Verdict { stated, computed }) => {
            Some([stated, computed].map(|one| words.terms.outcome(one)))
        }
        _ => None,
    };
    let operations = answered::Operations::of(result);
    let slots = result.evidence.prove.as_ref().map_or(&[][..], |prove| &prove.slots);
    let struck = |span| struck::of(span, &report.verdict, slots, words, answered::section(&operations, span, language));
    let page = Page {
        words,
        language,
        heading: plain(language.pick(&result.record.titles)),
        outcome: words.terms.outcome(report.verdict.outcome),
        outcome_means: words.outcome_means(report.verdict.outcome),
        outcome_class: class(report.verdict.outcome),
        signature_holds: report.signature == Signature::Holds,
        differs,
        contradiction: match &report.contradiction {
            Some(Contradiction::Other(what)) => Some(message(what)),
            _ => None,
        },
        findings: findings(report, words),
        facts: facts(report, words),
        rows: steps.iter().map(|(second, requests)| row(*second, requests, &spans)).collect(),
        phases: spans.iter().map(|span| phase(span, &requests::between(&seconds, span.from, span.to), words)).collect(),
        plot,
        faults: spans.iter().filter_map(struck).collect(),
        groups: budget::groups(&report.verdict, &spans, words),
        capacity: capacity::section(report, &spans, language),
        soak: soak::section(report, &spans, language),
        confirmed: confirmed::section(report, language),
        history: history::section(result, &report.verdict, language),
        digests: digests(report, words),
        service: command_name(&result.subject.service, "SERVICE"),
        participant: command_name(&result.subject.participant, "PARTICIPANT"),
    };
    Ok(page.render()?)
}

const fn class(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Inconclusive => "inconclusive",
        Outcome::Failed => "failed",
    }
}

/// `name` if a reader may copy it into a shell, else a word that says what belongs there.
fn command_name(name: &str, instead: &str) -> String {
    word(name).unwrap_or(instead).to_owned()
}

fn findings(report: &Report<'_>, words: &Words) -> Vec<Finding> {
    let shown = |read: findings::Read<'_>| Finding {
        outcome: words.terms.outcome(read.outcome),
        class: class(read.outcome),
        code: plain(&read.finding.code),
        message: message(&read.finding.message),
    };
    findings::read(report.result, &report.verdict).into_iter().map(shown).collect()
}

/// The rate, and between which shares of it the load changes, if it does; how many users wait, if they do.
fn load(plan: &LoadPlan, words: &Words) -> String {
    let rate = format!("{} {}", plan.requests_per_minute, words.per_minute);
    if let Some(closed) = &plan.closed {
        return format!("{rate} ({} {})", closed.users, words.waiting_users);
    }
    let shares = plan.arrivals.iter().flat_map(|arrivals| &arrivals.stretches);
    let shares: Vec<u32> = shares.flat_map(|stretch| [stretch.from_ppm, stretch.to_ppm]).collect();
    match (shares.iter().min(), shares.iter().max()) {
        (Some(least), Some(most)) if least < most => format!("{rate} ({}–{} %)", least / 10_000, most / 10_000),
        _ => rate,
    }
}

fn facts(report: &Report<'_>, words: &Words) -> Vec<Fact> {
    let result = report.result;
    let subject = &result.subject;
    let fact = |name, value| Fact { name, value };
    let load = load(&result.plan.prove.load, words);
    let mut facts = vec![
        fact(words.terms.service, format!("{}/{}", plain(&subject.participant), plain(&subject.service))),
        fact(words.terms.release, plain(&subject.release)),
        fact(words.terms.source, plain(&subject.source)),
        fact(words.terms.commit, plain(&subject.commit)),
        fact(words.bundle, bundle(report)),
        fact(
            words.terms.standard,
            format!("{}, {} {}", plain(&result.standard.name), words.version, plain(&result.standard.version)),
        ),
        fact(words.terms.attempt, result.announcement.attempt.to_string()),
        fact(words.load, load),
    ];
    let began = result.evidence.prove.as_ref().and_then(|prove| moment(prove.started_unix_ms));
    facts.extend(began.map(|began| fact(words.began, began)));
    facts.extend(twin::told(result, words).map(|told| fact(words.twin, told)));
    facts
}

fn digests(report: &Report<'_>, words: &Words) -> Vec<Fact> {
    let result = report.result;
    let fact = |name, value: &str| Fact { name, value: plain(value) };
    vec![
        fact(words.dossier, report.digest),
        fact(words.bundle, &bundle(report)),
        fact(words.terms.commit, &result.subject.commit),
        fact(words.spec_hash, &result.subject.spec_hash),
        fact(words.announcement, &result.announcement.id),
        fact(words.nonce, &result.announcement.nonce),
    ]
}

fn bundle(report: &Report<'_>) -> String {
    report.result.bundle.digest().unwrap_or_default()
}

/// `2026-01-03 03:04:05 (UTC+6)`; `None` of what is no moment.
fn moment(unix_ms: u64) -> Option<String> {
    let moment = Timestamp::from_millisecond(i64::try_from(unix_ms).ok()?).ok()?;
    Some(BISHKEK.to_datetime(moment).strftime("%Y-%m-%d %H:%M:%S (UTC+6)").to_string())
}

fn row(second: u64, requests: &Requests, spans: &[Span<'_>]) -> Row {
    let phase = phases::at(spans, second).and_then(|index| spans.get(index));
    let shown = |percent| requests.percentile(percent).map_or_else(|| "–".to_owned(), |us| numbers::decimal(us, 3));
    Row {
        from: plot::clock(second),
        phase: phase.map_or_else(|| "–".to_owned(), |span| plain(&span.phase.name)),
        requests: numbers::exact(requests.total()),
        failed: numbers::exact(requests.failures()),
        percentiles: [50, 95, 99].map(shown),
    }
}

fn phase(span: &Span<'_>, requests: &Requests, words: &Words) -> PhaseRow {
    let what = match &span.fault {
        Some(fault) => format!("{}. {}", fault.number, words.fault(fault.kind)),
        None if span.is_steady() => words.steady.to_owned(),
        None if span.is_soak() => words.soak.to_owned(),
        None => span.percent().map_or_else(|| words.warm_up.to_owned(), |percent| format!("{percent} %")),
    };
    let failures = numbers::exact(requests.failures());
    let failed =
        requests.failed_ppm().map_or_else(String::new, |ppm| format!("{failures} ({})", numbers::percent(ppm)));
    PhaseRow {
        from: plot::clock(span.from),
        name: plain(&span.phase.name),
        what,
        fault: span.fault.as_ref().map_or(0, |fault| fault.number),
        requests: numbers::exact(requests.total()),
        failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_bishkek() {
        assert_eq!(moment(0).unwrap(), "1970-01-01 06:00:00 (UTC+6)");
        assert_eq!(moment(u64::MAX), None);
    }
}
