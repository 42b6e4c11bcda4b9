//! How much one address and one user may ask for, so that nobody takes the register away from the others. An
//! address is limited before anything is read for it; a user, whose address is perhaps a whole office's, once it
//! is known who asks.
//!
//! *Architecture invariant:* what a stranger writes into `X-Forwarded-For` is never believed.

use std::{
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    extract::{ConnectInfo, FromRequestParts, MatchedPath, Request, State},
    http::{HeaderMap, request::Parts},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use governor::{
    Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
    state::keyed::DashMapStateStore,
};
use ipnet::IpNet;

use super::{Register, problem::Refusal};
use crate::peer::Peer;

/// Once in so many questions, those who have not asked for long are forgotten.
const FORGET_EVERY: u64 = 4096;

/// Senders that an address is taken for where it is a proxy's that nobody named: the whole public comes from there.
const CROWD: NonZeroU32 = NonZeroU32::MIN.saturating_add(49);

/// What whoever starts the register may set.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Address of the public pages, which names of things in linked data begin with.
    pub address: Option<String>,
    /// Requests a second from one address.
    pub per_address: NonZeroU32,
    /// Requests a second of one user.
    pub per_user: NonZeroU32,
    /// Claims an hour from one address (67).
    pub claims_per_address: NonZeroU32,
    /// Shortest time in which a person fills a public form in.
    pub form_takes: Duration,
    /// Networks of proxies whose `X-Forwarded-For` is believed.
    pub proxies: Vec<IpNet>,
}

impl Default for Settings {
    /// So much that only a mistake or an attack comes to it.
    fn default() -> Self {
        let at_least_one = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        Self {
            address: None,
            per_address: at_least_one(500),
            per_user: at_least_one(200),
            claims_per_address: at_least_one(10),
            form_takes: Duration::from_secs(3),
            proxies: Vec::new(),
        }
    }
}

/// What was asked for lately.
pub struct Limits {
    addresses: Keyed<IpAddr>,
    users: Keyed<String>,
    claims: Keyed<IpAddr>,
    crowds: Keyed<IpAddr>,
    proxies: Vec<IpNet>,
}

impl Limits {
    /// Nothing asked for yet.
    pub fn of(settings: &Settings) -> Self {
        let (addresses, users) = (Keyed::new(settings.per_address), Keyed::new(settings.per_user));
        let claims = Keyed::an_hour(settings.claims_per_address);
        let crowds = Keyed::an_hour(settings.claims_per_address.saturating_mul(CROWD));
        Self { addresses, users, claims, crowds, proxies: settings.proxies.clone() }
    }

    /// Counts a request of `user`.
    pub fn user(&self, user: &str) -> Result<(), Refusal> {
        self.users.count(&user.to_owned(), user)
    }

    /// Who asks with a request that came from `peer` with `headers`, as far as a proxy that is believed says so;
    /// of IPv6 the network of one house.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        network(client(peer, headers, &self.proxies))
    }

    /// Counts a request that came from `peer` with `headers`.
    fn address(&self, peer: IpAddr, headers: &HeaderMap) -> Result<(), Refusal> {
        let client = client(peer, headers, &self.proxies);
        self.addresses.count(&network(client), &client.to_string())
    }
}

/// Limits the requests from one address. Probes and figures are for those who run the register: a refused probe
/// would end it. For everybody who comes by the ingress they are requests like others.
pub async fn limit(State(register): State<Arc<Register>>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let peer = request.extensions().get::<ConnectInfo<Peer>>();
    // The kubelet asks straight; what comes through an ingress says so.
    let straight = !request.headers().contains_key("x-forwarded-for");
    match (route, peer) {
        (Some("/healthz" | "/readyz" | "/metrics"), _) if straight => next.run(request).await,
        (_, None) => next.run(request).await,
        (_, Some(ConnectInfo(Peer(peer)))) => match register.limits.address(*peer, request.headers()) {
            Ok(()) => next.run(request).await,
            Err(refusal) => refusal.into_response(),
        },
    }
}

/// Whoever sends something without an account.
#[derive(Clone, Copy, Debug)]
pub enum Sender {
    /// Nobody knows from where: the register is not asked over a network.
    Here,
    /// From this address.
    One(IpAddr),
    /// By a proxy that is not believed, so perhaps everyone.
    Crowd(IpAddr),
}

impl Sender {
    /// Counts a claim of theirs.
    pub fn count(&self, register: &Register) -> Result<(), Refusal> {
        let limits = &register.limits;
        match self {
            Self::Here => Ok(()),
            Self::One(client) => limits.claims.count(&network(*client), &client.to_string()),
            Self::Crowd(proxy) => limits.crowds.count(proxy, &proxy.to_string()),
        }
    }
}

