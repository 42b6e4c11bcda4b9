//! The part of an entry's grounds that stands in the place of a confirmation: the delegation, its use, and the entry
//! that the regulator confirmed, all in the log of one checkpoint and in their order.

use serde::{Deserialize, Serialize};

use super::{
    ByDelegation, Decided, Grounds, GroundsError, Pinned,
    error::log,
    in_force,
    said::{self, Named, Said},
    same, same_seal,
};
use crate::{
    delegation::{self, proof::Proof},
    dossier::{DossierError, TestResult},
    dsse::Envelope,
    log::{
        Checkpoint, Included,
        served::{DELEGATION, DELEGATION_USE, ENTRY, REVOCATION},
    },
};

/// The delegation under which an entry was made, with everything that its use rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Under {
    /// The event by which the regulator delegated, with what was signed.
    pub delegation: Included,
    /// The event that says what fell within it.
    pub used: Included,
    /// The event by which the regulator revoked it, where that happened until the checkpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revocation: Option<Included>,
    /// The entry of the release that the regulator confirmed.
    pub base_entry: Included,
    /// The dossier of that release.
    pub base: Envelope,
}

/// What the event of a delegation says.
#[derive(Deserialize)]
struct Given {
    id: String,
    delegation: Envelope,
    #[serde(rename = "sealedBy")]
    sealed_by: Option<String>,
}

/// What the event of a use says.
#[derive(Deserialize)]
struct Used {
    delegation: String,
    submission: String,
    base: String,
}

/// What the event of a revocation says.
#[derive(Deserialize)]
struct Ended {
    delegation: String,
    revocation: Envelope,
}

impl Under {
    /// Holds the entry `of` which this is a part, which `said` that it was made under the delegation `named`.
    pub(super) fn verify(
        &self,
        of: &Grounds,
        said: &Said,
        named: &Named,
        (pinned, checkpoint): (&Pinned<'_>, &Checkpoint),
    ) -> Result<(TestResult, Decided), GroundsError> {
        let (given, base) = self.in_order(of, said, named, checkpoint)?;
        let id = &named.delegation;
        // Each by a key that signed when the log took it.
        let at = |event: &Included| event.public.place.time.clone();
        let (delegating, seal) = in_force("delegation", pinned.regulator, &given.delegation, &at(&self.delegation))?;
        let delegated = delegation::verify(&given.delegation, &delegating)?.predicate;
        same_seal("delegation", given.sealed_by.as_deref(), seal.as_deref())?;
        same_seal("entry", said.sealed_by.as_deref(), seal.as_deref())?;
        let digest = delegated.terms.digest().map_err(delegation::DelegationError::from)?;
        same("delegation", "id", id, digest.trim_start_matches("sha256:"))?;
        let revoked = self.revoked(id, pinned, checkpoint)?;
        let confirmed = at(&self.base_entry);
        let (mut keys, base_seal) = in_force("confirmation", pinned.regulator, &of.confirmation, &confirmed)?;
        keys.extend(delegating);
        let proof = Proof {
            delegation: &given.delegation,
            base: &self.base,
            confirmation: &of.confirmation,
            dossier: &of.dossier,
            at: &said.confirmed_at,
        };
        let result = proof.verify(&keys, pinned.factory)?.result;
        same_seal("base entry", base.sealed_by.as_deref(), base_seal.as_deref())?;
        let office = delegated.verifier.office.unwrap_or_default();
        same("entry", "confirmedBy", &said.confirmed_by, &office)?;
        let (id, terms, base) = (id.clone(), delegated.terms, base.release().to_owned());
        Ok((result, Decided::Delegated(Box::new(ByDelegation { id, office, seal, terms, base, base_seal, revoked }))))
    }

    /// Holds the events against the log, their contents against each other, and their order; answers the delegation
    /// and what the confirmed entry says.
    fn in_order(
        &self,
        of: &Grounds,
        said: &Said,
        named: &Named,
        checkpoint: &Checkpoint,
    ) -> Result<(Given, Said), GroundsError> {
        self.delegation.hold(DELEGATION, checkpoint).map_err(log("delegation"))?;
        self.used.hold(DELEGATION_USE, checkpoint).map_err(log("use"))?;
        self.base_entry.hold(ENTRY, checkpoint).map_err(log("base entry"))?;
        let given: Given = said::read("delegation", &self.delegation.public)?;
        let used: Used = said::read("use", &self.used.public)?;
        let base: Said = said::read("base entry", &self.base_entry.public)?;
        same("delegation", "id", &given.id, &named.delegation)?;
        same("use", "delegation", &used.delegation, &named.delegation)?;
        same("use", "submission", &used.submission, &said.submission)?;
        same("use", "base", &used.base, &named.base)?;
        same("base entry", "submission", &base.submission, &named.base)?;
        same(
            "base entry",
            "summary.dossier",
            &base.summary.dossier,
            &self.base.payload_digest().map_err(DossierError::from)?,
        )?;
        // The moment that is held against the terms is the log's.
        let entry = &of.entry.public.place;
        same("entry", "confirmedAt", &said.confirmed_at, &entry.time)?;
        let seq = |event: &Included| event.public.place.seq;
        for (what, seq, before) in [
            ("delegation", seq(&self.delegation), seq(&self.used)),
            ("base entry", seq(&self.base_entry), seq(&self.used)),
            ("use", seq(&self.used), entry.seq),
        ] {
            if seq >= before {
                return Err(GroundsError::Order { what, seq, before });
            }
        }
        Ok((given, base))
    }

    /// Number and time of the revocation, where there is one and it came after the use.
    fn revoked(
        &self,
        id: &str,
        pinned: &Pinned<'_>,
        checkpoint: &Checkpoint,
    ) -> Result<Option<(u64, String)>, GroundsError> {
        let Some(event) = &self.revocation else { return Ok(None) };
        event.hold(REVOCATION, checkpoint).map_err(log("revocation"))?;
        let ended: Ended = said::read("revocation", &event.public)?;
        same("revocation", "delegation", &ended.delegation, id)?;
        let place = &event.public.place;
        let (keys, _) = in_force("revocation", pinned.regulator, &ended.revocation, &place.time)?;
        delegation::verify_revocation(&ended.revocation, &keys, &format!("sha256:{id}"))
            .map_err(GroundsError::Revocation)?;
        let used = self.used.public.place.seq;
        if place.seq < used {
            return Err(GroundsError::Revoked { revocation: place.seq, used });
        }
        Ok(Some((place.seq, place.time.clone())))
    }
}
