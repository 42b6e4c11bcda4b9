//! The words about claims (67) in the register's three languages: one file a language. A word that a language
//! lacks does not compile. `{}` stands where a value goes.

mod en;
mod ky;
mod ru;

use factory_assurance::report::Language;

use crate::{log::event::ClaimKind, store::claims::Standing};

/// The words in `language`.
#[must_use]
pub const fn of(language: Language) -> &'static Words {
    language.of([&ky::WORDS, &ru::WORDS, &en::WORDS])
}

/// Every word about claims.
#[allow(missing_docs, reason = "a word's name and its English text say what it is")]
#[derive(Debug)]
pub struct Words {
    pub claims: &'static str,
    pub claims_of: &'static str,
    pub intro: &'static str,
    pub none: &'static str,
    pub all: &'static str,
    pub back_to_service: &'static str,
    pub kinds: [&'static str; 2],
    pub kind: &'static str,
    pub received: &'static str,
    pub published: &'static str,
    pub answer: &'static str,
    pub no_answer: &'static str,
    pub forgotten: &'static str,
    pub feed: &'static str,
    pub older: &'static str,
    pub send_title: &'static str,
    pub send_intro: &'static str,
    pub words: &'static str,
    pub words_hint: &'static str,
    pub contact: &'static str,
    pub contact_hint: &'static str,
    pub publish: &'static str,
    pub publish_hint: &'static str,
    pub empty: &'static str,
    pub send: &'static str,
    pub error: &'static str,
    pub too_soon: &'static str,
    pub stale: &'static str,
    pub not_empty: &'static str,
    pub bad_words: &'static str,
    pub bad_contact: &'static str,
    pub twice: &'static str,
    pub too_many: &'static str,
    pub not_taken: &'static str,
    pub status_title: &'static str,
    pub taken: &'static str,
    pub keep_address: &'static str,
    pub service: &'static str,
    pub state: &'static str,
    pub states: [&'static str; 4],
    pub due: &'static str,
    pub reason: &'static str,
    pub no_claim: &'static str,
    pub no_claim_intro: &'static str,
    pub waiting: &'static str,
    pub decided: &'static str,
    pub console_intro: &'static str,
    pub none_waiting: &'static str,
    pub none_decided: &'static str,
    pub term: &'static str,
    pub wished: &'static str,
    pub wished_not: &'static str,
    pub no_contact: &'static str,
    pub decide: &'static str,
    pub decide_publish: &'static str,
    pub decide_keep: &'static str,
    pub decide_refuse: &'static str,
    pub decide_reason: &'static str,
    pub decide_hint: &'static str,
    pub decide_now: &'static str,
    pub not_decided: &'static str,
    pub done: &'static str,
    pub back_to_claims: &'static str,
    pub back_to_claim: &'static str,
    pub forget: &'static str,
    pub forget_intro: &'static str,
    pub forget_contact: &'static str,
    pub forget_words: &'static str,
    pub forget_reason: &'static str,
    pub forget_now: &'static str,
}

impl Words {
    /// What was sent.
    #[must_use]
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "templates pass what they have by reference")]
    pub const fn kind(&self, kind: &ClaimKind) -> &'static str {
        let [claim, response] = self.kinds;
        match kind {
            ClaimKind::Claim => claim,
            ClaimKind::Response => response,
        }
    }

    /// Where it stands.
    #[must_use]
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "templates pass what they have by reference")]
    pub const fn state(&self, state: &Standing) -> &'static str {
        let [received, published, kept, refused] = self.states;
        match state {
            Standing::Received => received,
            Standing::Published => published,
            Standing::Kept => kept,
            Standing::Refused => refused,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::words::with;

    #[test]
    fn every_language_has_a_place_for_each_value() {
        for language in Language::ALL {
            let words = of(language);
            for word in [words.claims_of, words.due] {
                assert!(word.matches("{}").count() == 1 && with(word, 7).contains('7'), "{word}");
            }
        }
    }
}
