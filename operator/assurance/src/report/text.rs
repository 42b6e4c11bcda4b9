//! Text of a dossier on its way to a reader: cut, and without what says nothing itself and changes
//! how others are shown. Escaping is the templates' business; this is what escaping cannot do.

use crate::wire::steers;

/// Longest name that is shown; the verdict cuts what it quotes to the same length.
const LONGEST_NAME: usize = 200;
/// Longest message that is shown.
const LONGEST_MESSAGE: usize = 4_000;

/// A name, an address, a line: cut to 200 characters.
pub fn plain(text: &str) -> String {
    harmless(text, LONGEST_NAME)
}

/// A message of the verdict, which may quote several names.
pub fn message(text: &str) -> String {
    harmless(text, LONGEST_MESSAGE)
}

/// `text` as it stands in messages of the verdict: cut, and nothing else.
pub fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST_NAME) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn harmless(text: &str, longest: usize) -> String {
    let mut letters = text.chars();
    let mut shown: String = letters.by_ref().take(longest).map(letter).collect();
    if letters.next().is_some() {
        shown.push('…');
    }
    shown
}

/// White space is a space; what steers, and what XML has no place for, is the replacement character.
fn letter(letter: char) -> char {
    match letter {
        '\t' | '\n' | '\r' => ' ',
        '\u{fffe}' | '\u{ffff}' => char::REPLACEMENT_CHARACTER,
        other if steers(other) => char::REPLACEMENT_CHARACTER,
        other => other,
    }
}

/// `text` if it may stand in a command that a reader copies into a shell.
pub fn word(text: &str) -> Option<&str> {
    let plain = text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.len() <= LONGEST_NAME
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter));
    plain.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_is_shown() {
        assert_eq!(
            plain("a\u{202e}b\u{200f}c\u{7}d\ne\u{2069}\u{ffff}"),
            "a\u{fffd}b\u{fffd}c\u{fffd}d e\u{fffd}\u{fffd}"
        );
        assert_eq!(plain("Кызмат «Тундук»"), "Кызмат «Тундук»");
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        let long = "ы".repeat(201);
        assert_eq!(plain(&long), format!("{}…", "ы".repeat(200)));
        assert_eq!(cut(&long), format!("{}…", "ы".repeat(200)));
        assert_eq!(plain(&"ы".repeat(200)), "ы".repeat(200));
    }

    #[test]
    fn only_plain_words_get_into_a_command() {
        assert_eq!(word("registered-address_1.x"), Some("registered-address_1.x"));
        for bad in ["", "-rf", "$(id)", "a b", "a;b", "a\nb", "a'b", "ы", "a/../b"] {
            assert_eq!(word(bad), None, "{bad}");
        }
    }
}
