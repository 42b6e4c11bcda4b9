//! How often someone may fail to sign in: each try asks the cluster's API server.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Failed tries of one source in [`WINDOW`].
const MOST: u32 = 10;
/// How long a failed try counts.
const WINDOW: Duration = Duration::from_secs(60);
/// Sources that are remembered; beyond it the one that failed first is forgotten.
const SOURCES: usize = 1000;

/// Failed tries to sign in, by where they came from.
#[derive(Debug, Default)]
pub struct Attempts(Mutex<HashMap<String, (Instant, u32)>>);

impl Attempts {
    /// Whether `source` may try now.
    pub fn may(&self, source: &str, now: Instant) -> bool {
        let tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tries
            .get(source)
            .is_none_or(|(since, failed)| now.saturating_duration_since(*since) >= WINDOW || *failed < MOST)
    }

    /// Counts a try of `source` that failed.
    pub fn failed(&self, source: &str, now: Instant) {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tries.retain(|_, (since, _)| now.saturating_duration_since(*since) < WINDOW);
        if tries.len() >= SOURCES
            && !tries.contains_key(source)
            && let Some(first) = tries.iter().min_by_key(|(_, (since, _))| *since).map(|(source, _)| source.clone())
        {
            tries.remove(&first);
        }
        tries.entry(source.to_owned()).or_insert((now, 0)).1 += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_fails_too_often_waits_and_others_do_not() {
        let (attempts, start) = (Attempts::default(), Instant::now());
        for _ in 0..MOST {
            assert!(attempts.may("a", start));
            attempts.failed("a", start);
        }
        assert!(!attempts.may("a", start));
        assert!(attempts.may("b", start));
        assert!(!attempts.may("a", start + WINDOW.saturating_sub(Duration::from_secs(1))));
        assert!(attempts.may("a", start + WINDOW));
    }

    #[test]
    fn no_number_of_sources_fills_the_memory() {
        let (attempts, start) = (Attempts::default(), Instant::now());
        for source in 0..2 * SOURCES {
            attempts.failed(&source.to_string(), start + Duration::from_millis(u64::try_from(source).unwrap()));
        }
        assert_eq!(attempts.0.lock().unwrap().len(), SOURCES);
    }
}
