//! How often someone may fail to sign in: each try asks the cluster's API server. No token can be guessed, so what
//! is guarded is the API server alone, and nobody can keep others out: behind one proxy a whole office has one
//! address.

use std::{
    collections::HashMap,
    hash::Hash,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use factory_assurance::canonical;

/// Failed tries of one source in [`WINDOW`] after which it is asked for more.
const MOST: u32 = 10;
/// How long a failed try counts.
const WINDOW: Duration = Duration::from_secs(60);
/// Sources and tokens that are remembered; beyond it the one that failed first is forgotten.
const REMEMBERED: usize = 1000;

/// A try to sign in.
pub struct Try<'a> {
    /// Where it comes from, as far as that is known.
    pub source: IpAddr,
    /// The token that was shown.
    pub token: &'a str,
    /// Whether the token says of itself that it is for the register and still holds.
    pub could_be_one: bool,
}

/// Failed tries to sign in, by where they came from, and by token.
#[derive(Debug, Default)]
pub struct Attempts {
    sources: Failed<IpAddr>,
    /// By SHA-256: no token stays in memory for this.
    tokens: Failed<String>,
}

impl Attempts {
    /// Whether the cluster is asked about this try: not twice in a minute about the same token, and of a source
    /// that failed often only about what could be a token for the register.
    pub fn may(&self, asked: &Try<'_>, now: Instant) -> bool {
        self.tokens.count(&digest(asked), now) == 0
            && (asked.could_be_one || self.sources.count(&asked.source, now) < MOST)
    }

    /// Counts a try that failed.
    pub fn failed(&self, asked: &Try<'_>, now: Instant) {
        self.sources.add(asked.source, now);
        self.tokens.add(digest(asked), now);
    }
}

fn digest(asked: &Try<'_>) -> String {
    canonical::sha256(asked.token.as_bytes())
}

/// How often each of them failed lately, and since when.
#[derive(Debug)]
struct Failed<K>(Mutex<HashMap<K, (Instant, u32)>>);

impl<K> Default for Failed<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Hash + Eq + Clone> Failed<K> {
    fn count(&self, key: &K, now: Instant) -> u32 {
        let tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lately = tries.get(key).filter(|(since, _)| now.saturating_duration_since(*since) < WINDOW);
        lately.map_or(0, |(_, failed)| *failed)
    }

    fn add(&self, key: K, now: Instant) {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tries.retain(|_, (since, _)| now.saturating_duration_since(*since) < WINDOW);
        if tries.len() >= REMEMBERED
            && !tries.contains_key(&key)
            && let Some(first) = tries.iter().min_by_key(|(_, (since, _))| *since).map(|(key, _)| key.clone())
        {
            tries.remove(&first);
        }
        tries.entry(key).or_insert((now, 0)).1 += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const OTHER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    const fn of(source: IpAddr, token: &str, could_be_one: bool) -> Try<'_> {
        Try { source, token, could_be_one }
    }

    #[test]
    fn who_fails_too_often_is_asked_for_a_token_of_the_right_form_and_others_are_not() {
        let (attempts, start) = (Attempts::default(), Instant::now());
        for number in 0..MOST {
            let token = number.to_string();
            assert!(attempts.may(&of(ONE, &token, false), start));
            attempts.failed(&of(ONE, &token, false), start);
        }
        assert!(!attempts.may(&of(ONE, "new", false), start));
        assert!(attempts.may(&of(ONE, "new", true), start));
        assert!(attempts.may(&of(OTHER, "new", false), start));
        assert!(!attempts.may(&of(ONE, "new", false), start + WINDOW.saturating_sub(Duration::from_secs(1))));
        assert!(attempts.may(&of(ONE, "new", false), start + WINDOW));
    }

    #[test]
    fn the_cluster_is_not_asked_again_about_a_token_that_failed_a_moment_ago() {
        let (attempts, start) = (Attempts::default(), Instant::now());
        attempts.failed(&of(ONE, "bad", true), start);
        assert!(!attempts.may(&of(OTHER, "bad", true), start));
        assert!(attempts.may(&of(ONE, "good", true), start));
        assert!(attempts.may(&of(ONE, "bad", true), start + WINDOW));
    }

    #[test]
    fn no_number_of_sources_or_tokens_fills_the_memory() {
        let (attempts, start) = (Attempts::default(), Instant::now());
        for number in 0..2 * u32::try_from(REMEMBERED).unwrap() {
            let (source, token) = (IpAddr::V4(number.into()), number.to_string());
            attempts.failed(&of(source, &token, false), start + Duration::from_millis(number.into()));
        }
        assert_eq!(attempts.sources.0.lock().unwrap().len(), REMEMBERED);
        assert_eq!(attempts.tokens.0.lock().unwrap().len(), REMEMBERED);
    }
}
