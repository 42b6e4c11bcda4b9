//! Copies, wrong sums and a wrong order of packets are as strong as asked on the traffic that they mean and on no other,
//! an API server that is away is out of reach alone, and an injector that lies is seen to. On a rig of real network
//! namespaces: needs root, nftables and iproute2, as the lab's nodes do. (Both ways: `make bench ONLY=disorder`.)

#![allow(clippy::unwrap_used)] // a test that cannot go on may stop

mod held;

#[test]
fn packets_that_are_meant_are_struck_and_no_others_and_a_lying_injector_is_seen() {
    held::all_of("disorder", &["--brief"], 18);
}
