//! What is shown of events whose contents are not public: instructions, claims and observed days of each service. None
//! may change or go that never does, none may appear that the last whole look must have shown, and whatever changed
//! since then needs an event of its own in the log.
//!
//! *Architecture invariant:* it cannot tell what was never shown to it, nor which of the events that came says what.

use factory_assurance::{
    canonical,
    wire::{BindingInstruction, InstructionState},
};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    WitnessError,
    alarm::Alarm,
    asked::{AskError, Asked, line},
    kept::{Kept, MOST, Shown},
    tail,
};
use crate::{api::claims::PublicClaims, observed::Observed};

/// Names of the views.
const INSTRUCTIONS: &str = "binding instructions";
const CLAIMS: &str = "published claims";
const DAYS: &str = "observed days";
/// Instructions in one answer: older ones are not shown.
const LISTED: usize = 1000;

/// A service: participant, name, and number of its first entry.
pub type Service<'a> = (&'a str, &'a str, u64);

/// The views while they are held against those of the last whole look.
pub struct Views<'a> {
    register: &'a Asked,
    before: &'a Kept,
    now: Kept,
    /// Whether each event of the log was public.
    public: &'a dyn Fn(u64) -> bool,
    /// Changes that need an event each, and where the last of them is.
    changes: u64,
    last: Option<(&'static str, String)>,
}

impl<'a> Views<'a> {
    /// Nothing held yet, at a checkpoint of `size` events.
    pub fn at(size: u64, register: &'a Asked, before: &'a Kept, public: &'a dyn Fn(u64) -> bool) -> Self {
        Self { register, before, now: Kept::at(size), public, changes: 0, last: None }
    }

    /// Holds all views of a service.
    pub async fn hold(&mut self, service: Service<'_>) -> Result<(), WitnessError> {
        self.hold_instructions(service).await?;
        self.hold_claims(service).await?;
        self.hold_days(service).await?;
        let most = || format!("more than {MOST} things are shown");
        if self.now.count() > MOST { Err(self.register.strange("/", most()).into()) } else { Ok(()) }
    }

    /// What is to be kept, once the log is found to have an event for each change.
    pub async fn end(self) -> Result<Kept, WitnessError> {
        let size = self.now.size;
        let mut events = (self.before.size + 1..=size).filter(|event| !(self.public)(*event)).count() as u64;
        if events < self.changes {
            let after = tail::after(self.register, size).await?;
            events += after.iter().filter(|event| event.public.is_none()).count() as u64;
        }
        match self.last {
            Some((view, of)) if events < self.changes => {
                Err(Alarm::Unfounded { view, of, changes: self.changes, events }.into())
            }
            _ => Ok(self.now),
        }
    }

    async fn hold_instructions(&mut self, (participant, name, first): Service<'_>) -> Result<(), WitnessError> {
        let service = format!("{participant}/{name}");
        let path = format!("/api/v1/entries/{service}/binding-instructions");
        let all: Vec<BindingInstruction> = self.list(&path).await?.unwrap_or_default();
        let full = all.len() >= LISTED;
        let oldest = all.iter().map(|one| one.event).min().filter(|_| full).unwrap_or(0);
        for one in all {
            if (one.participant.as_str(), one.service.as_str()) != (participant, name) {
                let shown = format!("one of {}/{}", one.participant, one.service);
                return Err(changed(INSTRUCTIONS, &service, one.event, &shown, "an instruction to it").into());
            }
            let ended = (one.state != InstructionState::Open)
                .then(|| digest(&(&one.state, &one.ended_at, &one.closed_by, &one.reason)));
            let said = (&one.id, one.event, &one.issued_at, &one.finding, &one.basis, &one.due, &one.experiment);
            let shown = Shown { said: digest(&said), end: ended };
            self.place(INSTRUCTIONS, &service, &one.event.to_string(), (one.event, first), shown)?;
        }
        self.all_there(INSTRUCTIONS, &service, |place| place.parse::<u64>().is_ok_and(|event| event >= oldest))
    }

    async fn hold_days(&mut self, (participant, name, first): Service<'_>) -> Result<(), WitnessError> {
        let service = format!("{participant}/{name}");
        let path = format!("/api/v1/entries/{service}/observed");
        let Some(observed) = self.list::<Observed>(&path).await? else { return Ok(()) };
        for day in &observed.days {
            if let Some((minutes, event)) = day.minutes.zip(day.event) {
                let shown = Shown { said: digest(&(&minutes, event)), end: None };
                self.place(DAYS, &service, &day.day, (event, first), shown)?;
            }
        }
        // Earlier ones are not shown any more.
        let earliest = observed.days.first().map(|day| day.day.clone()).unwrap_or_default();
        self.all_there(DAYS, &service, |day| day >= earliest.as_str())
    }

