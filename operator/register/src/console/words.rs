//! The words of the console in the register's three languages: one file a language. A word that a language
//! lacks does not compile. `{}` stands where a value goes.

mod en;
mod ky;
mod ru;

use factory_assurance::{report::Language, wire::Procedure};

use crate::{delegations::words as delegations, log::event::Event};

/// The words of the console in `language`.
#[must_use]
pub const fn of(language: Language) -> &'static Words {
    language.of([&ky::WORDS, &ru::WORDS, &en::WORDS])
}

/// Every word that the console uses beside those of the public pages.
#[allow(missing_docs, reason = "a word's name and its English text say what it is")]
#[derive(Debug)]
pub struct Words {
    pub console: &'static str,
    pub inbox: &'static str,
    pub overview: &'static str,
    pub decided: &'static str,
    pub audit: &'static str,
    pub sign_in: &'static str,
    pub sign_in_intro: &'static str,
    pub token: &'static str,
    pub token_hint: &'static str,
    pub by_provider: &'static str,
    pub no_provider: &'static str,
    pub provider_away: &'static str,
    pub provider_refused: &'static str,
    pub go_on: &'static str,
    pub sign_out: &'static str,
    pub signed_in_as: &'static str,
    pub session_ended: &'static str,
    pub signed_out: &'static str,
    pub token_refused: &'static str,
    pub no_right: &'static str,
    pub too_many: &'static str,
    pub needs_https: &'static str,
    pub form_refused: &'static str,
    pub form_refused_intro: &'static str,
    pub inbox_intro: &'static str,
    pub none_waiting: &'static str,
    pub participant: &'static str,
    pub all_participants: &'static str,
    pub show: &'static str,
    pub received: &'static str,
    pub result: &'static str,
    pub attempt: &'static str,
    pub state: &'static str,
    pub states: [&'static str; 6],
    pub term: &'static str,
    pub due: &'static str,
    pub left: &'static str,
    pub last_day: &'static str,
    pub late: &'static str,
    pub waits_for: &'static str,
    pub no_term: &'static str,
    pub no_calendar: &'static str,
    pub preliminary: &'static str,
    pub overview_intro: &'static str,
    pub counts: &'static str,
    pub count_late: &'static str,
    pub services: &'static str,
    pub complies: &'static str,
    pub why: &'static str,
    pub newest: &'static str,
    pub no_services: &'static str,
    pub decided_intro: &'static str,
    pub none_decided: &'static str,
    pub reason: &'static str,
    pub older: &'static str,
    pub audit_intro: &'static str,
    pub none_done: &'static str,
    pub when: &'static str,
    pub who: &'static str,
    pub what: &'static str,
    pub event: &'static str,
    pub acts: [&'static str; 7],
    pub instructions: &'static str,
    pub kpis: &'static str,
    pub replay: &'static str,
    pub excluded: &'static str,
    pub claims: &'static str,
    pub objects: &'static str,
    pub claim_decided: &'static str,
    pub claim_answered: &'static str,
    pub claim_forgotten: &'static str,
    pub object_submitted: &'static str,
    pub object_returned: &'static str,
    pub object_confirmed: &'static str,
    pub object_entered: &'static str,
    pub people_forgotten: &'static str,
    pub delegations: &'static delegations::Words,
    pub standard_issued: &'static str,
    pub access: &'static str,
    pub access_asked: &'static str,
    pub access_granted: &'static str,
    pub access_refused: &'static str,
    pub access_taken: &'static str,
    pub submission: &'static str,
    pub no_submission: &'static str,
    pub no_submission_intro: &'static str,
    pub back_to_inbox: &'static str,
    pub back_to_submission: &'static str,
    pub done_confirmed: &'static str,
    pub done_registered: &'static str,
    pub done_returned: &'static str,
    pub findings: &'static str,
    pub no_findings: &'static str,
    pub margin: &'static str,
    pub margin_left: &'static str,
    pub margin_none: &'static str,
    pub margin_over: &'static str,
    pub reached: &'static str,
    pub not_reached: &'static str,
    pub full_report: &'static str,
    pub would_be_public: &'static str,
    pub would_be_public_intro: &'static str,
    pub complete: &'static str,
    pub incomplete: &'static str,
    pub incomplete_entry: &'static str,
    pub attempts: &'static str,
    pub this_one: &'static str,
    pub same_bundle: &'static str,
    pub announcement: &'static str,
    pub announcement_intro: &'static str,
    pub announced_at: &'static str,
    pub id: &'static str,
    pub decisions: &'static str,
    pub none_decided_yet: &'static str,
    pub decide: &'static str,
    pub cannot_confirm: &'static str,
    pub confirm: &'static str,
    pub confirm_title: &'static str,
    pub confirm_intro: &'static str,
    pub office: &'static str,
    pub office_hint: &'static str,
    pub renew: &'static str,
    pub what_is_signed: &'static str,
    pub what_is_signed_intro: &'static str,
    pub in_browser: &'static str,
    pub in_browser_intro: &'static str,
    pub key_file: &'static str,
    pub sign_and_confirm: &'static str,
    pub no_crypto: &'static str,
    pub no_key: &'static str,
    pub bad_key: &'static str,
    pub with_tool: &'static str,
    pub with_tool_intro: &'static str,
    pub with_file: &'static str,
    pub with_file_intro: &'static str,
    pub envelope_file: &'static str,
    pub envelope_text: &'static str,
    pub hand_in: &'static str,
    pub refused: &'static str,
    pub refused_envelope: &'static str,
    pub refused_signature: &'static str,
    pub refused_decided: &'static str,
    pub send_back: &'static str,
    pub return_title: &'static str,
    pub return_intro: &'static str,
    pub return_reason: &'static str,
    pub return_hint: &'static str,
    pub return_now: &'static str,
    pub no_reason: &'static str,
    pub public_entry: &'static str,
    pub error: &'static str,
}

/// Of `states`, the words in the procedure's order, the one for `state`.
pub(crate) const fn in_words(states: &[&'static str; 6], state: Procedure) -> &'static str {
    let [waiting, returned, confirmed, registered, revoked, withdrawn] = *states;
    match state {
        Procedure::Submitted => waiting,
        Procedure::Returned => returned,
        Procedure::Confirmed => confirmed,
        Procedure::Registered => registered,
        Procedure::Revoked => revoked,
        Procedure::Withdrawn => withdrawn,
    }
}

impl Words {
    /// Where a submission stands.
    #[must_use]
    pub const fn state(&self, state: Procedure) -> &'static str {
        in_words(&self.states, state)
    }

    /// What a person did, of the events that people cause.
    #[must_use]
    pub const fn act(&self, event: &Event) -> &'static str {
        let [confirmation, sent_back, entry, withdrawal, instructed, carried_out, taken_back] = self.acts;
        match event {
            Event::Confirmation(_) => confirmation,
            Event::Return(_) => sent_back,
            Event::Entry(_) => entry,
            Event::Withdrawal(_) => withdrawal,
            Event::Instruction(_) => instructed,
            Event::InstructionClosed(_) => carried_out,
            Event::InstructionWithdrawn(_) => taken_back,
            Event::Exclusion(_) => self.excluded,
            Event::ClaimDecision(_) => self.claim_decided,
            Event::ClaimAnswer(_) => self.claim_answered,
            Event::Forgetting(_) => self.claim_forgotten,
            Event::Object(_) => self.object_submitted,
            Event::ObjectReturn(_) => self.object_returned,
            Event::ObjectConfirmation(_) => self.object_confirmed,
            Event::ObjectEntry(_) => self.object_entered,
            Event::ContactsForgotten(_) => self.people_forgotten,
            Event::AccessRequest(_) => self.access_asked,
            Event::AccessGranted(_) => self.access_granted,
            Event::AccessRefused(_) => self.access_refused,
            Event::AccessTaken(_) => self.access_taken,
            Event::Delegation(_) => self.delegations.given,
            Event::Revocation(_) => self.delegations.revoked,
            Event::DelegationUse(_) => self.delegations.used,
            Event::StandardIssued(_) => self.standard_issued,
            other => other.kind(),
        }
    }
}

/// `word` with `value` in its place.
#[must_use]
pub fn with(word: &str, value: impl std::fmt::Display) -> String {
    word.replacen("{}", &value.to_string(), 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_a_place_for_each_value() {
        for language in Language::ALL {
            let words = of(language);
            for word in [
                words.due,
                words.left,
                words.late,
                words.waits_for,
                words.no_calendar,
                words.margin_left,
                words.margin_over,
                words.incomplete,
                words.incomplete_entry,
                words.confirm_title,
                words.return_title,
            ] {
                assert_eq!(word.matches("{}").count(), 1, "{word}");
                assert!(with(word, 7).contains('7'));
            }
        }
    }
}
