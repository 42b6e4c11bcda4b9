//! What the tool knows about the terminal it writes to: colour only where one is wanted, questions
//! only where a person can answer. It must not know what is written.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use factory_assurance::wire::disturbs;

/// Colours with a meaning of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Holds, passed.
    Good,
    /// Does not hold, failed.
    Bad,
    /// Cannot be said yet, or should be looked at.
    Unsure,
    /// Beside the point.
    Faint,
    /// A heading.
    Strong,
}

/// Which of the two outputs is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Results.
    Standard,
    /// Messages.
    Error,
}

impl Output {
    /// Whether a terminal reads it, and wants colour (<https://no-color.org>).
    pub fn has_colour(self) -> bool {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        self.is_terminal() && !plain && !dumb
    }

    /// Whether a terminal reads it.
    pub fn is_terminal(self) -> bool {
        match self {
            Self::Standard => io::stdout().is_terminal(),
            Self::Error => io::stderr().is_terminal(),
        }
    }

    /// `text` in `tone`, where this output has colour.
    pub fn paint(self, tone: Tone, text: &str) -> String {
        if !self.has_colour() {
            return text.to_owned();
        }
        let code = match tone {
            Tone::Good => "32",
            Tone::Bad => "31",
            Tone::Unsure => "33",
            Tone::Faint => "2",
            Tone::Strong => "1",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

/// `text` without control characters, so that what others wrote (a service's log, a message in a
/// status) cannot move the cursor or change the title of the terminal.
pub fn harmless(text: &str) -> String {
    text.chars()
        .map(|letter| if disturbs(letter) && letter != '\n' && letter != '\t' { '\u{fffd}' } else { letter })
        .collect()
}

/// Whether a person can be asked.
pub fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks `question`; an empty answer is `default`.
pub fn ask(question: &str, default: &str) -> io::Result<String> {
    let mut messages = io::stderr();
    if default.is_empty() {
        write!(messages, "{question}: ")?;
    } else {
        write!(messages, "{question} [{default}]: ")?;
    }
    messages.flush()?;
    let mut answer = String::new();
    if io::stdin().lock().read_line(&mut answer)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let answer = answer.trim();
    Ok(if answer.is_empty() { default } else { answer }.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_line_cannot_steer_the_terminal() {
        assert_eq!(harmless("a\u{1b}[2Jb\u{7}\tc\nd"), "a\u{fffd}[2Jb\u{fffd}\tc\nd");
    }
}
