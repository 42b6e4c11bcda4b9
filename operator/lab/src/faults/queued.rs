//! How packets that the gate means get into the hands of a thread of ours: a queue of the kernel, to which
//! a statement of nftables leads or, where there is none, a mark and a target of xtables. Without the gate's
//! lease, or without the thread, they pass at once and as they are: the kernel asks for no answer of a queue
//! that nobody serves.

pub mod segment;
pub mod serve;

use factory_crds::resilience_standard::Direction;

use crate::strike::{
    StrikeError,
    aim::Aim,
    gate::{self, Gate, MARK, TREATED},
    tap::INTERFACE,
};
use serve::{NUMBER, Serving, Treatment};

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

/// Packets of some of a pod's ways on their way through the queue.
#[derive(Debug)]
pub struct Queued {
    coming: bool,
    leaving: bool,
    way: Way,
    serving: Option<Serving>,
}

impl Queued {
    /// Packets that come to the pod, that leave it, or both.
    #[must_use]
    pub const fn new(coming: bool, leaving: bool) -> Self {
        Self { coming, leaving, way: Way::Nft, serving: None }
    }

    /// Packets that `aim` means, those to the pod where it says no direction.
    #[must_use]
    pub fn of(aim: &Aim) -> Self {
        Self::new(aim.comes(Direction::In), aim.leaves(Direction::In))
    }

    /// The gate that leads those packets to the queue which `aim` means.
    #[must_use]
    pub fn gate(&self, aim: &Aim) -> Gate {
        let led = |meant| if meant { vec![self.statement()] } else { Vec::new() };
        Gate {
            coming: led(self.coming),
            // Before the chain of xtables that a mark leads to.
            sending: led(self.leaving),
            peer: aim.addresses(),
            ..Gate::default()
        }
    }

    /// The statement that leads packets to the queue, but those that come from a treatment of them.
    #[must_use]
    pub fn statement(&self) -> String {
        match self.way {
            Way::Nft => format!("meta mark != {TREATED:#x} queue num {NUMBER} bypass"),
            Way::Xt => format!("meta mark != {TREATED:#x} meta mark set {MARK:#x}"),
        }
    }

    /// By what it is done, for a dose.
    #[must_use]
    pub const fn said(&self) -> &'static str {
        match self.way {
            Way::Nft => "nft queue",
            Way::Xt => "xt NFQUEUE",
        }
    }

    /// Chains of xtables through which the packets go that it means, with the interface.
    fn chains(&self) -> impl Iterator<Item = Chain> {
        let meant = [(self.coming, COMING), (self.leaving, LEAVING)];
        meant.into_iter().filter_map(|(meant, chain)| meant.then_some(chain))
    }

    /// Whether this node can; finds out which way. `gate` is the gate with the statement as it is now.
    pub fn preflight(&mut self, gate: impl Fn(&Self) -> Gate) -> Result<(), StrikeError> {
        if gate(self).rehearse().is_ok() {
            return Ok(());
        }
        self.way = Way::Xt;
        gate(self).rehearse()?;
        let rehearsed = self.chains().try_for_each(|chain| xt("-A", chain, "lo"));
        rehearsed.map_err(|error| StrikeError::Incapable(error.to_string()))
    }

    /// Serves the queue with `treatment`, before the gate opens.
    pub fn serve(&mut self, treatment: impl Treatment) -> Result<(), StrikeError> {
        self.serving = Some(Serving::start(treatment)?);
        if self.way == Way::Xt {
            self.chains().try_for_each(|chain| xt("-A", chain, INTERFACE))?;
        }
        Ok(())
    }

    /// Takes away the gate, the rules of xtables and then the thread; everything is tried.
    pub fn undo(&mut self) -> Vec<StrikeError> {
        let undone = [gate::shut(), take_rule(), take_table()];
        self.serving = None;
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
