//! JUnit XML, for pipelines. A test case passes only if it was judged: what the evidence did not
//! reach is skipped, with the finding that left it so. One element a case, because many readers look
//! at the first alone: the worst finding's code is its type, and all of them stand in its text.

use askama::Template;
use factory_crds::Outcome;

use crate::{
    dossier::TestResult,
    plan::{Absence, ComparisonPlan},
    verdict::capacity::{State, Step},
};

use super::{
    Contradiction, NotWritten, Report, Signature, capacity,
    findings::{self, Place, Read},
    phases::{self, Span},
    text::{message, plain},
};

#[derive(Template)]
#[template(path = "junit.xml")]
struct Document {
    name: String,
    tests: usize,
    failures: usize,
    errors: usize,
    time: u64,
    properties: Vec<(&'static str, String)>,
    suites: Vec<Suite>,
}

struct Suite {
    name: &'static str,
    cases: Vec<Case>,
}

struct Case {
    name: String,
    /// Seconds.
    time: u64,
    result: Option<CaseResult>,
}

/// Why a case did not pass.
struct CaseResult {
    /// `failure`, `error` or `skipped`.
    element: &'static str,
    code: String,
    message: String,
    text: String,
}

impl Suite {
    fn count(&self, element: &str) -> usize {
        self.cases.iter().filter(|case| case.result.as_ref().is_some_and(|result| result.element == element)).count()
    }

