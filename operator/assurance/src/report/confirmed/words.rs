//! The words of the section in the register's three languages. A word that a language lacks does not compile.

use crate::report::Language;

/// Every word of the section.
#[allow(missing_docs, reason = "a word's name and its English text say what it is")]
pub struct Words {
    pub heading: &'static str,
    pub about: &'static str,
    pub beside: &'static str,
    pub bundle: &'static str,
    pub found: &'static str,
    pub faster: &'static str,
    pub slower: &'static str,
    pub alike: &'static str,
    pub not_known: &'static str,
    pub none_confirmed: &'static str,
    pub nothing_in_common: &'static str,
    pub change: &'static str,
    pub limit: &'static str,
    pub no_limit: &'static str,
    pub caption: &'static str,
    pub block: &'static str,
    pub order: &'static str,
    pub candidate: &'static str,
    pub reference: &'static str,
    pub void: &'static str,
}

/// The words in `language`.
pub fn of(language: Language) -> &'static Words {
    language.of([&KY, &RU, &EN])
}

const EN: Words = Words {
    heading: "Beside the last confirmed release",
    about: "Before the load of this run the candidate (A) and the last confirmed release (B) were asked by turns, at the same rate and for the same things. The order of each block was drawn from the nonce of the run. A difference counts where the blocks show it beyond noise, with 99.5 % confidence on each side.",
    beside: "Measured beside",
    bundle: "Its bundle",
    found: "Found",
    faster: "faster, beyond noise",
    slower: "slower, beyond noise",
    alike: "no difference beyond noise",
    not_known: "not known",
    none_confirmed: "nothing: no release of the service is confirmed",
    nothing_in_common: "nothing: the last confirmed release knows none of these requests",
    change: "95th percentile of latency, middle of the blocks (at least … at most)",
    limit: "Allowed",
    no_limit: "no limit",
    caption: "Within which time 95 % of the requests of each block were answered",
    block: "Block",
    order: "Order",
    candidate: "Candidate, p95",
    reference: "Last confirmed, p95",
    void: "Why it says nothing",
};

const RU: Words = Words {
    heading: "Рядом с последним подтверждённым выпуском",
    about: "До нагрузки этого испытания кандидата (A) и последний подтверждённый выпуск (B) спрашивали по очереди, с одинаковой частотой и об одном и том же. Порядок в каждом блоке определён одноразовым числом испытания. Различие учитывается, если блоки показывают его сверх шума, с доверием 99,5 % с каждой стороны.",
    beside: "Измерено рядом с",
    bundle: "Его комплект",
    found: "Найдено",
    faster: "быстрее, сверх шума",
    slower: "медленнее, сверх шума",
    alike: "различия сверх шума нет",
    not_known: "не известно",
    none_confirmed: "ни с чем: подтверждённых выпусков сервиса нет",
    nothing_in_common: "ни с чем: последний подтверждённый выпуск не знает ни одного из этих запросов",
    change: "95-й перцентиль времени ответа, середина блоков (не меньше … не больше)",
    limit: "Допускается",
    no_limit: "без предела",
    caption: "За какое время пришли ответы на 95 % запросов каждого блока",
    block: "Блок",
    order: "Порядок",
    candidate: "Кандидат, p95",
    reference: "Последний подтверждённый, p95",
    void: "Почему он ничего не говорит",
};

const KY: Words = Words {
    heading: "Акыркы ырасталган чыгарылыш менен катар",
    about: "Бул сыноонун жүктөмүнө чейин талапкерден (A) жана акыркы ырасталган чыгарылыштан (B) кезеги менен, бирдей ылдамдыкта, бир эле нерсе суралды. Ар бир блоктогу тартип сыноонун бир жолку санынан алынды. Айырма блоктор аны ызы-чуудан ашык көрсөткөндө гана эсептелет, ар бир тарапта 99,5 % ишеним менен.",
    beside: "Катар өлчөнгөн",
    bundle: "Анын топтому",
    found: "Табылды",
    faster: "тезирээк, ызы-чуудан ашык",
    slower: "жайыраак, ызы-чуудан ашык",
    alike: "ызы-чуудан ашык айырма жок",
    not_known: "белгисиз",
    none_confirmed: "эч нерсе менен: кызматтын ырасталган чыгарылышы жок",
    nothing_in_common: "эч нерсе менен: акыркы ырасталган чыгарылыш бул суроолордун бирин да билбейт",
    change: "Жооп убактысынын 95-перцентили, блоктордун ортосу (кеминде … эң көбү)",
    limit: "Уруксат берилет",
    no_limit: "чек жок",
    caption: "Ар бир блоктогу суроолордун 95 пайызына канча убакытта жооп келди",
    block: "Блок",
    order: "Тартип",
    candidate: "Талапкер, p95",
    reference: "Акыркы ырасталган, p95",
    void: "Эмне үчүн эч нерсе айтпайт",
};
