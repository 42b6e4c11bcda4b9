//! What earlier runs add in the report: how many repetitions came from where, what they prove, and the dossiers by digest.

use factory_assurance::{report::Language, sample};

use super::{html, json, named, parse, rows, text};

fn pooled(runs: u64) -> factory_assurance::dossier::TestResult {
    let mut result = sample::modelled();
    sample::earlier(&mut result, runs, |place, run| if place == 1 && run < 2 { (None, 4_000) } else { (Some(0), 0) });
    sample::judged(result)
}

#[test]
fn the_page_says_how_many_repetitions_came_from_where_and_names_their_dossiers() {
    let page = html(pooled(29), Language::En);
    let document = parse(&page);
    let table = rows(&document, "history");
    assert_eq!(table.len(), 8);
    assert_eq!(table[0], ["container-kill-web", "1", "29", "0", "0", "90 %"]);
    assert_eq!(table[1][..4], ["freeze-web", "1", "29", "2"]);
    assert!(table[1][5] < table[0][5], "{table:?}");
    assert!(page.contains(&format!("sha256:{:064x}", 28)));
    assert!(rows(&document, "budget").iter().any(|row| row[0] == "Earlier runs that count" && row[1] == "29"));
}

#[test]
fn every_language_has_its_words_and_says_where_there_was_none() {
    for (language, heading, nothing) in [
        (Language::En, "What earlier runs add", "had no earlier repetition"),
        (Language::Ru, "Что добавляют прежние испытания", "не было прежних повторений"),
        (Language::Ky, "Мурунку сыноолор эмнени кошот", "мурунку кайталоолор болгон эмес"),
    ] {
        let has = |page: &str| named(&parse(page), "h2").any(|title| text(title) == heading);
        let page = html(pooled(3), language);
        assert!(has(&page) && !page.contains(nothing));
        let page = html(pooled(0), language);
        assert!(has(&page) && page.contains(nothing));
        assert!(!has(&html(sample::modelled(), language)));
    }
}

#[test]
fn as_data_each_fault_has_its_repetitions() {
    let value = json(pooled(29));
    let history = &value["history"];
    assert_eq!(history["dossiers"].as_array().unwrap().len(), 29);
    let freeze = &history["faults"][1];
    assert_eq!(
        (&freeze["phase"], &freeze["repetitions"], &freeze["earlier"], &freeze["late"]),
        (&"freeze-web".into(), &30.into(), &29.into(), &2.into(),)
    );
    assert!(json(sample::modelled()).get("history").is_none());
}

/// Silence is seen.
#[test]
fn attempts_of_which_nothing_counts_stand_beside_those_that_do() {
    let mut result = pooled(3);
    result.announcement.attempt += 4;
    let result = sample::judged(result);
    let table = rows(&parse(&html(result.clone(), Language::En)), "history");
    assert!(table.iter().all(|row| row[4] == "4"), "{table:?}");
    assert_eq!(json(result)["history"]["faults"][1]["notCounted"], 4);
}

#[test]
fn a_history_of_another_risk_proves_nothing() {
    let mut result = pooled(29);
    result.bundle.configuration = "sha256:another".to_owned();
    let page = html(sample::judged(result), Language::En);
    let table = rows(&parse(&page), "history");
    assert!(table.iter().all(|row| row[1..].iter().all(|cell| cell == "–")), "{table:?}");
}
