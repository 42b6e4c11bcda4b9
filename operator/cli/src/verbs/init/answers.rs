//! The answers from which a manifest is made: from flags, from a person, or a default that says what
//! is to be written. Which field an answer goes to is the template's business.

use k8s_openapi::jiff::Zoned;

use super::InitError;
use crate::{arguments::Connection, cluster::namespace_of_context, failure::Failure, terminal};

/// Answers given as flags.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Given {
    /// Name of the service: small letters, digits and dashes
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Address of the git repository
    #[arg(long, value_name = "URL")]
    git: Option<String>,
    /// Branch, tag or commit
    #[arg(long = "ref", value_name = "REF")]
    reference: Option<String>,
    /// Title in Kyrgyz
    #[arg(long, value_name = "TEXT")]
    title_ky: Option<String>,
    /// Title in Russian
    #[arg(long, value_name = "TEXT")]
    title_ru: Option<String>,
    /// Title in English
    #[arg(long, value_name = "TEXT")]
    title_en: Option<String>,
    /// How much depends on it: basic, important or critical
    #[arg(long)]
    class: Option<String>,
    /// Full name of the body that supplies it
    #[arg(long, value_name = "TEXT")]
    supplier: Option<String>,
    /// Number of that body in the register of legal entities
    #[arg(long, value_name = "NUMBER")]
    registration_number: Option<String>,
    /// Host name under which users reach it
    #[arg(long)]
    host: Option<String>,
    /// Port on which the program serves HTTP
    #[arg(long)]
    port: Option<String>,
    /// Users at the same time
    #[arg(long, value_name = "NUMBER")]
    users: Option<String>,
    /// Longest time to recovery after a failure, for example 30s
    #[arg(long, value_name = "TIME")]
    recovery_time: Option<String>,
}

/// An answer is asked for in one of these ways.
struct Question<'a> {
    token: &'static str,
    flag: &'static str,
    text: &'static str,
    given: Option<&'a String>,
    /// `None`: only a person knows.
    default: Option<String>,
    /// A number: written without quotes.
    number: bool,
}

/// Namespaces that a body's may be.
#[derive(Debug, Default)]
pub struct Namespaces {
    /// The one that was named.
    given: Option<String>,
    /// The kubeconfig's. `default` is nobody's: no body is called so.
    standing: Option<String>,
}

impl Namespaces {
    /// As `connection` names them.
    pub fn of(connection: &Connection) -> Self {
        let standing = namespace_of_context(connection).filter(|name| name != "default");
        Self { given: connection.namespace.clone(), standing }
    }
}

