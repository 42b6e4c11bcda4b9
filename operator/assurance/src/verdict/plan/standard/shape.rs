//! Whether requests are planned to come as the standard says, over connections as it says. The rate alone says little: all
//! of the load could come in one rush within the warm-up, and what is judged would be a hundredth of it.

use crate::{
    dossier::TestResult,
    plan::{Gaps, Stretch, shape},
    standard::StandardLoad,
    verdict::{arrivals, capacity, load::Timeline, say, soak},
};

/// How long connections are kept.
pub fn connections(result: &TestResult, load: &StandardLoad) -> Option<String> {
    let planned = result.plan.prove.load.connections.unwrap_or_default();
    let asked = load.connections.unwrap_or_default();
    (planned != asked).then(|| format!("connections of the load are `{planned:?}`; the standard asks for `{asked:?}`"))
}

/// The shape of the load over all phases. Looked at where the rate, the ladder and the soak are in order: what they lack is
/// said once, and the shape is fitted into phases that stand where they must.
pub fn arrivals(result: &TestResult, load: &StandardLoad) -> Option<String> {
    let prove = &result.plan.prove;
    let in_order = [arrivals::check, capacity::check, soak::plan_lacks].iter().all(|rule| rule(result).is_none());
    if !in_order {
        return None;
    }
    let seconds = Timeline::of(&prove.phases).seconds;
    let Ok(asked) = shape::of(load.arrivals.as_ref(), &prove.phases) else {
        return Some(format!("the standard's shape of the load does not fit into the {seconds} s of the plan"));
    };
    let asked = shape::plain(asked.as_ref(), seconds);
    let planned = shape::plain(prove.load.arrivals.as_ref(), seconds);
    if planned.gaps != asked.gaps {
        let [planned, asked] = [planned.gaps, asked.gaps].map(gaps);
        return Some(format!("gaps of the load are {planned}; by the standard they are {asked}"));
    }
    let most = planned.stretches.len().max(asked.stretches.len());
    (0..most).find_map(|index| {
        let [planned, asked] = [&planned, &asked].map(|arrivals| arrivals.stretches.get(index));
        (planned != asked).then(|| {
            let [planned, asked] = [planned, asked].map(words);
            format!("stretch {} of the load is {planned}; by the standard it is {asked}", index + 1)
        })
    })
}

const fn gaps(gaps: Gaps) -> &'static str {
    match gaps {
        Gaps::Drawn => "drawn by chance",
        Gaps::Even => "even",
    }
}

/// `3 s from 50 % to 100 %`, or `nothing`.
fn words(stretch: Option<&Stretch>) -> String {
    let Some(stretch) = stretch else { return "nothing".to_owned() };
    let [from, to] = [stretch.from_ppm, stretch.to_ppm].map(|ppm| say::percent(ppm.into()));
    format!("{} s from {from} to {to}", stretch.seconds)
}
