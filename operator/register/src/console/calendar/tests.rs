use super::*;

fn days(text: &str) -> Date {
    text.parse().unwrap()
}

#[test]
fn the_term_is_five_working_days_of_bishkek() {
    use Standing::{LastDay, Late, Left};
    let calendar = Calendar::built_in();
    for (came, now, due, standing, why) in [
        ("2026-06-15T04:00:00Z", "2026-06-15T05:00:00Z", "2026-06-22", Left(5), "a Monday: Tuesday to next Monday"),
        ("2026-06-15T04:00:00Z", "2026-06-19T05:00:00Z", "2026-06-22", Left(1), "the Friday before"),
        ("2026-06-15T04:00:00Z", "2026-06-20T05:00:00Z", "2026-06-22", Left(1), "a Saturday: Monday is left"),
        ("2026-06-15T04:00:00Z", "2026-06-22T17:59:59Z", "2026-06-22", LastDay, "until midnight in Bishkek"),
        ("2026-06-15T04:00:00Z", "2026-06-22T18:00:00Z", "2026-06-22", Late(1), "and no longer"),
        ("2026-06-15T18:00:00Z", "2026-06-15T18:00:00Z", "2026-06-23", Left(5), "it is Tuesday already in Bishkek"),
        ("2026-06-19T04:00:00Z", "2026-06-29T04:00:00Z", "2026-06-26", Late(1), "the weekend after is not counted"),
        ("2026-06-19T04:00:00Z", "2026-06-27T04:00:00Z", "2026-06-26", Late(0), "late on the day off after it"),
        ("2026-06-20T04:00:00Z", "2026-06-20T04:00:00Z", "2026-06-26", Left(5), "what comes on a Saturday"),
        ("2026-03-18T04:00:00Z", "2026-03-18T04:00:00Z", "2026-03-26", Left(5), "Orozo Ait, and Nooruz on a Saturday"),
        ("2026-04-30T04:00:00Z", "2026-05-04T04:00:00Z", "2026-05-15", Left(5), "the May holidays"),
        ("2026-12-29T04:00:00Z", "2026-12-29T04:00:00Z", "2027-01-12", Left(5), "over the New Year"),
        ("2026-02-20T04:00:00Z", "2026-02-20T04:00:00Z", "2026-02-27", Left(5), "23 February is worked since 2025"),
        ("2026-06-15T04:00:00Z", "2026-06-01T04:00:00Z", "2026-06-22", Left(5), "a clock that was put back"),
    ] {
        let term = calendar.term(came, now.parse().unwrap()).unwrap();
        assert_eq!((term.due, term.standing), (days(due), standing), "{why}");
    }
}

#[test]
fn a_claim_has_one_working_day() {
    use Standing::{LastDay, Late, Left};
    let calendar = Calendar::built_in();
    for (came, now, due, standing) in [
        ("2026-06-16T04:00:00Z", "2026-06-16T05:00:00Z", "2026-06-17", Left(1)),
        ("2026-06-16T04:00:00Z", "2026-06-17T17:59:59Z", "2026-06-17", LastDay),
        ("2026-06-16T04:00:00Z", "2026-06-17T18:00:00Z", "2026-06-17", Late(1)),
        ("2026-06-19T04:00:00Z", "2026-06-21T04:00:00Z", "2026-06-22", Left(1)),
    ] {
        let term = calendar.term_of(1, came, now.parse().unwrap()).unwrap();
        assert_eq!((term.due, term.standing), (days(due), standing), "{came}");
    }
}

#[test]
fn a_moving_holiday_that_is_not_announced_makes_the_term_preliminary() {
    let calendar = Calendar::built_in();
    for (came, preliminary) in [
        ("2026-05-18T04:00:00Z", false),
        ("2026-05-19T04:00:00Z", true),
        ("2026-05-27T04:00:00Z", true),
        ("2026-05-28T04:00:00Z", false),
        ("2026-03-18T04:00:00Z", false),
    ] {
        assert_eq!(calendar.term(came, came.parse().unwrap()).unwrap().preliminary, preliminary, "{came}");
    }
}

#[test]
fn a_year_without_data_is_an_error_and_no_year_without_holidays() {
    let calendar = Calendar::built_in();
    for (came, now) in [
        ("2025-12-30T04:00:00Z", "2026-01-02T04:00:00Z"),
        ("2027-12-29T04:00:00Z", "2027-12-29T04:00:00Z"),
        ("2027-12-01T04:00:00Z", "2028-01-03T04:00:00Z"),
    ] {
        let error = calendar.term(came, now.parse().unwrap()).unwrap_err().to_string();
        assert!(error.starts_with("working days: there are no data for the year 20"), "{error}");
    }
    assert!(matches!(calendar.term("soon", Timestamp::UNIX_EPOCH), Err(CalendarError::Moment(_))));
}

#[test]
fn a_file_that_contradicts_itself_is_refused_by_its_year() {
    let file = |year: &str| format!(r#"{{"about": "", "years": {{"2026": {year}}}}}"#);
    let name = r#""name": {"ky": "а", "ru": "а", "en": "a"}"#;
    for (year, says) in [
        (r#"{"sources": [], "holidays": []}"#.to_owned(), "must name its source"),
        (
            format!(r#"{{"sources": ["x"], "holidays": [{{"from": "2027-01-01", "to": "2027-01-01", {name}}}]}}"#),
            "in its year",
        ),
        (
            format!(r#"{{"sources": ["x"], "holidays": [{{"from": "2026-01-02", "to": "2026-01-01", {name}}}]}}"#),
            "end after it begins",
        ),
        (r#"{"sources": ["x"], "holidays": [], "working": ["2026-06-15"]}"#.to_owned(), "a Saturday or Sunday"),
        (r#"{"sources": ["x"], "holidays": [], "holiday": []}"#.to_owned(), "unknown field"),
    ] {
        let error = Calendar::parse(&file(&year)).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    let worked = file(r#"{"sources": ["x"], "holidays": [], "working": ["2026-06-20"]}"#);
    assert!(Calendar::parse(&worked).unwrap().is_working(days("2026-06-20")).unwrap());
}
