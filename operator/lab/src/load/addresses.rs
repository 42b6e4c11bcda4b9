//! The addresses of a Service, looked up once a second beside the requests and never by them: a slow
//! name server would else look like a slow service.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{runtime::Handle, task::AbortHandle};

use crate::target::Target;

/// How long an answer of the name server is used.
const FRESH: Duration = Duration::from_secs(1);

/// The addresses of one component, kept fresh until this is dropped.
#[derive(Debug)]
pub struct Addresses {
    known: Arc<RwLock<Vec<SocketAddr>>>,
    turn: AtomicUsize,
    refresher: AbortHandle,
}

impl Drop for Addresses {
    fn drop(&mut self) {
        self.refresher.abort();
    }
}

impl Addresses {
    /// Looks `target` up for the first time, and goes on doing so on `runtime`.
    pub async fn of(target: &Target, runtime: &Handle) -> io::Result<Self> {
        let known = Arc::new(RwLock::new(target.resolve().await?));
        let (target, shared) = (target.clone(), Arc::clone(&known));
        let refresher = runtime.spawn(async move {
            loop {
                tokio::time::sleep(FRESH).await;
                // While the name server is away, the last addresses are what any client would use.
                match target.resolve().await {
                    Ok(found) => *shared.write().unwrap_or_else(PoisonError::into_inner) = found,
                    Err(error) => tracing::warn!(host = target.host, %error, "the name was not resolved"),
                }
            }
        });
        Ok(Self { known, turn: AtomicUsize::new(0), refresher: refresher.abort_handle() })
    }

    /// The next address, in turn.
    pub fn next(&self) -> Option<SocketAddr> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        known.get(turn.checked_rem(known.len())?).copied()
    }
}
