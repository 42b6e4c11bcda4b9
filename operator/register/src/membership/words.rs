//! The words about requests for access in the register's three languages: one file a language. A word that a language
//! lacks does not compile.

mod en;
mod ky;
mod ru;

use factory_assurance::report::Language;

use crate::store::membership::Standing;

/// The words in `language`.
#[must_use]
pub const fn of(language: Language) -> &'static Words {
    language.of([&ky::WORDS, &ru::WORDS, &en::WORDS])
}

/// Every word about requests for access.
#[allow(missing_docs, reason = "a word's name and its English text say what it is")]
#[derive(Debug)]
pub struct Words {
    pub title: &'static str,
    pub intro: &'static str,
    pub organisation: &'static str,
    pub registration_number: &'static str,
    pub basis: &'static str,
    pub wants: &'static str,
    pub name: &'static str,
    pub contact: &'static str,
    pub contact_hint: &'static str,
    pub empty: &'static str,
    pub send: &'static str,
    pub error: &'static str,
    pub too_soon: &'static str,
    pub stale: &'static str,
    pub status_title: &'static str,
    pub taken: &'static str,
    pub keep_address: &'static str,
    pub received: &'static str,
    pub state: &'static str,
    pub states: [&'static str; 4],
    pub reason: &'static str,
    pub participant: &'static str,
    pub none_found: &'static str,
    pub none_found_intro: &'static str,
    pub requests: &'static str,
    pub requests_intro: &'static str,
    pub none: &'static str,
    pub back: &'static str,
    pub forgotten: &'static str,
    pub decide: &'static str,
    pub acts: [&'static str; 4],
    pub participant_hint: &'static str,
    pub reason_hint: &'static str,
    pub decide_now: &'static str,
    pub done: &'static str,
}

impl Words {
    /// Where a request stands.
    #[must_use]
    pub const fn state(&self, state: Standing) -> &'static str {
        let [received, granted, refused, taken] = self.states;
        match state {
            Standing::Received => received,
            Standing::Granted => granted,
            Standing::Refused => refused,
            Standing::Taken => taken,
        }
    }
}