/// All answers, by the token of the template.
pub struct Answers(Vec<(&'static str, String, bool)>);

impl Answers {
    /// From flags, then from a person where one `can_be_asked`, then from defaults.
    pub fn collect(given: &Given, namespaces: &Namespaces, can_be_asked: bool) -> Result<Self, Failure> {
        let questions = questions(given, namespaces);
        if !can_be_asked {
            let missing: Vec<_> = questions
                .iter()
                .filter(|question| question.given.is_none() && question.default.is_none())
                .map(|question| question.flag)
                .collect();
            if !missing.is_empty() {
                return Err(InitError::Missing(missing.join(" and ")).into());
            }
        }
        let mut answers = Vec::new();
        for question in questions {
            let default = question.default.unwrap_or_default();
            let answer = match question.given {
                Some(given) => given.clone(),
                None if can_be_asked => ask(question.text, &default)?,
                None => default,
            };
            answers.push((question.token, answer, question.number));
        }
        answers.push(("@today@", Zoned::now().date().to_string(), false));
        Ok(Self(answers))
    }

    /// `template` with the answers in their places, each as YAML.
    pub fn fill(&self, template: &str) -> String {
        self.0.iter().fold(template.to_owned(), |text, (token, answer, number)| {
            let is_number = *number && !answer.is_empty() && answer.bytes().all(|byte| byte.is_ascii_digit());
            let yaml = if is_number { answer.clone() } else { quoted(answer) };
            text.replace(token, &yaml)
        })
    }
}

/// Asks until there is an answer.
fn ask(text: &str, default: &str) -> Result<String, Failure> {
    loop {
        let answer = terminal::ask(text, default)?;
        if !answer.is_empty() {
            return Ok(answer);
        }
    }
}

fn questions<'a>(given: &'a Given, namespaces: &'a Namespaces) -> Vec<Question<'a>> {
    let question = |token, flag, text, given, default: Option<&str>| Question {
        token,
        flag,
        text,
        given,
        default: default.map(str::to_owned),
        number: false,
    };
    let number = |token, flag, text, given, default| Question {
        number: true,
        ..question(token, flag, text, given, Some(default))
    };
    let host = given
        .name
        .as_ref()
        .map_or_else(|| "service.example.gov.kg".to_owned(), |name| format!("{name}.example.gov.kg"));
    vec![
        question("@name@", "NAME", "Name (small letters, digits, dashes)", given.name.as_ref(), None),
        question(
            "@namespace@",
            "--namespace",
            "Namespace of your body",
            namespaces.given.as_ref(),
            namespaces.standing.as_deref(),
        ),
        question("@titleKy@", "--title-ky", "Title in Kyrgyz", given.title_ky.as_ref(), Some("<кызматтын аталышы>")),
        question("@titleRu@", "--title-ru", "Title in Russian", given.title_ru.as_ref(), Some("<название услуги>")),
        question("@titleEn@", "--title-en", "Title in English", given.title_en.as_ref(), Some("<name of the service>")),
        question("@class@", "--class", "Class (basic, important, critical)", given.class.as_ref(), Some("basic")),
        question(
            "@supplier@",
            "--supplier",
            "Full name of the body that supplies it",
            given.supplier.as_ref(),
            Some("<full name of the body>"),
        ),
        question(
            "@registrationNumber@",
            "--registration-number",
            "Its number in the register of legal entities",
            given.registration_number.as_ref(),
            Some("<registration number>"),
        ),
        question("@git@", "--git", "Address of the git repository", given.git.as_ref(), None),
        question("@ref@", "--ref", "Branch, tag or commit", given.reference.as_ref(), Some("main")),
        question("@host@", "--host", "Host name for users", given.host.as_ref(), Some(&host)),
        number("@port@", "--port", "Port of the program", given.port.as_ref(), "8080"),
        number("@simultaneousUsers@", "--users", "Users at the same time", given.users.as_ref(), "100"),
        question(
            "@recoveryTime@",
            "--recovery-time",
            "Longest time to recovery after a failure",
            given.recovery_time.as_ref(),
            Some("30s"),
        ),
    ]
}

/// `text` as YAML. JSON's quotes are YAML's too; a simple name or placeholder needs none.
fn quoted(text: &str) -> String {
    let placeholder = text.starts_with('<') && text.ends_with('>') && !text.contains([':', '#']);
    let simple = text.starts_with(|letter: char| letter.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte));
    let reserved = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&text);
    let one_line = !text.chars().any(char::is_control);
    if one_line && (placeholder || simple && !reserved) {
        text.to_owned()
    } else {
        serde_json::Value::from(text).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_stays_one_text_whatever_is_in_it() {
        for text in
            ["main", "on", "30s", "a: b # c", "say \"so\"", "a\nkind: Other", "<name>", "<a: b>", "- x", "@name@", "ү"]
        {
            let yaml = format!("value: {}\n", quoted(text));
            let document = crate::manifest::read(&yaml).unwrap().remove(0);
            assert_eq!(document.value()["value"], *text, "{yaml}");
        }
    }

    #[test]
    fn what_only_a_person_knows_is_asked_for_all_at_once() {
        let error = Answers::collect(&Given::default(), &Namespaces::default(), false).err().unwrap();
        assert_eq!(error.line(), "without a terminal, say also NAME and --namespace and --git");
    }
}
