//! What the register's entry says about the service: the nine groups of item 17.
//!
//! A missing group reads as an empty one here, and no group is `required` in the schema: so the rules
//! below refuse both, and their messages name the item.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use crate::span::Span;

/// The nine groups of data of item 17.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = without_defaults)]
#[x_kube(
    validation = Rule::new("has(self.owner) && size(self.owner.name) > 0 && size(self.owner.registrationNumber) > 0").message("spec.register.owner: item 17.1: name and registration number of the owner are missing"),
    validation = Rule::new("has(self.users) && size(self.users) > 0").message("spec.register.users: item 17.2: name at least one kind of user"),
    validation = Rule::new("has(self.usedIn) && size(self.usedIn) > 0").message("spec.register.usedIn: item 17.3: name the state services within which it is used, at least itself"),
    validation = Rule::new("has(self.interactsWith) && size(self.interactsWith) > 0").message("spec.register.interactsWith: item 17.4: name the interacting objects, or `none`"),
    validation = Rule::new("has(self.methodsOfUse) && size(self.methodsOfUse) > 0").message("spec.register.methodsOfUse: item 17.5: describe at least one method of use"),
    validation = Rule::new("has(self.resultsOfUse) && size(self.resultsOfUse) > 0").message("spec.register.resultsOfUse: item 17.6: describe at least one result of use"),
    validation = Rule::new("has(self.protection) && size(self.protection) > 0").message("spec.register.protection: item 17.7: name at least one person responsible for protection"),
    validation = Rule::new("has(self.availability) && self.availability.simultaneousUsers > 0 && size(self.availability.recoveryTime) > 0 && size(self.availability.maxDowntimePerYear) > 0").message("spec.register.availability: item 17.8: maxDowntimePerYear, recoveryTime and simultaneousUsers are all needed and more than zero"),
    validation = Rule::new("has(self.formats) && size(self.formats.data) > 0 && size(self.formats.interfaces) > 0").message("spec.register.formats: item 17.9: name formats of data and interfaces of exchange")
)]
pub struct RegisterData {
    /// 17.1: owner, processor or supplier.
    #[serde(default)]
    pub owner: Owner,
    /// 17.2: users (consumers).
    #[serde(default)]
    #[schemars(length(max = 50))]
    pub users: Vec<String>,
    /// 17.3: state services within which it is used.
    #[serde(default)]
    #[schemars(length(max = 50))]
    pub used_in: Vec<String>,
    /// 17.4: other objects with which it interacts; `none` where there is none.
    #[serde(default)]
    #[schemars(length(max = 50))]
    pub interacts_with: Vec<String>,
    /// 17.5: methods of use.
    #[serde(default)]
    #[schemars(length(max = 50))]
    pub methods_of_use: Vec<String>,
    /// 17.6: results of use, in interacting objects too.
    #[serde(default)]
    #[schemars(length(max = 50))]
    pub results_of_use: Vec<String>,
    /// 17.7: persons responsible for protection, with contacts.
    #[serde(default)]
    #[schemars(length(max = 20))]
    pub protection: Vec<ProtectionContact>,
    /// 17.8: indicators of availability, which the factory puts to the test.
    #[serde(default)]
    pub availability: Availability,
    /// 17.9: formats of data and interfaces.
    #[serde(default)]
    pub formats: Formats,
}

/// Takes the defaults out of the schema: the API server does not accept a default that the rules refuse.
fn without_defaults(schema: &mut schemars::Schema) {
    let Some(properties) = schema.get_mut("properties").and_then(|properties| properties.as_object_mut()) else {
        return;
    };
    for group in properties.values_mut().filter_map(|group| group.as_object_mut()) {
        group.remove("default");
    }
}

/// 17.1: owner, processor or supplier.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Owner {
    /// Full name of the body.
    #[schemars(length(max = 500))]
    pub name: String,
    /// Its number in the register of legal entities.
    #[schemars(length(max = 50))]
    pub registration_number: String,
    /// Its part: `owner`, `processor`, `supplier`.
    #[serde(default)]
    pub role: OwnerRole,
}

/// The part that a participant has in an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OwnerRole {
    /// Owns the object.
    #[default]
    Owner,
    /// Processes its records.
    Processor,
    /// Supplies the service.
    Supplier,
}

/// 17.7: a person responsible for protection. In the register contacts stand as salted commitments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProtectionContact {
    /// Position, which is public.
    #[schemars(length(min = 1, max = 300))]
    pub position: String,
    /// Name of the person.
    #[schemars(length(min = 1, max = 300))]
    pub name: String,
    /// Official e-mail address.
    #[schemars(length(max = 254), regex(pattern = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"))]
    pub email: String,
    /// Telephone.
    #[schemars(length(min = 1, max = 40))]
    pub phone: String,
}

/// 17.8: indicators of availability. They are what the factory tests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Availability {
    /// Longest downtime in a year, for example `8h`.
    pub max_downtime_per_year: Span,
    /// Longest time to recovery after a failure, for example `30s`.
    pub recovery_time: Span,
    /// Number of users at the same time.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub simultaneous_users: u32,
}

/// 17.9: formats of data and interfaces.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Formats {
    /// Open formats of data, as media types.
    #[schemars(length(max = 50))]
    pub data: Vec<String>,
    /// Interfaces of exchange, for example `OpenAPI 3.1 over HTTPS`.
    #[schemars(length(max = 50))]
    pub interfaces: Vec<String>,
}
