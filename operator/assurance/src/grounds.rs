//! What a public entry stands on, in one file: the entry in the register's log, the dossier, and what the regulator
//! signed, either about this dossier or before it as a standing delegation. Whoever pinned the keys of log, regulator
//! and factory believes it without asking the register, and without believing it.
//!
//! What the file cannot say: that a delegation was *not* revoked. A revocation is an event of the same log, and the
//! register adds it here; one that it hides is found by whoever reads the whole log (a witness).
//!
//! *Architecture invariant:* pure. Every moment is one that the log gives to an event.

mod delegated;
mod error;
mod said;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    confirmation::Confirmation,
    delegation::{Terms, proof},
    dossier::{TestResult, Verified},
    dsse::{Envelope, PublicKey},
    log::{
        Checkpoint,
        note::Verifier,
        served::{ENTRY, EventProof},
    },
    term::{self, Term},
};
pub use delegated::Under;
pub use error::GroundsError;
use error::log;
use said::Said;

/// What an entry stands on, as the register serves it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Grounds {
    /// The entry, and that it is in the log.
    pub entry: EventProof,
    /// The dossier that was entered, signed by the factory.
    pub dossier: Envelope,
    /// The regulator's confirmation: of this dossier, or of the one that it was compared with.
    pub confirmation: Envelope,
    /// The delegation under which it was entered, where no person confirmed this dossier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delegated: Option<Under>,
}

/// The keys that a reader got by another way than the file.
#[derive(Clone, Copy, Debug)]
pub struct Pinned<'a> {
    /// Of the register's log.
    pub log: &'a Verifier,
    /// Of witnesses that must have co-signed its checkpoint.
    pub witnesses: &'a [Verifier],
    /// The regulator's, each with the time in which it signs.
    pub regulator: &'a [Term],
    /// Those of the factory's dossiers.
    pub factory: &'a [PublicKey],
}

/// What holds.
#[derive(Clone, Debug)]
pub struct Held {
    /// The log, as it was signed.
    pub checkpoint: Checkpoint,
    /// What the dossier says, its verdict computed again.
    pub result: TestResult,
    /// By what it was entered.
    pub decided: Decided,
}

/// By what a release was entered.
#[derive(Clone, Debug)]
pub enum Decided {
    /// The regulator confirmed it.
    Confirmed {
        /// Name of the office, as it was signed.
        office: String,
        /// When, as it was signed (RFC 3339).
        at: String,
        /// The organisation whose seal signed it, by a server; none where a person did.
        seal: Option<String>,
    },
    /// It falls within what the regulator delegated.
    Delegated(Box<ByDelegation>),
}

/// A delegation under which a release was entered.
#[derive(Clone, Debug)]
pub struct ByDelegation {
    /// Its id.
    pub id: String,
    /// Name of the office that delegated, as it was signed.
    pub office: String,
    /// The organisation whose seal signed that, by a server; none where a person did.
    pub seal: Option<String>,
    /// What was delegated.
    pub terms: Terms,
    /// Release that the regulator confirmed, with which it was compared.
    pub base: String,
    /// The organisation whose seal confirmed it, by a server; none where a person did.
    pub base_seal: Option<String>,
    /// Number and time of the event by which it was revoked afterwards.
    pub revoked: Option<(u64, String)>,
}

impl Grounds {
    /// Holds everything against the `pinned` keys and against each other; names the first thing that does not hold.
    /// Computes one or two verdicts: with the size of the dossiers, not for an async thread.
    pub fn verify(&self, pinned: &Pinned<'_>) -> Result<Held, GroundsError> {
        let public = &self.entry.public;
        let checkpoint = self.entry.verify(pinned.log, pinned.witnesses).map_err(log("entry"))?;
        if public.place.kind != ENTRY {
            // Of objects, which have no dossier.
            return Err(GroundsError::Kind(public.place.kind.clone()));
        }
        let said: Said = said::read("entry", public)?;
        let (result, decided) = match (&self.delegated, &said.under) {
            (None, None) => self.confirmed(pinned, &said)?,
            (Some(under), Some(named)) => under.verify(self, &said, named, (pinned, &checkpoint))?,
            (None, Some(_)) => return Err(GroundsError::Lacks),
            (Some(_), None) => return Err(GroundsError::TooMuch),
        };
        said.hold(&result, &self.dossier)?;
        Ok(Held { checkpoint, result, decided })
    }

    /// Holds the confirmation against the dossier and the entry.
    fn confirmed(&self, pinned: &Pinned<'_>, said: &Said) -> Result<(TestResult, Decided), GroundsError> {
        let result = Verified::open(&self.dossier, pinned.factory)?.dossier.predicate;
        // A confirmation and its entry are written in one moment.
        let time = &self.entry.public.place.time;
        let (keys, seal) = in_force("confirmation", pinned.regulator, &self.confirmation, time)?;
        let Confirmation { predicate, .. } = proof::confirmed(&result, &self.dossier, &self.confirmation, &keys)?;
        same_seal("entry", said.sealed_by.as_deref(), seal.as_deref())?;
        let (office, at) = (predicate.office().to_owned(), predicate.time_verified);
        same("entry", "confirmedBy", &said.confirmed_by, &office)?;
        same("entry", "confirmedAt", &said.confirmed_at, &at)?;
        Ok((result, Decided::Confirmed { office, at, seal }))
    }
}

/// Those of the regulator's keys that sign at this moment of the log, and the organisation whose seal signed `what`,
/// where no person did; an error where one of the other keys did.
pub fn in_force(
    what: &'static str,
    regulator: &[Term],
    signed: &Envelope,
    time: &str,
) -> Result<(Vec<PublicKey>, Option<String>), GroundsError> {
    let at: Timestamp = time.parse().map_err(|_| GroundsError::Moment { what, found: time.to_owned() })?;
    let seal = term::signer(regulator, signed, at).and_then(|term| term.seal.clone());
    let keys = term::in_force(regulator.to_vec(), signed, at).map_err(|source| GroundsError::Term { what, source })?;
    Ok((keys, seal))
}

/// That `what` says of who signed what the pinned key is: whoever pins a key knows whose it is.
pub fn same_seal(what: &'static str, said: Option<&str>, pinned: Option<&str>) -> Result<(), GroundsError> {
    if said == pinned {
        return Ok(());
    }
    let who = |seal: Option<&str>| seal.map_or_else(|| "a person".to_owned(), |name| format!("the seal of `{name}`"));
    Err(GroundsError::Seal { what, said: who(said), pinned: who(pinned) })
}

/// That `found`, in `field` of `what`, is as `expected`.
fn same(what: &'static str, field: &'static str, found: &str, expected: &str) -> Result<(), GroundsError> {
    if found == expected {
        return Ok(());
    }
    Err(GroundsError::Other { what, field, found: found.to_owned(), expected: expected.to_owned() })
}

#[cfg(test)]
mod tests;
