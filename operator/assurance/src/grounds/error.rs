//! Why an entry does not stand.

use crate::{
    confirmation::ConfirmationError,
    delegation::{DelegationError, proof::ProofError},
    dossier::DossierError,
    log::served::ServedError,
    term::TermError,
};

/// The first thing that does not hold. `what` is the part of the file.
#[derive(Debug, thiserror::Error)]
pub enum GroundsError {
    /// An event is not in the log that was signed.
    #[error("{what}: {source}")]
    Log {
        /// Which part.
        what: &'static str,
        /// What is wrong with it.
        source: ServedError,
    },
    /// It is the entry of an object, which was not tested.
    #[error("entry: an event of the kind `{0}` stands on no dossier")]
    Kind(String),
    /// An event is not of the form that its kind has.
    #[error("{what}: event {seq} cannot be read: {source}")]
    Event {
        /// Which part.
        what: &'static str,
        /// Its number.
        seq: u64,
        /// Cause.
        source: serde_json::Error,
    },
    /// A part names something else than it must.
    #[error("{what}: {field}: `{found}`, must be `{expected}`")]
    Other {
        /// Which part.
        what: &'static str,
        /// Which field of it.
        field: &'static str,
        /// As it stands there.
        found: String,
        /// As it follows from another part.
        expected: String,
    },
    /// The entry shows what is not in the dossier.
    #[error("entry: {0}: not as in the dossier")]
    Entry(&'static str),
    /// An event came too late for what rests on it.
    #[error("{what}: event {seq}, must come before event {before}")]
    Order {
        /// Which part.
        what: &'static str,
        /// Its number.
        seq: u64,
        /// Number of the event that rests on it.
        before: u64,
    },
    /// The time of an event is none.
    #[error("{what}: time: `{found}`, must be a moment such as 2026-03-04T05:06:07Z")]
    Moment {
        /// Which part.
        what: &'static str,
        /// As it stands there.
        found: String,
    },
    /// It was signed by a key out of its time.
    #[error("{what}: {source}")]
    Term {
        /// Which part.
        what: &'static str,
        /// Which key, and when it signs.
        source: TermError,
    },
    /// It is said of a signature that a person or a seal gave it, and the pinned key is of another kind.
    #[error("{what}: sealedBy: says that {said} signed, and the pinned key is {pinned}'s")]
    Seal {
        /// Which part.
        what: &'static str,
        /// Who signed, as it stands there.
        said: String,
        /// Whose the key is, as it was pinned.
        pinned: String,
    },
    /// The dossier does not open, or contradicts itself.
    #[error("dossier: {0}")]
    Dossier(#[from] DossierError),
    /// The regulator did not confirm the dossier.
    #[error("confirmation: {0}")]
    Confirmation(#[from] ConfirmationError),
    /// The delegation is none.
    #[error("delegation: {0}")]
    Delegation(#[from] DelegationError),
    /// The release does not fall within the delegation, or a document of that is none.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The revocation is none, so the file is not to be believed in the rest either.
    #[error("revocation: {0}")]
    Revocation(#[source] DelegationError),
    /// It was revoked before it was used.
    #[error("delegation: it was revoked by event {revocation}, before event {used} used it")]
    Revoked {
        /// Number of the revocation.
        revocation: u64,
        /// Number of the use.
        used: u64,
    },
    /// The entry was made under a delegation, and the file does not have it.
    #[error("delegated: not there, and the entry says that it was made under a delegation")]
    Lacks,
    /// The entry was confirmed, and the file has a delegation beside.
    #[error("delegated: is there, and the entry does not say that it was made under a delegation")]
    TooMuch,
}

/// Of an event that is the part `what`.
pub(super) fn log(what: &'static str) -> impl Fn(ServedError) -> GroundsError {
    move |source| GroundsError::Log { what, source }
}
