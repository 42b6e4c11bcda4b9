//! Binding instructions (56.7): what the regulator sends, and how the register answers where they stand.

use factory_crds::resilience_standard::FaultKind;
use serde::{Deserialize, Serialize};

use super::withdrawal::steers;

/// Longest finding, in characters; as the kind `Instruction` has it.
pub const LONGEST_FINDING: usize = 2000;
/// Longest basis, in characters.
pub const LONGEST_BASIS: usize = 1000;

/// Body of `POST /api/v1/instructions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InstructionRequest {
    /// Participant: the namespace of the manifest.
    #[cfg_attr(feature = "openapi", schemars(regex(pattern = r"^[a-z0-9][a-z0-9.-]{0,252}$")))]
    pub participant: String,
    /// Name of the service: one of which the register has a submission.
    #[cfg_attr(feature = "openapi", schemars(regex(pattern = r"^[a-z0-9][a-z0-9.-]{0,252}$")))]
    pub service: String,
    /// What was found: one line of plain text.
    #[cfg_attr(feature = "openapi", schemars(length(min = 1, max = LONGEST_FINDING), regex(pattern = super::withdrawal::PLAIN)))]
    pub finding: String,
    /// On which act and measurement it rests: one line of plain text.
    #[cfg_attr(feature = "openapi", schemars(length(min = 1, max = LONGEST_BASIS), regex(pattern = super::withdrawal::PLAIN)))]
    pub basis: String,
    /// Last day on which it is carried out in time, by the clock of Bishkek: `YYYY-MM-DD`, after today.
    #[cfg_attr(feature = "openapi", schemars(extend("format" = "date")))]
    pub due: String,
    /// Fault that a release must survive to close it.
    pub experiment: FaultKind,
}

/// A binding instruction, as the register answers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BindingInstruction {
    /// Id of the instruction.
    pub id: String,
    /// Number of its event in the register's log.
    pub event: u64,
    /// When it was issued (RFC 3339).
    pub issued_at: String,
    /// Participant.
    pub participant: String,
    /// Name of the service.
    pub service: String,
    /// What was found.
    pub finding: String,
    /// On which act and measurement it rests.
    pub basis: String,
    /// Last day on which it is carried out in time, by the clock of Bishkek.
    pub due: String,
    /// Fault that a release must survive to close it.
    pub experiment: FaultKind,
    /// Where it stands.
    pub state: InstructionState,
    /// Whether it is open and its last day is over.
    pub overdue: bool,
    /// When it ended (RFC 3339); none while it is open.
    pub ended_at: Option<String>,
    /// Id of the submission whose confirmation closed it.
    pub closed_by: Option<String>,
    /// Why it was withdrawn; empty otherwise.
    pub reason: String,
}

/// Where an instruction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub enum InstructionState {
    /// To be carried out.
    Open,
    /// A confirmed release carried it out.
    Closed,
    /// The regulator withdrew it.
    Withdrawn,
}

/// A text that does not fit into one line of plain text of the length that it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// Nothing, or too much.
    #[error("must have 1 to {longest} characters, not {found}")]
    Length {
        /// Most.
        longest: usize,
        /// As it came.
        found: usize,
    },
    /// A character that would break the line or turn it around.
    #[error("must be one line of plain text, without the character U+{0:04X}")]
    Character(u32),
}

/// `text` as one line of plain text of at most `longest` characters, without the space around it.
pub fn line(text: &str, longest: usize) -> Result<&str, LineError> {
    let text = text.trim();
    if let Some(steering) = text.chars().find(|&letter| steers(letter)) {
        return Err(LineError::Character(steering.into()));
    }
    match text.chars().count() {
        found if found == 0 || found > longest => Err(LineError::Length { longest, found }),
        _ => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_plain_and_of_its_length() {
        assert_eq!(line(" Сбой при потере узла \n", 21), Ok("Сбой при потере узла"));
        assert_eq!(line("  ", 5), Err(LineError::Length { longest: 5, found: 0 }));
        assert_eq!(line("abcdef", 5), Err(LineError::Length { longest: 5, found: 6 }));
        assert_eq!(line("a\nb", 5), Err(LineError::Character(0x0a)));
        assert_eq!(
            line("a\u{202e}b", 5).unwrap_err().to_string(),
            "must be one line of plain text, without the character U+202E"
        );
    }
}
