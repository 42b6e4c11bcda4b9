//! What the browser holds: the number of its session, and of a sign-in form. Never a token.

use axum::http::{
    HeaderMap, HeaderValue,
    header::{COOKIE, HOST},
};

/// What a cookie is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A session.
    Session,
    /// The form of a sign-in, before there is a session.
    Form,
    /// A journey to the identity provider. It comes back with a request that another site began.
    Provider,
}

/// How a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Over TLS, which the ingress ended.
    Tls,
    /// From this machine.
    Local,
    /// In the open: no token may be shown here.
    Open,
}

impl Way {
    /// Of a request with these `headers`. Who forges them harms only the own cookie.
    pub fn of(headers: &HeaderMap) -> Self {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        if header("x-forwarded-proto").is_some_and(|proto| proto.eq_ignore_ascii_case("https")) {
            return Self::Tls;
        }
        let host = header(HOST.as_str()).unwrap_or_default();
        let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
        let name = name.map_or(host, |(name, _)| name);
        let local = matches!(name, "localhost" | "127.0.0.1" | "[::1]") || name.ends_with(".localhost");
        if local { Self::Local } else { Self::Open }
    }
}

const fn name(kind: Kind, way: Way) -> &'static str {
    match (kind, way) {
        (Kind::Session, Way::Tls) => "__Host-factory-console",
        (Kind::Form, Way::Tls) => "__Host-factory-form",
        (Kind::Provider, Way::Tls) => "__Host-factory-provider",
        (Kind::Session, _) => "factory-console",
        (Kind::Form, _) => "factory-form",
        (Kind::Provider, _) => "factory-provider",
    }
}

/// The value that the browser holds.
pub fn read(headers: &HeaderMap, kind: Kind) -> Option<String> {
    let name = name(kind, Way::of(headers));
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value.to_owned()).filter(|value| ours(value))
}

/// Whether a value could be one that was given out: it is written into a header again.
fn ours(value: &str) -> bool {
    value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A `Set-Cookie` with `value`, or one that takes the cookie away.
pub fn write(headers: &HeaderMap, kind: Kind, value: Option<&str>) -> HeaderValue {
    let way = Way::of(headers);
    let secure = if way == Way::Tls { "; Secure" } else { "" };
    let (value, age) = value.map_or(("", "; Max-Age=0"), |value| (value, ""));
    let site = if kind == Kind::Provider { "Lax" } else { "Strict" };
    let cookie = format!("{}={value}; Path=/; HttpOnly; SameSite={site}{secure}{age}", name(kind, way));
    // Digits and letters only.
    HeaderValue::from_str(&cookie).unwrap_or(HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn a_token_is_shown_over_tls_or_on_this_machine_only() {
        for (pairs, way) in [
            (&[("host", "register.gov.kg"), ("x-forwarded-proto", "https")][..], Way::Tls),
            (&[("host", "register.gov.kg"), ("x-forwarded-proto", "http")], Way::Open),
            (&[("host", "register.gov.kg")], Way::Open),
            (&[("host", "localhost.gov.kg:8080")], Way::Open),
            (&[("host", "127.0.0.1:8080")], Way::Local),
            (&[("host", "[::1]:8080")], Way::Local),
            (&[("host", "[::1]")], Way::Local),
            (&[("host", "register.localhost:80")], Way::Local),
            (&[], Way::Open),
        ] {
            assert_eq!(Way::of(&headers(pairs)), way, "{pairs:?}");
        }
    }

    #[test]
    fn over_tls_the_cookie_is_bound_to_the_host() {
        const ONE: &str = "1111111111111111111111111111111111111111111111111111111111111111";
        const TWO: &str = "2222222222222222222222222222222222222222222222222222222222222222";
        let cookies = format!("a=b; __Host-factory-console={ONE}; factory-console={TWO}; factory-form=x");
        let with = |mut headers: HeaderMap| {
            headers.insert(COOKIE, cookies.parse().unwrap());
            headers
        };
        let tls = with(headers(&[("x-forwarded-proto", "https")]));
        assert_eq!(read(&tls, Kind::Session).as_deref(), Some(ONE));
        let written = write(&tls, Kind::Session, Some("1f"));
        assert_eq!(written, "__Host-factory-console=1f; Path=/; HttpOnly; SameSite=Strict; Secure");
        let written = write(&tls, Kind::Provider, Some("1f"));
        assert_eq!(written, "__Host-factory-provider=1f; Path=/; HttpOnly; SameSite=Lax; Secure");
        let local = with(headers(&[("host", "localhost")]));
        assert_eq!(read(&local, Kind::Session).as_deref(), Some(TWO));
        assert_eq!(read(&local, Kind::Form), None, "not a value of ours");
        assert_eq!(write(&local, Kind::Form, None), "factory-form=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    }
}
