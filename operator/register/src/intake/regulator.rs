//! Which of the regulator's pinned keys signed a statement that came, and whether that was a person's or an
//! organisation's seal. What the statement says of itself is not asked.

use factory_assurance::{
    dsse::{Envelope, PublicKey},
    term::{self, Term},
};
use jiff::Timestamp;

use super::IntakeError;

/// Keys that a statement is held against.
#[derive(Debug)]
pub struct Signing {
    /// Those of the regulator's that sign now.
    pub keys: Vec<PublicKey>,
    /// The organisation whose seal signed, on a server, where no person did.
    pub sealed_by: Option<String>,
}

/// The keys for `signed`, which is the document `what`, out of the `pinned` ones. A key that signs at another time is a
/// refusal; one that nobody pinned is left to whoever opens the statement.
pub fn signing(
    what: &'static str,
    pinned: Vec<Term>,
    signed: &Envelope,
    now: Timestamp,
) -> Result<Signing, IntakeError> {
    let sealed_by = term::signer(&pinned, signed, now).and_then(|term| term.seal.clone());
    let keys = term::in_force(pinned, signed, now).map_err(|source| IntakeError::Term { what, source })?;
    Ok(Signing { keys, sealed_by })
}
