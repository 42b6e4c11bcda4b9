//! The public index beside the log: no entry may be hidden, changed for another, say something else than its event, or
//! be shown as in force after it was withdrawn or excluded. What the log says of all else is collected on the way.

use std::collections::{BTreeMap, BTreeSet};

use factory_assurance::{
    canonical,
    log::{
        handover::{HANDOVER, Handover, Terms},
        note::Verifier,
        served::{DELEGATION, DELEGATION_USE, ENTRY, OBJECT_ENTRY, PublicEvent, REVOCATION},
    },
    term::Term,
    wire::Withdrawal,
};

use super::{
    WitnessError,
    alarm::Alarm,
    asked::{Asked, line},
    delegations::Delegated,
    standards::Issuances,
    statistics::Counted,
    views::Service,
};
use crate::{
    api::entries::{PublicEntry, PublicIndex},
    store::{Entry, Said},
};

/// Where a service stands.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Standing {
    /// Number of its newest entry.
    entry: u64,
    /// Digest of what that says; none where this version cannot read it.
    said: Option<String>,
    /// The withdrawal of that entry.
    withdrawn: Option<Withdrawal>,
}

/// What the log says of each service.
#[derive(Debug, Default)]
pub struct Logged {
    services: BTreeMap<(String, String), Standing>,
    /// Number of the first entry of each.
    first: BTreeMap<(String, String), u64>,
    delegated: Delegated,
    issued: Issuances,
    counted: Counted,
    /// Each event that hands the log over, with the key that it is handed to.
    handovers: BTreeMap<u64, Verifier>,
}

impl Logged {
    /// Nothing yet, of a log in which a `regulator` with these keys issues standards.
    pub fn of(regulator: Vec<Term>) -> Self {
        Self { issued: Issuances::by(regulator), ..Self::default() }
    }

    /// Takes the next event. What cannot be read is no entry: its digest was held against the log.
    pub fn take(&mut self, event: Option<&PublicEvent>) -> Result<(), Alarm> {
        let Some(public @ PublicEvent { place, event }) = event else { return Ok(()) };
        self.issued.take(public)?;
        self.counted.take(public);
        if [DELEGATION, REVOCATION, DELEGATION_USE].contains(&place.kind.as_str()) {
            self.delegated.take(public);
            return Ok(());
        }
        if place.kind == HANDOVER {
            let note = event["note"].as_str().unwrap_or_default();
            // One that cannot be read hands over to nobody.
            self.handovers.extend(Handover::unchecked(note).map(|handover| (place.seq, handover.next)));
            return Ok(());
        }
        let (whose, name) = match place.kind.as_str() {
            ENTRY => (&event["summary"]["subject"], "service"),
            OBJECT_ENTRY => (&event["object"], "name"),
            _ => (event, "service"),
        };
        let (Some(participant), Some(name)) = (whose["participant"].as_str(), whose[name].as_str()) else {
            return Ok(());
        };
        let service = (participant.to_owned(), name.to_owned());
        if matches!(place.kind.as_str(), ENTRY | OBJECT_ENTRY) {
            self.first.entry(service.clone()).or_insert(place.seq);
            self.services.insert(service, Standing { entry: place.seq, said: said(public), withdrawn: None });
        } else if let Some(standing) = self.services.get_mut(&service) {
            let reason = event["reason"].as_str().unwrap_or_default().to_owned();
            let item = event["item"].as_str().map(str::to_owned);
            standing.withdrawn = Some(Withdrawal { at: place.time.clone(), reason, event: place.seq, item });
        }
        Ok(())
    }

    /// Whether the log was handed over to each key of `terms` after the first `known`, by its own events, and the
    /// newest of these to the `key` that signs.
    pub fn hold_keys(&self, terms: &Terms, known: usize, key: &Verifier) -> Result<(), Alarm> {
        let not = |event: u64, key: &Verifier| Alarm::NotHandedOver { event, key: key.to_string() };
        for term in terms.all().iter().skip(known) {
            if self.handovers.get(&term.from) != Some(&term.key) {
                return Err(not(term.from, &term.key));
            }
        }
        match self.handovers.last_key_value() {
            Some((event, next)) if next != key => Err(not(*event, key)),
            _ => Ok(()),
        }
    }

