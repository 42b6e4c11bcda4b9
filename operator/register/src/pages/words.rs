//! The words of the pages themselves in the register's three languages: one file a language. A word
//! that a language lacks does not compile.

mod en;
mod ky;
mod ru;

use factory_crds::{
    Text,
    state_service::{instructions::DataOperation, register_data::OwnerRole},
};

/// A language of the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Kyrgyz, the state language.
    Ky,
    /// Russian, the official language.
    Ru,
    /// English.
    En,
}

impl Language {
    /// All of them, as the choice on each page offers them.
    pub const ALL: [Self; 3] = [Self::Ky, Self::Ru, Self::En];

    /// BCP 47 tag.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Ky => "ky",
            Self::Ru => "ru",
            Self::En => "en",
        }
    }

    /// Its name in itself.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ky => "Кыргызча",
            Self::Ru => "Русский",
            Self::En => "English",
        }
    }

    /// The words of the pages in it.
    #[must_use]
    pub const fn words(self) -> &'static Words {
        match self {
            Self::Ky => &ky::WORDS,
            Self::Ru => &ru::WORDS,
            Self::En => &en::WORDS,
        }
    }

    /// `text` in it.
    #[must_use]
    pub fn pick(self, text: &Text) -> &str {
        match self {
            Self::Ky => &text.ky,
            Self::Ru => &text.ru,
            Self::En => &text.en,
        }
    }

    /// The language of a tag such as `ky`, `ru-KG` or `EN`.
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    /// What a request asks for: `?lang=` first, then `Accept-Language`, else Kyrgyz.
    #[must_use]
    pub fn chosen(query: Option<&str>, accept: Option<&str>) -> Self {
        query.and_then(Self::of_tag).or_else(|| accept.and_then(Self::accepted)).unwrap_or(Self::Ky)
    }

    /// The best of an `Accept-Language` header; the first of equals.
    fn accepted(header: &str) -> Option<Self> {
        let mut best: Option<(u16, Self)> = None;
        for part in header.split(',') {
            let mut parameters = part.split(';').map(str::trim);
            let Some(language) = parameters.next().and_then(Self::of_tag) else { continue };
            let quality = parameters.find_map(|parameter| parameter.strip_prefix("q=")).map_or(1000, thousandths);
            if quality > 0 && best.is_none_or(|(before, _)| quality > before) {
                best = Some((quality, language));
            }
        }
        best.map(|(_, language)| language)
    }
}

/// `0.75` as 750; what is no quality counts as none.
fn thousandths(text: &str) -> u16 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{whole}{fraction:0<3}");
    if fraction.len() > 3 || whole.len() != 1 { 0 } else { digits.parse().unwrap_or(0) }
}

/// Every word that the pages use.
#[allow(missing_docs, reason = "a word's name and its English text say what it is")]
#[derive(Debug)]
pub struct Words {
    pub site: &'static str,
    pub skip: &'static str,
    pub language: &'static str,
    pub index_title: &'static str,
    pub index_intro: &'static str,
    pub search: &'static str,
    pub search_label: &'static str,
    pub none_found: &'static str,
    pub older: &'static str,
    pub service: &'static str,
    pub owner: &'static str,
    pub class: &'static str,
    pub registered: &'static str,
    pub withdrawn: &'static str,
    pub as_json: &'static str,
    pub back: &'static str,
    pub item: &'static str,
    pub about: &'static str,
    pub other_languages: &'static str,
    pub host: &'static str,
    pub decision: &'static str,
    pub reported_by: &'static str,
    pub confirmed_by: &'static str,
    pub confirmed_at: &'static str,
    pub release: &'static str,
    pub source: &'static str,
    pub commit: &'static str,
    pub groups: &'static str,
    pub group_titles: [&'static str; 9],
    pub registration_number: &'static str,
    pub role: &'static str,
    pub roles: [&'static str; 3],
    pub committed: &'static str,
    pub downtime: &'static str,
    pub recovery_time: &'static str,
    pub simultaneous_users: &'static str,
    pub data_formats: &'static str,
    pub interfaces: &'static str,
    pub verdict: &'static str,
    pub outcomes: [&'static str; 3],
    pub verdict_intro: &'static str,
    pub standard: &'static str,
    pub attempt: &'static str,
    pub figures: &'static str,
    pub phase: &'static str,
    pub whole_run: &'static str,
    pub figure: &'static str,
    pub measured: &'static str,
    pub limit: &'static str,
    pub no_limit: &'static str,
    pub not_measured: &'static str,
    pub figure_names: [&'static str; 14],
    pub instructions: &'static str,
    pub published: &'static str,
    pub rights: &'static str,
    pub duties: &'static str,
    pub procedures: &'static str,
    pub data: &'static str,
    pub operations: &'static str,
    pub operation_names: [&'static str; 5],
    pub changed_records: &'static str,
    pub proactive: &'static str,
    pub yes: &'static str,
    pub no: &'static str,
    pub dossier: &'static str,
    pub dossier_intro: &'static str,
    pub digest: &'static str,
    pub bundle: &'static str,
    pub verify: &'static str,
    pub log: &'static str,
    pub log_intro: &'static str,
    pub proof: &'static str,
    pub history: &'static str,
    pub not_found: &'static str,
    pub not_found_intro: &'static str,
    pub unavailable: &'static str,
    pub unavailable_intro: &'static str,
}

impl Words {
    /// The part of a participant.
    #[must_use]
    pub const fn role(&self, role: OwnerRole) -> &'static str {
        let [owner, processor, supplier] = self.roles;
        match role {
            OwnerRole::Owner => owner,
            OwnerRole::Processor => processor,
            OwnerRole::Supplier => supplier,
        }
    }

    /// A kind of processing (65.2).
    #[must_use]
    pub const fn operation(&self, operation: DataOperation) -> &'static str {
        let [creation, updating, refining, change, search] = self.operation_names;
        match operation {
            DataOperation::Creation => creation,
            DataOperation::Updating => updating,
            DataOperation::Refining => refining,
            DataOperation::Change => change,
            DataOperation::Search => search,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_the_one_that_was_asked_for() {
        use Language::{En, Ky, Ru};
        for (query, accept, expected) in [
            (Some("en"), Some("ru"), En),
            (Some("EN"), None, En),
            (Some("xx"), Some("ru"), Ru),
            (None, Some("de, ru-KG;q=0.5, en;q=0.7"), En),
            (None, Some("en;q=0, ru;q=0.001"), Ru),
            (None, Some("ru, en"), Ru),
            (None, Some("*"), Ky),
            (None, Some(";;q=,,=;q=9"), Ky),
            (None, None, Ky),
        ] {
            assert_eq!(Language::chosen(query, accept), expected, "{query:?} {accept:?}");
        }
    }
}
