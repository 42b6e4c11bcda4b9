//! What the faults at the gate share: how counts and figures stand in a dose.

use factory_assurance::evidence::{Class, Dose};

/// A dose; the pod's UID is added by who knows it.
#[must_use]
pub fn dose(way: &str, class: Class, before: Vec<[u64; 2]>, during: Vec<[u64; 2]>) -> Dose {
    Dose { pod: String::new(), way: way.to_owned(), class, before, during }
}

/// Histogram of two values: so many times 0, so many times 1.
#[must_use]
pub fn counts(zeros: u64, ones: u64) -> Vec<[u64; 2]> {
    [[0, zeros], [1, ones]].into_iter().filter(|[_, count]| *count > 0).collect()
}
