//! Where a key is: a PKCS#11 URI (RFC 7512), for example
//! `pkcs11:token=register;object=checkpoint?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=/run/pin`.
//! What is not understood is refused, so that no other key is found than the one that was meant.

use std::{fmt, path::PathBuf, str::FromStr};

use percent_encoding::percent_decode_str;

/// How every such URI begins.
const SCHEME: &str = "pkcs11:";

/// Which key of which token, and how to get at it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uri {
    /// Label of the token.
    pub token: Option<String>,
    /// Serial number of the token.
    pub serial: Option<String>,
    /// Number of the slot that the token is in.
    pub slot: Option<u64>,
    /// Label of the key.
    pub object: Option<String>,
    /// Id of the key.
    pub id: Option<Vec<u8>>,
    /// The library that speaks to the device.
    pub module: PathBuf,
    /// File of the PIN, whose end of line is not a part of it.
    pub pin: PathBuf,
}

/// A URI that names no key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("pkcs11 URI: {field}: `{found}`, {rule}")]
pub struct UriError {
    /// Which part.
    pub field: String,
    /// As it stands there.
    pub found: String,
    /// What it must be.
    pub rule: &'static str,
}

impl Uri {
    /// The URI in a key's file, if the file holds one instead of a key.
    #[must_use]
    pub fn in_file(text: &str) -> Option<Result<Self, UriError>> {
        text.trim().starts_with(SCHEME).then(|| text.trim().parse())
    }

    fn set(&mut self, field: &str, encoded: &str) -> Result<(), UriError> {
        let wrong = |rule| UriError { field: field.to_owned(), found: encoded.to_owned(), rule };
        let bytes: Vec<u8> = percent_decode_str(encoded).collect();
        if bytes.is_empty() {
            return Err(wrong("must not be empty"));
        }
        if field == "id" {
            return once(&mut self.id, bytes, wrong);
        }
        let text = String::from_utf8(bytes).map_err(|_| wrong("must be UTF-8"))?;
        let path =
            |text: &str| PathBuf::from(text.strip_prefix("file://").or(text.strip_prefix("file:")).unwrap_or(text));
        match field {
            "token" => once(&mut self.token, text, wrong),
            "serial" => once(&mut self.serial, text, wrong),
            "object" => once(&mut self.object, text, wrong),
            "slot-id" => once(&mut self.slot, text.parse().map_err(|_| wrong("must be a number"))?, wrong),
            "type" if text == "private" => Ok(()),
            "type" => Err(wrong("must be private")),
            "module-path" | "pin-source" => {
                let place = if field == "pin-source" { &mut self.pin } else { &mut self.module };
                if !place.as_os_str().is_empty() {
                    return Err(wrong("must stand once"));
                }
                *place = path(&text);
                if place.is_absolute() { Ok(()) } else { Err(wrong("must be the absolute path of a file")) }
            }
            // Not repeated in the message: it is the secret.
            "pin-value" => {
                Err(UriError { found: "…".to_owned(), ..wrong("is not read: name a file with pin-source") })
            }
            _ => Err(wrong("is not known: token, serial, slot-id, object, id, type, module-path, pin-source are")),
        }
    }
}

