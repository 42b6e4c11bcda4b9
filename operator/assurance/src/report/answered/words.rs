//! The words of the tables in the register's three languages. A word that a language lacks does not compile.

use crate::report::Language;

/// Every word of a table, and of the fact above it.
#[allow(missing_docs, reason = "a word's name and its English text say what it is")]
pub struct Words {
    pub caption: &'static str,
    pub operation: &'static str,
    pub requests: &'static str,
    pub failed: &'static str,
    pub failed_after: &'static str,
    pub again: &'static str,
    pub not_again: &'static str,
    pub tried: &'static str,
}

/// The words in `language`.
pub fn of(language: Language) -> &'static Words {
    language.of([&KY, &RU, &EN])
}

const EN: Words = Words {
    caption: "What still answered while it acted, and when each operation answered again",
    operation: "Operation",
    requests: "Requests meanwhile",
    failed: "Failed meanwhile",
    failed_after: "Failed afterwards",
    again: "No failure any more after",
    not_again: "not within this window",
    tried: "Tries for each request of users, while it acted",
};

const RU: Words = Words {
    caption: "Что ещё отвечало, пока отказ действовал, и когда каждая операция ответила снова",
    operation: "Операция",
    requests: "Запросов за это время",
    failed: "Из них неудачных",
    failed_after: "Неудач потом",
    again: "Больше нет неудач через",
    not_again: "не в этом окне",
    tried: "Попыток на каждый запрос пользователей, пока отказ действовал",
};

const KY: Words = Words {
    caption: "Үзгүлтүк таасир эткенде эмне дагы эле жооп берди жана ар бир операция качан кайра жооп берди",
    operation: "Операция",
    requests: "Ошол учурда суроо-талаптар",
    failed: "Алардын аткарылбаганы",
    failed_after: "Кийин аткарылбады",
    again: "Мындан кийин баары аткарылды",
    not_again: "бул терезеде эмес",
    tried: "Үзгүлтүк таасир эткенде колдонуучулардын ар бир суроо-талабына аракеттер",
};
