//! The words of what the regulator and the public oversee by: indicators, statistics, the glossary, and the replay
//! of a proposed standard. One file a language; a word that a language lacks does not compile.

mod en;
mod ky;
mod ru;

use factory_assurance::report::Language;

use crate::kpi::{Origin, measure::Missing};

/// The words in `language`.
#[must_use]
pub const fn of(language: Language) -> &'static Words {
    language.of([&ky::WORDS, &ru::WORDS, &en::WORDS])
}

/// Every such word.
#[allow(missing_docs, reason = "a word's name and its English text say what it is")]
#[derive(Debug)]
pub struct Words {
    pub kpis: &'static str,
    pub kpis_intro: &'static str,
    pub month: &'static str,
    pub no_month: &'static str,
    pub not_all: &'static str,
    pub no_indicators: &'static str,
    pub indicator: &'static str,
    pub target: &'static str,
    pub overall: &'static str,
    pub worst: &'static str,
    pub met: &'static str,
    pub missed: &'static str,
    pub missing: &'static str,
    pub missing_why: [&'static str; 6],
    pub no_source: &'static str,
    pub no_indicator: &'static str,
    pub no_values: &'static str,
    pub formula: &'static str,
    pub unit: &'static str,
    pub source: &'static str,
    pub period: &'static str,
    pub effective: &'static str,
    pub values: &'static str,
    pub value: &'static str,
    pub meets: &'static str,
    pub origin: &'static str,
    pub values_from: &'static str,
    pub origins: [&'static str; 3],
    pub query: &'static str,
    pub statistics: &'static str,
    pub statistics_intro: &'static str,
    pub as_of: &'static str,
    pub in_force: &'static str,
    pub participants: &'static str,
    pub entries: &'static str,
    pub withdrawals: &'static str,
    pub entered_in_term: &'static str,
    pub by_month: &'static str,
    pub entered: &'static str,
    pub withdrawn: &'static str,
    pub by_standard: &'static str,
    pub in_force_short: &'static str,
    pub nothing_yet: &'static str,
    pub as_csv: &'static str,
    pub glossary: &'static str,
    pub glossary_intro: &'static str,
    pub terms: &'static str,
    pub issued: &'static str,
    pub issued_intro: &'static str,
    pub none_issued: &'static str,
    pub holds_from: &'static str,
    pub issued_by: &'static str,
    pub issued_at: &'static str,
    pub issued_json: &'static str,
    pub glossary_kpis: &'static str,
    pub no_definitions: &'static str,
    pub replay: &'static str,
    pub replay_intro: &'static str,
    pub proposal: &'static str,
    pub proposal_hint: &'static str,
    pub replay_now: &'static str,
    pub not_replayed: &'static str,
    pub replay_result: &'static str,
    pub replay_counts: [&'static str; 3],
    pub replay_none: &'static str,
    pub replay_left_out: &'static str,
    pub now: &'static str,
    pub then: &'static str,
    pub first_finding: &'static str,
}

impl Words {
    /// Why a value is missing.
    #[must_use]
    pub const fn missing(&self, missing: Missing) -> &'static str {
        let [not_measured, not_entered, runs, no_calendar, not_decided, month_runs] = self.missing_why;
        match missing {
            Missing::NotMeasured => not_measured,
            Missing::NotEntered => not_entered,
            Missing::TermRuns => runs,
            Missing::NoCalendar => no_calendar,
            Missing::NotDecided => not_decided,
            Missing::PeriodRuns => month_runs,
        }
    }

    /// Where values come from.
    #[must_use]
    pub const fn origin(&self, origin: Origin) -> &'static str {
        let [dossier, events, prometheus] = self.origins;
        match origin {
            Origin::Dossier => dossier,
            Origin::RegisterEvents => events,
            Origin::Prometheus => prometheus,
        }
    }
}
