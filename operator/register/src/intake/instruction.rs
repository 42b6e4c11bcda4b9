//! A binding instruction as the regulator asks for it: each field is held to what it must be before anything of
//! it is written, since the log never forgets.

use factory_assurance::wire::{InstructionRequest, LONGEST_BASIS, LONGEST_FINDING, LONGEST_REASON, line};
use jiff::{Timestamp, civil::Date};

use super::{IntakeError, is_label};
use crate::{pages::day, store::Issue};

/// What `wish` asks for under `key`, if it is in order at `now`.
pub fn issued(key: String, wish: InstructionRequest, now: Timestamp) -> Result<Issue, IntakeError> {
    let InstructionRequest { participant, service, finding, basis, due, experiment } = wish;
    for (field, name) in [("participant", &participant), ("service", &service)] {
        if !is_label(name) {
            return Err(refused(field, "must be lower-case letters, digits and `-`", name));
        }
    }
    let finding = plain("finding", &finding, LONGEST_FINDING)?;
    let basis = plain("basis", &basis, LONGEST_BASIS)?;
    let form = due.len() == 10
        && due.as_bytes().iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if !form || due.parse::<Date>().is_err() {
        return Err(refused("due", "must be a day as YYYY-MM-DD", &due));
    }
    // Days of this form are in the order of their texts.
    if due <= day(&now.to_string()) {
        return Err(refused("due", "must be after today (item 56.7)", &due));
    }
    Ok(Issue { key, participant, service, finding, basis, due, experiment })
}

/// `text` as the reason of a withdrawal.
pub fn reason(text: &str) -> Result<String, IntakeError> {
    plain("reason", text, LONGEST_REASON)
}

fn plain(field: &'static str, text: &str, longest: usize) -> Result<String, IntakeError> {
    match line(text, longest) {
        Ok(line) => Ok(line.to_owned()),
        Err(source) => Err(IntakeError::Line { field, source }),
    }
}

fn refused(field: &str, rule: &'static str, found: &str) -> IntakeError {
    IntakeError::Field { field: field.to_owned(), rule, found: found.chars().take(60).collect() }
}

#[cfg(test)]
mod tests {
    use factory_crds::resilience_standard::FaultKind;

    use super::*;

    fn wish() -> InstructionRequest {
        InstructionRequest {
            participant: "social-registry".to_owned(),
            service: "address".to_owned(),
            finding: " It does not come back. ".to_owned(),
            basis: "Item 56.7".to_owned(),
            due: "2026-06-25".to_owned(),
            experiment: FaultKind::PodKill,
        }
    }

    /// An evening in Greenwich, when the 24th has begun in Bishkek.
    fn now() -> Timestamp {
        "2026-06-23T19:00:00Z".parse().unwrap()
    }

    #[test]
    fn what_is_in_order_is_taken_without_the_space_around_it() {
        let issue = issued("key".to_owned(), wish(), now()).unwrap();
        assert_eq!((issue.finding.as_str(), issue.due.as_str()), ("It does not come back.", "2026-06-25"));
    }

    #[test]
    fn each_field_that_is_not_what_it_must_be_is_named() {
        type Harm = fn(&mut InstructionRequest);
        let harms: [(&str, Harm); 11] = [
            ("participant: ", |wish| wish.participant = "../x".to_owned()),
            ("service: ", |wish| wish.service.clear()),
            ("finding: must have 1 to 2000", |wish| wish.finding = " ".to_owned()),
            ("finding: ", |wish| wish.finding = "x".repeat(2001)),
            ("finding: must be one line", |wish| wish.finding = "a\u{202e}b".to_owned()),
            ("basis: ", |wish| wish.basis = "x".repeat(1001)),
            ("due: must be a day", |wish| wish.due = "2026-02-30".to_owned()),
            ("due: must be a day", |wish| wish.due = "25.06.2026".to_owned()),
            ("due: must be a day", |wish| wish.due = "2026-06-25T00:00".to_owned()),
            ("due: must be after today", |wish| wish.due = "2026-06-24".to_owned()),
            ("due: must be after today", |wish| wish.due = "2020-01-01".to_owned()),
        ];
        for (begins, harm) in harms {
            let mut wish = wish();
            harm(&mut wish);
            let said = issued("key".to_owned(), wish, now()).unwrap_err().to_string();
            assert!(said.starts_with(begins), "{said}");
        }
    }
}