    /// Pages of claims: by what moved last, which they do not tell, so that a page leads to the next one.
    async fn hold_claims(&mut self, (participant, name, _): Service<'_>) -> Result<(), WitnessError> {
        let service = format!("{participant}/{name}");
        let address = format!("/api/v1/entries/{service}/claims");
        let (mut path, mut before) = (address.clone(), u64::MAX);
        loop {
            let Some(page) = self.list::<PublicClaims>(&path).await? else { break };
            if page.claims.is_empty() {
                break;
            }
            for one in page.claims {
                if one.event > self.now.size {
                    continue;
                }
                let said = (one.event, &one.kind, &one.language, &one.words, &one.received_at, &one.published_at);
                let shown = Shown { said: digest(&said), end: one.answer.as_ref().map(digest) };
                self.hidden_kind(CLAIMS, &service, one.event)?;
                let place = one.event.to_string();
                match self.before.get(&service, (CLAIMS, &place)) {
                    Some(known) => self.went_on(CLAIMS, &service, &place, (known, &shown))?,
                    // Somebody decided that it is published.
                    None => self.change(CLAIMS, &service),
                }
                if !self.now.insert(&service, (CLAIMS, &place), shown) {
                    return Err(self.register.strange(&path, format!("claim {place} is shown twice")).into());
                }
            }
            // Not the address that the page names: it could lead anywhere.
            let next = page
                .next
                .as_deref()
                .and_then(|next| next.split_once("before="))
                .and_then(|(_, rest)| rest.split('&').next().and_then(|number| number.parse::<u64>().ok()));
            match next {
                Some(event) if event < before => (path, before) = (format!("{address}?before={event}"), event),
                Some(_) => {
                    return Err(self.register.strange(&path, "claims are not in their order".to_owned()).into());
                }
                None => break,
            }
        }
        // Each of these was forgotten.
        let gone =
            self.before.places(&service, CLAIMS).filter(|place| self.now.get(&service, (CLAIMS, place)).is_none());
        for _ in 0..gone.count() {
            self.change(CLAIMS, &service);
        }
        Ok(())
    }

    /// Holds one thing at a `place`, which an `event` says that nobody may read, of a service with its `first` entry.
    fn place(
        &mut self,
        view: &'static str,
        service: &str,
        place: &str,
        (event, first): (u64, u64),
        shown: Shown,
    ) -> Result<(), WitnessError> {
        // What came after the checkpoint is held at the next look.
        if event > self.now.size {
            return Ok(());
        }
        self.hidden_kind(view, service, event)?;
        match self.before.get(service, (view, place)) {
            Some(known) => self.went_on(view, service, place, (known, &shown))?,
            None if event.max(first) <= self.before.size => {
                let then = format!("nothing, as when the log had {} events", self.before.size);
                return Err(changed(view, service, event, "something", &then).into());
            }
            None => {}
        }
        if self.now.insert(service, (view, place), shown) {
            return Ok(());
        }
        Err(changed(view, service, event, "two things", "one").into())
    }

    /// No event that everyone reads says what is shown here.
    fn hidden_kind(&self, view: &'static str, service: &str, event: u64) -> Result<(), Alarm> {
        let public = event == 0 || (self.public)(event);
        if public {
            Err(changed(view, service, event, "something", "nothing: that event says something else"))
        } else {
            Ok(())
        }
    }

    fn went_on(
        &mut self,
        view: &'static str,
        service: &str,
        place: &str,
        (known, shown): (&Shown, &Shown),
    ) -> Result<(), Alarm> {
        if known.said != shown.said || (known.end.is_some() && known.end != shown.end) {
            return Err(changed(view, service, place, "something else", "what was shown before"));
        }
        if known.end != shown.end {
            self.change(view, service);
        }
        Ok(())
    }

    /// Everything of a view that is `still` to be shown is.
    fn all_there(&self, view: &'static str, service: &str, still: impl Fn(&str) -> bool) -> Result<(), WitnessError> {
        let mut known = self.before.places(service, view).filter(|place| still(place));
        match known.find(|place| self.now.get(service, (view, place)).is_none()) {
            Some(place) => Err(changed(view, service, place, "nothing", "what was shown before").into()),
            None => Ok(()),
        }
    }

    fn change(&mut self, view: &'static str, service: &str) {
        self.changes += 1;
        self.last = Some((view, line(service)));
    }

    /// What is at `path`; nothing where there is no such thing.
    async fn list<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, WitnessError> {
        match self.register.json(path).await {
            Ok(found) => Ok(Some(found)),
            Err(WitnessError::Ask(AskError::None { .. })) => Ok(None),
            Err(other) => Err(other),
        }
    }
}

/// Everything here is made of texts and whole numbers.
fn digest<T: Serialize>(of: &T) -> String {
    canonical::digest(of).unwrap_or_default()
}

fn changed(view: &'static str, service: &str, place: impl std::fmt::Display, shown: &str, logged: &str) -> Alarm {
    let of = line(&format!("{service}, {place}"));
    Alarm::View { view, of, shown: line(shown), logged: logged.to_owned() }
}
