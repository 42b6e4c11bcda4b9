//! The page: what stands first, whether it is accessible and alone, and whether its numbers are those
//! of the evidence.

use factory_assurance::{
    report::{Language, Signature},
    sample,
};
use factory_crds::Outcome;

use super::{html, named, parse, prove, report, rows, text};

#[test]
fn the_verdict_stands_first_in_words_of_each_language() {
    for (language, passed, failed, unsure) in [
        (Language::En, "Passed.", "Failed.", "Inconclusive."),
        (Language::Ru, "Пройдены.", "Не пройдены.", "Недостаточно данных."),
        (Language::Ky, "Өттү.", "Өткөн жок.", "Маалымат жетишсиз."),
    ] {
        for (result, word) in
            [(sample::passing(), passed), (sample::failing(), failed), (sample::inconclusive(), unsure)]
        {
            let page = html(result, language);
            let document = parse(&page);
            assert_eq!(document.root_element().attribute("lang"), Some(language.tag()));
            let outcome = named(&document, "strong").next().unwrap();
            assert_eq!(text(outcome), word);
            assert!(text(named(&document, "title").next().unwrap()).starts_with(word.trim_end_matches('.')));
        }
    }
}

#[test]
fn every_finding_stands_there_as_the_verdict_says_it_and_in_its_own_language() {
    let result = sample::failing();
    let findings = result.verdict.findings.clone();
    let page = html(result, Language::Ky);
    let document = parse(&page);
    for finding in findings {
        let shown = named(&document, "li").find(|item| text(*item).contains(&finding.message)).expect("the finding");
        assert!(shown.descendants().any(|node| node.attribute("lang") == Some("en")));
        assert!(text(shown).contains(&finding.code));
    }
}

#[test]
fn a_signature_that_nobody_checked_is_said_before_the_findings() {
    let unchecked = report(sample::passing(), Signature::NotChecked, |report| report.html(Language::En).unwrap());
    let checked = html(sample::passing(), Language::En);
    let words = "The signature of the dossier was not checked";
    assert!(unchecked.find(words).unwrap() < unchecked.find("<h2>Findings").unwrap());
    assert!(!checked.contains(words));
}

#[test]
fn a_verdict_that_does_not_follow_is_said_at_the_top_and_the_one_that_does_is_shown() {
    let mut result = sample::failing();
    result.verdict.outcome = Outcome::Passed;
    result.verdict.findings.clear();
    let page = html(result, Language::En);
    let document = parse(&page);
    assert_eq!(text(named(&document, "strong").next().unwrap()), "Failed.");
    let warning = "does not follow from its evidence. This report shows the one that does. The dossier says: Passed; the evidence gives: Failed.";
    assert!(text(document.root_element()).contains(warning));
    assert!(page.find("does not follow").unwrap() < page.find("<h2>").unwrap());
}

#[test]
fn another_subject_than_the_bundle_inside_is_said_at_the_top() {
    let mut dossier = sample::passing().into_statement().unwrap();
    dossier.subject[0].digest.insert("sha256".to_owned(), "00".repeat(32));
    let report = factory_assurance::report::Report::of(&dossier, super::DIGEST, Signature::Holds);
    let page = report.html(Language::En).unwrap();
    let at = page.find("The dossier contradicts itself:").expect("the contradiction");
    assert!(at < page.find("<h2>").unwrap() && page[at..].contains("subject: "));
}

#[test]
fn it_needs_nothing_and_runs_nothing() {
    for result in [sample::passing(), sample::failing(), sample::inconclusive()] {
        let page = html(result, Language::En);
        let document = parse(&page);
        let policy = named(&document, "meta").find(|meta| meta.attribute("http-equiv").is_some()).unwrap();
        assert_eq!(policy.attribute("content"), Some("default-src 'none'; style-src 'unsafe-inline'"));
        for node in document.descendants().filter(roxmltree::Node::is_element) {
            let name = node.tag_name().name();
            assert!(!["script", "link", "img", "iframe", "object", "use", "image", "form"].contains(&name), "{name}");
            for attribute in node.attributes() {
                assert!(!attribute.name().starts_with("on") && attribute.name() != "style", "{attribute:?}");
                if ["href", "src"].contains(&attribute.name()) {
                    assert!(attribute.value().starts_with("#fault-"), "{attribute:?}");
                }
            }
        }
        let style = text(named(&document, "style").next().unwrap());
        assert!(!style.contains("url(") && !style.contains("@import"));
    }
}

#[test]
fn headings_are_in_order_and_links_lead_somewhere() {
    let page = html(sample::failing(), Language::Ru);
    let document = parse(&page);
    let mut before = 0;
    for node in document.descendants() {
        if let Some(level) = node.tag_name().name().strip_prefix('h').and_then(|level| level.parse::<u32>().ok()) {
            assert!(level <= before + 1, "h{level} after h{before}");
            before = level;
        }
    }
    assert_eq!(named(&document, "h1").count(), 1);
    let ids: Vec<&str> = document.descendants().filter_map(|node| node.attribute("id")).collect();
    for (index, id) in ids.iter().enumerate() {
        assert!(!ids[..index].contains(id), "two ids {id}");
    }
    for node in document.descendants() {
        let targets = node.attribute("aria-labelledby").into_iter().flat_map(str::split_whitespace);
        let targets = targets.chain(node.attribute("href").map(|link| link.trim_start_matches('#')));
        targets.for_each(|target| assert!(ids.contains(&target), "nothing is {target}"));
    }
}