    fn time(&self) -> u64 {
        self.cases.iter().fold(0, |sum, case| sum.saturating_add(case.time))
    }
}

pub fn write(report: &Report<'_>) -> Result<String, NotWritten> {
    let result = report.result;
    let subject = &result.subject;
    let suites = suites(report);
    let count = |element| suites.iter().map(|suite| suite.count(element)).sum();
    let properties = vec![
        ("release", plain(&subject.release)),
        ("commit", plain(&subject.commit)),
        ("bundle", result.bundle.digest().unwrap_or_default()),
        ("dossier", plain(report.digest)),
        ("standard", format!("{}@{}", plain(&result.standard.name), plain(&result.standard.version))),
        ("attempt", result.announcement.attempt.to_string()),
    ];
    let page = Document {
        name: format!("{}.{}", plain(&subject.participant), plain(&subject.service)),
        tests: suites.iter().map(|suite| suite.cases.len()).sum(),
        failures: count("failure"),
        errors: count("error"),
        time: suites.iter().fold(0, |sum, suite| sum.saturating_add(suite.time())),
        properties,
        suites,
    };
    Ok(page.render()?)
}

fn suites(report: &Report<'_>) -> Vec<Suite> {
    let result = report.result;
    let read = findings::read(result, &report.verdict);
    let judged =
        |name: String, time: u64, place: Place| Case { name: plain(&name), time, result: judged(&read, place) };
    let plan = &result.plan.verify;
    let checks = plan.checks.iter().enumerate();
    let checks = checks.map(|(index, check)| judged(check.name.clone(), 0, Place::Check(index)));
    let descriptions = plan.descriptions.iter().enumerate();
    let descriptions =
        descriptions.map(|(index, one)| judged(format!("{}{}", one.component, one.path), 0, Place::Description(index)));
    let spans = phases::spans(result);
    let phases = |faults: bool| {
        let spans = spans.iter().enumerate();
        let chosen = spans.filter(move |(_, span)| if faults { span.fault.is_some() } else { span.is_steady() });
        chosen.map(|(index, span)| judged(span.phase.name.clone(), span.phase.seconds.into(), Place::Phase(index)))
    };
    let run = vec![signature(report), contradiction(report), judged("plan and evidence".to_owned(), 0, Place::Run)];
    let mut suites = vec![
        Suite { name: "run", cases: run },
        Suite { name: "checks", cases: checks.collect() },
        Suite { name: "descriptions", cases: descriptions.collect() },
        Suite { name: "steady", cases: phases(false).collect() },
        Suite { name: "faults", cases: phases(true).collect() },
    ];
    let soaks = spans.iter().enumerate().filter(|(_, span)| span.is_soak());
    let soaks: Vec<Case> = soaks
        .map(|(index, span)| judged(span.phase.name.clone(), span.phase.seconds.into(), Place::Phase(index)))
        .collect();
    suites.extend((!soaks.is_empty()).then_some(Suite { name: "soak", cases: soaks }));
    suites.extend(beside(result).map(|(release, seconds)| {
        let case = judged(format!("beside {release}"), seconds, Place::Comparison);
        Suite { name: "comparison", cases: vec![case] }
    }));
    let steps = steps(report, &read, &spans);
    suites.extend((!steps.is_empty()).then_some(Suite { name: "capacity", cases: steps }));
    suites
}

/// The release that the candidate was measured beside, and for how many seconds; also where it should have been.
fn beside(result: &TestResult) -> Option<(&str, u64)> {
    let is_limited = result.standard.comparison.as_ref().is_some_and(|asked| asked.max_p95_slower_ppm.is_some());
    match result.plan.prove.comparison.as_ref()? {
        ComparisonPlan::Reference(reference) => Some((&reference.release, reference.length())),
        ComparisonPlan::Nothing { why: Absence::NothingInCommon } if is_limited => {
            Some(("the last confirmed release", 0))
        }
        ComparisonPlan::Nothing { .. } => None,
    }
}

/// The steps of the ladder that must hold. Those beyond can fail nothing, and so are no cases.
fn steps(report: &Report<'_>, read: &[Read<'_>], spans: &[Span<'_>]) -> Vec<Case> {
    let must_hold = capacity::must_hold(report.result);
    let ladder = capacity::of(report, spans).into_iter().filter(|(_, step)| must_hold >= Some(step.percent));
    let place = |of: &Span<'_>| spans.iter().position(|span| std::ptr::eq(span, of)).map(Place::Phase);
    let case = |(span, step): (&Span<'_>, Step)| {
        let untold = || skipped(format!("not judged: a step below {} % did not hold", step.percent));
        let found = place(span).and_then(|place| judged(read, place));
        let result = found.or_else(|| (step.state != State::Held).then(untold));
        Case { name: plain(&span.phase.name), time: span.phase.seconds.into(), result }
    };
    ladder.map(case).collect()
}

/// What was found of `place`; where nothing was, what left it unjudged.
fn judged(read: &[Read<'_>], place: Place) -> Option<CaseResult> {
    let mut own: Vec<&Read<'_>> = read.iter().filter(|one| one.places.contains(&place)).collect();
    own.sort_by_key(|one| std::cmp::Reverse(one.outcome));
    if let Some(worst) = own.first() {
        let lines: Vec<String> =
            own.iter().map(|one| format!("{}: {}", plain(&one.finding.code), message(&one.finding.message))).collect();
        return Some(CaseResult {
            element: if worst.outcome == Outcome::Failed { "failure" } else { "error" },
            code: plain(&worst.finding.code),
            message: message(&worst.finding.message),
            text: lines.join("\n"),
        });
    }
    let void = read.iter().find(|one| one.voids(place))?;
    let why = format!("not judged: {}: {}", plain(&void.finding.code), message(&void.finding.message));
    Some(skipped(why))
}

fn skipped(why: String) -> CaseResult {
    CaseResult { element: "skipped", code: String::new(), message: why, text: String::new() }
}

fn signature(report: &Report<'_>) -> Case {
    let result = (report.signature == Signature::NotChecked)
        .then(|| skipped("the signature of the dossier was not checked; give --key".to_owned()));
    Case { name: "the signature of the dossier holds".to_owned(), time: 0, result }
}

fn contradiction(report: &Report<'_>) -> Case {
    let result = report.contradiction.as_ref().map(|contradiction| {
        let what = match contradiction {
            Contradiction::Verdict { stated, computed } => {
                format!(
                    "the dossier says {stated:?}, and the evidence gives {computed:?}, or other findings or figures"
                )
            }
            Contradiction::Other(what) => message(what),
        };
        CaseResult { element: "error", code: "DossierDoesNotHold".to_owned(), text: what.clone(), message: what }
    });
    Case { name: "the dossier does not contradict itself".to_owned(), time: 0, result }
}
