//! Issued standards beside the log: none is hidden, changed or invented, and where the witness was given the regulator's
//! keys, each was signed with one of these in its time. All of it follows from events that are public.

use std::collections::{BTreeMap, BTreeSet};

use factory_assurance::{
    canonical,
    dsse::Envelope,
    grounds,
    issuance::{self, Issuance},
    log::served::{PublicEvent, STANDARD_ISSUED},
    term::Term,
    wire::{IssuedStandard, SignedStandard},
};

use super::{
    WitnessError,
    alarm::Alarm,
    asked::{Asked, line},
};
use crate::{api::standards::IssuedStandards, store::issued};

/// The list of them.
const PATH: &str = "/api/v1/standards";

/// An issuance.
#[derive(Debug)]
struct Version {
    /// `<name>@<version>`.
    standard: String,
    /// What the list says of it, and the digest of all that is shown of it; none where this version cannot read it.
    said: Option<(IssuedStandard, String)>,
}

/// What the log says of issued standards, by the numbers of their events.
#[derive(Debug, Default)]
pub struct Issuances {
    versions: BTreeMap<u64, Version>,
    /// Keys of the regulator; none where the witness was given none.
    regulator: Vec<Term>,
}

impl Issuances {
    /// Nothing yet; each issuance must be signed with a key of the `regulator`, if there are any.
    pub fn by(regulator: Vec<Term>) -> Self {
        Self { regulator, ..Self::default() }
    }

    /// Takes the next event, if the regulator has signed it; one of another kind says nothing of standards.
    pub fn take(&mut self, PublicEvent { place, event }: &PublicEvent) -> Result<(), Alarm> {
        if place.kind != STANDARD_ISSUED {
            return Ok(());
        }
        let standard = event["standard"].as_str().unwrap_or_default().to_owned();
        if !self.regulator.is_empty() {
            signed(&self.regulator, event, &place.time).map_err(|reason| Alarm::NotIssued {
                event: place.seq,
                standard: line(&standard),
                reason: line(&reason),
            })?;
        }
        let said = serde_json::from_value(event.clone()).ok();
        let said = said.and_then(|made| issued::shown(place.seq, place.time.clone(), made).ok());
        let said = said.and_then(|shown| Some((shown.issued.clone(), canonical::digest(&shown).ok()?)));
        self.versions.insert(place.seq, Version { standard, said });
        Ok(())
    }

    /// Holds the list, and each of them by its address, against the log of `size` events.
    pub async fn hold(&self, register: &Asked, size: u64) -> Result<(), WitnessError> {
        let mut listed = BTreeSet::new();
        let of = |page: IssuedStandards| (page.standards, page.next.is_some());
        let event = |shown: &IssuedStandard| shown.event;
        let take = async |shown: IssuedStandard| match self.versions.get(&shown.event) {
            Some(Version { said, .. }) if said.as_ref().is_none_or(|(said, _)| *said == shown) => {
                listed.insert(shown.event);
                Ok::<_, WitnessError>(())
            }
            logged => {
                let logged = logged.map_or_else(|| "nothing".to_owned(), |logged| logged.told(shown.event));
                Err(different(&format!("{}@{}", shown.name, shown.version), told(&shown), logged).into())
            }
        };
        register.newest_first(PATH, size, of, event, take).await?;
        for (event, version) in &self.versions {
            let shown: Option<SignedStandard> = register.find(&version.path()).await?;
            let shown = match shown.filter(|_| listed.contains(event)) {
                // Under an address there is one, for ever.
                Some(shown) if shown.issued.event == *event && version.says(&shown) => continue,
                Some(shown) => format!("{} with other contents", told(&shown.issued)),
                None => "nothing".to_owned(),
            };
            return Err(different(&version.standard, shown, version.told(*event)).into());
        }
        Ok(())
    }
}

impl Version {
    /// Where it is shown.
    fn path(&self) -> String {
        match &self.said {
            Some((IssuedStandard { name, version, .. }, _)) => format!("{PATH}/{name}/{version}"),
            None => format!("{PATH}/{}", self.standard.replace('@', "/")),
        }
    }

    /// Whether it may be `shown` so.
    fn says(&self, shown: &SignedStandard) -> bool {
        self.said.as_ref().is_none_or(|(_, said)| canonical::digest(shown).is_ok_and(|shown| shown == *said))
    }

    fn told(&self, event: u64) -> String {
        self.said.as_ref().map_or_else(|| format!("event {event}"), |(said, _)| told(said))
    }
}

/// Why the `regulator` has not signed this at that `time`, if they have not.
fn signed(regulator: &[Term], event: &serde_json::Value, time: &str) -> Result<(), String> {
    const WHAT: &str = "issuance";
    let wrong = |error: &dyn std::error::Error| format!("{WHAT}: {error}");
    let signed: Envelope = serde_json::from_value(event[WHAT].clone()).map_err(|error| wrong(&error))?;
    let (keys, seal) = grounds::in_force(WHAT, regulator, &signed, time).map_err(|error| error.to_string())?;
    // A later version may say more in it than this one reads: who signed it is seen all the same.
    if signed.unchecked::<Issuance>().is_ok() || !signed.is_signed_by(&keys) {
        issuance::verify(&signed, &keys).map_err(|error| wrong(&error))?;
    }
    grounds::same_seal(WHAT, event["sealedBy"].as_str(), seal.as_deref()).map_err(|error| error.to_string())
}

fn told(IssuedStandard { name, version, event, digest, effective_from, .. }: &IssuedStandard) -> String {
    line(&format!("event {event} ({name}@{version}, {digest}, from {effective_from} on)"))
}

fn different(standard: &str, shown: String, logged: String) -> Alarm {
    Alarm::View { view: "issued standards", of: line(standard), shown, logged }
}
