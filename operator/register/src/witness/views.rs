//! What is shown of events whose contents are not public: instructions, claims and observed days of each service. None
//! may change or go that never does, none may appear that the last whole look must have shown, and whatever changed
//! since then needs an event of its own in the log.
//!
//! *Architecture invariant:* it cannot tell what was never shown to it, nor which of the events that came says what.

mod claims;
mod days;
mod instructions;

use factory_assurance::canonical;
use serde::Serialize;

use super::{
    WitnessError,
    alarm::Alarm,
    asked::{Asked, line},
    kept::{Kept, MOST, Shown},
    tail,
};

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
        self.hold_days(service).await
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
        self.says_so(view, service, event)?;
        match self.before.get(service, (view, place)) {
            Some(known) => self.went_on(view, service, place, (known, &shown))?,
            None if event.max(first) <= self.before.size => {
                let then = format!("nothing, as when the log had {} events", self.before.size);
                return Err(changed(view, service, event, "something", &then).into());
            }
            None => {}
        }
        self.keep(view, service, place, shown)
    }

    /// Keeps what is shown at a `place`, where nothing was shown yet.
    fn keep(&mut self, view: &'static str, service: &str, place: &str, shown: Shown) -> Result<(), WitnessError> {
        if !self.now.has_room() {
            return Err(self.register.strange("/", format!("more than {MOST} things are shown")).into());
        }
        if self.now.insert(service, (view, place), shown) {
            return Ok(());
        }
        Err(changed(view, service, place, "two things", "one").into())
    }

    /// Whether an event could say what is shown: everyone reads of those that are public that they do not.
    fn says_so(&self, view: &'static str, service: &str, event: u64) -> Result<(), Alarm> {
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
}

/// Everything here is made of texts and whole numbers.
fn digest<T: Serialize>(of: &T) -> String {
    canonical::digest(of).unwrap_or_default()
}

fn changed(view: &'static str, service: &str, place: impl std::fmt::Display, shown: &str, logged: &str) -> Alarm {
    let of = line(&format!("{service}, {place}"));
    Alarm::View { view, of, shown: line(shown), logged: logged.to_owned() }
}
