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
    /// Writes it to `path`.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, serde_json::to_string_pretty(self)? + "\n")
    }
}
