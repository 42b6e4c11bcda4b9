//! Standing delegations beside the log: none is hidden, changed or invented, none is shown without its revocation, and
//! entries under each are counted as the log has them. All of it follows from events that are public.

use std::collections::{BTreeMap, BTreeSet};

use factory_assurance::{
    canonical,
    delegation::{Delegation, Revocation},
    log::served::{DELEGATION, DELEGATION_USE, PublicEvent, REVOCATION},
    wire::{DelegationStanding, StandingDelegation},
};

use super::{
    WitnessError,
    alarm::Alarm,
    asked::{Asked, line},
    tail,
};
use crate::{
    api::delegations::Delegations,
    log::event::{DelegationGiven, DelegationRevoked},
};

/// The list of them.
const PATH: &str = "/api/v1/delegations";

/// Where a delegation stands.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Given {
    /// Number of its event.
    event: u64,
    /// Digest of what was given; none where this version cannot read that.
    said: Option<String>,
    /// When it was revoked, and why.
    revoked: Option<(String, String)>,
    /// Entries under it.
    uses: u64,
}

/// What the log says of delegations, by their ids.
#[derive(Clone, Debug, Default)]
pub struct Delegated(BTreeMap<String, Given>);

impl Delegated {
    /// Takes the next event; one of another kind says nothing of them.
    pub fn take(&mut self, PublicEvent { place, event }: &PublicEvent) {
        let field = if place.kind == DELEGATION { "id" } else { "delegation" };
        let Some(id) = event[field].as_str() else { return };
        match (place.kind.as_str(), self.0.get_mut(id)) {
            (DELEGATION, _) => {
                let said = given(place.seq, &place.time, event);
                self.0.insert(id.to_owned(), Given { event: place.seq, said, revoked: None, uses: 0 });
            }
            (REVOCATION, Some(given)) => given.revoked = Some((place.time.clone(), reason(event).unwrap_or_default())),
            (DELEGATION_USE, Some(given)) => given.uses += 1,
            _ => {}
        }
    }

    /// Holds the list against the log of `size` events.
    pub async fn hold(&self, register: &Asked, size: u64) -> Result<(), WitnessError> {
        let (mut listed, mut later) = (BTreeSet::new(), None);
        let of = |page: Delegations| (page.delegations, page.next.is_some());
        let event = |shown: &StandingDelegation| shown.event;
        let take = async |shown: StandingDelegation| {
            let (id, now) = (shown.id.clone(), Given::of(&shown));
            if !self.0.get(&id).is_some_and(|logged| logged.stands_as(&now, logged)) {
                let after = match &later {
                    Some(after) => after,
                    None => later.insert(self.at_the_end(register, size).await?),
                };
                self.excused(&id, &now, after)?;
            }
            listed.insert(id);
            Ok::<_, WitnessError>(())
        };
        register.newest_first(PATH, size, of, event, take).await?;
        match self.0.iter().find(|(id, _)| !listed.contains(*id)) {
            Some((id, given)) => Err(different(id, "nothing".to_owned(), given.to_string()).into()),
            None => Ok(()),
        }
    }

    /// The same with what came after the first `size` events.
    async fn at_the_end(&self, register: &Asked, size: u64) -> Result<Self, WitnessError> {
        let mut after = self.clone();
        for event in tail::after(register, size).await? {
            if let Some(event) = &event.public {
                after.take(event);
            }
        }
        Ok(after)
    }

    /// Whether what is shown `now` is somewhere between the checkpoint and what came `after` it.
    fn excused(&self, id: &str, now: &Given, after: &Self) -> Result<(), Alarm> {
        match (self.0.get(id), after.0.get(id)) {
            (Some(logged), Some(after)) if logged.stands_as(now, after) => Ok(()),
            (Some(logged), _) => Err(different(id, now.to_string(), logged.to_string())),
            (None, _) => Err(different(id, now.to_string(), "nothing".to_owned())),
        }
    }
}

impl Given {
    /// As it is shown.
    fn of(shown: &StandingDelegation) -> Self {
        let revoked = shown.revoked_at.clone().map(|at| (at, shown.reason.clone()));
        // Whoever reads no further than that must not be misled.
        let agrees = (shown.standing == DelegationStanding::Revoked) == revoked.is_some();
        let said = agrees.then(|| digest(shown)).flatten();
        Self { event: shown.event, said, revoked, uses: shown.uses }
    }

    /// Whether it may be shown as `shown` while it becomes `after`.
    fn stands_as(&self, shown: &Self, after: &Self) -> bool {
        self.event == shown.event
            && (self.said.is_none() || self.said == shown.said)
            && (shown.revoked == self.revoked || shown.revoked == after.revoked)
            && (self.uses..=after.uses).contains(&shown.uses)
    }
}

impl std::fmt::Display for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let said = self.said.as_deref().unwrap_or("unreadable");
        write!(f, "event {} ({said}) with {} entries", self.event, self.uses)?;
        match &self.revoked {
            Some((at, reason)) => write!(f, ", revoked at {}: {}", line(at), line(reason)),
            None => Ok(()),
        }
    }
}

/// Digest of a delegation as the list would show it, from its event.
fn given(event: u64, time: &str, body: &serde_json::Value) -> Option<String> {
    let DelegationGiven { id, delegation, sealed_by } = serde_json::from_value(body.clone()).ok()?;
    let said = delegation.unchecked::<Delegation>().ok()?.predicate;
    digest(&StandingDelegation {
        id,
        event,
        terms: said.terms,
        given_by: said.verifier.office.unwrap_or_default(),
        sealed_by,
        given_at: time.to_owned(),
        standing: DelegationStanding::Standing,
        revoked_at: None,
        reason: String::new(),
        uses: 0,
        signed: delegation,
    })
}

/// Digest of all that never changes of a delegation.
fn digest(of: &StandingDelegation) -> Option<String> {
    canonical::digest(&(&of.id, of.event, &of.terms, &of.given_by, &of.sealed_by, &of.given_at, &of.signed)).ok()
}

fn reason(body: &serde_json::Value) -> Option<String> {
    let DelegationRevoked { revocation, .. } = serde_json::from_value(body.clone()).ok()?;
    Some(revocation.unchecked::<Revocation>().ok()?.predicate.reason)
}

fn different(id: &str, shown: String, logged: String) -> Alarm {
    Alarm::View { view: "delegations", of: line(id), shown, logged }
}
