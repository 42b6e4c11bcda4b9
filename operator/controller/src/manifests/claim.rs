//! The claim of a launched service's database, from the cluster's default StorageClass. Made once, and changed
//! or deleted by nothing of the factory: not by a release, not by a withdrawal.

use factory_crds::state_service::Binding;
use k8s_openapi::{
    api::core::v1::{PersistentVolumeClaim, PersistentVolumeClaimSpec, VolumeResourceRequirements},
    apimachinery::pkg::api::resource::Quantity,
};

use super::Place;

/// Its name.
#[must_use]
pub fn name(binding: &Binding) -> String {
    binding.name.clone()
}

/// The claim for the data of `binding` in `place`.
#[must_use]
pub fn build(place: &Place<'_>, binding: &Binding) -> PersistentVolumeClaim {
    let room = [("storage".to_owned(), Quantity(binding.storage.clone()))].into();
    PersistentVolumeClaim {
        metadata: place.meta(&name(binding)),
        spec: Some(PersistentVolumeClaimSpec {
            access_modes: Some(vec!["ReadWriteOnce".to_owned()]),
            resources: Some(VolumeResourceRequirements { requests: Some(room), limits: None }),
            ..PersistentVolumeClaimSpec::default()
        }),
        ..PersistentVolumeClaim::default()
    }
}
