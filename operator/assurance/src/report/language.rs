//! The languages of the report, and of every other page on which its words stand. Which of them a
//! reader wants is the caller's to find out.

use factory_crds::Text;

/// A language in which people read about a run.
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
    /// All of them, in the order in which a choice offers them.
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

    /// The one of three that is written in it; they stand in the order of [`Language::ALL`].
    #[must_use]
    pub const fn of<T: Copy>(self, [ky, ru, en]: [T; 3]) -> T {
        match self {
            Self::Ky => ky,
            Self::Ru => ru,
            Self::En => en,
        }
    }

    /// `text` in it.
    #[must_use]
    pub fn pick(self, text: &Text) -> &str {
        self.of([&text.ky, &text.ru, &text.en])
    }
}
