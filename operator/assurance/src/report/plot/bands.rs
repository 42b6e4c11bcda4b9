//! Phases and leases as bands over the whole height. A fault has its number on it, because colour
//! alone says nothing to many readers, and on paper.

use crate::{
    plan::PhaseRole,
    report::{
        phases::Span,
        scale::{Scale, float, round},
        text::plain,
        words::Words,
    },
};

/// Room that a letter takes, at most, in the font of the bands.
const LETTER: f64 = 7.6;

/// A phase.
pub struct Band {
    /// Left edge.
    pub x: f64,
    /// Width.
    pub width: f64,
    /// `warm-up`, `steady`, `fault` or `step`.
    pub class: &'static str,
    /// Middle, where the label stands.
    pub middle: f64,
    /// As much as fits.
    pub label: String,
    /// Name of the phase with its planned seconds.
    pub title: String,
}

/// The time within a fault's window in which it acted.
pub struct Lease {
    /// Left edge.
    pub x: f64,
    /// Width.
    pub width: f64,
    /// What it is.
    pub title: String,
}

/// A band for each phase that has a length.
pub fn of(spans: &[Span<'_>], time: &Scale, words: &Words) -> Vec<Band> {
    spans.iter().filter(|span| span.from < span.to).map(|span| band(span, time, words)).collect()
}

fn band(span: &Span<'_>, time: &Scale, words: &Words) -> Band {
    let (x, end) = (time.at(float(span.from)), time.at(float(span.to)));
    let width = round(end - x);
    let (class, full, short) = match (&span.phase.role, &span.fault) {
        (PhaseRole::WarmUp {}, _) => ("warm-up", words.warm_up.to_owned(), String::new()),
        (PhaseRole::Fault { kind, .. }, Some(fault)) => {
            ("fault", format!("{} {}", fault.number, words.fault(*kind)), fault.number.to_string())
        }
        (PhaseRole::Capacity { percent }, _) => ("step", format!("{percent} %"), format!("{percent}")),
        (PhaseRole::Soak { .. }, _) => ("steady", words.soak.to_owned(), String::new()),
        _ => ("steady", words.steady.to_owned(), String::new()),
    };
    let label = [full, short].into_iter().find(|label| room(label) <= width).unwrap_or_default();
    let title = format!("{}: {}–{} {}", plain(&span.phase.name), span.from, span.to, words.seconds_short);
    Band { x, width, class, middle: round(x + width / 2.0), label, title }
}

#[allow(clippy::cast_precision_loss, reason = "labels are short")]
fn room(label: &str) -> f64 {
    label.chars().count() as f64 * LETTER + 4.0
}

/// A mark for the lease of each fault that had one and was injected.
pub fn leases(spans: &[Span<'_>], time: &Scale, words: &Words) -> Vec<Lease> {
    let faults = spans.iter().filter_map(|span| span.fault.as_ref());
    faults
        .filter_map(|fault| {
            let (from, to) = fault.lease()?;
            let (x, end) = (time.at(float(from) / 1_000.0), time.at(float(to) / 1_000.0));
            let title = format!("{} {}: {}", fault.number, words.fault(fault.kind), words.lease);
            Some(Lease { x, width: round((end - x).max(1.0)), title })
        })
        .collect()
}
