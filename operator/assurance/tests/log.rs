//! Trees and proofs beside another implementation of RFC 6962, and every way in which a proof can lie.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends where what it needs is not there; the lint knows that of test functions only"
)]

use std::{collections::HashMap, ops::Range};

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use factory_assurance::{
    canonical,
    log::{
        Checkpoint, Hash, Link,
        link::ORIGIN,
        note::{Signer, cosign},
        proof::{Consistency, Inclusion, consistency_ranges, inclusion_ranges},
        served::{EventProof, PublicEvent, ServedError, ServedEvent},
        tree::{Edge, Place, cover, join},
    },
};
use proptest::prelude::*;
use serde_json::json;
use sha2::Sha256;

/// A tree as a store keeps it.
#[derive(Default)]
struct Kept {
    edge: Edge,
    subtrees: HashMap<Place, Hash>,
}

impl Kept {
    fn of(leaves: impl IntoIterator<Item = Hash>) -> Self {
        let mut kept = Self::default();
        for leaf in leaves {
            kept.subtrees.extend(kept.edge.push(leaf));
        }
        kept
    }

    fn hash(&self, range: &Range<u64>) -> Hash {
        join(&cover(range).iter().map(|place| self.subtrees[place]).collect::<Vec<_>>())
    }

    fn hashes(&self, ranges: &[Range<u64>]) -> Vec<Hash> {
        ranges.iter().map(|range| self.hash(range)).collect()
    }

    fn root(&self, size: u64) -> Hash {
        self.hash(&(0..size))
    }

    fn inclusion(&self, index: u64, size: u64) -> Inclusion {
        Inclusion { index, size, hashes: self.hashes(&inclusion_ranges(index, size)) }
    }

    fn consistency(&self, from: u64, to: u64) -> Consistency {
        Consistency { from, to, hashes: self.hashes(&consistency_ranges(from, to)) }
    }
}

fn data(index: u64) -> Vec<u8> {
    index.to_be_bytes().to_vec()
}

