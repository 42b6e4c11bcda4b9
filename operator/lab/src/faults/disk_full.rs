//! Disk full: a container's volumes are filled, as by a log that nobody rotates. Only volumes whose space is nobody
//! else's; where there is none, the fault is refused before anything is touched. Each is measured by what its
//! file system says.

use std::time::Duration;

use super::taken::{Bounded, Taken};
use crate::strike::{StrikeError, hold::Holder, place::Place, volume::Volume};

/// The first container's volumes are full.
pub type DiskFull = Taken<Volumes>;

/// Volumes of one container.
#[derive(Debug)]
pub struct Volumes(Vec<Volume>);

impl Bounded for Volumes {
    const WAY: &'static str = "tmpfs";

    fn of(place: &Place, pid: i32) -> Result<Self, StrikeError> {
        Volume::of(pid, &place.uid).map(Self)
    }

    fn take(&self, place: &Place, pid: i32, percent: u64, lease: Duration) -> Result<Holder, StrikeError> {
        Holder::taking("fill", percent, &["--pod".to_owned(), place.uid.clone(), pid.to_string()], lease)
    }

    fn used(&mut self) -> Option<Vec<u64>> {
        self.0.iter().map(Volume::used).collect()
    }
}
