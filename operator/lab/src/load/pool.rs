//! Connections to one component, kept for a short while as the visit of a user keeps them. A fresh
//! one goes to whichever pod the Service picks, so that load spreads over all pods and finds new
//! ones; a request is never sent twice.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use factory_assurance::evidence::Failure;

use super::addresses::Addresses;
use crate::{
    connection::{Answer, Connection, ConnectionError},
    request::Prepared,
};

/// Largest body of an answer that is read; a larger one has failed by its content.
pub const MAX_BODY: usize = 1 << 20;
/// A connection is used for a visit of this length,
const VISIT: Duration = Duration::from_secs(1);
/// of so many requests at most.
const REQUESTS_OF_VISIT: u32 = 16;
/// Most idle connections that are kept.
const MAX_IDLE: usize = 256;

#[derive(Debug)]
struct Kept {
    connection: Connection,
    since: Instant,
    requests: u32,
}

/// Connections to one component.
#[derive(Debug)]
pub struct Pool {
    addresses: Addresses,
    idle: Mutex<Vec<Kept>>,
}

impl Pool {
    /// An empty pool.
    #[must_use]
    pub const fn new(addresses: Addresses) -> Self {
        Self { addresses, idle: Mutex::new(Vec::new()) }
    }

    /// Sends `request` once and reads the answer. Dropping the future closes its connection.
    pub async fn ask(&self, request: &Prepared) -> Result<Answer, Failure> {
        let mut message = request.http();
        // A kept connection that was closed before anything was written gives the request back: it
        // has not been sent yet.
        while let Some(mut kept) = self.take() {
            match kept.connection.ask(message, MAX_BODY).await {
                Err(ConnectionError::Unsent(unused)) => message = *unused,
                answer => return self.finish(kept, answer),
            }
        }
        let address = self.addresses.next().ok_or(Failure::Connect)?;
        let connection = Connection::open(address).await.map_err(|error| failure(&error))?;
        let mut kept = Kept { connection, since: Instant::now(), requests: 0 };
        let answer = kept.connection.ask(message, MAX_BODY).await;
        self.finish(kept, answer)
    }

    fn take(&self) -> Option<Kept> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|kept| kept.since.elapsed() < VISIT && !kept.connection.is_closed());
        idle.pop()
    }

    fn finish(&self, mut kept: Kept, answer: Result<Answer, ConnectionError>) -> Result<Answer, Failure> {
        let answer = answer.map_err(|error| failure(&error))?;
        kept.requests += 1;
        if kept.requests < REQUESTS_OF_VISIT && kept.since.elapsed() < VISIT {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            if idle.len() < MAX_IDLE {
                idle.push(kept);
            }
        }
        Ok(answer)
    }
}

const fn failure(error: &ConnectionError) -> Failure {
    match error {
        ConnectionError::Connect(_) => Failure::Connect,
        ConnectionError::Unsent(_) | ConnectionError::Broken(_) => Failure::Broken,
        ConnectionError::TooLarge(_) => Failure::Content,
        ConnectionError::Timeout(_) => Failure::Timeout,
    }
}
