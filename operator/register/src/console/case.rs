//! One submission: the verdict first, each limit with its margin, what would become public, the attempts
//! before it, its announcement, and what was decided. The full report of its dossier is a page of its own.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Path, State},
    http::{StatusCode, Uri, header::CONTENT_TYPE},
    response::{IntoResponse as _, Response},
};
use factory_assurance::{
    dossier::Dossier,
    dsse::Envelope,
    report::{Language, Report, Signature},
    verdict::Figure,
    wire::Procedure,
};
use factory_crds::{Outcome, release::Finding};

use super::{
    audit::{self, Shown},
    message,
    rows::{self, Row},
    signed_in::SignedIn,
    words::{self, Words, with},
};
use crate::{
    api::{Register, browser, entries::PublicEntry, off_thread, problem::Refusal},
    keys::Keys,
    log::event::EntryMade,
    pages::{self, day, figures, moment},
    store::{Entry, Said, Which, cases::Case},
};

/// A figure with its margin.
struct Limit {
    row: figures::Row,
    margin: String,
    over: bool,
}

#[derive(Template)]
#[template(path = "console/case.html")]
struct CasePage<'a> {
    words: &'a pages::words::Words,
    own: &'a Words,
    language: Language,
    keep: String,
    here: &'static str,
    who: &'a SignedIn,
    notice: &'a str,
    row: Row,
    case: &'a Case,
    means: &'a str,
    limits: Vec<Limit>,
    /// What the public entry would say.
    entry: &'a PublicEntry,
    role: &'static str,
    /// What is missing of item 17, in words; empty if nothing is.
    missing: String,
    attempts: Vec<(Row, bool)>,
    announced_at: String,
    acts: Vec<Shown>,
    binding: &'a pages::binding::Words,
    /// To this service, those that are open first.
    instructions: Vec<pages::binding::Shown>,
    may_confirm: bool,
    may_return: bool,
    public: bool,
    /// What leads to the exclusion of what is in force.
    exclude: Option<&'static str>,
}

/// The submission with this id, or the page that says that there is none.
pub async fn find(register: &Register, id: &str, who: &SignedIn) -> Result<Case, Response> {
    let found = register.store.case(id).await.map_err(|error| pages::unavailable(who.language, error))?;
    let own = words::of(who.language);
    found.ok_or_else(|| message(StatusCode::NOT_FOUND, who, (own.no_submission, own.no_submission_intro, "")))
}

/// The page of a submission.
pub async fn case(
    State(register): State<Arc<Register>>,
    Path(id): Path<String>,
    uri: Uri,
    who: SignedIn,
) -> Result<Response, Response> {
    let case = find(&register, &id, &who).await?;
    let language = who.language;
    let (words, own) = (pages::words::of(language), words::of(language));
    let failed = |error| pages::unavailable(language, error);
    let store = &register.store;
    let dossier = store.dossier_of(&case).await.map_err(failed)?;
    let (summary, submission) = (case.summary.clone(), case.id.clone());
    let entry = off_thread(move || preview(submission, summary, &dossier)).await.map_err(Refusal::into_response)?;
    let row = rows::row(&register, &case, language).await.map_err(failed)?;
    let subject = &case.summary.subject;
    let mut attempts = Vec::new();
    for other in store.cases_of(&subject.participant, &subject.service).await.map_err(failed)? {
        let same = other.summary.bundle == case.summary.bundle;
        attempts.push((rows::row(&register, &other, language).await.map_err(failed)?, same));
    }
    let mut acts = Vec::new();
    for act in store.acts_on(&case).await.map_err(failed)? {
        acts.push(audit::show(store, act, language).await.map_err(failed)?);
    }
    let which = Which {
        participant: Some(subject.participant.clone()),
        service: Some(subject.service.clone()),
        ..Which::default()
    };
    let instructions = pages::binding::in_order(store.instructions(&which).await.map_err(failed)?, language);
    let waits = case.state == Procedure::Submitted;
    let page = CasePage {
        words,
        own,
        language,
        keep: String::new(),
        here: "",
        notice: notice(&uri, case.state, own),
        means: language.outcome_means(case.summary.verdict.outcome),
        limits: limits(&case.summary.verdict.figures, words, own),
        role: words.role(entry.register.owner.role),
        entry: &entry,
        missing: match &*case.summary.missing {
            [] => String::new(),
            missing => with(own.incomplete, rows::groups(missing)),
        },
        attempts,
        announced_at: store.announced_at(&case).await.map_err(failed)?,
        acts,
        binding: pages::binding::of(language),
        instructions,
        may_confirm: waits && case.summary.verdict.outcome == Outcome::Passed,
        may_return: waits,
        exclude: (case.state == Procedure::Registered).then_some(super::exclude::words(language).exclude),
        public: matches!(case.state, Procedure::Registered | Procedure::Withdrawn),
        row,
        case: &case,
        who: &who,
    };
    Ok(pages::render(StatusCode::OK, language, &page))
}

