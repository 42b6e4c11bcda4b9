//! In how many orders numbers can stand, and in how many of those so many pairs rise. What Mann's and Kendall's test
//! asks of independent numbers, exactly.

/// Orders of `count` numbers.
pub fn all(count: usize) -> u128 {
    (1..=count as u128).fold(1, u128::saturating_mul)
}

/// Those of them in which at least `rising` pairs rise.
pub fn at_least(count: usize, rising: usize) -> u128 {
    by_rising(count).iter().skip(rising).fold(0, |sum: u128, orders| sum.saturating_add(*orders))
}

/// Orders of `count` numbers by how many pairs rise: the next number can stand behind any of those before it.
fn by_rising(count: usize) -> Vec<u128> {
    let mut orders = vec![1_u128];
    for number in 2..=count {
        let mut more = vec![0_u128; orders.len() + number - 1];
        for (rising, known) in orders.iter().enumerate() {
            for place in more.iter_mut().skip(rising).take(number) {
                *place = place.saturating_add(*known);
            }
        }
        orders = more;
    }
    orders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_those_of_the_book() {
        assert_eq!(by_rising(4), [1, 3, 5, 6, 5, 3, 1]);
        assert_eq!((at_least(4, 5), at_least(4, 0), at_least(4, 7)), (4, 24, 0));
        for count in [0, 1, 2, 12, 30] {
            assert_eq!(at_least(count, 0), all(count), "{count}");
        }
        assert_eq!(all(30), 265_252_859_812_191_058_636_308_480_000_000);
    }
}
