//! What became of the twin that must be refused, for the reader: that the gate was awake in this very run.

use serde::Serialize;

use crate::{
    dossier::TestResult,
    verdict::twin::{self, State},
};

use super::words::Words;

/// What became of the twin.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TwinReport {
    /// Until how much of the limit on the 95th percentile of latency it held each answer back, in percent.
    pub percent: u32,
    /// `Refused`, as it must be; `Passed`; or `Missing`, where nobody knows.
    pub outcome: &'static str,
}

/// Of `result`, if its run had one.
pub fn of(result: &TestResult) -> Option<TwinReport> {
    let (percent, state) = twin::state(result)?;
    let outcome = match state {
        State::Refused => "Refused",
        State::Passed => "Passed",
        State::Missing => "Missing",
    };
    Some(TwinReport { percent, outcome })
}

/// The same in words, as in `110 %: refused`.
pub fn told(result: &TestResult, words: &Words) -> Option<String> {
    let (percent, state) = twin::state(result)?;
    let [refused, passed, missing] = words.twin_states;
    let state = match state {
        State::Refused => refused,
        State::Passed => passed,
        State::Missing => missing,
    };
    Some(format!("{percent} %: {state}"))
}
