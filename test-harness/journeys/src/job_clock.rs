//! When the Jobs of builds and of the lab ran: watched while they are there, because they are
//! cleared away afterwards. Read with the platform engineer's eyes; a team sees none of them.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use futures::StreamExt as _;
use jiff::Timestamp;
use k8s_openapi::api::batch::v1::Job;
use kube::{
    Api, Client, ResourceExt as _,
    runtime::{WatchStreamExt as _, watcher},
};
use tokio::task::JoinHandle;

use crate::overhead::Stretch;

/// Namespace of builds.
pub const BUILDS: &str = "factory-build";
/// Namespace of experiments.
pub const LAB: &str = "factory-lab";
/// Label that says whose Job it is.
pub const RELEASE: &str = "factory.gov.kg/release";
/// Label that says what a Job of the lab does.
pub const EXPERIMENT: &str = "factory.gov.kg/experiment";

/// What a Job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Builds a component.
    Build,
    /// Checks a candidate.
    Verify,
    /// Loads and breaks a candidate.
    Prove,
}

/// A Job that was seen.
#[derive(Clone, Debug)]
pub struct Seen {
    /// What it does.
    pub work: Work,
    /// Release that it worked for.
    pub release: String,
    /// From its start to its end, or to now where it still runs.
    pub ran: Stretch,
}

/// Keeps what is seen of Jobs until it is dropped.
pub struct JobClock {
    seen: Arc<Mutex<BTreeMap<String, Job>>>,
    watches: Vec<JoinHandle<()>>,
}

impl JobClock {
    /// Starts to watch.
    #[must_use]
    pub fn start(client: &Client) -> Self {
        let seen = Arc::default();
        let watches = [BUILDS, LAB]
            .map(|namespace| tokio::spawn(keep(Api::namespaced(client.clone(), namespace), Arc::clone(&seen))))
            .into();
        Self { seen, watches }
    }

    /// All Jobs seen so far that have started.
    #[must_use]
    pub fn jobs(&self) -> Vec<Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).values().filter_map(seen).collect()
    }
}

impl Drop for JobClock {
    fn drop(&mut self) {
        for watch in &self.watches {
            watch.abort();
        }
    }
}

async fn keep(api: Api<Job>, seen: Arc<Mutex<BTreeMap<String, Job>>>) {
    let mut jobs = std::pin::pin!(watcher(api, watcher::Config::default()).default_backoff().applied_objects());
    // A failed watch starts again by itself and lists anew.
    while let Some(job) = jobs.next().await {
        if let Ok(job) = job {
            let uid = job.uid().unwrap_or_default();
            seen.lock().unwrap_or_else(PoisonError::into_inner).insert(uid, job);
        }
    }
}

fn seen(job: &Job) -> Option<Seen> {
    let status = job.status.as_ref()?;
    let failed = || {
        let conditions = status.conditions.iter().flatten();
        conditions
            .into_iter()
            .find(|condition| condition.type_ == "Failed" && condition.status == "True")?
            .last_transition_time
            .clone()
    };
    let end = status.completion_time.clone().or_else(failed).map_or_else(Timestamp::now, |time| time.0);
    Some(Seen {
        work: match job.labels().get(EXPERIMENT).map(String::as_str) {
            Some("prove") => Work::Prove,
            Some(_) => Work::Verify,
            None => Work::Build,
        },
        release: job.labels().get(RELEASE).cloned().unwrap_or_default(),
        ran: Stretch { from: status.start_time.as_ref()?.0, to: end },
    })
}
