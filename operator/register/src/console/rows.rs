//! What lists show of a submission, and the clock of item 21 in words.

use factory_assurance::{report::Language, wire::Procedure};
use factory_crds::Outcome;
use jiff::Timestamp;

use super::{
    calendar::{Calendar, Standing, TERM},
    title,
    words::{self, with},
};
use crate::{
    api::Register,
    pages,
    store::{StoreError, cases::Case},
};

/// A submission in a list.
pub struct Row {
    /// Id of the submission.
    pub id: String,
    /// Title of the service in the language of the page.
    pub title: String,
    /// Participant.
    pub participant: String,
    /// Name of the service.
    pub service: String,
    /// Result of the test, in words.
    pub outcome: &'static str,
    /// Class of the style sheet for it.
    pub class: &'static str,
    /// Which attempt at the bundle it was.
    pub attempt: u32,
    /// When it came, RFC 3339.
    pub received: String,
    /// Where it stands, in words.
    pub state: &'static str,
    /// Reason of a return or withdrawal.
    pub reason: String,
    /// The clock; none once it was decided.
    pub term: Option<Term>,
}

/// The clock of item 21, as people read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// Class of the style sheet: `late`, `last` or `quiet`.
    pub class: &'static str,
    /// Where it stands.
    pub text: String,
    /// Its last day; empty if it has none.
    pub due: String,
    /// The same in words.
    pub until: String,
    /// What is still open about it.
    pub note: &'static str,
}

impl Term {
    /// Whether it has passed.
    pub fn is_late(&self) -> bool {
        self.class == "late"
    }
}

/// `case` as a row.
pub async fn row(register: &Register, case: &Case, language: Language) -> Result<Row, StoreError> {
    let title = language.pick(&title(register, case).await?).to_owned();
    let (words, own) = (pages::words::of(language), words::of(language));
    let (summary, subject) = (&case.summary, &case.summary.subject);
    Ok(Row {
        id: case.id.clone(),
        title,
        participant: subject.participant.clone(),
        service: subject.service.clone(),
        outcome: words.terms.outcome(summary.verdict.outcome),
        class: class(summary.verdict.outcome),
        attempt: summary.attempt,
        received: case.received.clone(),
        state: own.state(case.state),
        reason: case.reason.clone(),
        term: term(&register.console.calendar, case, register.store.now(), language),
    })
}

/// Class of the style sheet for an outcome.
pub const fn class(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Inconclusive => "inconclusive",
        Outcome::Failed => "failed",
    }
}

/// The clock of `case` at `now`; none once it was decided.
pub fn term(calendar: &Calendar, case: &Case, now: Timestamp, language: Language) -> Option<Term> {
    if case.state != Procedure::Submitted {
        return None;
    }
    let own = words::of(language);
    let quiet = |text| Term { class: "quiet", text, due: String::new(), until: String::new(), note: "" };
    if case.summary.verdict.outcome != Outcome::Passed {
        return Some(quiet(own.no_term.to_owned()));
    }
    if !case.summary.missing.is_empty() {
        return Some(quiet(with(own.waits_for, groups(&case.summary.missing))));
    }
    Some(running(calendar, TERM, &case.received, now, language))
}

/// The clock of what has `days` working days from `received`.
pub fn running(calendar: &Calendar, days: u32, received: &str, now: Timestamp, language: Language) -> Term {
    let own = words::of(language);
    match calendar.term_of(days, received, now) {
        Ok(term) => {
            let (class, text) = match term.standing {
                Standing::Left(days) => ("quiet", with(own.left, days)),
                Standing::LastDay => ("last", own.last_day.to_owned()),
                Standing::Late(days) => ("late", with(own.late, days)),
            };
            let note = if term.preliminary { own.preliminary } else { "" };
            Term { class, text, due: term.due.to_string(), until: with(own.due, term.due), note }
        }
        // In English: it names the file's fault for whoever mends it.
        Err(error) => {
            let text = with(own.no_calendar, error);
            Term { class: "late", text, due: String::new(), until: String::new(), note: "" }
        }
    }
}

/// Groups of item 17 by their numbers.
pub fn groups(missing: &[u8]) -> String {
    missing.iter().map(|group| format!("17.{group}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use factory_assurance::sample;

    use super::*;
    use crate::log::event::Summary;

    fn case(received: &str) -> Case {
        let result = sample::passing();
        let summary = Summary {
            bundle: String::new(),
            standard: String::new(),
            dossier: String::new(),
            attempt: 1,
            verdict: result.verdict,
            missing: Vec::new(),
            subject: result.subject,
        };
        let (id, announcement, reason) = (String::new(), String::new(), String::new());
        let (seq, state, received) = (1, Procedure::Submitted, received.to_owned());
        Case { id, seq, announcement, summary, state, reason, received }
    }

    fn shown(case: &Case) -> Option<(&'static str, String)> {
        let now = "2026-06-22T04:00:00Z".parse().unwrap();
        term(&Calendar::built_in(), case, now, Language::En).map(|term| (term.class, term.text))
    }

    #[test]
    fn the_clock_warns_on_its_last_day_and_stands_out_when_late() {
        for (received, class, text) in [
            ("2026-06-19T04:00:00Z", "quiet", "Working days left: 4"),
            ("2026-06-15T04:00:00Z", "last", "Today is the last day"),
            ("2026-06-12T04:00:00Z", "late", "Late. Working days past the term: 1"),
            (
                "2028-06-12T04:00:00Z",
                "late",
                "The term cannot be computed: working days: there are no data for the year 2028",
            ),
        ] {
            assert_eq!(shown(&case(received)), Some((class, text.to_owned())), "{received}");
        }
    }

    #[test]
    fn it_runs_for_what_passed_and_lacks_nothing() {
        let mut incomplete = case("2026-06-01T04:00:00Z");
        incomplete.summary.missing = vec![2, 9];
        assert_eq!(shown(&incomplete).unwrap().1, "Has not begun: no data for item 17.2, 17.9");
        let mut failed = case("2026-06-01T04:00:00Z");
        failed.summary.verdict = sample::failing().verdict;
        assert_eq!(shown(&failed).unwrap().0, "quiet");
        let mut decided = case("2026-06-01T04:00:00Z");
        decided.state = Procedure::Returned;
        assert_eq!(shown(&decided), None);
    }
}
