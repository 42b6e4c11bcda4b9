//! "What if the limit were X": a proposed standard is read, and dossiers that the register has are judged by it
//! again. Nothing is written; what a dossier has no evidence for stays undecided.
//!
//! *Architecture invariant:* pure. A proposal is hostile input: its text is bounded before it is parsed.

use factory_assurance::{
    dossier::{Dossier, TestResult},
    dsse::Envelope,
    standard::Standard,
    verdict::Verdict,
};
use factory_crds::{ResilienceStandardSpec, kinds};
use kube::core::cel::Validator;
use serde_json::{Value, json};

/// Largest text of a proposal, in bytes.
pub const LONGEST: usize = 64 * 1024;
/// Name of a proposal that has none.
const UNNAMED: &str = "proposal";

/// A proposed standard, found to be one.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// The part that is judged by.
    pub standard: Standard,
    /// Class of services that it is for, as dossiers name it.
    pub class: String,
}

/// Why a text is no standard.
#[derive(Debug, thiserror::Error)]
pub enum ProposalError {
    /// Too long.
    #[error("standard: must have at most {LONGEST} bytes, not {0}")]
    Long(usize),
    /// No YAML.
    #[error("standard: {0}")]
    Text(String),
    /// Another kind of object.
    #[error("kind: must be ResilienceStandard, not `{0}`")]
    Kind(String),
    /// A field is not what the kind says.
    #[error("{path}: {message}")]
    Field {
        /// Which.
        path: String,
        /// What is wrong with it.
        message: String,
    },
    /// The kind has no schema in this program.
    #[error("the schema of ResilienceStandard cannot be read")]
    Schema,
}

impl Proposal {
    /// The proposal in a `text` of YAML or JSON: an object `ResilienceStandard`, or its `spec`.
    pub fn read(text: &str) -> Result<Self, ProposalError> {
        if text.len() > LONGEST {
            return Err(ProposalError::Long(text.len()));
        }
        let document: Value = serde_saphyr::from_str_with_options(text, options()).map_err(|error| {
            let line: Vec<_> = error.without_snippet().to_string().split_whitespace().map(str::to_owned).collect();
            ProposalError::Text(line.join(" "))
        })?;
        match document.get("spec") {
            None => Self::of(UNNAMED, document),
            Some(spec) => {
                let kind = document.get("kind").and_then(Value::as_str).unwrap_or_default();
                if kind != "ResilienceStandard" {
                    return Err(ProposalError::Kind(kind.chars().take(60).collect()));
                }
                let name = document.pointer("/metadata/name").and_then(Value::as_str).unwrap_or(UNNAMED);
                Self::of(name, spec.clone())
            }
        }
    }

    /// The proposal of this `name` with this `spec`, held against the kind: its schema, and its rules.
    pub fn of(name: &str, spec: Value) -> Result<Self, ProposalError> {
        let schema = schema().ok_or(ProposalError::Schema)?;
        let of_spec = schema.pointer("/properties/spec").ok_or(ProposalError::Schema)?;
        if let Some(path) = unknown(of_spec, &spec, "spec") {
            return Err(ProposalError::Field { path, message: "is no field of a ResilienceStandard".to_owned() });
        }
        let validator = jsonschema::draft202012::new(of_spec).map_err(|_| ProposalError::Schema)?;
        if let Some(error) = validator.iter_errors(&spec).next() {
            let path = format!("spec{}", error.instance_path().to_string().replace('/', "."));
            return Err(ProposalError::Field { path, message: error.to_string() });
        }
        let object = json!({ "spec": spec });
        if let Err(errors) = Validator::new().validate(&schema, &object, None)
            && let Some(error) = errors.into_vec().into_iter().next()
        {
            return Err(ProposalError::Field { path: error.field_path, message: error.message });
        }
        let spec: ResilienceStandardSpec = serde_json::from_value(object["spec"].clone())
            .map_err(|error| ProposalError::Field { path: "spec".to_owned(), message: error.to_string() })?;
        Ok(Self { standard: Standard::of(name, &spec), class: spec.class.as_str().to_owned() })
    }

    /// The verdict on the dossier in `envelope` by this standard; none where its service is of another class. It is of the
    /// run's own evidence alone: which earlier runs count follows from limits too, and the dossier has those of its own.
    /// Costs time with its size: not for an async thread.
    pub fn judge(&self, envelope: &Envelope) -> Result<Option<Verdict>, String> {
        // Verified when it was taken; the log's hash holds it since.
        let dossier: Dossier = envelope.unchecked().map_err(|error| error.to_string())?;
        let mut result = dossier.predicate;
        if result.record.class != self.class {
            return Ok(None);
        }
        result.plan.prove.history = None;
        let standard = Standard { history: None, ..self.standard.clone() };
        Ok(Some(TestResult { standard, ..result }.judge()))
    }
}

/// The structural schema of the kind, with its rules.
fn schema() -> Option<Value> {
    let definition = kinds::all().into_iter().find(|kind| kind.spec.names.kind == "ResilienceStandard")?;
    let version = definition.spec.versions.into_iter().next()?;
    serde_json::to_value(version.schema?.open_api_v3_schema?).ok()
}

