//! Rules of nftables in a pod's network namespace that end by themselves: every rule asks whether the
//! interface is in a set, and the kernel takes it out of the set when the lease is over, with no
//! process of ours alive. The table has a name of its own, by which it is taken away.

use std::{
    collections::BTreeSet,
    io::Write as _,
    net::IpAddr,
    process::{Command, Output, Stdio},
    time::Duration,
};

use super::{StrikeError, tap::INTERFACE};

/// Name of the table; nobody else's is touched.
pub const TABLE: &str = "factory_fault";
/// Mark of packets that a queue delays.
pub const MARK: u32 = 0xfa17;
/// Mark of packets that were made where others were treated in a queue: they are not led there again.
pub const TREATED: u32 = 0xfa18;
/// Class of the shaper into which packets are sent while the lease holds.
pub const CLASS: &str = "fa17:2";

/// What happens at the gate while it is open. Rules of the way in come before everything else of the
/// kernel's, those of the way out after everything else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gate {
    /// Statements for packets that come in.
    pub coming: Vec<String>,
    /// Statements for packets that leave.
    pub leaving: Vec<String>,
    /// Statements for packets that the pod's own processes send, before those: there a packet can still be
    /// answered in another's name.
    pub sending: Vec<String>,
    /// Where packets come from or go to; anywhere where nothing is said.
    pub peer: Option<BTreeSet<IpAddr>>,
}

/// What the kernel counted at the gate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Packets that were dropped.
    pub dropped: u64,
    /// Packets that were let through, where rules count them.
    pub passed: u64,
    /// Packets that open or accept a connection and were dropped, where rules count them apart.
    pub opening: u64,
}

/// Statement: counts and drops.
pub const DROP: &str = "counter name dropped drop";
/// Statement: counts and drops packets that open or accept a connection.
pub const DROP_OPENING: &str = "tcp flags & syn != 0 counter name opening drop";
/// Statement: counts what is let through.
pub const PASS: &str = "counter name passed";

impl Gate {
    /// The rules as one transaction: what a predecessor left goes, and the lease begins with them.
    #[must_use]
    pub fn rules(&self, interface: &str, lease: Duration) -> String {
        let chain = |name: &str, hook: &str, side: &str, statements: &[String]| {
            let end = if side == "iifname" { "saddr" } else { "daddr" };
            let meant = match self.peer {
                Some(_) => vec![format!("ip {end} @peer4 "), format!("ip6 {end} @peer6 ")],
                None => vec![String::new()],
            };
            let rules = meant.iter().flat_map(|meant| {
                statements.iter().map(move |statement| format!("    {side} @lease {meant}{statement}\n"))
            });
            let rules: String = rules.collect();
            format!("  chain {name} {{\n    type filter hook {hook}; policy accept;\n{rules}  }}\n")
        };
        format!(
            "table inet {TABLE} {{ }}\ndelete table inet {TABLE}\ntable inet {TABLE} {{\n  set lease {{\n    type ifname\n    flags timeout\n  }}\n  \
             counter dropped {{ }}\n  counter passed {{ }}\n  counter opening {{ }}\n{}{}{}{}}}\n{}add element inet {TABLE} lease {{ \"{interface}\" timeout {}ms }}\n",
            if self.peer.is_some() { "  set peer4 { type ipv4_addr; }\n  set peer6 { type ipv6_addr; }\n" } else { "" },
            chain("coming", "prerouting priority raw", "iifname", &self.coming),
            chain("leaving", "postrouting priority 300", "oifname", &self.leaving),
            chain("sending", "output priority 300", "oifname", &self.sending),
            self.peer.as_ref().map_or_else(String::new, elements),
            lease.as_millis().max(1),
        )
    }

    /// Opens the gate in the calling thread's network namespace.
    pub fn open(&self, lease: Duration) -> Result<(), StrikeError> {
        run("nft", &["-f", "-"], &self.rules(INTERFACE, lease)).map(drop)
    }

    /// Opens and shuts it in a network namespace of its own, to see whether this node can. Takes the
    /// calling thread there, for good.
    pub fn rehearse(&self) -> Result<(), StrikeError> {
        nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWNET)
            .map_err(StrikeError::kernel("make a network namespace"))?;
        run("nft", &["-f", "-"], &self.rules("lo", Duration::from_secs(1))).map(drop).map_err(StrikeError::incapable)
    }
}

/// The commands that put a peer's addresses into their sets.
fn elements(addresses: &BTreeSet<IpAddr>) -> String {
    let of = |set: &str, is_meant: fn(&IpAddr) -> bool| {
        let listed: Vec<_> = addresses.iter().filter(|address| is_meant(address)).map(ToString::to_string).collect();
        if listed.is_empty() {
            String::new()
        } else {
            format!("add element inet {TABLE} {set} {{ {} }}\n", listed.join(", "))
        }
    };
    of("peer4", IpAddr::is_ipv4) + &of("peer6", IpAddr::is_ipv6)
}

/// Points the gate, which is open for a peer, at `addresses` in place of those where it was.
pub fn aim(addresses: &BTreeSet<IpAddr>) -> Result<(), StrikeError> {
    let flush = format!("flush set inet {TABLE} peer4\nflush set inet {TABLE} peer6\n");
    run("nft", &["-f", "-"], &(flush + &elements(addresses))).map(drop)
}

