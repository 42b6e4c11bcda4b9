//! The words of the tables in the register's three languages. A word that a language lacks does not compile.

use crate::report::Language;

/// Every word of a table.
#[allow(missing_docs, reason = "a word's name and its English text say what it is")]
pub struct Words {
    pub caption: &'static str,
    pub operation: &'static str,
    pub requests: &'static str,
    pub failed: &'static str,
    pub failed_after: &'static str,
    pub again: &'static str,
    pub not_again: &'static str,
}

/// The words in `language`.
pub fn of(language: Language) -> &'static Words {
    language.of([&KY, &RU, &EN])
}

const EN: Words = Words {
    caption: "What still answered while it acted, and when each operation answered again, of what was asked",
    operation: "Operation",
    requests: "Requests meanwhile",
    failed: "Failed meanwhile",
    failed_after: "Failed afterwards",
    again: "Answered again, from its beginning",
    not_again: "not seen in this window",
};

const RU: Words = Words {
    caption: "Что ещё отвечало, пока отказ действовал, и когда каждая операция ответила снова, из заданного",
    operation: "Операция",
    requests: "Запросов за это время",
    failed: "Из них неудачных",
    failed_after: "Неудач потом",
    again: "Снова отвечала, от начала отказа",
    not_again: "в этом окне не видно",
};

const KY: Words = Words {
    caption: "Үзгүлтүк таасир эткенде берилген суроо-талаптардын кайсынысы дагы эле жооп алды жана ар бир операция качан кайра жооп берди",
    operation: "Операция",
    requests: "Ошол учурда суроо-талаптар",
    failed: "Алардын аткарылбаганы",
    failed_after: "Кийин аткарылбады",
    again: "Кайра жооп берди, үзгүлтүк башталгандан бери",
    not_again: "бул терезеде көрүнгөн жок",
};