fn once<T>(place: &mut Option<T>, found: T, wrong: impl Fn(&'static str) -> UriError) -> Result<(), UriError> {
    if place.replace(found).is_some() { Err(wrong("must stand once")) } else { Ok(()) }
}

impl FromStr for Uri {
    type Err = UriError;

    fn from_str(text: &str) -> Result<Self, UriError> {
        let lacks = |field: &str, rule| UriError { field: field.to_owned(), found: String::new(), rule };
        let rest = text.strip_prefix(SCHEME).ok_or_else(|| lacks("scheme", "must begin with pkcs11:"))?;
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut uri = Self::default();
        for pair in path.split(';').chain(query.split('&')).filter(|pair| !pair.is_empty()) {
            let (field, value) = pair.split_once('=').ok_or_else(|| lacks(pair, "must be of the form name=value"))?;
            uri.set(field, value)?;
        }
        if uri.module.as_os_str().is_empty() {
            return Err(lacks("module-path", "must name the library that speaks to the device"));
        }
        if uri.pin.as_os_str().is_empty() {
            return Err(lacks("pin-source", "must name the file of the PIN"));
        }
        if uri.token.is_none() && uri.serial.is_none() && uri.slot.is_none() {
            return Err(lacks("token", "must name the token, or serial or slot-id must"));
        }
        if uri.object.is_none() && uri.id.is_none() {
            return Err(lacks("object", "must name the key, or id must"));
        }
        Ok(uri)
    }
}

/// The key, as messages name it: neither library nor PIN.
impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.id.as_ref().map(|id| id.iter().map(|byte| format!("%{byte:02X}")).collect());
        let named = [
            ("token", self.token.clone()),
            ("serial", self.serial.clone()),
            ("slot-id", self.slot.map(|slot| slot.to_string())),
            ("object", self.object.clone()),
            ("id", id),
        ];
        let named: Vec<String> =
            named.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?))).collect();
        write!(f, "{SCHEME}{}", named.join(";"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: &str = "module-path=/lib/p11.so&pin-source=file:/run/pin";

    #[test]
    fn a_key_is_named_by_labels_or_by_numbers() {
        let by_label: Uri =
            format!("pkcs11:token=the%20register;object=checkpoint;type=private?{END}").parse().unwrap();
        assert_eq!((by_label.token.as_deref(), by_label.object.as_deref()), (Some("the register"), Some("checkpoint")));
        assert_eq!((by_label.module.to_str(), by_label.pin.to_str()), (Some("/lib/p11.so"), Some("/run/pin")));
        let by_number: Uri = format!("pkcs11:slot-id=3;serial=77;id=%01%ff?{END}").parse().unwrap();
        assert_eq!(by_number.id, Some(vec![1, 0xff]));
        assert_eq!(by_number.to_string(), "pkcs11:serial=77;slot-id=3;id=%01%FF");
        assert_eq!(Uri::in_file(&format!(" pkcs11:token=a;object=b?{END}\n")).unwrap().unwrap().slot, None);
        assert!(Uri::in_file("-----BEGIN PRIVATE KEY-----").is_none());
    }

    #[test]
    fn what_names_no_key_or_is_not_understood_is_refused_in_one_line() {
        for (text, line) in [
            ("pkcs12:token=a", "scheme: ``, must begin with pkcs11:"),
            ("pkcs11:token=a;object=b?pin-source=/p", "module-path: ``, must name the library"),
            ("pkcs11:token=a;object=b?module-path=/m", "pin-source: ``, must name the file of the PIN"),
            (&format!("pkcs11:object=b?{END}"), "token: ``, must name the token"),
            (&format!("pkcs11:token=a?{END}"), "object: ``, must name the key"),
            (&format!("pkcs11:token=;object=b?{END}"), "token: ``, must not be empty"),
            (&format!("pkcs11:token=a;token=b;object=b?{END}"), "token: `b`, must stand once"),
            (&format!("pkcs11:token=a;object=b;type=cert?{END}"), "type: `cert`, must be private"),
            (&format!("pkcs11:slot-id=one;object=b?{END}"), "slot-id: `one`, must be a number"),
            (&format!("pkcs11:token=a;object=b;model=x?{END}"), "model: `x`, is not known"),
            (&format!("pkcs11:token;object=b?{END}"), "token: ``, must be of the form"),
            (
                "pkcs11:token=a;object=b?module-path=m.so&pin-source=/p",
                "module-path: `m.so`, must be the absolute path",
            ),
        ] {
            let error = text.parse::<Uri>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("pkcs11 URI: {line}")), "{text}: {error}");
        }
        let secret = format!("pkcs11:token=a;object=b?{END}&pin-value=1234").parse::<Uri>().unwrap_err().to_string();
        assert!(secret.contains("pin-source") && !secret.contains("1234"), "{secret}");
    }
}
