//! Exit codes: what a pipeline learns from a command without reading its text. They are part of the
//! tool's contract, and nothing else may choose one.

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done; for a release: passed, or launched.
    Good,
    /// It could not be done, or the manifest has errors.
    Error,
    /// The release failed, was returned by the regulator, or was withdrawn by its owner.
    Failed,
    /// The evidence was not enough to say.
    Inconclusive,
}

impl Exit {
    /// The code, for documents and messages.
    pub const fn code(self) -> u8 {
        match self {
            Self::Good => 0,
            Self::Error => 1,
            Self::Failed => 2,
            Self::Inconclusive => 3,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
