//! The end of an entry (21), by its owner's withdrawal or the regulator's exclusion: what is sent, and the entry as
//! programs read it back.

use serde::{Deserialize, Serialize};

use super::instruction::{LineError, line};

/// Longest reason of a withdrawal, in characters: it fits into a condition with the words around it.
pub const LONGEST_REASON: usize = 500;

/// Longest item of law, in characters.
pub const LONGEST_ITEM: usize = 100;

/// The same rule for readers of schemas: no letter that steers, and one at least that is no space.
#[cfg(feature = "openapi")]
pub(super) const PLAIN: &str = concat!(
    r"^[^\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]*",
    r"[^\s\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]",
    r"[^\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]*$",
);

/// Body of `POST /api/v1/entries/{participant}/{service}/withdrawal`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WithdrawalRequest {
    /// Why the service is withdrawn, in words that the public reads: one line of plain text, see [`reason`].
    #[cfg_attr(feature = "openapi", schemars(length(min = 1, max = LONGEST_REASON), regex(pattern = PLAIN)))]
    pub reason: String,
}

/// Body of `POST /api/v1/entries/{participant}/{service}/exclusion`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExclusionRequest {
    /// On what ground the regulator excludes it, in words that the public reads: see [`reason`].
    #[cfg_attr(feature = "openapi", schemars(length(min = 1, max = LONGEST_REASON), regex(pattern = PLAIN)))]
    pub reason: String,
    /// Item of law that it rests on, for example `21 of Resolution No. 145`: see [`item`].
    #[cfg_attr(feature = "openapi", schemars(length(min = 1, max = LONGEST_ITEM), regex(pattern = PLAIN)))]
    pub item: String,
}

/// The end of an entry as it is shown: its owner withdrew it, or the regulator excluded it. Who asked for it stands
/// in the register's log alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Withdrawal {
    /// When the register recorded it (RFC 3339).
    pub at: String,
    /// Why, in the words of whoever ended it.
    pub reason: String,
    /// Number of its event in the register's log.
    pub event: u64,
    /// Item of law under which the regulator excluded it; none where its owner withdrew it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
}

/// The newest entry of a service, as far as programs read it from
/// `GET /api/v1/entries/{participant}/{service}`. More stands there for people, so other fields are
/// passed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewestEntry {
    /// Release that it is about.
    pub release: String,
    /// Where users reach the service.
    pub host: String,
    /// Number of the entry's event in the register's log.
    pub event: u64,
    /// Path of the public page.
    pub page: String,
    /// Its withdrawal or exclusion; none while the entry is in force.
    #[serde(default)]
    pub withdrawn: Option<Withdrawal>,
}

/// A text that is no reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReasonError {
    /// Nothing, or too much.
    #[error("must say in 1 to {LONGEST_REASON} characters why (item 21), not in {0}")]
    Length(usize),
    /// An item that is too long.
    #[error("must name an item of law in 1 to {LONGEST_ITEM} characters, not in {0}")]
    Item(usize),
    /// A character that would break the line or turn it around.
    #[error("must be one line of plain text, without the character U+{0:04X}")]
    Character(u32),
}

/// `text` as the reason of a withdrawal, without the space around it. The log never forgets it, so
/// it is held to this before it is written.
pub fn reason(text: &str) -> Result<&str, ReasonError> {
    line(text, LONGEST_REASON).map_err(|error| match error {
        LineError::Length { found, .. } => ReasonError::Length(found),
        LineError::Character(letter) => ReasonError::Character(letter),
    })
}

/// `text` as an item of law, without the space around it: held to what a [`reason`] is held to, and shorter.
pub fn item(text: &str) -> Result<&str, ReasonError> {
    let text = reason(text)?;
    if text.chars().count() > LONGEST_ITEM { Err(ReasonError::Item(text.chars().count())) } else { Ok(text) }
}

/// Whether `letter` says nothing itself and changes how others are shown: controls, separators of
/// lines, and marks of direction, by which a page could be made to say something else.
#[must_use]
pub fn steers(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_line_of_plain_text() {
        let long = "ы".repeat(LONGEST_REASON);
        for good in ["moved to another body", "Кызмат «Тундукка» өттү", long.as_str()] {
            assert_eq!(reason(&format!(" {good}\n")), Ok(good));
        }
        assert_eq!(reason(" \n"), Err(ReasonError::Length(0)));
        assert_eq!(reason(&format!("{long}!")), Err(ReasonError::Length(LONGEST_REASON + 1)));
        for (letter, code) in [('\n', 0x0a), ('\u{1b}', 0x1b), ('\u{85}', 0x85), ('\u{202e}', 0x202e)] {
            assert_eq!(reason(&format!("a{letter}b")), Err(ReasonError::Character(code)));
        }
    }

    #[test]
    fn a_refusal_says_what_is_wrong() {
        let said = |text: &str| reason(text).unwrap_err().to_string();
        assert_eq!(said(""), "must say in 1 to 500 characters why (item 21), not in 0");
        assert_eq!(said("a\u{7}"), "must be one line of plain text, without the character U+0007");
    }

    #[test]
    fn a_program_reads_of_an_entry_what_it_needs() {
        let entry = r#"{"release": "r-1", "host": "r.gov.kg", "event": 4, "page": "/entries/p/r", "class": "basic"}"#;
        let read: NewestEntry = serde_json::from_str(entry).unwrap();
        assert_eq!((read.event, read.withdrawn), (4, None));
    }
}
