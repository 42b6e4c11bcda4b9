//! The ladder as a picture: a bar for each step, as high as its rate, with what became of it in words, because colour
//! alone says nothing to many readers.

use super::{Row, Words};

/// Room for one bar, and its width.
const ROOM: u32 = 90;
const WIDTH: u32 = 60;
/// Where the bars stand, and the height of the highest.
const GROUND: u32 = 130;
const HIGHEST: u32 = 100;
/// Room beside the bars.
const MARGIN: u32 = 20;
/// The declared rate.
const DECLARED: u32 = 100;

/// The picture.
pub struct Plot {
    /// Its width.
    pub width: u32,
    /// Where the bars stand.
    pub ground: u32,
    /// The declared rate first, then the steps.
    pub bars: Vec<Bar>,
    /// Height of the rate that must hold, if any, and what it is.
    pub must_hold: Option<(u32, String)>,
}

/// A bar.
pub struct Bar {
    /// Left edge.
    pub x: u32,
    /// Width.
    pub width: u32,
    /// Upper edge.
    pub y: u32,
    /// Height.
    pub height: u32,
    /// Middle.
    pub middle: u32,
    /// `declared`, or what became of the step.
    pub class: &'static str,
    /// Its rate.
    pub label: String,
    /// What became of it.
    pub state: &'static str,
}

/// Of `rows`, with a line at what `must_hold`.
pub fn of(rows: &[Row], must_hold: Option<u32>, words: &Words) -> Plot {
    let most = rows.iter().map(|row| row.percent).chain(must_hold).max().unwrap_or(DECLARED).max(DECLARED);
    let height = |percent: u32| {
        let height = u64::from(percent) * u64::from(HIGHEST) / u64::from(most);
        u32::try_from(height).unwrap_or(HIGHEST)
    };
    let declared = (DECLARED, "declared", words.declared);
    let steps = rows.iter().map(|row| (row.percent, row.class, row.state));
    let bars = (0..).zip(std::iter::once(declared).chain(steps)).map(|(place, (percent, class, state))| {
        let x = MARGIN + ROOM * place;
        let height = height(percent);
        let (y, middle) = (GROUND - height, x + WIDTH / 2);
        Bar { x, width: WIDTH, y, height, middle, class, label: format!("{percent} %"), state }
    });
    let bars: Vec<Bar> = bars.collect();
    let width = bars.last().map_or(0, |bar| bar.x + ROOM) + MARGIN;
    let must_hold = must_hold.map(|must| (GROUND - height(must), format!("{}: {must} %", words.must_hold)));
    Plot { width, ground: GROUND, bars, must_hold }
}
