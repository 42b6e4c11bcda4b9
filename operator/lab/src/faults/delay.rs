//! Delay: packets to the pod, or from it, wait, on open connections too. The gate marks them, a queue of the kernel
//! hands them to a thread of ours, and that lets each go when its time has come. Without the mark, or
//! without the thread, they pass at once. Jitter is a delay that wanders.

pub mod queue;
pub mod wander;

use std::time::Duration;

use factory_assurance::evidence::{Class, Dose};
use factory_crds::resilience_standard::Direction;

use super::gated::{Gated, dose};
use crate::strike::{
    StrikeError,
    aim::{Aim, Peer},
    gate::{self, Gate, MARK},
    tap::{INTERFACE, Tap},
};
use queue::{NUMBER, Waiting};
use wander::Wait;

/// Packets come late.
#[derive(Debug)]
pub struct Delay {
    late: Duration,
    wanders: bool,
    aim: Aim,
    way: Way,
    waiting: Option<Waiting>,
}

/// The table in which xtables keeps such rules. Where it is not there yet it is made with a comment, so
/// that also a lab pod that comes back after a kill knows whose it is.
const TABLE: &str = "mangle";
/// A chain of it, and the word for the interface there.
type Chain = (&'static str, &'static str);
/// Where packets come.
const COMING: Chain = ("PREROUTING", "-i");
/// Where they leave.
const LEAVING: Chain = ("POSTROUTING", "-o");
/// That comment.
const OURS: &str = "factory fault";

/// How packets reach the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// A statement of nftables.
    Nft,
    /// A target of xtables, where nftables has none: the gate's mark leads there.
    Xt,
}

impl Delay {
    /// So many milliseconds, of the packets that `aim` means; to the pod where it says no direction. Where both
    /// ways are meant, each takes half of it, so that an answer is as late.
    #[must_use]
    pub fn new(ms: u64, aim: Aim) -> Self {
        let late = Duration::from_millis(ms);
        let both = aim.direction == Some(Direction::Both);
        Self { late: if both { late / 2 } else { late }, wanders: false, aim, way: Way::Nft, waiting: None }
    }

    /// Jitter: at most so many milliseconds, now more and now less.
    #[must_use]
    pub fn wandering(ms: u64, aim: Aim) -> Self {
        Self { wanders: true, ..Self::new(ms, aim) }
    }

    /// Chains of xtables through which the packets go that it means, with the interface.
    fn chains(&self) -> impl Iterator<Item = Chain> {
        let meant = [(self.aim.comes(Direction::In), COMING), (self.aim.leaves(Direction::In), LEAVING)];
        meant.into_iter().filter_map(|(meant, chain)| meant.then_some(chain))
    }
}

impl Gated for Delay {
    fn gate(&self) -> Gate {
        let statement = match self.way {
            Way::Nft => format!("queue num {NUMBER} bypass"),
            Way::Xt => format!("meta mark set {MARK:#x}"),
        };
        let waits = |meant| if meant { vec![statement.clone()] } else { Vec::new() };
        Gate {
            coming: waits(self.aim.comes(Direction::In)),
            // Before the chain of xtables that a mark leads to.
            sending: waits(self.aim.leaves(Direction::In)),
            peer: self.aim.addresses(),
            ..Gate::default()
        }
    }

    fn peer(&self) -> Option<&Peer> {
        self.aim.peer.as_ref()
    }

    fn preflight(&mut self) -> Result<(), StrikeError> {
        if self.gate().rehearse().is_ok() {
            return Ok(());
        }
        self.way = Way::Xt;
        self.gate().rehearse()?;
        let rehearsed = self.chains().try_for_each(|chain| xt("-A", chain, "lo"));
        rehearsed.map_err(StrikeError::incapable)
    }

    fn prepare(&mut self) -> Result<(), StrikeError> {
        self.waiting =
            Some(Waiting::start(if self.wanders { Wait::wandering(self.late) } else { Wait::Always(self.late) })?);
        if self.way == Way::Xt {
            self.chains().try_for_each(|chain| xt("-A", chain, INTERFACE))?;
        }
        Ok(())
    }

    fn dose(&mut self, before: &Tap, during: &Tap) -> Result<Vec<Dose>, StrikeError> {
        let way = if self.way == Way::Nft { "nft queue" } else { "xt NFQUEUE" };
        Ok(vec![
            dose(way, Class::New, before.new_us.cells(), during.new_us.cells()),
            dose(way, Class::Pooled, before.pooled_us.cells(), during.pooled_us.cells()),
        ])
    }

    fn undo(&mut self) -> Vec<StrikeError> {
        let undone = [gate::shut(), take_rule(), take_table()];
        self.waiting = None;
        undone.into_iter().filter_map(Result::err).collect()
    }
}

/// Adds or deletes, by its words, the rule that leads marked packets to the queue.
fn xt(verb: &str, (chain, side): Chain, interface: &str) -> Result<(), StrikeError> {
    if table()?.is_none() {
        gate::run("nft", &[&format!("add table ip {TABLE} {{ comment \"{OURS}\"; }}")], "")?;
    }
    let (mark, number) = (format!("{MARK:#x}"), NUMBER.to_string());
    let rule = [chain, side, interface, "-m", "mark", "--mark", &mark, "-j", "NFQUEUE"];
    let words = ["-w", "5", "-t", TABLE, verb];
    gate::run("iptables-nft", &[&words[..], &rule, &["--queue-num", &number, "--queue-bypass"]].concat(), "").map(drop)
}

/// The table, if it is there: asking xtables for it would make it.
fn table() -> Result<Option<String>, StrikeError> {
    let name = format!("table ip {TABLE}");
    if gate::run("nft", &["list", "tables"], "")?.lines().all(|table| table.trim() != name) {
        return Ok(None);
    }
    gate::run("nft", &["list", "table", "ip", TABLE], "").map(Some)
}

/// The rules of the table.
fn rules() -> Result<Vec<String>, StrikeError> {
    let said = gate::run("iptables-nft", &["-w", "5", "-t", TABLE, "-S"], "")?;
    Ok(said.lines().filter(|line| line.starts_with("-A")).map(str::to_owned).collect())
}

/// Takes the rules away that are there.
fn take_rule() -> Result<(), StrikeError> {
    if table()?.is_none() {
        return Ok(());
    }
    let (queue, rules) = (format!("--queue-num {NUMBER} "), rules()?);
    let has = |(chain, _): &Chain| {
        rules.iter().any(|rule| rule.starts_with(&format!("-A {chain} ")) && format!("{rule} ").contains(&queue))
    };
    // Both are tried, even if one fails.
    let taken: Vec<_> = [COMING, LEAVING].into_iter().filter(has).map(|chain| xt("-D", chain, INTERFACE)).collect();
    taken.into_iter().collect()
}

/// Takes the table away, if it is ours and nobody else has put a rule into it meanwhile.
fn take_table() -> Result<(), StrikeError> {
    let ours = table()?.is_some_and(|table| table.contains(&format!("comment \"{OURS}\"")));
    if ours && rules()?.is_empty() {
        return gate::run("nft", &["delete", "table", "ip", TABLE], "").map(drop);
    }
    Ok(())
}
