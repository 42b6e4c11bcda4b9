//! The libraries that speak to devices. A library is one for the whole process, whatever number of keys is behind
//! it: it is loaded once, called by one thread at a time, and begun anew where it has lost its device.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    error::{Error, RvError},
};

static MODULES: Mutex<Modules> = Mutex::new(Modules(BTreeMap::new(), 0));

/// All libraries in use, and how often any was begun.
pub struct Modules(BTreeMap<PathBuf, Module>, u64);

/// A library that was begun.
#[derive(Clone)]
pub struct Module {
    /// To call it.
    pub context: Pkcs11,
    /// No session of an earlier beginning may be used: its number can be that of another one by now.
    pub beginning: u64,
}

/// The libraries, for this thread alone until it lets go.
pub fn modules() -> MutexGuard<'static, Modules> {
    MODULES.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Modules {
    /// The library at `path`, begun if it was not.
    pub fn begun(&mut self, path: &Path) -> Result<Module, Error> {
        if let Some(module) = self.0.get(path) {
            return Ok(module.clone());
        }
        let context = Pkcs11::new(path)?;
        match context.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            // By somebody else in this process: under another name of the same file.
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
            Err(error) => return Err(error),
        }
        self.1 += 1;
        let module = Module { context, beginning: self.1 };
        self.0.insert(path.to_owned(), module.clone());
        Ok(module)
    }

    /// Ends the library at `path` and every session with it; whoever needs it next begins it anew.
    pub fn end(&mut self, path: &Path) {
        if let Some(module) = self.0.remove(path) {
            // One that has lost its device may refuse even this; it is begun anew all the same.
            let _ = module.context.finalize();
        }
    }
}
