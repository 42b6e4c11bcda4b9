//! Private keys that are held in a device behind PKCS#11 (a smart card, an HSM, the client of a key service), for
//! whoever signs on the path from manifest to register: the register its checkpoints, the regulator confirmations.
//!
//! A file of a key may hold, instead of the key itself, a line that says where it is: [`uri::Uri`]. A [`key::Key`] is
//! one such key, behind the trait that keys from files have as well ([`factory_assurance::signing`]).
//!
//! *Architecture invariant:* no private key passes through this crate, and no key or token is made or changed by it.

mod algorithm;
pub mod key;
mod module;
pub mod uri;

pub use key::{DeviceError, Key};
pub use uri::Uri;