fn joined(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

/// Larger than any subtree that a proof of these sizes could treat in its own way.
const MOST: u64 = 70;

#[test]
fn roots_and_proofs_are_those_of_another_implementation() {
    let kept = Kept::of((0..MOST).map(|index| Hash::leaf(&data(index))));
    let mut peer = MemoryBackedTree::<Sha256, Vec<u8>>::new();
    for size in 1..=MOST {
        peer.push(data(size - 1));
        assert_eq!(kept.root(size).as_bytes().as_slice(), peer.root().as_bytes().as_slice(), "root of {size}");
        for index in 0..size {
            let theirs = peer.prove_inclusion(usize::try_from(index).unwrap());
            assert_eq!(joined(&kept.inclusion(index, size).hashes), theirs.as_bytes(), "{index} of {size}");
        }
        for from in 1..size {
            let theirs = peer.prove_consistency(usize::try_from(size - from).unwrap());
            assert_eq!(joined(&kept.consistency(from, size).hashes), theirs.as_bytes(), "{from} to {size}");
        }
    }
}

#[test]
fn every_proof_of_ours_holds_and_holds_for_nothing_else() {
    let kept = Kept::of((0..MOST).map(|index| Hash::leaf(&data(index))));
    for size in 1..=MOST {
        let root = kept.root(size);
        for index in 0..size {
            let proof = kept.inclusion(index, size);
            proof.verify(&Hash::leaf(&data(index)), &root).unwrap();
            assert!(proof.verify(&Hash::leaf(&data(index + 1)), &root).is_err(), "{index} of {size}");
            assert!(proof.verify(&Hash::leaf(&data(index)), &kept.root(size % MOST + 1)).is_err());
        }
        for from in 0..=size {
            let proof = kept.consistency(from, size);
            proof.verify(&kept.root(from), &root).unwrap();
            let other = Hash::leaf(b"another history");
            assert!(proof.verify(&other, &root).is_err(), "{from} to {size}");
            assert!(from == 0 || proof.verify(&kept.root(from), &other).is_err(), "{from} to {size}");
        }
    }
}

proptest! {
    #[test]
    fn a_proof_with_anything_changed_does_not_hold(size in 2..300_u64, index in 0..300_u64, at in 0..20_usize, bit in 0..256_usize, how in 0..5_u8) {
        let index = index % size;
        let kept = Kept::of((0..size).map(|index| Hash::leaf(&data(index))));
        let (root, from) = (kept.root(size), index + 1);
        let harm = |hashes: &mut Vec<Hash>| {
            if hashes.is_empty() { hashes.push(Hash::empty()); return true; }
            let at = at % hashes.len();
            match how {
                0 => { hashes.remove(at); }
                1 => { let twin = hashes[at]; hashes.insert(at, twin); }
                2 => { hashes.push(Hash::empty()); }
                3 => { if hashes.len() < 2 { return false; } let last = hashes.len() - 1; if at == last { return false; } hashes.swap(at, last); }
                _ => { let mut bytes = *hashes[at].as_bytes(); bytes[bit / 8] ^= 1 << (bit % 8); hashes[at] = bytes.into(); }
            }
            true
        };
        let mut inclusion = kept.inclusion(index, size);
        if harm(&mut inclusion.hashes) {
            prop_assert!(inclusion.verify(&Hash::leaf(&data(index)), &root).is_err());
        }
        let mut consistency = kept.consistency(from, size);
        if harm(&mut consistency.hashes) {
            prop_assert!(consistency.verify(&kept.root(from), &root).is_err());
        }
        let mut moved = kept.inclusion(index, size);
        moved.index = (index + 1) % size;
        prop_assert!(moved.verify(&Hash::leaf(&data(index)), &root).is_err());
    }

    #[test]
    fn no_numbers_make_a_check_fall_over(index: u64, size: u64, from: u64, to: u64, count in 0..70_usize) {
        let hashes = vec![Hash::empty(); count];
        let proof = Inclusion { index, size, hashes: hashes.clone() };
        prop_assert!(proof.verify(&Hash::empty(), &Hash::leaf(b"")).is_err());
        let proof = Consistency { from, to, hashes };
        prop_assert!(proof.verify(&Hash::leaf(b"a"), &Hash::leaf(b"b")).is_err());
    }
}

/// The proof of the third of seven events, with the keys of log and witness.
fn proven() -> (EventProof, Signer, Signer) {
    let (log, witness) =
        (Signer::new("register.test/log", [1; 32]).unwrap(), Signer::new("witness.test", [2; 32]).unwrap());
    let (mut prev, mut wanted, mut kept) = (ORIGIN.to_owned(), None, Kept::default());
    for seq in 1..=7 {
        let event = json!({"entry": seq});
        let link = Link {
            seq,
            time: "2026-03-04T05:06:07Z".to_owned(),
            kind: "entry".to_owned(),
            actor: "regulator".to_owned(),
            sha256: canonical::digest(&event).unwrap(),
            prev,
        };
        prev = link.this().unwrap();
        kept.subtrees.extend(kept.edge.push(link.leaf().unwrap().hash().unwrap()));
        if seq == 3 {
            wanted = Some(PublicEvent { place: link.leaf().unwrap(), event });
        }
    }
    let checkpoint = Checkpoint { origin: "register.test/log".to_owned(), size: 7, root: kept.root(7) };
    let note = cosign(&checkpoint.signed(&log).unwrap(), &witness, 1_772_600_000).unwrap();
    (
        EventProof {
            public: wanted.unwrap(),
            inclusion: kept.inclusion(2, 7),
            checkpoint: note,
            handovers: Vec::new(),
        },
        log,
        witness,
    )
}

#[test]
fn a_proof_of_an_event_holds_against_the_pinned_keys() {
    let (proof, log, witness) = proven();
    assert_eq!(proof.verify(&log.verifier(), &[]).unwrap().size, 7);
    proof.verify(&log.verifier(), &[witness.witness()]).unwrap();
    let again: EventProof = serde_json::from_str(&serde_json::to_string(&proof).unwrap()).unwrap();
    assert_eq!(again, proof);
}

#[test]
fn whatever_is_changed_in_the_proof_of_an_event_is_named() {
    type Harm = fn(&mut EventProof);
    let harms: [(&str, Harm); 11] = [
        // A submission that failed has the same summary in it.
        ("event 3: it is no entry", |proof| proof.public.place.kind = "submission".to_owned()),
        ("its contents have the digest", |proof| proof.public.event = json!({"entry": 4})),
        ("inclusion: the proof leads", |proof| proof.public.place.chain.push('x')),
        ("inclusion: the proof leads", |proof| proof.public.place.time.push('x')),
        ("inclusion: the proof leads", |proof| proof.public.place.chain = ORIGIN.to_owned()),
        ("inclusion: index is 3, must be 4", |proof| proof.public.place.seq = 4),
        ("inclusion: index is 4, must be 3", |proof| proof.inclusion.index = 3),
        ("inclusion: size is 6, must be 7", |proof| proof.inclusion.size = 6),
        ("inclusion: hashes: 2", |proof| proof.inclusion.hashes.truncate(2)),
        ("checkpoint: the signature that names", |proof| proof.checkpoint = proof.checkpoint.replace("\n7\n", "\n8\n")),
        ("checkpoint: this is no signed note", |proof| proof.checkpoint.truncate(10)),
    ];
    let (proof, log, witness) = proven();
    for (told, harm) in harms {
        let mut proof = proof.clone();
        harm(&mut proof);
        let error = proof.verify(&log.verifier(), &[witness.witness()]).unwrap_err().to_string();
        assert!(error.contains(told), "{told}: {error}");
    }
    // A witness that is pinned must have signed.
    let other = Signer::new("other.test", [3; 32]).unwrap();
    let error = proof.verify(&log.verifier(), &[other.witness()]).unwrap_err();
    assert!(matches!(error, ServedError::Witness { ref witness, .. } if witness == "other.test"), "{error}");
}

#[test]
fn a_served_event_is_held_against_its_place() {
    let (proof, ..) = proven();
    let leaf = proof.public.leaf().unwrap();
    let served = ServedEvent { leaf, public: Some(proof.public) };
    assert_eq!(served.held(3).unwrap(), leaf);
    assert!(served.held(4).is_err());
    let lying = ServedEvent { leaf: Hash::empty(), ..served };
    assert!(lying.held(3).is_err());
}
