//! Faults of DNS's answers: to questions for some names, or for all, the server fails, gives an address where
//! nobody is, or answers late. Answers are changed on their way to the pod, in the queue, and keep their
//! length; so whatever asks feels it, over UDP and TCP, on sockets that were open already too, and with
//! the lease or with our thread it is over for all of them. What was felt is measured by questions of our own
//! from the pod's network. (Nobody answers at all: `dns_outage`.)

pub mod asking;
pub mod message;

use std::{
    collections::BTreeSet,
    net::IpAddr,
    time::{Duration, Instant},
};

use factory_assurance::evidence::{Class, Dose};

use super::{
    gated::{Gated, counts, dose},
    queued::{
        Queued,
        segment::Segment,
        serve::{Fate, Treatment, Way},
    },
};
use crate::{
    load::sparse::{Grid, Sparse},
    strike::{StrikeError, gate::Gate, place::Place, tap::Tap},
};
use asking::{Answered, Asking};

/// Beyond what an answer is late by, so long until a question of our own counts as not answered.
const PATIENCE: Duration = Duration::from_secs(1);

/// What becomes of answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// They say that the server failed.
    Failure,
    /// They give an address where nobody is.
    WrongAddress,
    /// They come so much later.
    Late(Duration),
}

/// Answers of DNS are not what they should be.
#[derive(Debug)]
pub struct DnsAnswer {
    lie: Lie,
    names: Vec<String>,
    queued: Queued,
    asking: Option<Asking>,
    prepared: bool,
}

impl DnsAnswer {
    /// Answers for `names`; for all where there is none.
    #[must_use]
    pub fn new(lie: Lie, names: Vec<String>) -> Self {
        Self { lie, names, queued: answers(), asking: None, prepared: false }
    }

    fn measured(&self, asked: &[Answered], known: &BTreeSet<IpAddr>) -> Result<Vec<[u64; 2]>, StrikeError> {
        let sides = |is_wrong: &dyn Fn(&Answered) -> bool| {
            let wrong = asked.iter().filter(|answered| is_wrong(answered)).count() as u64;
            counts(asked.len() as u64 - wrong, wrong)
        };
        Ok(match self.lie {
            Lie::Failure => sides(&|answered| answered.failed),
            Lie::WrongAddress => {
                sides(&|answered| !answered.addresses.is_empty() && answered.addresses.is_disjoint(known))
            }
            Lie::Late(_) => {
                let grid = Grid::new().map_err(|error| StrikeError::Incapable(error.to_string()))?;
                let mut took = Sparse::default();
                for answered in asked {
                    took.record(&grid, answered.took_us);
                }
                took.cells()
            }
        })
    }
}

/// Answers come to the pod.
const fn answers() -> Queued {
    Queued::new(true, false)
}

fn gate(queued: &Queued) -> Gate {
    let from = |protocol: &str| format!("{protocol} sport 53 {}", queued.statement());
    Gate { coming: vec![from("udp"), from("tcp")], ..Gate::default() }
}

impl Gated for DnsAnswer {
    fn gate(&self) -> Gate {
        gate(&self.queued)
    }

    fn preflight(&mut self) -> Result<(), StrikeError> {
        self.queued.preflight(gate)
    }

    fn prepare(&mut self, _: &Tap) -> Result<(), StrikeError> {
        let asking =
            self.asking.as_ref().ok_or_else(|| StrikeError::Incapable("nothing was asked of DNS".to_owned()))?;
        asking.answered_before()?;
        self.prepared = true;
        self.queued.serve(Lying { lie: self.lie, names: self.names.clone() })
    }

    fn sample(&mut self, place: &Place) {
        let late = if let Lie::Late(late) = self.lie { late } else { Duration::ZERO };
        let asking = self.asking.get_or_insert_with(|| Asking::start(place, &self.names, PATIENCE + late));
        if self.prepared {
            asking.now_during();
        }
    }

    fn dose(&mut self, _: &Tap, _: &Tap) -> Result<Vec<Dose>, StrikeError> {
        let (before, during) = self.asking.as_ref().map(Asking::answers).unwrap_or_default();
        let known = before.iter().flat_map(|answered| answered.addresses.iter().copied()).collect();
        let (before, during) = (self.measured(&before, &known)?, self.measured(&during, &known)?);
        Ok(vec![dose(self.queued.said(), Class::Dns, before, during)])
    }

    fn undo(&mut self) -> Vec<StrikeError> {
        self.asking = None;
        self.queued.undo()
    }
}

/// What our thread does with answers.
#[derive(Debug)]
struct Lying {
    lie: Lie,
    names: Vec<String>,
}

impl Lying {
    /// Whether answers for `name` are meant: it is one of the list, or one with a search domain behind it.
    fn means(&self, name: &str) -> bool {
        let is = |listed: &String| {
            name.strip_prefix(listed.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.names.is_empty() || self.names.iter().any(is)
    }

    /// Changes one message; whether it is meant.
    fn tell(&self, message: &mut [u8]) -> bool {
        let is_meant = message::answers(message).is_some_and(|name| self.means(&name));
        match self.lie {
            Lie::Failure if is_meant => message::fail(message),
            Lie::WrongAddress if is_meant => message::misdirect(message),
            _ => {}
        }
        is_meant
    }
}

impl Treatment for Lying {
    fn reads(&self) -> u16 {
        u16::MAX
    }

    fn treat(&mut self, packet: &[u8], _: Way, _: Instant) -> Fate {
        let Some(segment) = Segment::parse(packet) else { return Fate::default() };
        let mut payload = segment.payload().to_vec();
        let mut is_meant = false;
        if segment.is_tcp() {
            message::each(&mut payload, |message| is_meant |= self.tell(message));
        } else {
            is_meant = self.tell(&mut payload);
        }
        match self.lie {
            _ if !is_meant => Fate::default(),
            Lie::Late(wait) => Fate { wait, becomes: None },
            Lie::Failure | Lie::WrongAddress => Fate { becomes: segment.with(&payload), ..Fate::default() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listed_name_is_meant_alone_and_with_a_search_domain_and_no_other_is() {
        let lying =
            |names: &[&str]| Lying { lie: Lie::Failure, names: names.iter().map(|name| (*name).to_owned()).collect() };
        let listed = lying(&["registry", "api.example.kg"]);
        for name in ["registry", "registry.svc-1.svc.cluster.local", "api.example.kg", "api.example.kg.cluster.local"] {
            assert!(listed.means(name), "{name}");
        }
        for name in ["registry2", "my-registry", "a.registry", "example.kg", "api.example.kgz", ""] {
            assert!(!listed.means(name), "{name}");
        }
        assert!(lying(&[]).means("anything"));
    }
}
