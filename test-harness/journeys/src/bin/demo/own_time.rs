//! The factory's own time for each release, kept beside the result, because Jobs are cleared away
//! and a demo that goes on cannot measure them again.

use std::{collections::BTreeMap, fs, io, path::PathBuf};

use factory_crds::Release;
use factory_journeys::{
    job_clock::{LAB, Seen},
    overhead::{Stretch, own_seconds},
    result::ServiceResult,
    road::reached,
};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry;
use kube::ResourceExt as _;

use crate::queue_clock::QueueClock;

/// Seconds by `<service>@<release>`.
pub struct OwnTimes {
    path: PathBuf,
    seconds: BTreeMap<String, f64>,
}

impl OwnTimes {
    /// What an earlier demo noted in `path`; nothing where there was none.
    pub fn read(path: PathBuf) -> Self {
        let seconds = fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        Self { path, seconds }
    }

    /// Notes `seconds` of the service's release, if they are known.
    pub fn note(&mut self, service: &ServiceResult, seconds: Option<f64>) {
        if let Some(seconds) = seconds {
            self.seconds.insert(key(service), seconds);
        }
    }

    /// Seconds of the service's release.
    pub fn of(&self, service: &ServiceResult) -> Option<f64> {
        self.seconds.get(&key(service)).copied()
    }

    /// The most of `services`; `None` where one of them is not known.
    pub fn most<'a>(&self, services: impl Iterator<Item = &'a ServiceResult>) -> Option<f64> {
        let known: Option<Vec<f64>> = services.map(|service| self.of(service)).collect();
        known?.into_iter().reduce(f64::max)
    }

    /// Keeps them for the next demo.
    pub fn write(&self) -> io::Result<()> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&self.path, serde_json::to_string_pretty(&self.seconds)? + "\n")
    }
}

fn key(service: &ServiceResult) -> String {
    format!("{}@{}", service.service, service.release)
}

/// The factory's own seconds of `release`: from its start to Registered, less its builds, its
/// experiments, the time that it queued for the lab, and the wait for the regulator. `None` while it
/// is not registered, or where its Jobs were not seen.
pub fn measure(release: &Release, start: Timestamp, jobs: &[Seen], queue: &QueueClock) -> Option<f64> {
    let whole = Stretch { from: start, to: reached(release, "Registered")? };
    let own: Vec<_> = jobs.iter().filter(|job| job.release == release.name_any()).collect();
    if !own.iter().any(|job| job.namespace == LAB) {
        return None;
    }
    let mut others: Vec<Stretch> = own.iter().map(|job| job.ran).collect();
    others.push(Stretch { from: reached(release, "Reported")?, to: reached(release, "Confirmed")? });
    others.extend(queue.waited());
    Some(own_seconds(whole, &others))
}

/// When the road of `release` began: with the team's last change of the manifest where the release
/// came of that, else with the release itself (a new commit, another attempt).
pub fn start(release: &Release, fields: &[ManagedFieldsEntry], manager: &str) -> Option<Timestamp> {
    let made = release.metadata.creation_timestamp.as_ref()?.0;
    let own = fields.iter().find(|entry| entry.manager.as_deref() == Some(manager));
    let applied = own.and_then(|entry| entry.time.as_ref()).map(|time| time.0);
    let soon = |applied: &Timestamp| *applied <= made && made.duration_since(*applied) < SignedDuration::from_secs(90);
    Some(applied.filter(soon).filter(|_| release.spec.attempt == 1).unwrap_or(made))
}
