//! The standards of a file, as the API server would take them: held against schema and rules of their kind. It must not
//! ask a cluster.

use std::path::Path;

use factory_assurance::{issuance, standard::Standard};
use factory_crds::ResilienceStandard;

use super::{
    super::lint::{self, LintError},
    IssueError,
};
use crate::manifest::{self, Diagnostic, Node, Severity};

/// Each standard of the file at `path`, with the day from which it holds.
pub fn standards(path: &Path) -> Result<Vec<(Standard, String)>, IssueError> {
    let file = lint::name(path);
    let read = lint::read(path).map_err(|source| LintError::Read { file: file.clone(), source })?;
    let refused = |found: Diagnostic| IssueError::Lint { file: file.clone(), found };
    let (text, examined) = match read {
        Ok(text) => {
            let examined = manifest::examine(&text, &file);
            (text, examined)
        }
        Err(bytes) => (String::new(), manifest::not_text(&bytes)),
    };
    if let Some(error) = examined.diagnostics.into_iter().find(|found| found.severity == Severity::Error) {
        return Err(refused(error));
    }
    let documents = manifest::read(&text).map_err(|unreadable| refused(unreadable.diagnostic()))?;
    documents.iter().map(|document| standard(document, &file)).collect()
}

fn standard(document: &Node, file: &str) -> Result<(Standard, String), IssueError> {
    let kind = document.get("kind").and_then(Node::text).unwrap_or_default();
    if kind != "ResilienceStandard" {
        let (file, kind) = (file.to_owned(), kind.to_owned());
        return Err(IssueError::Kind { file, line: document.place.line, kind });
    }
    let object: ResilienceStandard = serde_json::from_value(document.value())
        .map_err(|source| IssueError::Spec { file: file.to_owned(), source })?;
    let standard = Standard::of(&object.metadata.name.unwrap_or_default(), &object.spec);
    let from = object.spec.effective_from;
    issuance::hold(&standard, &from).map_err(|source| IssueError::Statement { file: file.to_owned(), source })?;
    Ok((standard, from))
}
