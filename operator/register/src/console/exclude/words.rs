//! The words of an exclusion in the register's three languages. `{}` stands where the service's title goes.

use factory_assurance::report::Language;

/// The words in `language`.
#[must_use]
pub const fn of(language: Language) -> &'static Words {
    language.of([&KY, &RU, &EN])
}

/// Every word of the form.
#[derive(Debug)]
pub struct Words {
    /// What leads here.
    pub exclude: &'static str,
    /// Heading.
    pub title: &'static str,
    /// What follows from it.
    pub intro: &'static str,
    /// The ground.
    pub reason: &'static str,
    /// The item of law.
    pub item: &'static str,
    /// What the fields take.
    pub hint: &'static str,
    /// The button.
    pub now: &'static str,
    /// What is wrong with the fields.
    pub unfit: &'static str,
}

const EN: Words = Words {
    exclude: "Exclude from the register…",
    title: "Exclude {}",
    intro: "The entry stays public and says when, why and by which item of law it was excluded. The service is taken down, and comes back by another submission only. This cannot be undone.",
    reason: "Ground, for everyone to read",
    item: "Item of law",
    hint: "The ground is one line of at most 500 characters, the item of at most 100.",
    now: "Exclude",
    unfit: "Write the ground in one line of 1 to 500 characters and the item in 1 to 100.",
};

const RU: Words = Words {
    exclude: "Исключить из реестра…",
    title: "Исключение: {}",
    intro: "Запись остаётся публичной и сообщает, когда, почему и по какому пункту она исключена. Сервис останавливается и возвращается только после нового досье. Отменить исключение нельзя.",
    reason: "Основание, для всех",
    item: "Пункт нормативного акта",
    hint: "Основание – одна строка не длиннее 500 знаков, пункт – не длиннее 100.",
    now: "Исключить",
    unfit: "Укажите основание одной строкой от 1 до 500 знаков и пункт от 1 до 100 знаков.",
};

const KY: Words = Words {
    exclude: "Реестрден чыгаруу…",
    title: "Реестрден чыгаруу: {}",
    intro: "Жазуу жалпыга ачык бойдон калат жана качан, эмне үчүн, кайсы пункт боюнча чыгарылганын билдирет. Сервис токтотулат жана жаңы досьеден кийин гана кайтып келет. Чыгарууну жокко чыгарууга болбойт.",
    reason: "Негизи, баары окуш үчүн",
    item: "Ченемдик актынын пункту",
    hint: "Негизи – 500 белгиден ашпаган бир сап, пункту – 100 белгиден ашпасын.",
    now: "Чыгаруу",
    unfit: "Негизин 1ден 500гө чейин белгиден турган бир сап менен, пунктун 1ден 100гө чейин белги менен жазыңыз.",
};
