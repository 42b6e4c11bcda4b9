//! Faults of the pod's answers over HTTP/1: of a share of requests, drawn by chance, under a path or all, the
//! answer is a reset of the connection, comes late, has a wrong status, or is cut off. Answers are changed on
//! their way out, in the queue, so that callers feel it on connections that were open already too, and with the
//! lease or with our thread it is over for all of them. No connection ends that is not meant. What was felt is
//! read from the packets that left, behind the queue.

pub mod flows;

use std::time::Duration;

use factory_assurance::evidence::{Class, Dose};

use super::{
    gated::{Gated, counts, dose},
    queued::Queued,
};
use crate::strike::{
    StrikeError,
    gate::Gate,
    tap::{
        Tap,
        exchange::{End, Exchange},
    },
};
use flows::Flows;

/// What becomes of answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The connection is reset in place of an answer.
    Reset,
    /// They come so much later.
    Late(Duration),
    /// They have this status, of three digits.
    Status(u16),
    /// They end in the middle of the body.
    Cut,
}

/// The pod's answers are not what they should be.
#[derive(Debug)]
pub struct HttpAnswer {
    wrong: Wrong,
    /// Requests whose answer it is, in parts per million.
    ppm: u64,
    path: String,
    queued: Queued,
}

impl HttpAnswer {
    /// So many of a million answers to requests whose path begins with `path`.
    #[must_use]
    pub fn new(wrong: Wrong, ppm: u64, path: &str) -> Self {
        Self { wrong, ppm, path: path.to_owned(), queued: both_ways() }
    }

    fn meant<'a>(&self, tap: &'a Tap) -> impl Iterator<Item = &'a Exchange> {
        tap.exchanges.iter().filter(move |exchange| exchange.path.starts_with(&self.path))
    }

    /// Whether it is the fault's, where half of answers took `usual` microseconds before; nothing where that
    /// cannot be seen.
    fn is_struck(&self, exchange: &Exchange, usual: u64) -> Option<bool> {
        Some(match self.wrong {
            Wrong::Reset => exchange.end == End::Reset,
            Wrong::Status(status) => exchange.status == Some(status),
            Wrong::Cut => (exchange.end != End::Unknown).then_some(exchange.end == End::Cut)?,
            Wrong::Late(late) => {
                let late = u64::try_from(late.as_micros()).unwrap_or(u64::MAX / 4);
                (usual + late / 5 * 4..=usual + late / 2 * 3).contains(&exchange.took_us)
            }
        })
    }

    fn sides(&self, tap: &Tap, usual: u64, is_of: impl Fn(&Exchange) -> bool) -> Vec<[u64; 2]> {
        let (mut right, mut wrong) = (0, 0);
        for struck in self.meant(tap).filter(|exchange| is_of(exchange)).filter_map(|e| self.is_struck(e, usual)) {
            *(if struck { &mut wrong } else { &mut right }) += 1;
        }
        counts(right, wrong)
    }
}

/// Requests come, answers leave.
const fn both_ways() -> Queued {
    Queued::new(true, true)
}

fn gate(queued: &Queued) -> Gate {
    let statement = || vec![format!("meta l4proto tcp {}", queued.statement())];
    Gate { coming: statement(), sending: statement(), ..Gate::default() }
}

impl Gated for HttpAnswer {
    fn gate(&self) -> Gate {
        gate(&self.queued)
    }

    fn preflight(&mut self) -> Result<(), StrikeError> {
        self.queued.preflight(gate)
    }

    fn prepare(&mut self, before: &Tap) -> Result<(), StrikeError> {
        if self.meant(before).next().is_none() {
            return Err(StrikeError::Incapable(if before.tls > 0 {
                "what comes to the pod is TLS: no answer of HTTP can be told from another".to_owned()
            } else {
                format!("no request over HTTP/1 under `{}` was answered before it", self.path)
            }));
        }
        self.queued.serve(Flows::new(self.wrong, self.ppm, &self.path))
    }

    fn dose(&mut self, before: &Tap, during: &Tap) -> Result<Vec<Dose>, StrikeError> {
        let mut took: Vec<_> = self.meant(before).map(|exchange| exchange.took_us).collect();
        took.sort_unstable();
        let usual = took.get(took.len() / 2).copied().unwrap_or(0);
        let of = |class, is_of: fn(&Exchange) -> bool| {
            dose(self.queued.said(), class, self.sides(before, usual, is_of), self.sides(during, usual, is_of))
        };
        Ok(vec![
            of(Class::All, |_| true),
            of(Class::New, |exchange| exchange.is_first),
            of(Class::Pooled, |exchange| !exchange.is_first),
        ])
    }

    fn undo(&mut self) -> Vec<StrikeError> {
        self.queued.undo()
    }
}