#[test]
fn tables_have_captions_and_scoped_heads_and_pictures_have_names() {
    let page = html(sample::failing(), Language::En);
    let document = parse(&page);
    assert!(named(&document, "table").count() >= 6);
    for table in named(&document, "table") {
        assert!(table.children().find(roxmltree::Node::is_element).unwrap().has_tag_name("caption"));
        let heads = table.descendants().filter(|node| node.has_tag_name("th"));
        heads.for_each(|head| assert!(head.attribute("scope").is_some(), "{}", text(head)));
    }
    for picture in named(&document, "svg").filter(|svg| svg.attribute("aria-hidden") != Some("true")) {
        assert_eq!(picture.attribute("role"), Some("img"));
        let first = picture.children().find(roxmltree::Node::is_element).unwrap();
        assert!(first.has_tag_name("title") && !text(first).is_empty());
    }
    assert_eq!(named(&document, "desc").count(), 1, "the plot says what it shows");
}

#[test]
fn every_fault_has_its_number_on_its_band_and_a_section_of_its_own() {
    let page = html(sample::passing(), Language::En);
    let document = parse(&page);
    let labels: Vec<String> = named(&document, "text")
        .filter(|node| node.attribute("class") == Some("label"))
        .map(text)
        .filter(|label| label.starts_with(|first: char| first.is_ascii_digit()))
        .collect();
    assert_eq!(labels, ["1 Pod kill", "2 Rolling restart", "3 Pod kill", "4 Rolling restart"]);
    let sections: Vec<String> = named(&document, "h3").map(text).collect();
    assert_eq!(sections[0], "1. Pod kill: registry");
    assert_eq!(sections.len(), 4);
}

#[test]
fn the_table_has_the_numbers_of_the_buckets() {
    let mut result = sample::failing();
    prove(&mut result).buckets[40].latency_us = vec![[1_500, 4], [2_500_000, 5], [3_000_000, 1]];
    let buckets = prove(&mut result).buckets.clone();
    let page = html(result, Language::En);
    let table = rows(&parse(&page), "seconds");
    assert_eq!(table.len(), 36);
    for (second, row) in table.iter().enumerate() {
        let own: Vec<_> = buckets.iter().filter(|bucket| bucket.second as usize == second).collect();
        let good: u64 = own.iter().map(|bucket| bucket.good).sum();
        let failed: u64 = own.iter().flat_map(|bucket| bucket.failed.values()).sum();
        let mut samples: Vec<u64> = own
            .iter()
            .flat_map(|bucket| &bucket.latency_us)
            .flat_map(|[value, count]| std::iter::repeat_n(*value, usize::try_from(*count).unwrap()))
            .collect();
        samples.sort_unstable();
        let rank = |percent: usize| samples.get((samples.len() * percent).div_ceil(100).saturating_sub(1));
        #[allow(clippy::cast_precision_loss)]
        let shown = |percent| rank(percent).map_or("–".to_owned(), |us| (*us as f64 / 1_000.0).to_string());
        let want = [(good + failed).to_string(), failed.to_string(), shown(50), shown(95), shown(99)];
        assert_eq!((&row[0], &row[2..]), (&format!("0:{second:02}"), &want[..]));
    }
}

#[test]
fn the_figures_are_those_of_the_verdict() {
    let result = sample::failing();
    let figures = result.verdict.figures.len();
    let page = html(result, Language::En);
    let table = rows(&parse(&page), "budget");
    let (heads, figure_rows): (Vec<_>, Vec<_>) = table.into_iter().partition(|row| row.len() == 1);
    assert_eq!((heads.len(), figure_rows.len()), (8, figures));
    assert!(
        figure_rows.contains(
            &["Failed requests", "35 %", "≤ 5 %", "700 %, beyond the limit 700 %, beyond the limit", "≥ 8.62 %"]
                .map(str::to_owned)
                .to_vec()
        )
    );
    assert!(figure_rows.iter().all(|row| row.len() == 5));
}

#[test]
fn commands_name_the_service_and_the_digest_stands_beside_them() {
    let page = html(sample::passing(), Language::En);
    let document = parse(&page);
    let command = named(&document, "pre").next().unwrap();
    assert!(text(command).starts_with("kubectl factory dossier registered-address -n social-registry > dossier.json"));
    assert!(text(document.root_element()).contains(super::DIGEST));
}

#[test]
fn a_run_of_two_minutes_is_light() {
    let mut result = sample::failing();
    result.plan.prove.phases[1].seconds = 89;
    let like = prove(&mut result).buckets.clone();
    prove(&mut result).buckets = (0..120)
        .flat_map(|second| {
            like[..2].iter().cloned().map(move |mut bucket| {
                bucket.second = second;
                bucket.latency_us = (0..400).map(|cell| [u64::from(second) + 1_000 + cell * 37, 1]).collect();
                bucket
            })
        })
        .collect();
    for language in Language::ALL {
        let size = html(result.clone(), language).len();
        assert!(size < 100_000, "{size}");
    }
}
