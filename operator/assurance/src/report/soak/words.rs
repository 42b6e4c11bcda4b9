//! The words of the section in the register's three languages. A word that a language lacks does not compile.

use crate::report::Language;

/// Every word of the section.
#[allow(missing_docs, reason = "a word's name and its English text say what it is")]
pub struct Words {
    pub heading: &'static str,
    pub about: &'static str,
    pub lasted: &'static str,
    pub every: &'static str,
    pub horizon: &'static str,
    pub latency: &'static str,
    pub leads: &'static str,
    pub nowhere: &'static str,
    pub not_known: &'static str,
    pub memory_plot: &'static str,
    pub descriptors_plot: &'static str,
    pub latency_plot: &'static str,
    pub axis_time: &'static str,
    pub caption: &'static str,
    pub component: &'static str,
    pub pod: &'static str,
    pub looks: &'static str,
    pub restarts: &'static str,
    pub memory: &'static str,
    pub descriptors: &'static str,
    pub nothing_seen: &'static str,
}

/// The words in `language`.
pub fn of(language: Language) -> &'static Words {
    language.of([&KY, &RU, &EN])
}

const EN: Words = Words {
    heading: "Soak",
    about: "Before the first fault the declared load went on for minutes, and the memory and the open descriptors of each pod were looked at. What grows, not by chance, is drawn out to the horizon of the standard: it must stay within its limit until then. A line that breaks off and begins again is a container that was started again.",
    lasted: "Lasted",
    every: "From one look to the next",
    horizon: "Looked ahead",
    latency: "95 % of answers came within",
    leads: "leads to",
    nowhere: "does not grow",
    not_known: "not known",
    memory_plot: "Memory that cannot be given back, in MiB",
    descriptors_plot: "Open descriptors",
    latency_plot: "95th percentile of latency, in ms",
    axis_time: "minutes:seconds from the start of the soak",
    caption: "What each pod used at the begin and at the end of the soak, and where that leads within the horizon",
    component: "Component",
    pod: "Pod (UID)",
    looks: "Looks",
    restarts: "Started again",
    memory: "Memory",
    descriptors: "Descriptors",
    nothing_seen: "Nobody looked at any pod.",
};

const RU: Words = Words {
    heading: "Длительная нагрузка",
    about: "До первого сбоя заявленная нагрузка держалась несколько минут, и у каждого пода смотрели память и открытые дескрипторы. Неслучайный рост продолжается до срока, заданного стандартом: до него должен сохраняться предел. Линия, которая обрывается и начинается заново, – это контейнер, запущенный снова.",
    lasted: "Длительность",
    every: "Между двумя замерами",
    horizon: "На какой срок вперёд",
    latency: "95 % ответов пришли за",
    leads: "ведёт к",
    nowhere: "не растёт",
    not_known: "не известно",
    memory_plot: "Память, которую нельзя вернуть, МиБ",
    descriptors_plot: "Открытые дескрипторы",
    latency_plot: "95-й перцентиль времени ответа, мс",
    axis_time: "минуты:секунды от начала длительной нагрузки",
    caption: "Сколько использовал каждый под в начале и в конце и к чему это ведёт к заданному сроку",
    component: "Компонент",
    pod: "Под (UID)",
    looks: "Замеры",
    restarts: "Запущен снова",
    memory: "Память",
    descriptors: "Дескрипторы",
    nothing_seen: "Поды никто не смотрел.",
};

const KY: Words = Words {
    heading: "Узак жүктөм",
    about: "Биринчи үзгүлтүккө чейин билдирилген жүктөм бир нече мүнөт сакталды, ар бир поддун эс тутуму жана ачык дескрипторлору каралды. Кокустан болбогон өсүш стандарт белгилеген мөөнөткө чейин улантылат: ага чейин чек сакталууга тийиш. Үзүлүп кайра башталган сызык – кайра ишке киргизилген контейнер.",
    lasted: "Узактыгы",
    every: "Эки караштын ортосу",
    horizon: "Канча мөөнөткө алдыга",
    latency: "Жооптордун 95 пайызы ушул убакытта келди",
    leads: "ушуга алып барат",
    nowhere: "өспөйт",
    not_known: "белгисиз",
    memory_plot: "Кайтарып берүүгө мүмкүн болбогон эс тутум, МиБ",
    descriptors_plot: "Ачык дескрипторлор",
    latency_plot: "Жооп убактысынын 95-перцентили, мс",
    axis_time: "узак жүктөм башталгандан берки мүнөт:секунд",
    caption: "Ар бир под башында жана аягында канча колдонгону жана ал белгиленген мөөнөттө эмнеге алып барары",
    component: "Компонент",
    pod: "Под (UID)",
    looks: "Караштар",
    restarts: "Кайра ишке кирди",
    memory: "Эс тутум",
    descriptors: "Дескрипторлор",
    nothing_seen: "Поддорду эч ким караган жок.",
};
