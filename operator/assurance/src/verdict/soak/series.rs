//! Latency in the soak as a series of numbers.

use crate::evidence::ProveEvidence;

use super::{Sample, Span};
use crate::verdict::histogram::Histogram;

/// The 95th percentile of latency in each of the `looks` equal stretches of the phase of `span` in which an answer came,
/// with the moment at which the stretch began.
pub fn p95(prove: &ProveEvidence, span: &Span<'_>, looks: u64) -> Vec<Sample> {
    let every = (span.to - span.from) / looks.max(1);
    let mut stretches = vec![Histogram::default(); usize::try_from(looks).unwrap_or(0)];
    for bucket in &prove.buckets {
        let Some(second) = u64::from(bucket.second).checked_sub(span.from) else { continue };
        let place = usize::try_from(second / every.max(1)).unwrap_or(usize::MAX);
        if let Some(stretch) = stretches.get_mut(place) {
            stretch.add(&bucket.latency_us);
        }
    }
    let begins = (0_u64..).map(|place| (span.from + place * every) * 1_000);
    begins.zip(stretches).filter_map(|(at, stretch)| Some((at, stretch.percentile(95)?))).collect()
}
