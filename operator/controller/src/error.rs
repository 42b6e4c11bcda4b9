//! How an error becomes one line: its message and those of its causes.

/// The error of a program's outermost function.
pub type Fatal = Box<dyn std::error::Error + Send + Sync>;

/// `error` and its sources, joined by colons, each said once.
#[must_use]
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        if !line.contains(&text) {
            line.push_str(": ");
            line.push_str(&text);
        }
        source = cause.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the register did not answer")]
    struct Outer(#[source] std::io::Error);

    #[test]
    fn causes_follow_and_nothing_is_said_twice() {
        let error = Outer(std::io::Error::other("connection refused"));
        assert_eq!(chain(&error), "the register did not answer: connection refused");
    }
}
