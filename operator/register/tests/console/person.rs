//! Someone who sends to the console what a browser would, or would not.

use factory_assurance::wire::SubmissionState;
use reqwest::{Method, RequestBuilder};

use crate::world::{Answer, World, send};

/// A client with a session, or on the way to one.
pub struct Person<'w> {
    world: &'w World,
    /// What it holds, as the header `Cookie` has it.
    pub cookies: String,
    /// Headers of whoever stands before the register.
    pub headers: Vec<(&'static str, &'static str)>,
}

/// The value of the hidden field `name` that stands last on a page.
pub fn field(answer: &Answer, name: &str) -> String {
    let (_, after) = answer.text.rsplit_once(&format!("name=\"{name}\" value=\"")).unwrap();
    after.split('"').next().unwrap().to_owned()
}

impl<'w> Person<'w> {
    pub const fn new(world: &'w World) -> Self {
        Self { world, cookies: String::new(), headers: Vec::new() }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.world.request(method, path, "").header("cookie", &self.cookies);
        self.headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
    }

    pub async fn get(&self, path: &str) -> Answer {
        send(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let escape = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        let body: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect();
        let kind = "application/x-www-form-urlencoded";
        send(self.request(Method::POST, path).header("content-type", kind).body(body.join("&"))).await
    }

    /// Hands in a form with parts.
    pub async fn hand_in(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let part = |(name, value): &(&str, &str)| {
            format!("--part\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let body = fields.iter().map(part).collect::<String>() + "--part--\r\n";
        send(self.request(Method::POST, path).header("content-type", "multipart/form-data; boundary=part").body(body))
            .await
    }

    /// Takes what an answer gives it to hold.
    pub fn keep(&mut self, answer: &Answer) {
        let set = answer.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap());
        let held: Vec<_> = set.filter(|cookie| !cookie.contains("Max-Age=0")).collect();
        self.cookies = held.iter().map(|cookie| cookie.split(';').next().unwrap()).collect::<Vec<_>>().join("; ");
    }

    /// Opens the form and shows `token` there.
    pub async fn show(&mut self, token: &str) -> Answer {
        let form = self.get("/console/sign-in?lang=en").await;
        self.keep(&form);
        self.post("/console/sign-in?lang=en", &[("csrf", &field(&form, "csrf")), ("token", token)]).await
    }

    /// A person with a session.
    pub async fn signed_in(world: &'w World, token: &str) -> Self {
        let mut person = Self::new(world);
        let answer = person.show(token).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/console?lang=en"), "{}", answer.text);
        person.keep(&answer);
        person
    }

    /// Opens a form of `state` and sends it with `fields` beside its proofs.
    pub async fn decide(&self, state: &SubmissionState, form: &str, fields: &[(&str, &str)]) -> Answer {
        let path = format!("/console/submissions/{}/{form}?lang=en", state.id);
        let page = self.get(&path).await;
        assert_eq!(page.status.as_u16(), 200, "{}", page.text);
        let (csrf, number) = (field(&page, "csrf"), field(&page, "form"));
        let fields = [&[("csrf", &*csrf), ("form", &*number)], fields].concat();
        if form == "confirm" { self.hand_in(&path, &fields).await } else { self.post(&path, &fields).await }
    }
}
