//! One request of a check or a contract over a connection of its own, with a deadline over
//! everything from the name to the last byte.

use std::time::Duration;

use crate::{
    connection::{Answer, Connection, ConnectionError},
    request::Prepared,
    schema::line,
    target::Targets,
};

/// From the look-up of the name to the last byte.
const DEADLINE: Duration = Duration::from_secs(10);
/// Largest body of an ordinary answer.
pub const MAX_BODY: usize = 1 << 20;

/// The answer, or one line that says why there is none.
pub async fn ask(request: &Prepared, targets: &Targets, limit: usize) -> Result<Answer, String> {
    let answer = tokio::time::timeout(DEADLINE, attempt(request, targets, limit)).await;
    let answer = answer.unwrap_or(Err(ConnectionError::Timeout(DEADLINE)));
    answer.map_err(|error| line(&format!("no answer: {error}")))
}

async fn attempt(request: &Prepared, targets: &Targets, limit: usize) -> Result<Answer, ConnectionError> {
    let missing = |error| ConnectionError::Connect(std::io::Error::other(error));
    let (_, target) = targets.find(Some(&request.component)).map_err(missing)?;
    let addresses = target.resolve().await.map_err(ConnectionError::Connect)?;
    let mut last = std::io::Error::from(std::io::ErrorKind::NotFound);
    for address in addresses {
        match Connection::open(address, &target.speech).await {
            Ok(mut connection) => return connection.ask(request, limit).await,
            Err(ConnectionError::Connect(error)) => last = error,
            Err(other) => return Err(other),
        }
    }
    Err(ConnectionError::Connect(last))
}
