//! What was shown of events whose contents are not public, as digests: the log cannot say what they were, so what was
//! shown once is what later answers are held against.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Most things that are kept, at some 250 bytes each.
pub const MOST: usize = 1_000_000;

/// One thing that was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Shown {
    /// Digest of what never changes of it.
    pub said: String,
    /// Digest of its end or of its answer, which never change either; none before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
}

/// All that was shown at the last whole look.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Kept {
    /// Events of the log at that look; 0 before the first.
    pub size: u64,
    /// What was shown, by service, then by view and place in it.
    shown: BTreeMap<String, BTreeMap<String, Shown>>,
    /// How many were put here since it was made.
    #[serde(skip)]
    count: usize,
}

impl Kept {
    /// Nothing yet, of a log with so many events.
    pub fn at(size: u64) -> Self {
        Self { size, shown: BTreeMap::new(), count: 0 }
    }

    /// The thing at a `place` in a `view` of a `service`.
    pub fn get(&self, service: &str, (view, place): (&str, &str)) -> Option<&Shown> {
        self.shown.get(service)?.get(&key(view, place))
    }

    /// Keeps it; answers whether there was none yet.
    pub fn insert(&mut self, service: &str, (view, place): (&str, &str), shown: Shown) -> bool {
        self.count += 1;
        self.shown.entry(service.to_owned()).or_default().insert(key(view, place), shown).is_none()
    }

    /// Places of a `view` of a `service`.
    pub fn places<'a>(&'a self, service: &str, view: &'a str) -> impl Iterator<Item = &'a str> {
        let all = self.shown.get(service).into_iter().flat_map(BTreeMap::keys);
        all.filter_map(move |key| key.strip_prefix(view)?.strip_prefix(' '))
    }

    /// Whether there is room for more.
    pub fn has_room(&self) -> bool {
        self.count < MOST
    }
}

fn key(view: &str, place: &str) -> String {
    format!("{view} {place}")
}
