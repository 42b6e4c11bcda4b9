//! Pages of a list, from the newest to the oldest: which one is asked for, and where the next one is.

use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    asked::{Number, limit},
    problem::Refusal,
};
use crate::store::cut;

/// Things in one answer, unless fewer are asked for.
const MOST: u32 = 100;

/// Which page.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// Only those that came before this event.
    #[param(value_type = Option<u64>, minimum = 0, maximum = 9_007_199_254_740_991_u64)]
    pub before: Option<Number>,
    /// How many; 100 where nothing is said.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    pub limit: Option<Number>,
}

/// A page that can be given.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// The event before which it begins; none where it is the first.
    pub before: Option<u64>,
    /// How many things stand on it.
    pub most: u32,
}

impl Page {
    /// The one that is asked for.
    pub fn of(before: Option<Number>, asked: Option<Number>) -> Result<Self, Refusal> {
        Ok(Self { before: before.map(|Number(event)| event), most: limit(asked, MOST)? })
    }

    /// How many to read: one more shows whether there is a next page.
    pub const fn read(self) -> u32 {
        self.most + 1
    }

    /// Cuts what was `found` to the page; answers the path of the next one, where there is one. `list` is that of the
    /// list up to the next name in its query, `number` the event by which a thing stands where it does.
    pub fn cut<T>(self, found: &mut Vec<T>, list: &str, number: impl Fn(&T) -> u64) -> Option<String> {
        let more = cut(found, self.most);
        self.next(list, found.last().map(number).filter(|_| more))
    }

    /// The path of the page after the thing with the number `last`.
    pub fn next(self, list: &str, last: Option<u64>) -> Option<String> {
        last.map(|last| format!("{list}before={last}&limit={}", self.most))
    }
}
