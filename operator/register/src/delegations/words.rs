//! The words about standing delegations in the register's three languages: one file a language. A word that a language
//! lacks does not compile.

mod en;
mod ky;
mod ru;

use factory_assurance::{delegation::ChangeClass, report::Language, wire::DelegationStanding};

/// The words in `language`.
#[must_use]
pub const fn of(language: Language) -> &'static Words {
    language.of([&ky::WORDS, &ru::WORDS, &en::WORDS])
}

/// Every word about standing delegations.
#[allow(missing_docs, reason = "a word's name and its English text say what it is")]
#[derive(Debug)]
pub struct Words {
    pub title: &'static str,
    pub intro: &'static str,
    pub none: &'static str,
    pub services: &'static str,
    pub every_service: &'static str,
    pub class: &'static str,
    pub classes: [&'static str; 1],
    pub from: &'static str,
    pub until: &'static str,
    pub reason: &'static str,
    pub given_by: &'static str,
    pub state: &'static str,
    pub states: [&'static str; 4],
    pub uses: &'static str,
    pub id: &'static str,
    pub entered_under: &'static str,
    pub given: &'static str,
    pub revoked: &'static str,
    pub used: &'static str,
    pub new: &'static str,
    pub new_intro: &'static str,
    pub participant: &'static str,
    pub service: &'static str,
    pub service_hint: &'static str,
    pub moment_hint: &'static str,
    pub reason_hint: &'static str,
    pub write_statement: &'static str,
    pub signed_about: &'static str,
    pub revoke: &'static str,
    pub revoke_intro: &'static str,
    pub with_tool: &'static str,
    pub back: &'static str,
    pub not_taken: &'static str,
    pub done: &'static str,
}

impl Words {
    /// A class of changes.
    #[must_use]
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "templates pass what they have by reference")]
    pub const fn class(&self, class: &ChangeClass) -> &'static str {
        let [rebuild] = self.classes;
        match class {
            ChangeClass::RebuildOnPatchedBase => rebuild,
        }
    }

    /// Where a delegation stands.
    #[must_use]
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "templates pass what they have by reference")]
    pub const fn state(&self, standing: &DelegationStanding) -> &'static str {
        let [coming, standing_now, ended, revoked] = self.states;
        match standing {
            DelegationStanding::Coming => coming,
            DelegationStanding::Standing => standing_now,
            DelegationStanding::Ended => ended,
            DelegationStanding::Revoked => revoked,
        }
    }
}
