//! Which language a request asks for.

use factory_assurance::report::Language;

/// What a request asks for: `?lang=` first, then `Accept-Language`, else Kyrgyz.
pub fn chosen(query: Option<&str>, accept: Option<&str>) -> Language {
    query.and_then(of_tag).or_else(|| accept.and_then(accepted)).unwrap_or(Language::Ky)
}

/// The language of a tag such as `ky`, `ru-KG` or `EN`.
fn of_tag(tag: &str) -> Option<Language> {
    let primary = tag.split('-').next().unwrap_or_default();
    Language::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
}

/// The best of an `Accept-Language` header; the first of equals.
fn accepted(header: &str) -> Option<Language> {
    let mut best: Option<(u16, Language)> = None;
    for part in header.split(',') {
        let mut parameters = part.split(';').map(str::trim);
        let Some(language) = parameters.next().and_then(of_tag) else { continue };
        let quality = parameters.find_map(|parameter| parameter.strip_prefix("q=")).map_or(1000, thousandths);
        if quality > 0 && best.is_none_or(|(before, _)| quality > before) {
            best = Some((quality, language));
        }
    }
    best.map(|(_, language)| language)
}

/// `0.75` as 750; what is no quality counts as none.
fn thousandths(text: &str) -> u16 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{whole}{fraction:0<3}");
    if fraction.len() > 3 || whole.len() != 1 { 0 } else { digits.parse().unwrap_or(0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_the_one_that_was_asked_for() {
        use Language::{En, Ky, Ru};
        for (query, accept, expected) in [
            (Some("en"), Some("ru"), En),
            (Some("EN"), None, En),
            (Some("xx"), Some("ru"), Ru),
            (None, Some("de, ru-KG;q=0.5, en;q=0.7"), En),
            (None, Some("en;q=0, ru;q=0.001"), Ru),
            (None, Some("ru, en"), Ru),
            (None, Some("*"), Ky),
            (None, Some(";;q=,,=;q=9"), Ky),
            (None, None, Ky),
        ] {
            assert_eq!(chosen(query, accept), expected, "{query:?} {accept:?}");
        }
    }
}
