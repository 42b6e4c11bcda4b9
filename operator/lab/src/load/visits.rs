//! Visits of more than one request: what follows a good answer, with the values that were carried so far. A user
//! pauses before it, so that a visit may begin before a fault and end after it; what a pod alone knew is lost then.
//! Knows no clock.
//!
//! A step is made beside the loop, by the recorder that judged the answer before it, and kept here until it is due
//! and, while it is in flight, until its answer is there.

use std::{cmp::Reverse, collections::BinaryHeap, sync::Arc};

use slab::Slab;

use super::{Operation, arrivals::thought, schedule::Due};
use crate::{
    connection::Answer,
    expectation::Expectation,
    random::Random,
    request::{Prepared, Wire},
    target::Targets,
    verify::variables::Variables,
};

/// Steps take at most this much memory, in bytes.
const UNSENT: usize = 64 << 20;

/// A request that follows another, ready to be sent.
#[derive(Clone, Debug)]
pub struct Step {
    /// Index into the plan's operations.
    pub operation: usize,
    /// The request as it is written.
    pub wire: Wire,
    /// What its answer must be.
    pub expectation: Arc<Expectation>,
    /// What was carried up to here.
    variables: Variables,
}

impl Step {
    /// What follows a good `answer` to `operation`, which was this step or began the visit; `None` when the answer
    /// lacks what is carried on, or makes a request that is none.
    #[must_use]
    pub fn following(
        step: Option<Self>,
        answer: &Answer,
        operation: &Operation,
        all: &[Operation],
        targets: &Targets,
    ) -> Option<Vec<Self>> {
        let mut variables = step.map(|step| step.variables).unwrap_or_default();
        for (name, pointer) in &operation.asked.carry {
            variables.carry(name, pointer, &answer.body).ok()?;
        }
        operation.next.iter().map(|next| Self::of(*next, all.get(*next)?, variables.clone(), targets)).collect()
    }

    fn of(index: usize, operation: &Operation, variables: Variables, targets: &Targets) -> Option<Self> {
        let asked = &operation.asked;
        let request = Prepared::new(&variables.request(&asked.request).ok()?, targets).ok()?;
        let expectation = match &operation.expectation {
            Some(fixed) => Arc::clone(fixed),
            None => Arc::new(Expectation::new(&variables.expect(&asked.expect).ok()?).ok()?),
        };
        Some(Self { operation: index, wire: request.wire().ok()?, expectation, variables })
    }

    fn size(&self) -> usize {
        self.wire.size() + self.variables.size()
    }
}

/// Steps of a run that are still to be answered.
#[derive(Debug)]
pub struct Visits {
    steps: Slab<Step>,
    bytes: usize,
    /// When those that were not sent yet are due, in microseconds from the start.
    due: BinaryHeap<Reverse<(u64, usize)>>,
    random: Random,
    pause_us: f64,
    end_us: u64,
}

impl Visits {
    /// None yet. Pauses take `pause_us` on average and follow from `nonce` and the number of the generator, from 0: two
    /// that share a load must not pause alike. After `end_us` nothing is due.
    #[must_use]
    pub fn new(nonce: &str, generator: u32, pause_us: f64, end_us: u64) -> Self {
        let purpose = if generator == 0 { "pauses".to_owned() } else { format!("pauses-{generator}") };
        let random = Random::seeded(&purpose, nonce);
        Self { steps: Slab::new(), bytes: 0, due: BinaryHeap::new(), random, pause_us, end_us }
    }

    /// Takes a step whose visit came to it at `now_us`. Gives its request back as one that cannot be sent when
    /// there is no memory for it.
    pub fn add(&mut self, step: Step, now_us: u64) -> Result<(), Due> {
        let at_us = now_us.saturating_add(thought(&mut self.random, self.pause_us));
        if at_us >= self.end_us {
            return Ok(());
        }
        if self.bytes + step.size() > UNSENT {
            return Err(Due { at_us: now_us, operation: step.operation, step: None });
        }
        self.bytes += step.size();
        self.due.push(Reverse((at_us, self.steps.insert(step))));
        Ok(())
    }

    /// When the next one is due, in microseconds from the start.
    #[must_use]
    pub fn next_us(&self) -> Option<u64> {
        self.due.peek().map(|Reverse((at_us, _))| *at_us)
    }

    /// Takes the next one if it is due at `now_us`; it stays here until [`Self::end`].
    pub fn take(&mut self, now_us: u64) -> Option<Due> {
        if self.next_us()? > now_us {
            return None;
        }
        let Reverse((at_us, key)) = self.due.pop()?;
        Some(Due { at_us, operation: self.steps.get(key)?.operation, step: Some(key) })
    }

    /// The request of `due` as it is written, if that is a step.
    #[must_use]
    pub fn wire(&self, due: &Due) -> Option<&Wire> {
        due.step.and_then(|key| self.steps.get(key)).map(|step| &step.wire)
    }

