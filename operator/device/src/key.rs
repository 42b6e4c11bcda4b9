//! One key in a device: found once, asked for each signature. A device that went away is looked for again at the
//! next signature; a PIN that was refused is not tried again, since a token locks itself after a few.

use std::{
    fs, io,
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use cryptoki::{
    error::{Error, RvError},
    object::{Attribute, AttributeType, ObjectClass, ObjectHandle},
    session::{Session, UserType},
    slot::Slot,
    types::AuthPin,
};
use factory_assurance::signing::{Keypair, Signer, SigningError};
use p256::ecdsa::signature::Verifier as _;

pub use crate::algorithm::{Algorithm, Ed25519, P256};
use crate::{
    module::{Module, Modules, modules},
    uri::{Uri, UriError},
};

/// Why a device does not sign.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// It is not said which key.
    #[error(transparent)]
    Uri(#[from] UriError),
    /// The library cannot be used.
    #[error("module-path: {module}: no PKCS#11 module that can be used: {source}", module = module.display())]
    Module {
        /// Which file.
        module: PathBuf,
        /// Cause.
        source: Error,
    },
    /// The PIN cannot be read.
    #[error("pin-source: {file}: {source}", file = file.display())]
    Pin {
        /// Which file.
        file: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// The token refuses the PIN.
    #[error("{uri}: the token refuses the PIN in {file}: {reason}; it is not tried again until the file changes", file = file.display())]
    Refused {
        /// Which key.
        uri: String,
        /// File of the PIN.
        file: PathBuf,
        /// As the token says.
        reason: String,
    },
    /// There is no such token, or more than one.
    #[error("{uri}: {found} of the tokens that are there are this one, must be 1; there are: {there}")]
    Token {
        /// Which key.
        uri: String,
        /// How many.
        found: usize,
        /// Their labels.
        there: String,
    },
    /// There is no such key in the token, or more than one.
    #[error("{uri}: the token has {found} {what} keys of this name, must be 1")]
    Key {
        /// Which key.
        uri: String,
        /// How many.
        found: usize,
        /// Private or public.
        what: &'static str,
    },
    /// The key is one of another algorithm.
    #[error("{uri}: the key is of the kind {found}, must be {expected}")]
    Kind {
        /// Which key.
        uri: String,
        /// Its kind, as the standard names it.
        found: String,
        /// The algorithm.
        expected: &'static str,
    },
    /// The private key and the public key of this name are no pair, or are not those that were there before.
    #[error("{0}: what the key signs does not fit the public key that was found at first")]
    NoPair(String),
    /// The device was asked and failed.
    #[error("{uri}: the device does not answer as it must: {source}")]
    Device {
        /// Which key.
        uri: String,
        /// Cause.
        source: Error,
    },
}

/// A key of the algorithm `A` in a device.
pub struct Key<A: Algorithm> {
    uri: Uri,
    public: A::Public,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Logged in, with the key found.
    open: Option<Open>,
    /// The PIN that was refused last.
    refused: Option<String>,
}

struct Open {
    session: Session,
    private: ObjectHandle,
    beginning: u64,
}

impl<A: Algorithm> Key<A> {
    /// The key at `uri`: it is looked for, with the PIN. Blocks.
    pub fn open(uri: Uri) -> Result<Self, DeviceError> {
        let mut state = State::default();
        let open = connect::<A>(&uri, &mut state, &mut modules())?;
        let public = public::<A>(&uri, &open)?;
        state.open = Some(open);
        Ok(Self { uri, public, state: Mutex::new(state) })
    }

    /// Where it is.
    #[must_use]
    pub const fn uri(&self) -> &Uri {
        &self.uri
    }

    fn signature(&self, message: &[u8]) -> Result<A::Signature, DeviceError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut modules = modules();
        if let Some(open) = state.open.take()
            && modules.begun(&self.uri.module).is_ok_and(|module| module.beginning == open.beginning)
        {
            if let Ok(signature) = self.signed(&open, message) {
                state.open = Some(open);
                return Ok(signature);
            }
            // Whatever it was: a session that has failed is not used again, nor are others with that library.
            modules.end(&self.uri.module);
        }
        let open = connect::<A>(&self.uri, &mut state, &mut modules)?;
        let signature = self.signed(&open, message)?;
        state.open = Some(open);
        Ok(signature)
    }

    fn signed(&self, open: &Open, message: &[u8]) -> Result<A::Signature, DeviceError> {
        let failed = |source| DeviceError::Device { uri: self.uri.to_string(), source };
        let bytes = A::sign(&open.session, open.private, message).map_err(failed)?;
        let no_pair = || DeviceError::NoPair(self.uri.to_string());
        let signature = A::signature(&bytes).ok_or_else(no_pair)?;
        self.public.verify(message, &signature).map_err(|_| no_pair())?;
        Ok(signature)
    }
}

impl<A: Algorithm> Signer<A::Signature> for Key<A> {
    fn try_sign(&self, message: &[u8]) -> Result<A::Signature, SigningError> {
        self.signature(message).map_err(SigningError::from_source)
    }
}

impl<A: Algorithm> Keypair for Key<A> {
    type VerifyingKey = A::Public;

    fn verifying_key(&self) -> A::Public {
        self.public.clone()
    }
}

/// A session with the token of `uri`, in which its private key was found. A library that does not know the token any
/// more is begun anew for the next time.
fn connect<A: Algorithm>(uri: &Uri, state: &mut State, modules: &mut Modules) -> Result<Open, DeviceError> {
    let unusable = |source| DeviceError::Module { module: uri.module.clone(), source };
    let module = modules.begun(&uri.module).map_err(unusable)?;
    let connected = session(uri, &module, state).and_then(|session| {
        let private = private::<A>(uri, &session)?;
        Ok(Open { session, private, beginning: module.beginning })
    });
    if matches!(connected, Err(DeviceError::Token { .. } | DeviceError::Device { .. })) {
        modules.end(&uri.module);
    }
    connected
}

fn session(uri: &Uri, module: &Module, state: &mut State) -> Result<Session, DeviceError> {
    let failed = |source| DeviceError::Device { uri: uri.to_string(), source };
    let refused = |reason: String| DeviceError::Refused { uri: uri.to_string(), file: uri.pin.clone(), reason };
    let slot = slot(uri, module)?;
    let pin = fs::read_to_string(&uri.pin);
    let pin = pin.map_err(|source| DeviceError::Pin { file: uri.pin.clone(), source })?;
    let pin = pin.trim_end_matches(['\r', '\n']).to_owned();
    if state.refused.as_ref() == Some(&pin) {
        return Err(refused("as before".to_owned()));
    }
    // Closed with its library alone: after that its number may be another session's.
    let session = module.context.open_ro_session_no_drop(slot).map_err(failed)?;
    match session.login(UserType::User, Some(&AuthPin::from(pin.clone()))) {
        // Of the process, not of the session: another key of the same token was here before.
        Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(session),
        Err(Error::Pkcs11(
            reason @ (RvError::PinIncorrect
            | RvError::PinInvalid
            | RvError::PinLenRange
            | RvError::PinExpired
            | RvError::PinLocked),
            _,
        )) => {
            state.refused = Some(pin);
            let _ = session.close();
            Err(refused(format!("{reason:?}")))
        }
        Err(source) => Err(failed(source)),
    }
}

fn slot(uri: &Uri, module: &Module) -> Result<Slot, DeviceError> {
    let failed = |source| DeviceError::Device { uri: uri.to_string(), source };
    let (mut found, mut there) = (Vec::new(), Vec::new());
    for slot in module.context.get_slots_with_initialized_token().map_err(failed)? {
        let Ok(info) = module.context.get_token_info(slot) else { continue };
        let is = |wanted: &Option<String>, has: &str| wanted.as_ref().is_none_or(|wanted| wanted == has.trim_end());
        if is(&uri.token, info.label())
            && is(&uri.serial, info.serial_number())
            && uri.slot.is_none_or(|number| number == slot.id())
        {
            found.push(slot);
        }
        there.push(info.label().trim_end().to_owned());
    }
    if let [slot] = found[..] {
        return Ok(slot);
    }
    let there = if there.is_empty() { "none".to_owned() } else { there.join(", ") };
    Err(DeviceError::Token { uri: uri.to_string(), found: found.len(), there })
}

/// What the key is called in the token.
fn named(uri: &Uri, class: ObjectClass) -> Vec<Attribute> {
    let label = uri.object.as_ref().map(|label| Attribute::Label(label.clone().into_bytes()));
    let id = uri.id.clone().map(Attribute::Id);
    [Some(Attribute::Class(class)), label, id].into_iter().flatten().collect()
}

fn private<A: Algorithm>(uri: &Uri, session: &Session) -> Result<ObjectHandle, DeviceError> {
    let failed = |source| DeviceError::Device { uri: uri.to_string(), source };
    let found = session.find_objects(&named(uri, ObjectClass::PRIVATE_KEY)).map_err(failed)?;
    let [key] = found[..] else {
        return Err(DeviceError::Key { uri: uri.to_string(), found: found.len(), what: "private" });
    };
    let attributes = session.get_attributes(key, &[AttributeType::KeyType]).map_err(failed)?;
    match attributes[..] {
        [Attribute::KeyType(kind)] if kind == A::KIND => Ok(key),
        [Attribute::KeyType(kind)] => {
            Err(DeviceError::Kind { uri: uri.to_string(), found: kind.to_string(), expected: A::NAME })
        }
        _ => Err(DeviceError::Kind { uri: uri.to_string(), found: "unknown".to_owned(), expected: A::NAME }),
    }
}

fn public<A: Algorithm>(uri: &Uri, open: &Open) -> Result<A::Public, DeviceError> {
    let failed = |source| DeviceError::Device { uri: uri.to_string(), source };
    let found = open.session.find_objects(&named(uri, ObjectClass::PUBLIC_KEY)).map_err(failed)?;
    let [key] = found[..] else {
        return Err(DeviceError::Key { uri: uri.to_string(), found: found.len(), what: "public" });
    };
    let attributes = open.session.get_attributes(key, &[AttributeType::EcPoint]).map_err(failed)?;
    let point = match &attributes[..] {
        [Attribute::EcPoint(point)] => A::public(point),
        _ => None,
    };
    let found = "of another curve".to_owned();
    point.ok_or_else(|| DeviceError::Kind { uri: uri.to_string(), found, expected: A::NAME })
}
