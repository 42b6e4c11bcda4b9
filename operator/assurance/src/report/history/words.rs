//! The words of the section in the register's three languages. A word that a language lacks does not compile.

use crate::report::Language;

/// Every word of the section.
#[allow(missing_docs, reason = "a word's name and its English text say what it is")]
pub struct Words {
    pub heading: &'static str,
    pub about: &'static str,
    pub caption: &'static str,
    pub phase: &'static str,
    pub own: &'static str,
    pub earlier: &'static str,
    pub late: &'static str,
    pub not_counted: &'static str,
    pub proven: &'static str,
    pub dossiers: &'static str,
    pub nothing: &'static str,
}

/// The words in `language`.
pub fn of(language: Language) -> &'static Words {
    language.of([&KY, &RU, &EN])
}

const EN: Words = Words {
    heading: "What earlier runs add",
    about: "Repetitions of earlier runs of this service count where nothing that could change them is another: the same bundle, fault, load and limits. They are all that the register has of them, passed or not, up to a number that the standard sets. They sharpen the bound of the modelled year, or make it worse, and one that was not seen to end leaves the year open; what this run showed is judged as if there were none. Of an earlier attempt at this bundle that has none here nothing is known by this: it was not reported, the fault was not felt or not measured in it, or it is older than those that count.",
    caption: "Repetitions of each fault, and the share of recoveries within the declared time that they prove with 95 % confidence",
    phase: "Fault",
    own: "In this run",
    earlier: "In earlier runs",
    late: "Of these not in time",
    not_counted: "Attempts of which none counts",
    proven: "Proven in time",
    dossiers: "Dossiers that the earlier ones are from, the oldest first:",
    nothing: "The register had no earlier repetition under this risk when the run was announced.",
};

const RU: Words = Words {
    heading: "Что добавляют прежние испытания",
    about: "Повторения прежних испытаний этого сервиса учитываются, если ничто из того, что могло бы их изменить, не стало другим: тот же комплект, отказ, нагрузка и пределы. Это все повторения, какие есть в реестре, успешные и нет, не больше числа, заданного стандартом. Они уточняют границу моделируемого года или ухудшают её, а перебой, конца которого не видели, оставляет год без границы; то, что показало это испытание, оценено так, как если бы их не было. О прежней попытке этого комплекта, которой здесь нет, отсюда ничего не известно: о ней не сообщили, отказ в ней не подействовал или не был измерен, либо она старше учтённых.",
    caption: "Повторения каждого отказа и доля восстановлений за заявленное время, которую они доказывают с доверием 95 %",
    phase: "Отказ",
    own: "В этом испытании",
    earlier: "В прежних",
    late: "Из них не вовремя",
    not_counted: "Попытки без учтённых повторений",
    proven: "Доказано вовремя",
    dossiers: "Досье, из которых взяты прежние, начиная с самого старого:",
    nothing: "Когда испытание было объявлено, в реестре не было прежних повторений с таким же риском.",
};

const KY: Words = Words {
    heading: "Мурунку сыноолор эмнени кошот",
    about: "Бул кызматтын мурунку сыноолорундагы кайталоолор аларды өзгөртө турган эч нерсе башка болбосо гана эсепке алынат: ошол эле топтом, үзгүлтүк, жүктөм жана чектер. Бул реестрде бар кайталоолордун баары, ийгиликтүүсү да, ийгиликсизи да, стандарт койгон сандан ашпайт. Алар моделделген жылдын чегин тактайт же начарлатат, ал эми аягы көрүнбөгөн токтоп калуу жылды чексиз калтырат; бул сыноо көрсөткөн нерсе алар жоктой бааланат. Ушул топтомдун бул жерде жок мурунку аракети жөнүндө мындан эч нерсе билинбейт: ал билдирилген эмес, анда үзгүлтүк сезилген же өлчөнгөн эмес, же ал эсепке алынгандардан эски.",
    caption: "Ар бир үзгүлтүктүн кайталоолору жана жарыяланган убакытта калыбына келүүнүн алар 95 % ишеним менен далилдеген үлүшү",
    phase: "Үзгүлтүк",
    own: "Бул сыноодо",
    earlier: "Мурункуларда",
    late: "Алардын кечиккени",
    not_counted: "Кайталоосу эсепке алынбаган аракеттер",
    proven: "Убагында экени далилденди",
    dossiers: "Мурункулар алынган досьелер, эң эскисинен баштап:",
    nothing: "Сыноо жарыяланганда реестрде ушундай тобокелдиктеги мурунку кайталоолор болгон эмес.",
};
