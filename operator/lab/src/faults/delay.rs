//! Delay: packets to the pod wait, on open connections too. The gate marks them, a queue of the kernel
//! hands them to a thread of ours, and that lets each go when its time has come. Without the mark, or
//! without the thread, they pass at once.

pub mod queue;

use std::time::Duration;

use factory_assurance::evidence::{Class, Dose};

use super::gated::dose;
use crate::strike::{
    NodeFault, StrikeError,
    gate::{self, Gate, MARK},
    place::Place,
    tap::{INTERFACE, Tap},
};
use queue::{NUMBER, Waiting};

/// Packets to the pod come late.
#[derive(Debug)]
pub struct Delay {
    delay: Duration,
    way: Way,
    waiting: Option<Waiting>,
    /// The table of `iptables` that was there before us.
    table_before: bool,
}

/// How packets reach the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// A statement of nftables.
    Nft,
    /// A target of xtables, where nftables has none: the gate's mark leads there.
    Xt,
}

impl Delay {
    /// So many milliseconds.
    #[must_use]
    pub const fn new(ms: u64) -> Self {
        Self { delay: Duration::from_millis(ms), way: Way::Nft, waiting: None, table_before: true }
    }

    fn gate(way: Way) -> Gate {
        let statement = match way {
            Way::Nft => format!("queue num {NUMBER} bypass"),
            Way::Xt => format!("meta mark set {MARK:#x}"),
        };
        Gate { coming: vec![statement], leaving: Vec::new() }
    }
}

impl NodeFault for Delay {
    fn preflight(&mut self) -> Result<(), StrikeError> {
        if Self::gate(Way::Nft).rehearse().is_ok() {
            return Ok(());
        }
        self.way = Way::Xt;
        Self::gate(Way::Xt).rehearse()?;
        xt("-A", "lo").map_err(|error| StrikeError::Incapable(error.to_string()))
    }

    fn lease(&mut self, _: &Place, lease: Duration) -> Result<(), StrikeError> {
        self.waiting = Some(Waiting::start(self.delay)?);
        if self.way == Way::Xt {
            self.table_before = has_table()?;
            xt("-A", INTERFACE)?;
        }
        Self::gate(self.way).open(lease)
    }

    fn sample(&mut self, _: &Place) {}

    fn over(&mut self, _: &Place) -> Result<bool, StrikeError> {
        gate::is_open().map(|open| !open)
    }

    fn dose(&mut self, before: &Tap, during: &Tap) -> Result<Vec<Dose>, StrikeError> {
        let way = if self.way == Way::Nft { "nft queue" } else { "xt NFQUEUE" };
        Ok(vec![
            dose(way, Class::New, before.new_us.cells(), during.new_us.cells()),
            dose(way, Class::Pooled, before.pooled_us.cells(), during.pooled_us.cells()),
        ])
    }

    fn undo(&mut self) -> Vec<StrikeError> {
        let gate = gate::shut();
        let rule = has_rule().and_then(|there| if there { xt("-D", INTERFACE) } else { Ok(()) });
        // The table that xtables made for one rule is empty again.
        let table = if self.table_before {
            Ok(())
        } else {
            gate::run("nft", &["delete", "table", "ip", "mangle"], "").map(drop)
        };
        self.waiting = None;
        [gate, rule, table].into_iter().filter_map(Result::err).collect()
    }
}

/// Adds or deletes, by its words, the rule that leads marked packets to the queue.
fn xt(verb: &str, interface: &str) -> Result<(), StrikeError> {
    let (mark, number) = (format!("{MARK:#x}"), NUMBER.to_string());
    let words = [
        "-w",
        "5",
        "-t",
        "mangle",
        verb,
        "PREROUTING",
        "-i",
        interface,
        "-m",
        "mark",
        "--mark",
        &mark,
        "-j",
        "NFQUEUE",
        "--queue-num",
        &number,
        "--queue-bypass",
    ];
    gate::run("iptables-nft", &words, "").map(drop)
}

fn has_table() -> Result<bool, StrikeError> {
    Ok(gate::run("nft", &["list", "tables"], "")?.lines().any(|table| table.trim() == "table ip mangle"))
}

/// Whether the rule is there; asking must not make the table.
fn has_rule() -> Result<bool, StrikeError> {
    if !has_table()? {
        return Ok(false);
    }
    Ok(gate::run("nft", &["list", "table", "ip", "mangle"], "")?.contains(&format!("queue num {NUMBER}"))
        || gate::run("iptables-nft", &["-w", "5", "-t", "mangle", "-S", "PREROUTING"], "")?
            .contains(&format!("--queue-num {NUMBER}")))
}
