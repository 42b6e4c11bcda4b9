//! A comparison for people: the judged figures with their noise, then all others side by side.

use std::io::{self, Write};

use factory_assurance::report::comparison::{Comparison, Judgement};

use crate::{
    outcome,
    terminal::{Output, Tone, harmless},
};

/// Writes `comparison`.
pub fn write(out: &mut impl Write, comparison: &Comparison) -> io::Result<()> {
    let strong = |text: &str| Output::Standard.paint(Tone::Strong, text);
    let [first, second] = &comparison.releases;
    writeln!(out, "First:  {} ({})", harmless(first), harmless(&comparison.dossiers[0]))?;
    writeln!(out, "Second: {} ({})", harmless(second), harmless(&comparison.dossiers[1]))?;
    for caution in &comparison.cautions {
        writeln!(out, "{} {}", Output::Standard.paint(Tone::Unsure, "Caution:"), harmless(caution))?;
    }
    let (judged, tone) = word(comparison.judgement);
    writeln!(out, "The second is {}", Output::Standard.paint(tone, judged))?;
    let [one, other] = comparison.steady_seconds;
    writeln!(out, "\nSteady state: {one} s and {other} s with requests")?;
    let heading = columns(["Figure", "First", "Second", "Difference", "95 % interval", "Drift", "Judgement"]);
    writeln!(out, "{}", strong(&heading))?;
    for figure in &comparison.steady {
        let (name, show) = unit(figure.name);
        let value = |value: Option<u64>| value.map_or_else(|| "not measured".to_owned(), show);
        let interval = figure.interval.map(|[low, high]| format!("{} … {}", signed(low, show), signed(high, show)));
        let (judged, tone) = word(figure.judgement);
        let line = columns([
            name,
            &value(figure.values[0]),
            &value(figure.values[1]),
            &figure.difference.map_or_else(String::new, |difference| signed(difference, show)),
            &interval.unwrap_or_default(),
            &show(figure.drift),
            "",
        ]);
        writeln!(out, "{line}{}", Output::Standard.paint(tone, judged))?;
    }
    writeln!(out, "\nEach phase, measured once in each run and not judged")?;
    let names = comparison.phases.iter().map(|figure| phase(&figure.phase).chars().count());
    let width = names.max().unwrap_or_default().max(5);
    let heading =
        format!("{:width$}  {:<24}  {:>12}  {:>12}  {:>12}", "Phase", "Measured", "First", "Second", "Difference");
    writeln!(out, "{}", strong(&heading))?;
    for figure in &comparison.phases {
        let (name, show) = unit(&figure.name);
        let [first, second] = figure.values.map(|value| value.map_or_else(|| "not measured".to_owned(), show));
        let difference = figure.difference.map_or_else(String::new, |difference| signed(difference, show));
        let line = format!(
            "{:width$}  {:<24}  {first:>12}  {second:>12}  {difference:>12}",
            phase(&figure.phase),
            harmless(name)
        );
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

fn phase(name: &str) -> String {
    if name.is_empty() { "whole run".to_owned() } else { harmless(name) }
}

fn columns([name, first, second, difference, interval, drift, judgement]: [&str; 7]) -> String {
    format!("{name:<24}  {first:>12}  {second:>12}  {difference:>12}  {interval:>25}  {drift:>10}  {judgement}")
}

/// What a figure is called, and how it is written: latencies to a hundredth of a millisecond, because
/// here small differences matter.
fn unit(name: &str) -> (&str, fn(u64) -> String) {
    let (word, show) = outcome::unit(name);
    if name.ends_with("Us") { (word, |us| format!("{}.{:02} ms", us / 1_000, us % 1_000 / 10)) } else { (word, show) }
}

fn signed(difference: i64, show: fn(u64) -> String) -> String {
    let sign = match difference {
        ..0 => "−",
        0 => "",
        1.. => "+",
    };
    format!("{sign}{}", show(difference.unsigned_abs()))
}

const fn word(judgement: Judgement) -> (&'static str, Tone) {
    match judgement {
        Judgement::Better => ("better", Tone::Good),
        Judgement::WithinNoise => ("within noise", Tone::Good),
        Judgement::Unknown => ("not to be judged: too few seconds with requests", Tone::Unsure),
        Judgement::Worse => ("worse", Tone::Bad),
    }
}
