//! Who was sent to the provider and has not come back: in memory, for minutes, and not more than a bound. Anyone can
//! begin such a journey; whoever begins many pushes out the oldest, which costs a person one more click.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use factory_assurance::report::Language;

use crate::console::sessions;

/// How long somebody may take to sign in at the provider.
const LIFETIME: Duration = Duration::from_secs(10 * 60);
/// At the same time.
const MOST: usize = 1000;

/// What the register keeps to itself until the browser comes back.
#[derive(Debug)]
pub struct Journey {
    /// Proves to the provider that who asks for the token is who sent the browser.
    pub verifier: String,
    /// Must be in the token.
    pub nonce: String,
    /// Where to go in the console then.
    pub next: String,
    /// The language that it began in, which the provider does not know.
    pub language: Language,
}

impl Journey {
    /// A new one that leads to `next`.
    pub fn to(next: String, language: Language) -> Result<Self, getrandom::Error> {
        Ok(Self { verifier: sessions::random()?, nonce: sessions::random()?, next, language })
    }
}

/// All of them, by state.
#[derive(Debug, Default)]
pub struct UnderWay(Mutex<HashMap<String, (Instant, Journey)>>);

impl UnderWay {
    /// `journey` begins.
    pub fn begin(&self, state: String, journey: Journey, now: Instant) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, (began, _)| now.saturating_duration_since(*began) < LIFETIME);
        if all.len() >= MOST
            && let Some(oldest) = all.iter().min_by_key(|(_, (began, _))| *began).map(|(state, _)| state.clone())
        {
            all.remove(&oldest);
        }
        all.insert(state, (now, journey));
    }

    /// The journey of `state`, which ends with this: a code is taken once.
    pub fn end(&self, state: &str, now: Instant) -> Option<Journey> {
        let ended = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(state);
        ended.filter(|(began, _)| now.saturating_duration_since(*began) < LIFETIME).map(|(_, journey)| journey)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journey(next: &str) -> Journey {
        Journey::to(next.to_owned(), Language::En).unwrap()
    }

    #[test]
    fn a_journey_ends_once_and_not_late() {
        let (under_way, start) = (UnderWay::default(), Instant::now());
        under_way.begin("a".to_owned(), journey("/console"), start);
        under_way.begin("b".to_owned(), journey("/console"), start);
        assert_eq!(under_way.end("a", start).unwrap().next, "/console");
        assert!(under_way.end("a", start).is_none(), "twice");
        assert!(under_way.end("none", start).is_none());
        assert!(under_way.end("b", start + LIFETIME).is_none(), "late");
    }

    #[test]
    fn the_oldest_gives_way() {
        let (under_way, start) = (UnderWay::default(), Instant::now());
        for number in 0..=MOST {
            let when = start + Duration::from_millis(number.try_into().unwrap());
            under_way.begin(number.to_string(), journey("/console"), when);
        }
        let end = start + Duration::from_secs(60);
        assert!(under_way.end("0", end).is_none());
        assert!(under_way.end("1", end).is_some() && under_way.end(&MOST.to_string(), end).is_some());
    }
}