    /// The services that have entries.
    pub fn services(&self) -> impl Iterator<Item = Service<'_>> {
        self.first.iter().map(|((participant, name), first)| (participant.as_str(), name.as_str(), *first))
    }

    /// Holds every page of the index, every entry by its address, the lists of delegations and of issued standards
    /// and the statistics against the log of `size` events; answers how many entries there were.
    pub async fn hold(&self, register: &Asked, size: u64) -> Result<u64, WitnessError> {
        let mut listed = BTreeSet::new();
        let of = |page: PublicIndex| (page.entries, page.next.is_some());
        let event = |entry: &PublicEntry| entry.event;
        let take = async |entry: PublicEntry| {
            self.hold_entry(&entry, size)?;
            listed.insert((entry.participant, entry.service));
            Ok::<_, WitnessError>(())
        };
        register.newest_first("/api/v1/entries", size, of, event, take).await?;
        for (service, standing) in &self.services {
            let (participant, name) = service;
            let entry: Option<PublicEntry> = register.find(&format!("/api/v1/entries/{participant}/{name}")).await?;
            if let Some(entry) = &entry {
                self.hold_entry(entry, size)?;
            }
            // An entry that was replaced while the pages were read stands on none of them.
            if entry.is_none_or(|entry| entry.event <= size && !listed.contains(service)) {
                let (service, shown) = (format!("{participant}/{name}"), "nothing".to_owned());
                return Err(Alarm::Index { service, shown, logged: standing.to_string() }.into());
            }
        }
        self.delegated.hold(register, size).await?;
        self.issued.hold(register, size).await?;
        self.counted.hold(register, size).await?;
        Ok(listed.len() as u64)
    }

    fn hold_entry(&self, entry: &PublicEntry, size: u64) -> Result<(), Alarm> {
        // What came after the checkpoint is held against the next one.
        if entry.event > size {
            return Ok(());
        }
        let logged = self.services.get(&(entry.participant.clone(), entry.service.clone()));
        let withdrawn = entry.withdrawn.clone().filter(|withdrawal| withdrawal.event <= size);
        let shown = Standing { entry: entry.event, said: digest(entry.clone()), withdrawn };
        if logged.is_some_and(|logged| logged.is_shown_as(&shown)) {
            return Ok(());
        }
        let service = line(&format!("{}/{}", entry.participant, entry.service));
        let same = logged.is_some_and(|logged| logged.to_string() == shown.to_string());
        let logged = logged.map_or_else(|| "nothing".to_owned(), ToString::to_string);
        let shown = if same { format!("{shown} with other contents") } else { shown.to_string() };
        Err(Alarm::Index { service, shown, logged })
    }
}

impl Standing {
    fn is_shown_as(&self, shown: &Self) -> bool {
        self.entry == shown.entry
            && self.withdrawn == shown.withdrawn
            && (self.said.is_none() || self.said == shown.said)
    }
}

impl std::fmt::Display for Standing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "entry {}", self.entry)?;
        let Some(Withdrawal { at, reason, event, item }) = &self.withdrawn else { return Ok(()) };
        match item {
            Some(item) => write!(f, ", excluded ({})", line(item))?,
            None => write!(f, ", withdrawn")?,
        }
        write!(f, " by event {event} at {}: {}", line(at), line(reason))
    }
}

/// Digest of an entry as the index would show it, from its event.
fn said(PublicEvent { place, event }: &PublicEvent) -> Option<String> {
    let said = if place.kind == ENTRY {
        Said::Tested(serde_json::from_value(event.clone()).ok()?)
    } else {
        Said::Object(serde_json::from_value(event.clone()).ok()?)
    };
    digest(Entry { seq: place.seq, time: place.time.clone(), said, withdrawn: None }.into())
}

/// Digest of an entry without its end.
fn digest(entry: PublicEntry) -> Option<String> {
    canonical::digest(&PublicEntry { withdrawn: None, ..entry }).ok()
}
