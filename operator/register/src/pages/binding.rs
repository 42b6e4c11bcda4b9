//! Binding instructions (56.7) as people read them, on the page of a service and in the console: their words,
//! one file a language, and what a row says.

mod en;
mod ky;
mod ru;

use factory_assurance::{report::Language, wire::InstructionState};
use factory_crds::resilience_standard::FaultKind;

use crate::store::Instruction;

/// The words in `language`.
#[must_use]
pub const fn of(language: Language) -> &'static Words {
    language.of([&ky::WORDS, &ru::WORDS, &en::WORDS])
}

/// Every word about instructions.
#[allow(missing_docs, reason = "a word's name and its English text say what it is")]
#[derive(Debug)]
pub struct Words {
    pub title: &'static str,
    pub public_intro: &'static str,
    pub intro: &'static str,
    pub none: &'static str,
    pub service: &'static str,
    pub finding: &'static str,
    pub basis: &'static str,
    pub due: &'static str,
    pub overdue: &'static str,
    pub experiment: &'static str,
    pub faults: [&'static str; FaultKind::ALL.len()],
    pub state: &'static str,
    pub states: [&'static str; 3],
    pub issued: &'static str,
    pub ended: &'static str,
    pub closed_by: &'static str,
    pub as_json: &'static str,
    pub issue: &'static str,
    pub issue_title: &'static str,
    pub issue_intro: &'static str,
    pub no_services: &'static str,
    pub hint: &'static str,
    pub due_hint: &'static str,
    pub issue_now: &'static str,
    pub not_issued: &'static str,
    pub done_issued: &'static str,
    pub all: &'static str,
    pub one: &'static str,
    pub none_such: &'static str,
    pub none_such_intro: &'static str,
    pub withdraw: &'static str,
    pub withdraw_title: &'static str,
    pub withdraw_intro: &'static str,
    pub withdraw_reason: &'static str,
    pub withdraw_now: &'static str,
    pub not_withdrawn: &'static str,
    pub done_withdrawn: &'static str,
    pub count_overdue: &'static str,
}

impl Words {
    /// A fault of the catalogue.
    #[must_use]
    pub fn fault(&self, kind: FaultKind) -> &'static str {
        FaultKind::ALL.into_iter().zip(self.faults).find(|(found, _)| *found == kind).map_or("", |(_, word)| word)
    }

    /// Where an instruction stands.
    #[must_use]
    pub const fn state(&self, state: InstructionState) -> &'static str {
        let [open, closed, withdrawn] = self.states;
        match state {
            InstructionState::Open => open,
            InstructionState::Closed => closed,
            InstructionState::Withdrawn => withdrawn,
        }
    }
}

/// An instruction, as people read it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Id of the instruction.
    pub id: String,
    /// Number of its event.
    pub event: u64,
    /// Participant and service.
    pub service: String,
    /// What was found.
    pub finding: String,
    /// On what it rests.
    pub basis: String,
    /// Last day.
    pub due: String,
    /// Fault that closes it, in words.
    pub experiment: &'static str,
    /// Where it stands, in words.
    pub state: &'static str,
    /// Whether it is open.
    pub open: bool,
    /// Whether it is open and its last day is over.
    pub overdue: bool,
    /// When it was issued, RFC 3339.
    pub issued: String,
    /// When it ended, RFC 3339.
    pub ended: Option<String>,
    /// Submission whose confirmation closed it.
    pub closed_by: Option<String>,
    /// Why it was withdrawn; empty otherwise.
    pub reason: String,
}

/// `held` as people read it.
#[must_use]
pub fn shown(held: Instruction, language: Language) -> Shown {
    let (words, issued) = (of(language), held.issued);
    Shown {
        id: issued.id,
        event: held.seq,
        service: format!("{}/{}", issued.participant, issued.service),
        finding: issued.finding,
        basis: issued.basis,
        due: issued.due,
        experiment: words.fault(issued.experiment),
        state: words.state(held.state),
        open: held.state == InstructionState::Open,
        overdue: held.overdue,
        issued: held.time,
        ended: held.ended,
        closed_by: held.submission,
        reason: held.reason,
    }
}

/// All of `held`, overdue ones first, then those that are open.
#[must_use]
pub fn in_order(held: Vec<Instruction>, language: Language) -> Vec<Shown> {
    let mut all: Vec<Shown> = held.into_iter().map(|held| shown(held, language)).collect();
    all.sort_by_key(|shown| (!shown.overdue, !shown.open));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_a_name_of_its_own_in_every_language() {
        for language in Language::ALL {
            let names: std::collections::BTreeSet<_> = FaultKind::ALL.map(|kind| of(language).fault(kind)).into();
            assert_eq!(names.len(), FaultKind::ALL.len());
            assert!(!names.contains(""));
        }
    }
}
