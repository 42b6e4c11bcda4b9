//! The words of the section in the register's three languages. A word that a language lacks does not compile.

use crate::{report::Language, verdict::capacity::State};

/// Every word of the section.
#[allow(missing_docs, reason = "a word's name and its English text say what it is")]
pub struct Words {
    pub heading: &'static str,
    pub about: &'static str,
    pub held_up_to: &'static str,
    pub no_step: &'static str,
    pub broke_at: &'static str,
    pub nowhere: &'static str,
    pub not_known: &'static str,
    pub must_hold: &'static str,
    pub must_hold_mark: &'static str,
    pub ran_on: &'static str,
    pub node: &'static str,
    pub no_limit: &'static str,
    pub plot_title: &'static str,
    pub caption: &'static str,
    pub step: &'static str,
    pub rate: &'static str,
    pub outcome: &'static str,
    pub declared: &'static str,
    pub held: &'static str,
    pub broke: &'static str,
    pub unknown: &'static str,
    pub untold: &'static str,
}

impl Words {
    /// What became of a step.
    pub const fn state(&self, state: State) -> &'static str {
        match state {
            State::Held => self.held,
            State::Broke => self.broke,
            State::Unknown => self.unknown,
            State::Untold => self.untold,
        }
    }
}

/// The words in `language`.
pub fn of(language: Language) -> &'static Words {
    language.of([&KY, &RU, &EN])
}

const EN: Words = Words {
    heading: "Capacity",
    about: "After the last steady state the load rose above the rate of the declared users, step by step. A step holds where the limits of the steady state are kept in it. Steps beyond the one that must hold find the breaking point and fail nothing; what comes after a step that broke says nothing.",
    held_up_to: "Held up to",
    no_step: "no step",
    broke_at: "Broke at",
    nowhere: "nowhere: every step held",
    not_known: "not known",
    must_hold: "Must hold",
    must_hold_mark: "must hold",
    ran_on: "Measured on",
    node: "node",
    no_limit: "no limit",
    plot_title: "Steps of the load, in percent of the rate of the declared users",
    caption: "The steps, and what became of each",
    step: "Step",
    rate: "Planned, requests a second",
    outcome: "Outcome",
    declared: "declared",
    held: "held",
    broke: "broke",
    unknown: "not known",
    untold: "after a break",
};

const RU: Words = Words {
    heading: "Запас по нагрузке",
    about: "После последней фазы без сбоев нагрузка поднималась выше заявленной, ступень за ступенью. Ступень выдержана, если на ней соблюдены пределы фаз без сбоев. Ступени выше обязательной находят точку отказа и ничего не проваливают; ступени после первой невыдержанной ни о чём не говорят.",
    held_up_to: "Выдержано до",
    no_step: "ни одной ступени",
    broke_at: "Не выдержано на",
    nowhere: "выдержаны все ступени",
    not_known: "не известно",
    must_hold: "Должно быть выдержано",
    must_hold_mark: "обязательно",
    ran_on: "Измерено на",
    node: "узел",
    no_limit: "без предела",
    plot_title: "Ступени нагрузки в процентах от нагрузки заявленных пользователей",
    caption: "Ступени и что с каждой стало",
    step: "Ступень",
    rate: "По плану, запросов в секунду",
    outcome: "Итог",
    declared: "заявлено",
    held: "выдержана",
    broke: "не выдержана",
    unknown: "не известно",
    untold: "после отказа",
};

const KY: Words = Words {
    heading: "Жүктөм боюнча запас",
    about: "Акыркы үзгүлтүксүз фазадан кийин жүктөм билдирилген деңгээлден жогору баскыч-баскыч менен көтөрүлдү. Үзгүлтүксүз фазанын чектери сакталса, баскыч чыдады деп эсептелет. Милдеттүү баскычтан жогоркулар чыдабай калган жерди табат жана эч нерсени жокко чыгарбайт; чыдабаган биринчи баскычтан кийинкилери эч нерсе айтпайт.",
    held_up_to: "Чыдады",
    no_step: "бир да баскычка чыдаган жок",
    broke_at: "Чыдабай калды",
    nowhere: "суралган баскычтардын баарына чыдады",
    not_known: "белгисиз",
    must_hold: "Чыдоого тийиш",
    must_hold_mark: "милдеттүү",
    ran_on: "Эмнеде өлчөндү",
    node: "түйүн",
    no_limit: "чексиз",
    plot_title: "Жүктөмдүн баскычтары, билдирилген колдонуучулардын жүктөмүнө карата пайыз менен",
    caption: "Баскычтар жана алардын жыйынтыгы",
    step: "Баскыч",
    rate: "План боюнча, секундасына суроо-талап",
    outcome: "Жыйынтык",
    declared: "билдирилген",
    held: "чыдады",
    broke: "чыдаган жок",
    unknown: "белгисиз",
    untold: "чыдабагандан кийин",
};
