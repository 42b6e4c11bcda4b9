//! Writes the definition of every kind as `<plural>.yaml` into the folder given as the only
//! argument. `make generate` calls it; `make check` fails when the result differs from what is
//! checked in.

use std::{error::Error, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let folder: PathBuf = std::env::args().nth(1).ok_or("usage: crdgen FOLDER")?.into();
    fs::create_dir_all(&folder)?;
    for definition in factory_crds::kinds::all() {
        let file = folder.join(format!("{}.yaml", definition.spec.names.plural));
        fs::write(file, serde_yaml::to_string(&definition)?)?;
    }
    Ok(())
}