/// What was counted at the gate of the calling thread's network namespace.
pub fn counted() -> Result<Counted, StrikeError> {
    let said = run("nft", &["-j", "list", "counters", "table", "inet", TABLE], "")?;
    let packets = |name: &str| {
        let listed: serde_json::Value = serde_json::from_str(&said).ok()?;
        let counters = listed.get("nftables")?.as_array()?.iter().filter_map(|object| object.get("counter"));
        let counter = counters.into_iter().find(|counter| counter.get("name").is_some_and(|known| known == name))?;
        counter.get("packets")?.as_u64()
    };
    match (packets("dropped"), packets("passed"), packets("opening")) {
        (Some(dropped), Some(passed), Some(opening)) => Ok(Counted { dropped, passed, opening }),
        _ => Err(StrikeError::Tool { tool: "nft", said: "its counters are not there".to_owned() }),
    }
}

/// Whether the lease of the gate still holds.
pub fn is_open() -> Result<bool, StrikeError> {
    let said = run("nft", &["-j", "list", "set", "inet", TABLE, "lease"], "")?;
    let elements = |listed: &serde_json::Value| {
        let set = listed.get("nftables")?.as_array()?.iter().find_map(|object| object.get("set"))?;
        Some(set.get("elem").and_then(serde_json::Value::as_array).is_some_and(|elements| !elements.is_empty()))
    };
    let listed: Option<serde_json::Value> = serde_json::from_str(&said).ok();
    listed.as_ref().and_then(elements).ok_or(StrikeError::Tool { tool: "nft", said: "its set is not there".to_owned() })
}

/// Takes the gate away, if it is there.
pub fn shut() -> Result<(), StrikeError> {
    run("nft", &["-f", "-"], &format!("table inet {TABLE} {{ }}\ndelete table inet {TABLE}\n")).map(drop)
}

/// Runs a tool in the calling thread's network namespace, with `input`, and returns what it says.
pub fn run(tool: &'static str, arguments: &[&str], input: &str) -> Result<String, StrikeError> {
    let failed = |source| StrikeError::Kernel { action: "run a tool", source };
    let missing = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::NotFound => StrikeError::Incapable(format!("`{tool}` is not in the lab's image")),
        _ => failed(source),
    };
    let mut child = Command::new(tool)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(missing)?;
    if let Some(mut stdin) = child.stdin.take() {
        // A tool that refuses early reads no more; its answer says why.
        drop(stdin.write_all(input.as_bytes()));
    }
    let Output { status, stdout, stderr } = child.wait_with_output().map_err(failed)?;
    if status.success() {
        return Ok(String::from_utf8_lossy(&stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&stderr);
    let said = said.lines().find(|line| !line.trim().is_empty()).unwrap_or("it failed and said nothing");
    Err(StrikeError::Tool { tool, said: said.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_asks_for_the_lease_and_the_lease_has_an_end() {
        let gate =
            Gate { coming: vec![DROP.to_owned(), PASS.to_owned()], leaving: vec![DROP.to_owned()], ..Gate::default() };
        let rules = gate.rules("eth0", Duration::from_millis(1_500));
        let statements: Vec<_> =
            rules.lines().filter(|line| line.contains("name dropped drop") || line.contains("name passed")).collect();
        assert_eq!(statements.len(), 3);
        assert!(statements.iter().all(|line| line.contains("ifname @lease ")), "{statements:?}");
        assert!(rules.contains("lease { \"eth0\" timeout 1500ms }"), "{rules}");
        assert!(gate.rules("eth0", Duration::ZERO).contains("timeout 1ms"), "a lease without an end would stay");
    }

    #[test]
    fn where_there_is_a_peer_no_rule_means_anybody_else() {
        let drop = || vec![DROP.to_owned()];
        let peer = ["198.18.0.7".parse().unwrap(), "fd00::7".parse().unwrap()];
        let gate = Gate { coming: drop(), leaving: drop(), sending: drop(), peer: Some(peer.into()) };
        let rules = gate.rules("eth0", Duration::from_secs(1));
        let of =
            |side: &str| rules.lines().filter(|line| line.contains(side) && line.contains(DROP)).collect::<Vec<_>>();
        let (coming, leaving) = (of("iifname"), of("oifname"));
        assert_eq!((coming.len(), leaving.len()), (2, 4), "{rules}");
        assert!(coming.iter().all(|rule| rule.contains("saddr @peer")), "{rules}");
        assert!(leaving.iter().all(|rule| rule.contains("daddr @peer")), "{rules}");
        assert!(rules.contains("peer4 { 198.18.0.7 }") && rules.contains("peer6 { fd00::7 }"), "{rules}");
    }

    #[test]
    fn a_tool_that_is_missing_or_refuses_is_named_with_its_words() {
        let missing = run("factory-no-such-tool", &[], "").unwrap_err().to_string();
        assert_eq!(missing, "this node cannot do it: `factory-no-such-tool` is not in the lab's image");
        let refused = run("ls", &["--no-such-option"], "").unwrap_err().to_string();
        assert!(refused.starts_with("ls: "), "{refused}");
    }
}
