//! One pair as `pairs.yaml` has it: what is written otherwise, and what the verdict must say.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use factory_crds::{Outcome, release::Finding};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Manifest;

/// A seeded defect; the twin is the service without it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Pair {
    /// Short name.
    pub name: String,
    /// The defect in words.
    pub defect: String,
    /// Shipped standard, and class of the service.
    pub standard: String,
    /// 1: `front` alone; 2: `front` with `store`.
    pub components: usize,
    /// File with the defect, in the folder of the service.
    pub file: String,
    /// What stands there once in the sound service.
    pub from: String,
    /// What the defect has in its place.
    pub to: String,
    /// Codes of findings, one of which must refuse it,
    pub codes: Vec<String>,
    /// with one of these in its message.
    pub says: Vec<String>,
}

/// Why the corpus cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
    /// A file cannot be read.
    #[error("{path}: {source}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is no such YAML.
    #[error("{path}: {source}", path = path.display())]
    Yaml {
        /// The file.
        path: PathBuf,
        /// Why.
        source: serde_yaml::Error,
    },
    /// What a defect replaces must stand there once.
    #[error("pairs.yaml: {name}: `{from}` stands {count} times in {file}; it must stand there once")]
    NotOnce {
        /// The pair.
        name: String,
        /// What is replaced.
        from: String,
        /// Where.
        file: String,
        /// How often it stands there.
        count: usize,
    },
}

/// What became of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judged {
    /// The defect was refused for its own reason; the twin passed.
    Right,
    /// Anything else, in words.
    Wrong(String),
    /// Nothing was concluded, for these reasons.
    Inconclusive(String),
}

/// The folder of the sound service, under the root of the checkout.
pub fn service(root: &Path) -> PathBuf {
    root.join("test-harness/corpus/service")
}

/// All pairs, in the order of the table.
pub fn pairs(root: &Path) -> Result<Vec<Pair>, CorpusError> {
    let path = root.join("test-harness/corpus/pairs.yaml");
    let text = read(&path)?;
    serde_yaml::from_str(&text).map_err(|source| CorpusError::Yaml { path, source })
}

fn read(path: &Path) -> Result<String, CorpusError> {
    fs::read_to_string(path).map_err(|source| CorpusError::Read { path: path.to_path_buf(), source })
}

impl Pair {
    /// Pairs of one shape have the same twin.
    #[must_use]
    pub fn shape(&self) -> (&str, usize) {
        (&self.standard, self.components)
    }

    /// The file with the defect in it: its path and its whole content.
    pub fn change(&self, root: &Path) -> Result<(String, String), CorpusError> {
        let text = read(&service(root).join(&self.file))?;
        let count = text.matches(&self.from).count();
        if count != 1 {
            let (name, from, file) = (self.name.clone(), self.from.clone(), self.file.clone());
            return Err(CorpusError::NotOnce { name, from, file, count });
        }
        Ok((self.file.clone(), text.replacen(&self.from, &self.to, 1)))
    }

    /// The manifest of the service with the defect, or of its twin.
    pub fn manifest(&self, root: &Path, sound: bool) -> Result<Manifest, CorpusError> {
        let path = service(root).join("service.yaml");
        let changed = !sound && self.file == "service.yaml";
        let text = if changed { self.change(root)?.1 } else { read(&path)? };
        let mut object: Value = serde_yaml::from_str(&text).map_err(|source| CorpusError::Yaml { path, source })?;
        let components = object.pointer_mut("/spec/components").and_then(Value::as_array_mut);
        if let Some(components) = components.filter(|_| self.components == 1) {
            components.truncate(1);
            for front in components {
                (front["env"], front["calls"]) = (json!([]), json!([]));
            }
        }
        Ok(Manifest::of(object))
    }

    /// What an outcome with `findings` says of the defect, or of its twin where `sound`.
    #[must_use]
    pub fn judge(&self, sound: bool, outcome: Option<Outcome>, findings: &[Finding]) -> Judged {
        let said: Vec<String> = findings.iter().map(|found| format!("{}: {}", found.code, found.message)).collect();
        let said = said.join("; ");
        match outcome {
            Some(Outcome::Inconclusive) => Judged::Inconclusive(said),
            Some(Outcome::Passed) if sound => Judged::Right,
            Some(Outcome::Failed) if !sound && findings.iter().any(|found| self.is_reason(found)) => Judged::Right,
            Some(Outcome::Passed) => Judged::Wrong("the defect passed".to_owned()),
            Some(Outcome::Failed) if sound => Judged::Wrong(format!("the sound twin failed: {said}")),
            Some(Outcome::Failed) => Judged::Wrong(format!("failed for another reason: {said}")),
            None => Judged::Wrong("there is no outcome".to_owned()),
        }
    }

    fn is_reason(&self, found: &Finding) -> bool {
        self.codes.contains(&found.code) && self.says.iter().any(|words| found.message.contains(words))
    }
}

