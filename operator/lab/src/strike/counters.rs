//! What a pod's own kernel counts of what reaches it: packets with a wrong sum, and packets of TCP behind a gap.
//! Reads /proc of the calling thread's network namespace.

use std::fs;

use super::StrikeError;

/// Counters of the kernel, since the network namespace was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Packets of TCP and UDP that were refused because their sum was wrong.
    pub wrong_sums: u64,
    /// Packets of TCP that wait because others before them are missing.
    pub out_of_order: u64,
}

impl Counters {
    /// Those of the calling thread's network namespace; a process's own would be those of its first thread's.
    pub fn look() -> Result<Self, StrikeError> {
        let read = |name: &str| {
            fs::read_to_string(format!("/proc/thread-self/net/{name}"))
                .map_err(StrikeError::kernel("read the counters of a network"))
        };
        // Without IPv6 there is no such file.
        let of_v6 = read("snmp6").unwrap_or_default();
        Self::read(&read("snmp")?, &read("netstat")?, &of_v6)
            .ok_or(StrikeError::Incapable("its kernel does not count packets with wrong sums".to_owned()))
    }

    /// What was counted since `before`.
    #[must_use]
    pub const fn since(self, before: Self) -> Self {
        Self {
            wrong_sums: self.wrong_sums.saturating_sub(before.wrong_sums),
            out_of_order: self.out_of_order.saturating_sub(before.out_of_order),
        }
    }

    fn read(snmp: &str, netstat: &str, snmp6: &str) -> Option<Self> {
        let of_v6 = snmp6.lines().find_map(|line| line.strip_prefix("Udp6InCsumErrors")?.trim().parse::<u64>().ok());
        Some(Self {
            wrong_sums: named(snmp, "Tcp:", "InCsumErrors")?
                + named(snmp, "Udp:", "InCsumErrors")?
                + of_v6.unwrap_or(0),
            out_of_order: named(netstat, "TcpExt:", "TCPOFOQueue")?,
        })
    }
}

/// The value of `name` in the two lines of `group`, the first of which has names and the second values.
fn named(text: &str, group: &str, name: &str) -> Option<u64> {
    let mut lines = text.lines().filter_map(|line| line.strip_prefix(group));
    let at = lines.next()?.split_ascii_whitespace().position(|known| known == name)?;
    lines.next()?.split_ascii_whitespace().nth(at)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_found_by_their_names_and_one_that_is_missing_is_not_zero() {
        let snmp = "Ip: Forwarding\nIp: 1\nTcp: MaxConn InCsumErrors\nTcp: -1 7\nUdp: InCsumErrors NoPorts\nUdp: 2 9\n";
        let netstat = "TcpExt: A TCPOFOQueue\nTcpExt: 1 5\nIpExt: A\nIpExt: 2\n";
        let read = Counters::read(snmp, netstat, "Udp6InErrors\t4\nUdp6InCsumErrors\t3\n");
        assert_eq!(read, Some(Counters { wrong_sums: 12, out_of_order: 5 }));
        assert_eq!(Counters::read(snmp, "TcpExt: A\nTcpExt: 1\n", ""), None);
        assert_eq!(Counters::read("", netstat, ""), None);
    }

    #[test]
    fn this_kernel_has_them() {
        let now = Counters::look().unwrap();
        assert_eq!(now.since(now), Counters::default());
    }
}
