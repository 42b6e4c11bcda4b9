//! Where the components of a candidate are asked: the Service names that other components use too,
//! so that a service cannot tell that it is tested (invariant 7). Opens no connection.

use std::{collections::BTreeMap, io, net::SocketAddr};

use factory_assurance::wire::{Beside, Run};
use factory_crds::state_service;

use crate::trust::{BadTrust, Trust};

/// Host and port of one component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// What is spoken there.
    pub speech: Speech,
    /// Under which host name its users ask it, where they do: requests name that, as they do in life.
    pub public: Option<String>,
}

/// What a component speaks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Speech {
    /// HTTP/2, else HTTP/1.1.
    pub http2: bool,
    /// Through TLS, with whom; as it is where nothing stands here.
    pub trust: Option<Trust>,
}

impl Speech {
    /// As the manifest has it of `component`.
    pub fn of(component: &str, asked: &state_service::Speech) -> Result<Self, BadTrust> {
        let http2 = asked.protocol == state_service::Protocol::Http2;
        let trust = asked.tls.as_ref().map(|tls| {
            let name = tls.server_name.as_deref().unwrap_or(component);
            Trust::new(&tls.authority, name, http2)
        });
        Ok(Self { http2, trust: trust.transpose()? })
    }

    /// `http` or `https`.
    #[must_use]
    pub const fn scheme(&self) -> &'static str {
        if self.trust.is_some() { "https" } else { "http" }
    }
}

impl Target {
    /// HTTP/1.1 at `port` of `host`, without TLS.
    #[must_use]
    pub const fn plain(host: String, port: u16) -> Self {
        Self { host, port, speech: Speech { http2: false, trust: None }, public: None }
    }

    /// What stands in the `host` header.
    #[must_use]
    pub fn authority(&self) -> String {
        self.public.clone().unwrap_or_else(|| format!("{}:{}", self.host, self.port))
    }

    /// The addresses that the name has now; never empty.
    pub async fn resolve(&self) -> io::Result<Vec<SocketAddr>> {
        let found: Vec<_> = tokio::net::lookup_host((self.host.as_str(), self.port)).await?.collect();
        if found.is_empty() {
            return Err(io::Error::new(io::ErrorKind::NotFound, "the name has no address"));
        }
        Ok(found)
    }
}

/// Every component that the run may ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Targets {
    entry: String,
    components: BTreeMap<String, Target>,
    databases: BTreeMap<String, Target>,
}

fn host(name: &str, namespace: &str) -> String {
    format!("{name}.{namespace}.svc")
}

/// Components in `namespace`, of which users ask `entry` under a host name.
fn components(
    namespace: &str,
    ports: &BTreeMap<String, u16>,
    speech: &BTreeMap<String, state_service::Speech>,
    (entry, public): (&str, &str),
) -> Result<BTreeMap<String, Target>, BadTrust> {
    let target = |(component, port): (&String, &u16)| {
        let speech = speech.get(component).map_or(Ok(Speech::default()), |speech| Speech::of(component, speech));
        let public = Some(public.to_owned()).filter(|_| component == entry);
        Ok((component.clone(), Target { host: host(component, namespace), port: *port, speech: speech?, public }))
    };
    ports.iter().map(target).collect()
}

/// A request names a component that the run does not know.
#[derive(Debug, thiserror::Error)]
#[error("component `{0}` has no port in the run")]
pub struct UnknownComponent(pub String);

impl Targets {
    /// The components of a run, at `<component>.<namespace>.svc:<port>`.
    pub fn of(run: &Run) -> Result<Self, BadTrust> {
        let components = components(&run.namespace, &run.ports, &run.speech, (&run.plan.entry, &run.host))?;
        let host = |name: &String| host(name, &run.namespace);
        let database = |(name, port): (&String, &u16)| (name.clone(), Target::plain(host(name), *port));
        let databases = run.databases.iter().map(database).collect();
        Ok(Self { databases, ..Self::new(run.plan.entry.clone(), components) })
    }

    /// The components of the release that stands `beside` the candidate, asked as that is.
    pub fn beside(beside: &Beside) -> Result<Self, BadTrust> {
        let Beside { namespace, entry, ports, host, speech } = beside;
        Ok(Self::new(entry.clone(), components(namespace, ports, speech, (entry, host))?))
    }

    /// The given components, of which `entry` is asked where a request names none.
    #[must_use]
    pub const fn new(entry: String, components: BTreeMap<String, Target>) -> Self {
        Self { entry, components, databases: BTreeMap::new() }
    }

    /// Name and place of `component`, or of the entry.
    pub fn find<'a>(&'a self, component: Option<&'a str>) -> Result<(&'a str, &'a Target), UnknownComponent> {
        let name = component.unwrap_or(&self.entry);
        let target = self.components.get(name).ok_or_else(|| UnknownComponent(name.to_owned()))?;
        Ok((name, target))
    }

    /// Place of the component or database `name`, which a fault may part from whoever calls it.
    #[must_use]
    pub fn peer(&self, name: &str) -> Option<&Target> {
        self.components.get(name).or_else(|| self.databases.get(name))
    }

    /// All components with their places.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Target)> {
        self.components.iter().map(|(name, target)| (name.as_str(), target))
    }
}
