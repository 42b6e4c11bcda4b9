//! The public index beside the log: no entry may be hidden, changed for another, or shown as in force
//! after it was withdrawn.

use std::collections::{BTreeMap, BTreeSet};

use factory_assurance::log::served::PublicEvent;

use super::{
    WitnessError,
    alarm::Alarm,
    asked::{AskError, Asked},
};
use crate::api::entries::{PublicEntry, PublicIndex};

/// Where a service stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Standing {
    /// Number of its newest entry.
    entry: u64,
    /// Number of the withdrawal of that entry.
    withdrawn: Option<u64>,
}

/// What the log says of each service.
#[derive(Debug, Default)]
pub struct Logged(BTreeMap<(String, String), Standing>);

impl Logged {
    /// Takes the next event. What cannot be read is no entry: its digest was held against the log.
    pub fn take(&mut self, event: Option<&PublicEvent>) {
        let Some(PublicEvent { link, event }) = event else { return };
        let whose = match link.kind.as_str() {
            "entry" => &event["summary"]["subject"],
            _ => event,
        };
        let (Some(participant), Some(service)) = (whose["participant"].as_str(), whose["service"].as_str()) else {
            return;
        };
        let service = (participant.to_owned(), service.to_owned());
        if link.kind == "entry" {
            self.0.insert(service, Standing { entry: link.seq, withdrawn: None });
        } else if let Some(standing) = self.0.get_mut(&service) {
            standing.withdrawn = Some(link.seq);
        }
    }

    /// Holds every page of the index, and every entry by its address, against the log of `size` events;
    /// answers how many entries there were.
    pub async fn hold(&self, register: &Asked, size: u64) -> Result<u64, WitnessError> {
        let mut listed = BTreeSet::new();
        let mut next = Some("/api/v1/entries".to_owned());
        while let Some(path) = next {
            let page: PublicIndex = register.json(&path).await?;
            for entry in page.entries {
                self.hold_entry(&entry, size)?;
                listed.insert((entry.participant, entry.service));
            }
            next = page.next;
        }
        for (service, standing) in &self.0 {
            let (participant, name) = service;
            let entry: Option<PublicEntry> = match register.json(&format!("/api/v1/entries/{participant}/{name}")).await
            {
                Ok(entry) => Some(entry),
                Err(WitnessError::Ask(AskError::None { .. })) => None,
                Err(other) => return Err(other),
            };
            if let Some(entry) = &entry {
                self.hold_entry(entry, size)?;
            }
            // An entry that was replaced while the pages were read stands on none of them.
            if entry.is_none_or(|entry| entry.event <= size && !listed.contains(service)) {
                let (service, shown) = (format!("{participant}/{name}"), "nothing".to_owned());
                return Err(Alarm::Index { service, shown, logged: said(*standing) }.into());
            }
        }
        Ok(listed.len() as u64)
    }

    fn hold_entry(&self, entry: &PublicEntry, size: u64) -> Result<(), Alarm> {
        // What came after the checkpoint is held against the next one.
        if entry.event > size {
            return Ok(());
        }
        let logged = self.0.get(&(entry.participant.clone(), entry.service.clone())).copied();
        let withdrawn = entry.withdrawn.as_ref().map(|withdrawal| withdrawal.event).filter(|event| *event <= size);
        let shown = Standing { entry: entry.event, withdrawn };
        if logged == Some(shown) {
            return Ok(());
        }
        let service = format!("{}/{}", entry.participant, entry.service);
        let logged = logged.map_or_else(|| "nothing".to_owned(), said);
        Err(Alarm::Index { service, shown: said(shown), logged })
    }
}

fn said(standing: Standing) -> String {
    match standing.withdrawn {
        None => format!("entry {}", standing.entry),
        Some(withdrawal) => format!("entry {}, withdrawn by event {withdrawal}", standing.entry),
    }
}
