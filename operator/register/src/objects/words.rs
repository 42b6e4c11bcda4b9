//! The words about objects in the register's three languages: one file a language. A word that a language lacks does
//! not compile. `{}` stands where a value goes.

mod en;
mod ky;
mod ru;

use factory_assurance::{report::Language, wire::Procedure};

use crate::console::words::in_words;

/// The words in `language`.
#[must_use]
pub const fn of(language: Language) -> &'static Words {
    language.of([&ky::WORDS, &ru::WORDS, &en::WORDS])
}

/// Every word about objects beside those of the public pages.
#[allow(missing_docs, reason = "a word's name and its English text say what it is")]
#[derive(Debug)]
pub struct Words {
    pub objects: &'static str,
    pub objects_intro: &'static str,
    pub waiting_intro: &'static str,
    pub none: &'static str,
    pub no_object: &'static str,
    pub no_object_intro: &'static str,
    pub object: &'static str,
    pub back: &'static str,
    pub back_to_object: &'static str,
    pub kind: &'static str,
    pub basis: &'static str,
    pub explanation: &'static str,
    pub explanation_hint: &'static str,
    pub evidence: &'static str,
    pub evidence_hint: &'static str,
    pub people: &'static str,
    pub people_intro: &'static str,
    pub forgotten: &'static str,
    pub submitted_by: &'static str,
    pub received: &'static str,
    pub state: &'static str,
    pub states: [&'static str; 6],
    pub term: &'static str,
    pub reason: &'static str,
    pub would_be_public: &'static str,
    pub confirm_intro: &'static str,
    pub with_tool_intro: &'static str,
    pub digest: &'static str,
    pub done_registered: &'static str,
    pub done_returned: &'static str,
    pub forget: &'static str,
    pub forget_intro: &'static str,
    pub forget_reason: &'static str,
    pub forget_now: &'static str,
    pub done_forgotten: &'static str,
    pub submit_title: &'static str,
    pub submit_intro: &'static str,
    pub token: &'static str,
    pub token_hint: &'static str,
    pub needs_https: &'static str,
    pub participant: &'static str,
    pub name: &'static str,
    pub title_in: &'static str,
    pub one_a_line: &'static str,
    pub position: &'static str,
    pub person: &'static str,
    pub email: &'static str,
    pub phone: &'static str,
    pub span_hint: &'static str,
    pub submit: &'static str,
    pub not_taken: &'static str,
    pub token_refused: &'static str,
    pub too_many: &'static str,
    pub taken: &'static str,
    pub yours_title: &'static str,
    pub yours_intro: &'static str,
    pub show: &'static str,
    pub id: &'static str,
}

impl Words {
    /// Where an object stands.
    #[must_use]
    pub const fn state(&self, state: Procedure) -> &'static str {
        in_words(&self.states, state)
    }
}
