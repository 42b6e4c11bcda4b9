//! A fault of traffic with one peer reaches that traffic, open connections too, and no other. On a rig of
//! real network namespaces: needs root, nftables and iproute2, as the lab's nodes do.

#![allow(clippy::unwrap_used)] // a test that cannot go on may stop

mod held;

#[test]
fn a_peer_that_is_cut_off_is_cut_off_alone_and_is_followed_when_it_moves() {
    held::all_of("peers", &["--brief"], 8);
}
