//! Tries a step's expectation on answers that were changed on purpose: one that accepts them
//! expects nothing, and a check made of such steps is vacuous (invariant 1). What counts as vacuous
//! is the verdict's business.

use bytes::Bytes;
use factory_assurance::evidence::{Mutant, Mutation};
use serde_json::Value;

use crate::{connection::Answer, expectation::Expectation};

/// Each mutation that changes `answer`, and whether `expectation` noticed.
#[must_use]
pub fn mutants(expectation: &Expectation, answer: &Answer) -> Vec<Mutant> {
    [Mutation::WrongStatus, Mutation::EmptyBody, Mutation::WrongValues]
        .into_iter()
        .filter_map(|mutation| {
            let mutated = mutated(answer, mutation)?;
            Some(Mutant { mutation, rejected: !expectation.deviations(&mutated).is_empty() })
        })
        .collect()
}

/// The changed answer; `None` where the mutation would change nothing.
fn mutated(answer: &Answer, mutation: Mutation) -> Option<Answer> {
    let mut mutated = answer.clone();
    match mutation {
        Mutation::WrongStatus => mutated.status = if answer.status == 200 { 500 } else { 200 },
        Mutation::EmptyBody if answer.body.is_empty() => return None,
        Mutation::EmptyBody => mutated.body = Bytes::new(),
        Mutation::WrongValues => {
            let mut body: Value = serde_json::from_slice(&answer.body).ok()?;
            change(&mut body);
            mutated.body = Bytes::from(serde_json::to_vec(&body).ok()?);
        }
    }
    Some(mutated)
}

/// Replaces every value by one of another kind; structure stays.
fn change(value: &mut Value) {
    match value {
        Value::Array(items) if !items.is_empty() => items.iter_mut().for_each(change),
        Value::Object(fields) if !fields.is_empty() => fields.values_mut().for_each(change),
        Value::String(_) => *value = Value::from(7),
        _ => *value = Value::from("mutated"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use factory_crds::{Json, state_service::Expect};
    use hyper::HeaderMap;
    use serde_json::json;

    fn tried(expect: Value, status: u16, body: &str) -> Vec<(Mutation, bool)> {
        let mut expect: Expect = serde_json::from_value(expect).unwrap();
        expect.body = expect.body.filter(|Json(body)| !body.is_null());
        let answer = Answer { status, headers: HeaderMap::new(), body: body.to_owned().into() };
        let mutants = mutants(&Expectation::new(&expect).unwrap(), &answer);
        mutants.into_iter().map(|mutant| (mutant.mutation, mutant.rejected)).collect()
    }

    #[test]
    fn an_expectation_that_says_something_rejects_every_mutant() {
        let all = [(Mutation::WrongStatus, true), (Mutation::EmptyBody, true), (Mutation::WrongValues, true)];
        assert_eq!(tried(json!({"status": 200, "body": {"a": {"b": [1]}}}), 200, r#"{"a":{"b":[1]}}"#), all);
        assert_eq!(
            tried(json!({"status": 201, "schema": {"type": "array", "items": {"type": "string"}}}), 201, r#"["x"]"#),
            all
        );
    }

    #[test]
    fn one_that_says_nothing_accepts_them() {
        assert_eq!(
            tried(json!({"status": 200}), 200, "{}"),
            [(Mutation::WrongStatus, true), (Mutation::EmptyBody, false), (Mutation::WrongValues, false)]
        );
        assert_eq!(
            tried(json!({"status": 200, "schema": {"type": "object"}}), 200, r#"{"a":1}"#),
            [(Mutation::WrongStatus, true), (Mutation::EmptyBody, true), (Mutation::WrongValues, false)]
        );
    }

    #[test]
    fn a_mutation_that_changes_nothing_is_not_tried() {
        assert_eq!(tried(json!({"status": 204}), 204, ""), [(Mutation::WrongStatus, true)]);
        assert_eq!(
            tried(json!({"status": 200}), 200, "<html>"),
            [(Mutation::WrongStatus, true), (Mutation::EmptyBody, false)]
        );
    }
}