/// The report of the dossier: one page that brings its style, and may load nothing.
pub async fn report(
    State(register): State<Arc<Register>>,
    Path(id): Path<String>,
    who: SignedIn,
) -> Result<Response, Response> {
    let case = find(&register, &id, &who).await?;
    let language = who.language;
    let envelope = register.store.dossier_of(&case).await.map_err(|error| pages::unavailable(language, error))?;
    let (keys, digest) = (register.factory_keys.clone(), case.summary.dossier.clone());
    let html = off_thread(move || write(&envelope, &keys, &digest, language)).await.map_err(Refusal::into_response)?;
    let style = html.split_once("<style>").and_then(|(_, rest)| rest.split_once("</style>")).map_or("", |(css, _)| css);
    let policy = browser::with_style(style);
    Ok(([(CONTENT_TYPE, "text/html; charset=utf-8")], [policy], html).into_response())
}

fn write(envelope: &Envelope, keys: &Keys, digest: &str, language: Language) -> Result<String, Refusal> {
    // Keys are rotated: a dossier that was taken under an earlier one is shown with a warning.
    let pinned = keys.load().map(|keys| keys.into_iter().map(|term| term.key).collect::<Vec<_>>());
    let held: Option<Dossier> = pinned.ok().and_then(|keys| envelope.open(&keys).ok());
    let signature = if held.is_some() { Signature::Holds } else { Signature::NotChecked };
    let dossier = held.map_or_else(|| read(envelope), Ok)?;
    Report::of(&dossier, digest, signature).html(language).map_err(|error| Refusal::internal(&error))
}

/// Verified when it was taken; the log's hash holds it since.
fn read(envelope: &Envelope) -> Result<Dossier, Refusal> {
    envelope.unchecked().map_err(|error| Refusal::internal(&error))
}

/// What the public entry would say.
fn preview(
    submission: String,
    summary: crate::log::event::Summary,
    envelope: &Envelope,
) -> Result<PublicEntry, Refusal> {
    let record = read(envelope)?.predicate.record;
    let (confirmed_by, confirmed_at) = (String::new(), String::new());
    let made = EntryMade { submission, summary, record, confirmed_by, confirmed_at, under: None, sealed_by: None };
    Ok(Entry { seq: 0, time: String::new(), said: Said::Tested(Box::new(made)), withdrawn: None }.into())
}

/// What a decision just now came to.
fn notice(uri: &Uri, state: Procedure, own: &Words) -> &'static str {
    match (uri.query().is_some_and(|query| query.contains("done=1")), state) {
        (true, Procedure::Registered) => own.done_registered,
        (true, Procedure::Confirmed) => own.done_confirmed,
        (true, Procedure::Returned) => own.done_returned,
        _ => "",
    }
}

fn limits(figures: &[Figure], words: &pages::words::Words, own: &Words) -> Vec<Limit> {
    let rows = figures::rows(figures, words).into_iter().zip(figures);
    let limit = |(row, figure): (figures::Row, &Figure)| {
        let (margin, over) = margin(figure, row.limit.starts_with('≥'), own);
        Limit { margin: if row.limit.starts_with(['≤', '≥']) { margin } else { "–".to_owned() }, over, row }
    };
    rows.map(limit).collect()
}

/// How far a figure is from its limit, and whether it is beyond.
fn margin(figure: &Figure, must_reach: bool, own: &Words) -> (String, bool) {
    let (Some(value), Some(limit)) = (figure.value, figure.limit) else { return ("–".to_owned(), false) };
    let percent = |part: u64| u128::from(part) * 100 / u128::from(limit.max(1));
    if must_reach {
        return (if value >= limit { own.reached } else { own.not_reached }.to_owned(), value < limit);
    }
    match value.cmp(&limit) {
        std::cmp::Ordering::Less => (with(own.margin_left, percent(limit - value)), false),
        std::cmp::Ordering::Equal => (own.margin_none.to_owned(), false),
        std::cmp::Ordering::Greater => (with(own.margin_over, percent(value - limit).max(1)), true),
    }
}

/// The findings of a verdict, for templates.
fn findings(case: &Case) -> &[Finding] {
    &case.summary.verdict.findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_margin_says_how_far_a_figure_is_from_its_limit() {
        let own = words::of(Language::En);
        let margin = |value, limit, must_reach| {
            let figure = Figure { phase: String::new(), name: "p99Us".to_owned(), value, limit };
            margin(&figure, must_reach, own)
        };
        assert_eq!(margin(Some(250), Some(1000), false), ("75 % of the limit is left".to_owned(), false));
        assert_eq!(margin(Some(1000), Some(1000), false), ("exactly the limit".to_owned(), false));
        assert_eq!(margin(Some(1001), Some(1000), false), ("beyond the limit by 1 %".to_owned(), true));
        assert_eq!(margin(Some(3), Some(0), false), ("beyond the limit by 300 %".to_owned(), true));
        assert!(margin(Some(u64::MAX), Some(1), false).1);
        assert_eq!(margin(Some(2), Some(2), true), ("reached".to_owned(), false));
        assert_eq!(margin(Some(1), Some(2), true), ("not reached".to_owned(), true));
        assert_eq!(margin(None, Some(2), true), ("–".to_owned(), false));
    }
}
