//! What a container may use is as scarce as asked, for it alone, and given back, also where whoever took it is killed.
//! On a rig of real namespaces and control groups: needs root, as the lab's nodes do.

#![allow(clippy::unwrap_used)] // a test that cannot go on may stop

mod held;

#[test]
fn cpu_volumes_and_descriptors_are_scarce_for_the_pod_alone_and_given_back() {
    held::all_of("scarce", &[], 15);
}