#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeSet,
        iter,
        process::Command,
        sync::atomic::{AtomicUsize, Ordering},
        thread,
    };

    use super::*;
    use crate::sources::lay_out;

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
    }

    #[test]
    fn the_table_is_whole_and_each_defect_is_one_line_of_a_service_that_is_otherwise_the_same() {
        let pairs = pairs(&root()).unwrap();
        assert!(pairs.len() >= 20, "{}", pairs.len());
        assert_eq!(pairs.iter().map(|pair| &pair.name).collect::<BTreeSet<_>>().len(), pairs.len());
        for pair in &pairs {
            assert!(matches!(pair.components, 1 | 2) && pair.from != pair.to, "{}", pair.name);
            assert!(!pair.codes.is_empty() && !pair.says.is_empty(), "{}", pair.name);
            let shipped = root().join(format!("pipelines/standards/{}.yaml", pair.standard));
            assert!(shipped.exists(), "{}", pair.name);
            let (file, text) = pair.change(&root()).unwrap();
            let sound = fs::read_to_string(service(&root()).join(file)).unwrap();
            let differ = sound.lines().zip(text.lines()).filter(|(one, other)| one != other).count();
            assert_eq!((differ, sound.lines().count()), (1, text.lines().count()), "{}", pair.name);
            for sound in [true, false] {
                let object = pair.manifest(&root(), sound).unwrap().json();
                assert_eq!(object["spec"]["components"].as_array().unwrap().len(), pair.components, "{}", pair.name);
                serde_json::from_value::<factory_crds::StateService>(object).unwrap();
            }
        }
    }

    #[test]
    fn a_defect_is_caught_only_for_its_own_reason_and_a_twin_is_right_only_when_it_passed() {
        let pairs = pairs(&root()).unwrap();
        let pair = pairs.iter().find(|pair| pair.name == "no-drain").unwrap();
        let found = |code: &str, message: &str| Finding { code: code.to_owned(), message: message.to_owned() };
        let own = found("FaultCostTooHigh", "front: when its pods were replaced one by one, 5 % of requests failed");
        let other = found("FaultCostTooHigh", "front: when one of its pods was killed, 9 % of requests failed");
        let slow = found("SteadyP95TooHigh", "its pods were replaced one by one");
        let judge = |sound, outcome, found: &Finding| pair.judge(sound, outcome, std::slice::from_ref(found));
        assert_eq!(judge(false, Some(Outcome::Failed), &own), Judged::Right);
        assert_eq!(pair.judge(true, Some(Outcome::Passed), &[]), Judged::Right);
        for (sound, outcome, found) in [
            (false, Some(Outcome::Failed), &other),
            (false, Some(Outcome::Failed), &slow),
            (false, Some(Outcome::Passed), &own),
            (true, Some(Outcome::Failed), &own),
            (true, None, &own),
        ] {
            assert!(matches!(judge(sound, outcome, found), Judged::Wrong(_)), "{sound} {outcome:?} {found:?}");
        }
        for sound in [true, false] {
            let judged = judge(sound, Some(Outcome::Inconclusive), &own);
            assert!(matches!(judged, Judged::Inconclusive(_)), "{judged:?}");
        }
    }

    /// Each service on loopback, provoked by `bites.py`. Its clocks run faster, in the twin too. Five at a time; what
    /// went wrong among neighbours is provoked again, alone.
    #[test]
    fn each_defect_bites_when_it_is_provoked_and_its_twin_does_not() {
        let (root, pairs) = (root(), pairs(&root()).unwrap());
        let folder = std::env::temp_dir().join(format!("corpus-{}", std::process::id()));
        let provoked = |index: usize| {
            let (pair, sound) = (&pairs[index / 2], index.is_multiple_of(2));
            let at = folder.join(format!("{}-{sound}", pair.name));
            let changes = if sound { Vec::new() } else { vec![pair.change(&root).unwrap()] };
            let changes: Vec<_> = changes.iter().map(|(path, text)| (path.as_str(), text.clone())).collect();
            lay_out(&service(&root), &at, &changes).unwrap();
            hurry(&at.join("offices/settings.py"));
            let script = root.join("test-harness/corpus/bites.py");
            let output = Command::new("python3").arg(script).arg(&pair.name).arg(&at).output().unwrap();
            let expected = format!("{}: {}\n", pair.name, if sound { "does not bite" } else { "bites" });
            let held = String::from_utf8_lossy(&output.stdout) == expected;
            (!held).then(|| format!("{} (sound: {sound}): {output:?}", pair.name))
        };
        let (turn, runs) = (AtomicUsize::new(0), pairs.len() * 2);
        let work = || {
            let turns = iter::repeat_with(|| turn.fetch_add(1, Ordering::Relaxed)).take_while(|index| *index < runs);
            turns.filter(|index| provoked(*index).is_some()).collect::<Vec<_>>()
        };
        let again: Vec<_> = thread::scope(|scope| {
            let workers: Vec<_> = (0..5).map(|_| scope.spawn(work)).collect();
            workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
        });
        let wrong: Vec<_> = again.into_iter().filter_map(provoked).collect();
        fs::remove_dir_all(&folder).unwrap();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    fn hurry(settings: &Path) {
        let mut text = fs::read_to_string(settings).unwrap();
        for (slow, fast) in
            [("LOADING_SECONDS = 3.0", "LOADING_SECONDS = 1.2"), ("DRAIN_SECONDS = 4.0", "DRAIN_SECONDS = 1.0")]
        {
            text = text.replace(slow, fast);
        }
        fs::write(settings, text).unwrap();
    }
}