    /// The request `due` has ended: its step, if it was one.
    pub fn end(&mut self, due: &Due) -> Option<Step> {
        let step = due.step.and_then(|key| self.steps.try_remove(key))?;
        self.bytes -= step.size();
        Some(step)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use factory_assurance::plan::LoadOperation;
    use hyper::HeaderMap;
    use serde_json::{Value, json};

    use super::*;
    use crate::target::Target;

    fn targets() -> Targets {
        let place = Target::plain("web.svc-0.svc".to_owned(), 8080);
        Targets::new("web".to_owned(), BTreeMap::from([("web".to_owned(), place)]))
    }

    fn operations(carry: &str) -> Vec<Operation> {
        let operation = |value: Value| serde_json::from_value::<LoadOperation>(value).unwrap();
        let asked = [
            operation(json!({"name": "take", "weight": 1, "carry": {"id": carry},
                "request": {"method": "POST", "path": "/tickets"}, "expect": {"status": 201}})),
            operation(json!({"name": "show", "weight": 0, "after": 0,
                "request": {"method": "GET", "path": "/tickets/{{id}}"},
                "expect": {"status": 200, "body": {"id": "{{id}}"}}})),
        ];
        Operation::all(&asked, &targets()).unwrap()
    }

    fn answer(body: &str) -> Answer {
        Answer { status: 201, headers: HeaderMap::new(), body: body.to_owned().into() }
    }

    #[test]
    fn a_step_asks_for_and_expects_what_the_answer_before_it_carried() {
        let all = operations("/id");
        let taken = Step::following(None, &answer(r#"{"id": "a b"}"#), &all[0], &all, &targets()).unwrap();
        assert_eq!((taken.len(), taken[0].operation), (1, 1));
        let Wire::Http1(bytes) = &taken[0].wire else { panic!("{:?}", taken[0].wire) };
        assert!(bytes.starts_with(b"GET /tickets/a%20b HTTP/1.1\r\n"), "{bytes:?}");
        assert_eq!(taken[0].expectation.failure(&Answer { status: 200, ..answer(r#"{"id": "a b"}"#) }), None);
        let other = Answer { status: 200, ..answer(r#"{"id": "{{id}}"}"#) };
        assert!(taken[0].expectation.failure(&other).is_some());
        // Nothing follows the last.
        let end = Step::following(taken.into_iter().next(), &answer("{}"), &all[1], &all, &targets()).unwrap();
        assert!(end.is_empty());
    }

    #[test]
    fn nothing_follows_an_answer_that_lacks_what_is_carried_or_makes_no_request() {
        let all = operations("/id");
        for body in ["{}", "<html>", r#"{"id": null}"#] {
            assert!(Step::following(None, &answer(body), &all[0], &all, &targets()).is_none(), "{body}");
        }
    }

    #[test]
    fn steps_are_due_in_order_after_pauses_and_never_after_the_end() {
        let all = operations("/id");
        let step = || Step::following(None, &answer(r#"{"id": 7}"#), &all[0], &all, &targets()).unwrap().remove(0);
        let mut visits = Visits::new("nonce", 0, 1e6, 10_000_000);
        for now_us in 0..1_000 {
            visits.add(step(), now_us * 10_000).unwrap();
        }
        let (mut last, mut taken) = (0, 0);
        while let Some(at_us) = visits.next_us() {
            assert!(at_us >= last && at_us < 10_000_000);
            last = at_us;
            assert_eq!(visits.take(at_us - 1), None);
            let due = visits.take(at_us).unwrap();
            assert!(visits.wire(&due).is_some());
            assert_eq!(visits.end(&due).unwrap().operation, 1);
            assert!(visits.end(&due).is_none() && visits.wire(&due).is_none());
            taken += 1;
        }
        // Of those that begin in the last second, 37 % in the mean would come after the end: about 100 in all.
        assert!((850..950).contains(&taken), "{taken}");
        assert_eq!(visits.bytes, 0);
    }

    #[test]
    fn generators_that_share_a_load_pause_each_in_their_own_way() {
        let all = operations("/id");
        let pause = |generator: u32| {
            let step = Step::following(None, &answer(r#"{"id": 7}"#), &all[0], &all, &targets()).unwrap().remove(0);
            let mut visits = Visits::new("nonce", generator, 1e6, u64::MAX);
            visits.add(step, 0).unwrap();
            visits.next_us()
        };
        assert_eq!(pause(1), pause(1));
        assert!(pause(0) != pause(1) && pause(1) != pause(2));
    }

    #[test]
    fn what_there_is_no_memory_for_is_told_as_unsent() {
        let all = operations("/id");
        let long = answer(&format!(r#"{{"id": "{}"}}"#, "x".repeat(4_000)));
        let step = Step::following(None, &long, &all[0], &all, &targets()).unwrap().remove(0);
        let mut visits = Visits::new("nonce", 0, 0.0, 10);
        let fit = UNSENT / step.size();
        assert!((0..fit).all(|_| visits.add(step.clone(), 5).is_ok()));
        assert_eq!(visits.add(step, 5), Err(Due { at_us: 5, operation: 1, step: None }));
    }
}
