//! Words about what was observed.

use factory_assurance::report::Language;

/// The words in `language`.
#[must_use]
pub const fn of(language: Language) -> &'static Words {
    language.of([&KY, &RU, &EN])
}

/// Every word about what was observed.
#[allow(missing_docs, reason = "a word's name and its English text say what it is")]
#[derive(Debug)]
pub struct Words {
    pub title: &'static str,
    pub intro: &'static str,
    pub compared: &'static str,
    pub what: &'static str,
    pub predicted: &'static str,
    pub observed: &'static str,
    pub downtime: &'static str,
    pub recovery: &'static str,
    pub not_predicted: &'static str,
    pub missing: &'static str,
    pub availability: &'static str,
    pub bars: &'static str,
    pub measured: &'static str,
    pub table: &'static str,
    pub day: &'static str,
    pub down: &'static str,
    pub measured_minutes: &'static str,
    pub as_json: &'static str,
}

const KY: Words = Words {
    title: "Алдын ала айтылганы жана байкалганы",
    intro: "Алдын ала айтылган маанилер акыркы досьеден алынды. Байкалган маанилер ишке киргизилген кызматтан мүнөт сайын өлчөнгөн; өлчөнбөгөнү иштеди деп эсептелбейт.",
    compared: "Иштебеген убакыт жана калыбына келүү",
    what: "Көрсөткүч",
    predicted: "Алдын ала айтылган",
    observed: "Байкалган",
    downtime: "Жылдагы иштебеген убакыт (байкалганы: ушундай уланса)",
    recovery: "Калыбына келүүнүн эң узак убактысы",
    not_predicted: "айтылган эмес",
    missing: "өлчөнгөн эмес",
    availability: "Жеткиликтүүлүк",
    bars: "Акыркы 90 күндөгү жеткиликтүүлүк, күн сайын; ошол эле сандар төмөнкү таблицада",
    measured: "Ушул 90 күндүн өлчөнгөн мүнөттөрү",
    table: "Күндөр боюнча таблица",
    day: "Күн",
    down: "Иштебеген мүнөттөр",
    measured_minutes: "Өлчөнгөн мүнөттөр",
    as_json: "Ошол эле JSON түрүндө",
};

const RU: Words = Words {
    title: "Предсказано и наблюдалось",
    intro: "Предсказанные значения взяты из последнего досье. Наблюдавшиеся измерены у запущенного сервиса поминутно; неизмеренное не считается работой.",
    compared: "Простой и восстановление",
    what: "Показатель",
    predicted: "Предсказано",
    observed: "Наблюдалось",
    downtime: "Простой за год (наблюдавшийся: если так и продолжится)",
    recovery: "Самое долгое восстановление",
    not_predicted: "не предсказано",
    missing: "не измерено",
    availability: "Доступность",
    bars: "Доступность за последние 90 дней, по дням; те же числа в таблице ниже",
    measured: "Измеренные минуты этих 90 дней",
    table: "Таблица по дням",
    day: "День",
    down: "Минуты простоя",
    measured_minutes: "Измеренные минуты",
    as_json: "То же в виде JSON",
};

const EN: Words = Words {
    title: "Predicted and observed",
    intro: "What is predicted comes from the newest dossier. What was observed was measured on the launched service, minute by minute; what was not measured does not count as available.",
    compared: "Downtime and recovery",
    what: "Indicator",
    predicted: "Predicted",
    observed: "Observed",
    downtime: "Downtime in a year (observed: if it goes on like this)",
    recovery: "Longest recovery",
    not_predicted: "not predicted",
    missing: "not measured",
    availability: "Availability",
    bars: "Availability of the last 90 days, day by day; the same numbers are in the table below",
    measured: "Measured minutes of these 90 days",
    table: "Table by days",
    day: "Day",
    down: "Minutes down",
    measured_minutes: "Minutes measured",
    as_json: "The same as JSON",
};
