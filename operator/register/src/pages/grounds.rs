//! The words about what an entry stands on, in the register's three languages: one file a language.

mod en;
mod ky;
mod ru;

use factory_assurance::report::Language;

/// The words in `language`.
#[must_use]
pub const fn of(language: Language) -> &'static Words {
    language.of([&ky::WORDS, &ru::WORDS, &en::WORDS])
}

/// Every word about what an entry stands on.
#[allow(missing_docs, reason = "a word's name and its English text say what it is")]
#[derive(Debug)]
pub struct Words {
    pub intro: &'static str,
    pub file: &'static str,
    pub sealed_by: &'static str,
    pub by_a_server: &'static str,
}
