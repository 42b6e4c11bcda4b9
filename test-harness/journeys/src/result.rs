//! What `make demo` writes down: `target/demo/result.json`.

use std::{collections::BTreeMap, fs, io, path::Path};

use serde::{Deserialize, Serialize};

/// The result of a demo.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DemoResult {
    /// Seconds that the factory itself added, the most of all launched services; `None` where no
    /// launched service's Jobs were seen.
    pub overhead_seconds: Option<f64>,
    /// One for each service.
    pub services: Vec<ServiceResult>,
}

/// How a service ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceResult {
    /// `<participant>/<name>`.
    pub service: String,
    /// Newest release.
    pub release: String,
    /// Its UID: a release of another cluster may have the same name.
    #[serde(default)]
    pub uid: String,
    /// Stage at which it is.
    pub phase: String,
    /// `Passed`, `Failed`, `Inconclusive`; empty where it never came so far.
    pub verdict: String,
    /// Whether pods with exactly the tested images serve in its live namespace.
    pub launched: bool,
    /// Seconds of each stage, from the end of the one before.
    pub stages: BTreeMap<String, f64>,
    /// What was found, as sentences.
    pub reasons: Vec<String>,
    /// Address of the public entry; empty where there is none.
    pub entry: String,
}

impl DemoResult {
    /// What an earlier demo wrote to `path`; nothing where there was none.
    #[must_use]
    pub fn read(path: &Path) -> Self {
        fs::read(path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    /// Takes over the times of services that `earlier` saw launched with the same release: their road
    /// was over then, and a condition's time moves when a pod is rescheduled.
    pub fn keep_times(&mut self, earlier: &Self) {
        for service in &mut self.services {
            let same =
                |known: &&ServiceResult| known.launched && known.service == service.service && known.uid == service.uid;
            if let Some(known) = earlier.services.iter().find(same) {
                service.stages.clone_from(&known.stages);
            }
        }
    }

    /// Writes it to `path`.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, serde_json::to_string_pretty(self)? + "\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn launched(uid: &str, seconds: f64) -> DemoResult {
        let stages = [("Launched".to_owned(), seconds)].into();
        let one = ServiceResult {
            release: "r-1".to_owned(),
            uid: uid.to_owned(),
            launched: true,
            stages,
            ..ServiceResult::default()
        };
        DemoResult { overhead_seconds: None, services: vec![one] }
    }

    #[test]
    fn an_ended_road_keeps_its_times_and_one_of_another_cluster_has_its_own() {
        let earlier = launched("here", 12.0);
        for (mut now, expected) in [(launched("here", 99.0), 12.0), (launched("there", 99.0), 99.0)] {
            now.keep_times(&earlier);
            assert_eq!(now, launched(&now.services[0].uid, expected));
        }
    }
}
