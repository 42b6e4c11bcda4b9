//! Binding instructions to a service: one that was issued never goes and never reads otherwise, and ends once.

use factory_assurance::wire::{BindingInstruction, InstructionState};

use super::{Service, Views, changed, digest};
use crate::witness::{WitnessError, kept::Shown};

/// Name of the view.
const INSTRUCTIONS: &str = "binding instructions";
/// Instructions in one answer: older ones are not shown.
const LISTED: usize = 1000;

impl Views<'_> {
    pub(super) async fn hold_instructions(
        &mut self,
        (participant, name, first): Service<'_>,
    ) -> Result<(), WitnessError> {
        let service = format!("{participant}/{name}");
        let path = format!("/api/v1/entries/{service}/binding-instructions");
        let all: Vec<BindingInstruction> = self.register.find(&path).await?.unwrap_or_default();
        let full = all.len() >= LISTED;
        let oldest = all.iter().map(|one| one.event).min().filter(|_| full).unwrap_or(0);
        for one in all {
            if (one.participant.as_str(), one.service.as_str()) != (participant, name) {
                let shown = format!("one of {}/{}", one.participant, one.service);
                return Err(changed(INSTRUCTIONS, &service, one.event, &shown, "an instruction to it").into());
            }
            let ended = (one.state != InstructionState::Open)
                .then(|| digest(&(&one.state, &one.ended_at, &one.closed_by, &one.reason)));
            let said = (&one.id, one.event, &one.issued_at, &one.finding, &one.basis, &one.due, &one.experiment);
            let shown = Shown { said: digest(&said), end: ended };
            self.place(INSTRUCTIONS, &service, &one.event.to_string(), (one.event, first), shown)?;
        }
        self.all_there(INSTRUCTIONS, &service, |place| place.parse::<u64>().is_ok_and(|event| event >= oldest))
    }
}
