//! `StateService`: the manifest, written by a service team. The first thing on the road; all later
//! stages only read it. Its parts stand in the folder beside, one a file.

pub mod binding;
pub mod check;
pub mod component;
pub mod decision;
pub mod dependency;
pub mod instructions;
pub mod interface;
pub mod personal_data;
pub mod register_data;
pub mod source;
pub mod speech;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::Text;
pub use binding::{Binding, BindingKind, DATABASE_PORT, Migration};
pub use check::{Check, Expect, Request, Step};
pub use component::{Build, Component, EnvVar, Medium, Probes, Resources, SecretReference, Volume};
pub use decision::{Decision, Delegation};
pub use dependency::Dependency;
pub use instructions::{Instructions, Procedure};
pub use interface::{Ingress, Interface};
pub use personal_data::{Basis, PersonalDatum};
pub use register_data::{Availability, Formats, Owner, ProtectionContact, RegisterData};
pub use source::Source;
pub use speech::{Protocol, Speech, Tls};

/// A state service: what it is, by whose decision, from which source, and what it must withstand.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "factory.gov.kg",
    version = "v1alpha1",
    kind = "StateService",
    plural = "stateservices",
    shortname = "svcs",
    category = "factory",
    namespaced,
    cel,
    status = "StateServiceStatus",
    derive = "PartialEq",
    doc = "A state service: what it is, by whose decision, from which source, and what it must withstand.",
    printcolumn(name = "Class", type_ = "string", json_path = ".spec.class"),
    printcolumn(name = "Stage", type_ = "string", json_path = ".status.stage"),
    printcolumn(name = "Verdict", type_ = "string", json_path = ".status.verdict"),
    printcolumn(name = "Release", type_ = "string", json_path = ".status.release"),
    printcolumn(name = "Why", type_ = "string", json_path = ".status.message"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    validation = Rule::new("!self.metadata.name.contains('.')").message("metadata.name: has a dot; letters, digits and dashes only, because names of objects and labels are made from it"),
    validation = Rule::new("size(self.metadata.name) <= 40").message("metadata.name: at most 40 characters, because names of releases and objects are made from it")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("self.components.all(c, self.components.exists_one(d, d.port == c.port))").message("spec.components: two components are on one port; every component has a port of its own"),
    validation = Rule::new("self.components.exists(c, c.name == self.ingress.component)").message("spec.ingress.component: no component has this name"),
    validation = Rule::new("!self.ingress.host.matches('^[0-9.]+$')").message("spec.ingress.host: a name, not an address of numbers"),
    validation = Rule::new("self.interfaces.all(i, self.components.exists(c, c.name == i.component))").message("spec.interfaces: each names a component of spec.components (item 17.9)"),
    validation = Rule::new("self.components.all(c, has(c.build) || has(c.image))").message("spec.components: each has `build` or `image`"),
    validation = Rule::new("size(self.bindings) <= 1").message("spec.bindings: a service has one database in this version of the factory (item 12.5)"),
    validation = Rule::new("self.bindings.all(b, !self.components.exists(c, c.name == b.name))").message("spec.bindings[0].name: a component has this name; database and components are reached by names of their own"),
    validation = Rule::new("self.bindings.all(b, b.components.all(n, self.components.exists(c, c.name == n)))").message(Message::Expression("'spec.bindings[0].components: `' + self.bindings[0].components.filter(n, !self.components.exists(c, c.name == n))[0] + '`: no component has this name'".to_owned())),
    validation = Rule::new("self.bindings.all(b, self.components.all(c, !(c.name in b.components) || !(c.env.exists(e, e.name in ['DATABASE_URL', 'PGDATABASE', 'PGHOST', 'PGPASSWORD', 'PGPORT', 'PGUSER']) || c.secrets.exists(s, s.env in ['DATABASE_URL', 'PGDATABASE', 'PGHOST', 'PGPASSWORD', 'PGPORT', 'PGUSER']))))").message(Message::Expression("'spec.components.env: a component that `' + self.bindings[0].name + '` serves sets variable `' + ['DATABASE_URL', 'PGDATABASE', 'PGHOST', 'PGPASSWORD', 'PGPORT', 'PGUSER'].filter(v, self.components.exists(c, c.name in self.bindings[0].components && (c.env.exists(e, e.name == v) || c.secrets.exists(s, s.env == v))))[0] + '`, which the binding gives it; a variable has one value'".to_owned())),
    validation = Rule::new("size(self.migrations) == 0").message("spec.migrations: not carried out by this version of the factory; remove it until it is (item 12.5)")
)]
pub struct StateServiceSpec {
    /// Name of the service as users read it.
    pub titles: Text,
    /// How much depends on the service: decides which ResilienceStandard judges it.
    pub class: ServiceClass,
    /// The decision to create or change the service (item 62). Nothing is built without it.
    pub decision: Decision,
    /// What the register's entry says: the nine groups of item 17.
    pub register: RegisterData,
    /// Instructions for use (items 64 and 65).
    pub instructions: Instructions,
    /// Every kind of personal datum that is processed, with the power that needs it (items 60 and 61). An empty list states that there is none.
    #[schemars(length(max = 50))]
    pub personal_data: Vec<PersonalDatum>,
    /// Where the source is.
    pub source: Source,
    /// The small programs that the service consists of (item 13).
    #[schemars(length(min = 1, max = 20))]
    pub components: Vec<Component>,
    /// Basic services of the service's own: in this version at most one database (item 12.5).
    #[serde(default)]
    #[schemars(length(max = 5))]
    pub bindings: Vec<Binding>,
    /// Changes of stored data that go with a release. Typed now, carried out by a later version: refused until then.
    #[serde(default)]
    #[schemars(length(max = 50))]
    pub migrations: Vec<Migration>,
    /// Where users reach the launched service.
    pub ingress: Ingress,
    /// Interfaces and open formats (items 9, 17.9 and 37).
    #[schemars(length(min = 1, max = 20))]
    pub interfaces: Vec<Interface>,
    /// Other state services that this one calls (items 17.4 and 51).
    #[serde(default)]
    #[schemars(length(max = 50))]
    pub depends_on: Vec<Dependency>,
    /// Functional checks (item 63.2). Without one nothing is known about the function, so nothing can pass.
    #[schemars(length(min = 1, max = 50))]
    pub checks: Vec<Check>,
}

