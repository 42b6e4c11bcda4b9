//! The factory's own time for each release, kept beside the result, because Jobs are cleared away
//! and a demo that goes on cannot measure them again.

use std::{collections::BTreeMap, fs, io, path::PathBuf};

use factory_crds::Release;
use factory_journeys::{
    job_clock::{Seen, Work},
    overhead::{Stretch, own_seconds},
    result::ServiceResult,
    road::reached,
};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry;
use kube::ResourceExt as _;

/// Seconds by `<service>@<UID of the release>`.
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
    format!("{}@{}", service.service, service.uid)
}

/// The factory's own seconds of `release`: from its start to Registered, less its builds, its
/// experiments, the time that it queued behind those of others, and the wait for the regulator.
/// `None` while it is not registered, or where its Jobs were not seen.
pub fn measure(release: &Release, start: Timestamp, jobs: &[Seen]) -> Option<f64> {
    let whole = Stretch { from: start, to: reached(release, "Registered")? };
    let (own, foreign): (Vec<_>, Vec<_>) = jobs.iter().partition(|job| job.release == release.name_any());
    let of = |work: Work| own.iter().filter(move |job| job.work == work).map(|job| job.ran);
    let prove = of(Work::Prove).min_by_key(|ran| ran.from)?;
    let mut others: Vec<Stretch> = own.iter().map(|job| job.ran).collect();
    others.push(Stretch { from: reached(release, "Reported")?, to: reached(release, "Confirmed")? });
    // Builds wait for experiments, experiments for both; how fast a turn is taken is its own time.
    let to_build = of(Work::Build).map(|ran| ran.from).max().map(|to| Stretch { from: start, to });
    let to_prove = of(Work::Verify).map(|ran| ran.to).max().map(|from| Stretch { from, to: prove.from });
    for window in [to_build, to_prove].into_iter().flatten() {
        others.extend(foreign.iter().filter_map(|job| job.ran.within(window)));
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn job(release: &str, work: Work, from: i64, to: i64) -> Seen {
        Seen { work, release: release.to_owned(), ran: Stretch { from: at(from), to: at(to) } }
    }

    fn release(stages: &[(&str, i64)]) -> Release {
        let condition = |&(stage, second): &(&str, i64)| json!({"type": stage, "status": "True", "reason": "Done", "message": "", "lastTransitionTime": at(second).to_string()});
        serde_json::from_value(json!({
            "apiVersion": "factory.gov.kg/v1alpha1", "kind": "Release", "metadata": {"name": "mine"},
            "spec": {"service": "s", "commit": "c", "specHash": "h", "manifest": {}, "standard": "x",
                     "standardSpec": {}, "attempt": 1},
            "status": {"conditions": stages.iter().map(condition).collect::<Vec<_>>()},
        }))
        .unwrap()
    }

    #[test]
    fn builds_experiments_queues_and_people_are_taken_off() {
        let release = release(&[("Reported", 162), ("Confirmed", 192), ("Registered", 193)]);
        let jobs = [
            job("mine", Work::Build, 3, 40),
            job("mine", Work::Build, 3, 50),
            // A build of another service, beside ours: nothing that we waited for.
            job("other", Work::Build, 3, 56),
            job("mine", Work::Verify, 58, 62),
            job("other", Work::Prove, 60, 100),
            job("mine", Work::Prove, 105, 160),
        ];
        // 3 to the build, 8 to the deployment, 5 to take the turn, 2 to report, 1 to register.
        let seconds = measure(&release, at(0), &jobs).unwrap();
        assert!((seconds - 19.0).abs() < 1e-9, "{seconds}");
    }

    #[test]
    fn without_its_jobs_nothing_is_measured() {
        let release = release(&[("Reported", 162), ("Confirmed", 192), ("Registered", 193)]);
        assert_eq!(measure(&release, at(0), &[job("other", Work::Prove, 60, 100)]), None);
    }
}
