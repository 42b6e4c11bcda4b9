//! The rate of a load over its time, and its inverse: the moment at which so many requests are due. A rate goes in
//! straight lines, so what is due by a moment is a parabola, and its inverse a root. Pure; knows neither chance nor
//! clock.

use factory_assurance::plan::{Arrivals, Gaps, Stretch, WHOLE_PPM};

/// Microseconds of a minute.
const MINUTE_US: f64 = 60_000_000.0;

/// The rate of a load over its time.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// Whether gaps are even, and not drawn.
    pub even: bool,
    pieces: Vec<Piece>,
    end_us: u64,
}

/// A stretch of time over which the rate goes in a straight line.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Piece {
    /// Its start.
    from_us: f64,
    /// Its length.
    length_us: f64,
    /// Requests a microsecond at its start.
    first: f64,
    /// And at its end.
    last: f64,
    /// Requests that are due before it.
    before: f64,
}

/// Where a reader of a shape is: requests are asked for in order, and never twice.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place(usize);

impl Shape {
    /// One rate over `length_ms`, with drawn gaps.
    #[must_use]
    pub fn level(per_minute: u32, length_ms: u64) -> Self {
        let mut shape = Self { even: false, pieces: Vec::new(), end_us: 0 };
        shape.push(per_minute, length_ms.saturating_mul(1000), WHOLE_PPM, WHOLE_PPM);
        shape
    }

    /// The shape of `arrivals`, whose shares are of `per_minute`.
    #[must_use]
    pub fn of(arrivals: &Arrivals, per_minute: u32) -> Self {
        let mut shape = Self { even: arrivals.gaps == Gaps::Even, pieces: Vec::new(), end_us: 0 };
        for Stretch { seconds, from_ppm, to_ppm } in &arrivals.stretches {
            shape.push(per_minute, u64::from(*seconds) * 1_000_000, *from_ppm, *to_ppm);
        }
        shape
    }

    #[allow(clippy::cast_precision_loss)] // runs last hours, and 2^53 µs are 285 years
    fn push(&mut self, per_minute: u32, length_us: u64, from_ppm: u32, to_ppm: u32) {
        let rate = |ppm: u32| f64::from(per_minute) / MINUTE_US * (f64::from(ppm) / f64::from(WHOLE_PPM));
        let before = self.pieces.last().map_or(0.0, |piece| piece.before + piece.area());
        let (from_us, length) = (self.end_us as f64, length_us as f64);
        self.pieces.push(Piece { from_us, length_us: length, first: rate(from_ppm), last: rate(to_ppm), before });
        self.end_us = self.end_us.saturating_add(length_us);
    }

    /// Requests that are due over all of it.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.pieces.last().map_or(0.0, |piece| piece.before + piece.area())
    }

    /// When `due` requests are due, in microseconds from the start; `None` after the last. `place` goes with it:
    /// `due` must not fall between two calls with one.
    pub fn moment(&self, place: &mut Place, due: f64) -> Option<u64> {
        loop {
            let piece = self.pieces.get(place.0)?;
            let within = due - piece.before;
            if within < piece.area() {
                // Never in the piece after it, however the sum is rounded: in it there may be none.
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // never negative; years fit
                let at_us = (piece.from_us + piece.after(within)).min(piece.from_us + piece.length_us - 1.0) as u64;
                return (at_us < self.end_us).then_some(at_us);
            }
            place.0 += 1;
        }
    }
}

impl Piece {
    /// Requests that are due in it.
    fn area(&self) -> f64 {
        self.length_us * f64::midpoint(self.first, self.last)
    }

    /// How long after its start `within` requests of it are due. Of the two forms of the root, the one that takes no
    /// difference of like numbers; it holds for a level rate too.
    fn after(&self, within: f64) -> f64 {
        let bend = 2.0 * within * (self.last - self.first) / self.length_us;
        let rates = self.first + (self.first * self.first + bend).max(0.0).sqrt();
        if rates > 0.0 { (2.0 * within / rates).min(self.length_us) } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shape(stretches: &[(u32, u32, u32)]) -> (Arrivals, Shape) {
        let stretch = |(seconds, from_ppm, to_ppm): &(u32, u32, u32)| Stretch {
            seconds: *seconds,
            from_ppm: *from_ppm,
            to_ppm: *to_ppm,
        };
        let arrivals = Arrivals { gaps: Gaps::Even, stretches: stretches.iter().map(stretch).collect() };
        let shape = Shape::of(&arrivals, 60_000);
        (arrivals, shape)
    }

    /// When each of the requests is due, in milliseconds.
    fn moments(stretches: &[(u32, u32, u32)], due: &[f64]) -> Vec<Option<u64>> {
        let (_, shape) = shape(stretches);
        let mut place = Place::default();
        due.iter().map(|due| shape.moment(&mut place, *due).map(|us| us / 1_000)).collect()
    }

    #[test]
    fn moments_are_where_the_area_under_the_rate_says() {
        // 1,000 a second, level: a request a millisecond.
        assert_eq!(
            moments(&[(1, 1_000_000, 1_000_000)], &[0.0, 0.5, 999.5, 1_000.0]),
            [Some(0), Some(0), Some(999), None]
        );
        // From nothing to 1,000 a second: a quarter of all is due in the first half.
        assert_eq!(
            moments(&[(2, 0, 1_000_000)], &[0.0, 250.1, 999.9, 1_000.0]),
            [Some(0), Some(1_000), Some(1_999), None]
        );
        // And down again: three quarters are.
        assert_eq!(moments(&[(2, 1_000_000, 0)], &[750.1, 1_000.0]), [Some(1_000), None]);
        // A rush in the middle, and nothing for a while before it.
        let rush = [(1, 1_000_000, 1_000_000), (5, 0, 0), (1, 2_000_000, 2_000_000)];
        assert_eq!(moments(&rush, &[999.9, 1_000.0, 2_000.1]), [Some(999), Some(6_000), Some(6_500)]);
        assert_eq!(moments(&[], &[0.0]), [None]);
    }

    proptest! {
        #[test]
        fn moments_rise_and_the_area_up_to_each_is_what_is_due(
            stretches in prop::collection::vec((1_u32..20, 0_u32..10_000_001, 0_u32..10_000_001), 1..12),
        ) {
            let (arrivals, shape) = shape(&stretches);
            let planned = u64::try_from(arrivals.requests(60_000)).unwrap();
            #[allow(clippy::cast_precision_loss)]
            let total = planned as f64;
            prop_assert!((shape.total() - total).abs() < 1.01, "{} {total}", shape.total());
            let (mut place, mut last) = (Place::default(), 0);
            for step in 0..500 {
                let due = shape.total() * f64::from(step) / 500.0;
                let Some(at_us) = shape.moment(&mut place, due) else { continue };
                prop_assert!(at_us >= last && at_us < shape.end_us);
                last = at_us;
                // The other way round: the area under the rate up to there.
                let mut area = 0.0;
                for piece in &shape.pieces {
                    #[allow(clippy::cast_precision_loss)]
                    let part = (at_us as f64 - piece.from_us).clamp(0.0, piece.length_us);
                    let rate = piece.first + (piece.last - piece.first) * part / piece.length_us;
                    area += part * f64::midpoint(piece.first, rate);
                }
                // A microsecond at the highest rate is a hundredth of a request.
                prop_assert!((area - due).abs() < 0.02, "{area} {due}");
            }
        }
    }
}
