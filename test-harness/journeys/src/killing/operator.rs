//! The leader beside the journey: started, killed when a door asks for it, and started anew.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{
    sync::{mpsc, watch},
    task::{JoinHandle, JoinSet},
};

use super::{
    Point,
    door::{Hall, Kill},
    settings::Settings,
};
use crate::{Failure, scene::Scene};

/// A leader whose writes are met at the doors.
pub struct Leader {
    hall: Arc<Hall>,
    life: JoinHandle<Failure>,
    doors: JoinSet<()>,
}

/// Kills the leader, wherever it is in its work.
#[derive(Clone)]
pub struct Killer {
    hall: Arc<Hall>,
}

impl Killer {
    /// Returns when it is dead; the next one is started at once.
    pub async fn kill(&self) {
        let number = *self.hall.number.borrow();
        self.hall.kill(number).await;
    }
}

impl Leader {
    /// Starts it for the release of `service`; nobody else may lead meanwhile.
    pub async fn begin(
        scene: &Scene,
        service: &str,
        others: BTreeSet<String>,
        kills_at_writes: bool,
    ) -> Result<Self, Failure> {
        let (kills, asked) = mpsc::channel(16);
        let (count, number) = watch::channel(0);
        let hall = Hall { kills_at_writes, service: service.to_owned(), others, met: Mutex::default(), number, kills };
        let hall = Arc::new(hall);
        let mut doors = JoinSet::new();
        let settings = Settings::lay_out(scene, &hall, &mut doors).await?;
        Ok(Self { hall, life: tokio::spawn(live(settings, asked, count)), doors })
    }

    /// Who can kill it at any moment.
    #[must_use]
    pub fn killer(&self) -> Killer {
        Killer { hall: Arc::clone(&self.hall) }
    }

    /// Returns only when it ended by itself, and says how.
    pub async fn ended(&mut self) -> Failure {
        match (&mut self.life).await {
            Ok(failure) => failure,
            Err(error) => Failure::new(error.to_string()),
        }
    }

    /// Ends it, and returns the points that it met, and how often.
    pub async fn end(mut self) -> BTreeMap<Point, usize> {
        // The child goes with its task.
        self.life.abort();
        self.doors.shutdown().await;
        self.hall.met.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Lets it live, and die when asked.
async fn live(settings: Settings, mut asked: mpsc::Receiver<Kill>, count: watch::Sender<u64>) -> Failure {
    loop {
        let mut child = match settings.start() {
            Ok(child) => child,
            Err(failure) => return failure,
        };
        loop {
            tokio::select! {
                ended = child.wait() => {
                    return Failure::new(format!("the operator ended by itself: {ended:?}; see {}", settings.log.display()));
                }
                Some((number, tell)) = asked.recv() => {
                    // Another write of a leader that is dead already.
                    let stale = number != *count.borrow();
                    if !stale {
                        if let Err(error) = child.kill().await {
                            return Failure::new(format!("kill: {error}"));
                        }
                        count.send_modify(|number| *number += 1);
                    }
                    let _ = tell.send(());
                    if !stale { break }
                }
            }
        }
    }
}