/// The first field of `value` that its schema does not know.
fn unknown(schema: &Value, value: &Value, path: &str) -> Option<String> {
    match value {
        Value::Object(fields) => fields.iter().find_map(|(name, value)| {
            let path = format!("{path}.{}", name.chars().take(60).collect::<String>());
            match schema.get("properties").and_then(|known| known.get(name)) {
                Some(schema) => unknown(schema, value, &path),
                None => Some(path),
            }
        }),
        Value::Array(items) => {
            let schema = schema.get("items")?;
            items.iter().enumerate().find_map(|(at, item)| unknown(schema, item, &format!("{path}[{at}]")))
        }
        _ => None,
    }
}

fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: 16,
            max_nodes: 5_000,
            max_documents: 1,
            max_anchors: 20,
            max_aliases: 50,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 5_000,
            max_replay_stack_depth: 4,
        },
        duplicate_keys: serde_saphyr::DuplicateKeyPolicy::Error,
    }
}

#[cfg(test)]
mod tests {
    use factory_assurance::{dsse::sign, sample};
    use factory_crds::{Outcome, resilience_standard::History};

    use super::*;

    const BASIC: &str = include_str!("../../../pipelines/standards/basic.yaml");

    #[test]
    fn a_standard_that_ships_is_read_as_object_and_as_spec() {
        let object = Proposal::read(BASIC).unwrap();
        assert_eq!((object.standard.name.as_str(), object.class.as_str()), ("basic", "basic"));
        let document: Value = serde_saphyr::from_str(BASIC).unwrap();
        let spec = Proposal::read(&document["spec"].to_string()).unwrap();
        assert_eq!((spec.standard.name.as_str(), &spec.standard.faults), ("proposal", &object.standard.faults));
    }

    /// Outcome and findings of `result` by `standard`.
    fn replayed(result: &TestResult, standard: &Standard) -> (Outcome, Vec<String>) {
        let envelope = sign(&result.clone().into_statement().unwrap(), sample::lab()).unwrap();
        let proposal = Proposal { standard: standard.clone(), class: result.record.class.clone() };
        let verdict = proposal.judge(&envelope).unwrap().unwrap();
        (verdict.outcome, verdict.findings.into_iter().map(|finding| finding.code).collect())
    }

    /// Limits of a fault are in its risk, so by others the history of a dossier is another's: it is left out, on both sides.
    #[test]
    fn a_dossier_with_earlier_runs_is_judged_again_by_its_own_evidence() {
        type Change = fn(&mut Standard);
        let pooled = sample::pooled();
        let mut short = sample::pooled();
        short.availability.max_downtime_per_year = "30m".parse().unwrap();
        assert_eq!(short.judge().outcome, Outcome::Passed);
        let strict: Change = |standard| standard.faults.iter_mut().for_each(|limits| limits.max_failed_ppm = 0);
        let cases: [(&TestResult, Change, Outcome); 4] = [
            (&pooled, |_| (), Outcome::Passed),
            (&pooled, |standard| standard.faults[0].max_failed_ppm += 10_000, Outcome::Passed),
            (&pooled, strict, Outcome::Failed),
            // Excluded by earlier runs alone.
            (&short, |_| (), Outcome::Inconclusive),
        ];
        for (result, change, want) in cases {
            let mut alone = result.clone();
            alone.plan.prove.history = None;
            let found = [None, Some(20), Some(30)].map(|most| {
                let history = most.map(|most_repetitions| History { most_repetitions });
                let mut standard = Standard { history, ..result.standard.clone() };
                change(&mut standard);
                assert_eq!(replayed(&alone, &standard), replayed(result, &standard));
                replayed(result, &standard)
            });
            assert_eq!((found[0].0, &found[1], &found[2]), (want, &found[0], &found[0]));
            let incomplete = found[0].1.iter().any(|code| code == "PlanIncomplete");
            assert!(!incomplete, "{found:?}");
        }
    }

    #[test]
    fn what_is_no_standard_is_refused_by_its_field() {
        for (from, to, begins) in [
            ("kind: ResilienceStandard", "kind: Participant", "kind: must be ResilienceStandard, not `Participant`"),
            ("p99Ms: 1000", "p99Ms: 0", "spec.steady.p99Ms: "),
            ("p99Ms: 1000", "p99Ms: fast", "spec.steady.p99Ms: "),
            ("p99Ms: 1000", "p99Ms: 1000\n    p999Ms: 1", "spec.steady.p999Ms: is no field"),
            ("kind: PodKill", "kind: Earthquake", "spec.faults.0.kind: "),
            ("kind: PodKill", "kind: Freeze", "spec.faults[0]"),
            ("minRequests: 20", "minRequests: 20\n  minRequests: 21", "standard: "),
            ("spec:", "spec: &a\n  x: *a\n", "standard: "),
            ("spec:", "\tspec:", "standard: "),
        ] {
            assert!(BASIC.contains(from));
            let said = Proposal::read(&BASIC.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(said.starts_with(begins), "{to}: {said}");
        }
        let long = format!("{BASIC}#{}", "x".repeat(LONGEST));
        assert!(Proposal::read(&long).unwrap_err().to_string().starts_with("standard: must have at most 65536 bytes"));
        let bomb = "a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c]\n";
        assert!(Proposal::read(bomb).is_err());
        for text in ["", "null", "[]", "1", "a: 1"] {
            assert!(Proposal::read(text).is_err(), "{text}");
        }
    }
}