impl FromRequestParts<Arc<Register>> for Sender {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, register: &Arc<Register>) -> Result<Self, Self::Rejection> {
        let Some(ConnectInfo(Peer(peer))) = parts.extensions.get::<ConnectInfo<Peer>>() else { return Ok(Self::Here) };
        let client = client(*peer, &parts.headers, &register.limits.proxies);
        let forwarded = parts.headers.contains_key("x-forwarded-for");
        // A proxy that nobody named is still the client, although it speaks for others.
        Ok(if forwarded && client == *peer { Self::Crowd(client) } else { Self::One(client) })
    }
}

/// Who asks: the last address in `X-Forwarded-For` that is not itself a proxy's, where a proxy says so; else
/// whoever is at the other end of the connection.
fn client(peer: IpAddr, headers: &HeaderMap, proxies: &[IpNet]) -> IpAddr {
    let trusted = |address: &IpAddr| proxies.iter().any(|network| network.contains(address));
    let mut client = peer;
    let forwarded = headers.get_all("x-forwarded-for").iter().rev();
    for hop in forwarded.flat_map(|value| value.to_str().unwrap_or_default().rsplit(',')) {
        if !trusted(&client) {
            break;
        }
        let Ok(before) = hop.trim().parse::<IpAddr>() else { break };
        client = before.to_canonical();
    }
    client
}

/// One house has as many addresses of IPv6 as it likes: 64 bits of them are counted as one.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
    }
}

/// A limit for each key by itself.
struct Keyed<K: Hash + Eq + Clone> {
    limiter: RateLimiter<K, DashMapStateStore<K>, DefaultClock>,
    /// What is too much, in words.
    rule: String,
    asked: AtomicU64,
}

impl<K: Hash + Eq + Clone> Keyed<K> {
    fn new(per_second: NonZeroU32) -> Self {
        let quota =
            Quota::per_second(per_second).allow_burst(per_second.saturating_mul(NonZeroU32::MIN.saturating_add(1)));
        Self::within(quota, format!("more than {per_second} requests a second"))
    }

    /// So many claims an hour, and as many at once.
    fn an_hour(number: NonZeroU32) -> Self {
        Self::within(Quota::per_hour(number), format!("more than {number} claims an hour"))
    }

    fn within(quota: Quota, rule: String) -> Self {
        Self { limiter: RateLimiter::dashmap(quota), rule, asked: AtomicU64::new(0) }
    }

    fn count(&self, key: &K, name: &str) -> Result<(), Refusal> {
        if self.asked.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(key).map_err(|early| {
            let wait = early.wait_time_from(DefaultClock::default().now());
            Refusal::too_many(format!("{name}: {}", self.rule), wait)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_proxy_is_believed_whom_it_asks_for() {
        let proxies = ["10.42.0.0/16".parse().unwrap(), "fd00::/8".parse().unwrap()];
        for (peer, forwarded, expected) in [
            ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
            ("10.42.0.7", "198.51.100.1", "198.51.100.1"),
            ("10.42.0.7", "192.0.2.66, 198.51.100.1", "198.51.100.1"),
            ("10.42.0.7", "192.0.2.66, 198.51.100.1, 10.42.3.3", "198.51.100.1"),
            ("10.42.0.7", "10.42.3.3", "10.42.3.3"),
            ("10.42.0.7", "unknown", "10.42.0.7"),
            ("10.42.0.7", "", "10.42.0.7"),
            ("fd00::1", "2001:db8::9", "2001:db8::9"),
            ("fd00::1", "::ffff:198.51.100.1", "198.51.100.1"),
        ] {
            let headers = HeaderMap::from_iter([("x-forwarded-for".parse().unwrap(), forwarded.parse().unwrap())]);
            let found = client(peer.parse().unwrap(), &headers, &proxies);
            assert_eq!(found, expected.parse::<IpAddr>().unwrap(), "{peer} says {forwarded}");
        }
    }

    #[test]
    fn a_limit_is_for_each_key_by_itself_and_says_when_to_come_back() {
        let limit = Keyed::new(NonZeroU32::new(1).unwrap());
        assert!(limit.count(&"a", "a").is_ok() && limit.count(&"a", "a").is_ok());
        assert_eq!(limit.count(&"a", "a").unwrap_err().status().as_u16(), 429);
        assert!(limit.count(&"b", "b").is_ok());
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one() {
        let of = |address: &str| network(address.parse().unwrap());
        assert_eq!(of("2001:db8:0:1::1"), of("2001:db8:0:1:ffff::2"));
        assert_ne!(of("2001:db8:0:1::1"), of("2001:db8:0:2::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}
