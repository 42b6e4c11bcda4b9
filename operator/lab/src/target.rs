//! Where the components of a candidate are asked: the Service names that other components use too,
//! so that a service cannot tell that it is tested (invariant 7). Opens no connection.

use std::{collections::BTreeMap, io, net::SocketAddr};

use factory_assurance::wire::Run;

/// Host and port of one component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
}

impl Target {
    /// `host:port`, as it stands in the `host` header.
    #[must_use]
    pub fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
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

/// A request names a component that the run does not know.
#[derive(Debug, thiserror::Error)]
#[error("component `{0}` has no port in the run")]
pub struct UnknownComponent(pub String);

impl Targets {
    /// The components of a run, at `http://<component>.<namespace>.svc:<port>`.
    #[must_use]
    pub fn of(run: &Run) -> Self {
        let at = |ports: &BTreeMap<String, u16>| {
            let target = |(name, port): (&String, &u16)| {
                (name.clone(), Target { host: format!("{name}.{}.svc", run.namespace), port: *port })
            };
            ports.iter().map(target).collect()
        };
        Self { databases: at(&run.databases), ..Self::new(run.plan.entry.clone(), at(&run.ports)) }
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
