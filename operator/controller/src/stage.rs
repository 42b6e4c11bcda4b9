//! What a stage of the road answers: it is done, it waits, or the release has stopped here.

/// Answer of a stage that was looked at once.
#[derive(Debug)]
pub enum Progress<T> {
    /// The stage is done; its product goes to the next one.
    Done(T),
    /// Something is under way; a watch or a timer brings the release back.
    Waiting(Why),
    /// The release ends here. A new commit, spec or `run` makes another.
    Stopped(Why),
}

/// A reason for machines and a line for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    /// Reason of the condition and the Event: an error's variant, in CamelCase.
    pub reason: &'static str,
    /// One line that names field or cause.
    pub message: String,
}

impl Why {
    /// `message` under `reason`.
    pub fn new(reason: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        // One line, and short enough for a condition: untrusted text may be in it.
        let line: String = message.chars().map(|c| if c.is_control() { ' ' } else { c }).take(1000).collect();
        Self { reason, message: line }
    }
}

impl<T> Progress<T> {
    /// Waiting for `message`.
    pub fn waiting(reason: &'static str, message: impl Into<String>) -> Self {
        Self::Waiting(Why::new(reason, message))
    }

    /// Stopped by `message`.
    pub fn stopped(reason: &'static str, message: impl Into<String>) -> Self {
        Self::Stopped(Why::new(reason, message))
    }
}