impl StateServiceSpec {
    /// The basic services that the component of that name uses.
    pub fn bound<'a>(&'a self, component: &str) -> impl Iterator<Item = &'a Binding> {
        self.bindings.iter().filter(move |binding| binding.serves(component))
    }
}

/// How much depends on a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ServiceClass {
    /// An outage is a nuisance.
    Basic,
    /// An outage keeps people from their rights for a day.
    Important,
    /// An outage endangers life, property or elections.
    Critical,
}

impl ServiceClass {
    /// As it is written in manifests.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::Important => "important",
            Self::Critical => "critical",
        }
    }
}

/// Where the newest release is, and why.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct StateServiceStatus {
    /// Generation of the spec that this status speaks of.
    #[serde(default)]
    pub observed_generation: Option<i64>,
    /// Newest release.
    #[serde(default)]
    pub release: String,
    /// The stage at which it is, or has stopped: for people; nothing is decided from it.
    #[serde(default)]
    pub stage: String,
    /// `Passed`, `Failed` or `Inconclusive` once known.
    #[serde(default)]
    pub verdict: String,
    /// Why it is where it is, in one line.
    #[serde(default)]
    pub message: String,
    /// Live namespace, once there is one; none after a withdrawal from the register (item 21).
    #[serde(default)]
    pub live_namespace: String,
    /// Conditions of the newest release.
    #[serde(default)]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".to_owned()]))]
    pub conditions: Vec<Condition>,
}
