//! Claims and responses of users (67): anyone sends them without an account; the regulator considers each within
//! one working day; what its sender wants public is published, and the supplier answers.
//!
//! *Architecture invariant:* pure but for the secret of forms. What is fit is decided here for pages and API alike.

pub mod forms;
pub mod words;

use factory_assurance::{report::Language, wire::steers};

use crate::intake::IntakeError;

/// Longest claim, in characters.
pub const LONGEST_WORDS: usize = 4000;
/// Longest contact, and longest reason of the regulator, in characters.
pub const LONGEST_LINE: usize = 500;
/// Working days within which a claim is published (67).
pub const TERM: u32 = 1;

/// `text` as words of a claim or an answer, of several lines: without the space around it.
pub fn words(field: &str, text: &str) -> Result<String, IntakeError> {
    let text = text.replace("\r\n", "\n");
    fit(field, text.trim(), LONGEST_WORDS, true).map(str::to_owned)
}

/// `text` as one line: a contact or a reason.
pub fn line(field: &str, text: &str) -> Result<String, IntakeError> {
    fit(field, text.trim(), LONGEST_LINE, false).map(str::to_owned)
}

/// A contact, where one is given.
pub fn contact(text: Option<&str>) -> Result<Option<String>, IntakeError> {
    text.filter(|text| !text.trim().is_empty()).map(|text| line("contact", text)).transpose()
}

/// The language that `tag` names.
pub fn language(tag: &str) -> Result<Language, IntakeError> {
    let named = Language::ALL.into_iter().find(|language| language.tag() == tag);
    named.ok_or_else(|| wrong("language", "must be ky, ru or en", tag))
}

fn fit<'t>(field: &str, text: &'t str, most: usize, lines: bool) -> Result<&'t str, IntakeError> {
    if let Some(letter) = text.chars().find(|letter| steers(*letter) && !(lines && *letter == '\n')) {
        let found = format!("U+{:04X}", u32::from(letter));
        let rule = if lines { "must be plain text in lines" } else { "must be one line of plain text" };
        return Err(wrong(field, rule, &found));
    }
    match text.chars().count() {
        length if (1..=most).contains(&length) => Ok(text),
        length if most == LONGEST_WORDS => {
            Err(wrong(field, "must have 1 to 4000 characters", &format!("{length} of them")))
        }
        length => Err(wrong(field, "must have 1 to 500 characters", &format!("{length} of them"))),
    }
}

fn wrong(field: &str, rule: &'static str, found: &str) -> IntakeError {
    IntakeError::Field { field: field.to_owned(), rule, found: found.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_or_is_too_long_is_named_and_all_else_is_kept() {
        assert_eq!(words("words", " Кезек\r\nжок. <b>=1+1</b> \n").unwrap(), "Кезек\nжок. <b>=1+1</b>");
        assert_eq!(line("contact", " +996 555 123456 ").unwrap(), "+996 555 123456");
        for (text, found) in [
            ("a\u{202e}b", "U+202E"),
            ("a\u{200f}b", "U+200F"),
            ("a\u{1b}[31m", "U+001B"),
            ("a\0", "U+0000"),
            ("\r", "0 of them"),
        ] {
            let error = words("words", text).unwrap_err().to_string();
            assert!(error.starts_with("words: must ") && error.contains(found), "{error}");
        }
        let long = "я".repeat(LONGEST_WORDS);
        assert!(words("words", &long).is_ok() && words("words", &format!("{long}я")).is_err());
        assert!(line("contact", "a\nb").unwrap_err().to_string().contains("one line of plain text, not `U+000A`"));
        assert_eq!(contact(Some("  ")).unwrap(), None);
        assert!(language("de").is_err() && language("ky").is_ok());
    }
}
