//! Randomness that can be repeated: every draw of a run follows from the announced nonce, so that
//! nobody can choose a favourable schedule or victim after the announcement (invariant 4).
//!
//! xoshiro256** (Blackman and Vigna, 2018), seeded with SHA-256; it must never stand where secrecy
//! is wanted.

use std::time::SystemTime;

use sha2::{Digest as _, Sha256};

/// xoshiro256**.
#[derive(Clone, Debug)]
pub struct Random {
    state: [u64; 4],
}

impl Random {
    /// A generator for one purpose of one run: seeded with SHA-256 of `purpose`, a zero byte and
    /// `nonce`, so that two purposes of a run do not share their draws.
    #[must_use]
    pub fn seeded(purpose: &str, nonce: &str) -> Self {
        let digest =
            Sha256::new().chain_update(purpose.as_bytes()).chain_update([0]).chain_update(nonce.as_bytes()).finalize();
        let mut state = [0; 4];
        for (word, bytes) in state.iter_mut().zip(digest.chunks_exact(8)) {
            *word = bytes.iter().fold(0, |sum, byte| (sum << 8) | u64::from(*byte));
        }
        Self { state }
    }

    /// One that nobody can repeat, for chance that no plan announces: which packet, not which pod.
    #[must_use]
    pub fn fresh(purpose: &str) -> Self {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos();
        Self::seeded(purpose, &now.to_string())
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        let state = &mut self.state;
        let result = state[1].wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let shifted = state[1] << 17;
        state[2] ^= state[0];
        state[3] ^= state[1];
        state[1] ^= state[2];
        state[0] ^= state[3];
        state[2] ^= shifted;
        state[3] = state[3].rotate_left(45);
        result
    }

    /// Uniform in `0..bound`; 0 for a bound of 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 {
            return 0;
        }
        // Values above the last whole multiple of the bound would favour small results.
        let whole = u64::MAX - u64::MAX % bound;
        loop {
            let bits = self.bits();
            if bits < whole {
                return bits % bound;
            }
        }
    }

    /// Uniform in `(0, 1]`, with 53 bits.
    pub fn unit(&mut self) -> f64 {
        #[allow(clippy::cast_precision_loss)] // 53 bits fit a double exactly
        let numerator = ((self.bits() >> 11) + 1) as f64;
        #[allow(clippy::cast_precision_loss)]
        let denominator = (1_u64 << 53) as f64;
        numerator / denominator
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_nonce_gives_the_same_draws_and_another_gives_others() {
        let draw = |purpose, nonce| {
            let mut random = Random::seeded(purpose, nonce);
            [random.bits(), random.bits(), random.bits()]
        };
        assert_eq!(draw("load", "n"), draw("load", "n"));
        assert_ne!(draw("load", "n"), draw("load", "m"));
        assert_ne!(draw("load", "n"), draw("pod-kill", "n"));
    }

    #[test]
    fn the_algorithm_is_xoshiro256_starstar() {
        // First outputs for the state 1, 2, 3, 4, as the authors' C code prints them.
        let mut random = Random { state: [1, 2, 3, 4] };
        assert_eq!([random.bits(), random.bits(), random.bits()], [11520, 0, 1_509_978_240]);
    }

    #[test]
    fn draws_below_a_bound_are_even() {
        let mut random = Random::seeded("test", "even");
        let mut counts = [0_u32; 7];
        for _ in 0..70_000 {
            counts[usize::try_from(random.below(7)).unwrap()] += 1;
        }
        assert!(counts.iter().all(|count| (9_600..10_400).contains(count)), "{counts:?}");
        assert_eq!(random.below(0), 0);
        assert!((0..10_000).all(|_| (f64::MIN_POSITIVE..=1.0).contains(&random.unit())));
    }
}
