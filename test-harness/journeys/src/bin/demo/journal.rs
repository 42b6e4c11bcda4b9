//! The demo's lines on the terminal: what happened, to whom, how many seconds after the start.

use std::time::Instant;

/// Prints lines with the time since its start.
pub struct Journal {
    start: Instant,
}

impl Journal {
    /// Starts the clock.
    pub fn start() -> Self {
        Self { start: Instant::now() }
    }

    /// One line about `whom`.
    pub fn say(&self, whom: &str, what: &str) {
        println!("{:>7.1} s  {whom:<44} {what}", self.start.elapsed().as_secs_f64());
    }
}
