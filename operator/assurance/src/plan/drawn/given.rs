//! Values that a description gives for a parameter, and how they stand in a request.

use serde_json::Value;

use super::document::settle;

/// Longest value, in bytes.
const LONGEST: usize = 200;
/// Most values of one list: of a longer one none is taken.
const MOST: usize = 100;

/// The values that are given for `parameter`: of the first of `example` and `examples` of its own, and `example`, `examples`,
/// `enum` and `default` of its schema that has any that can stand in a request. None where there is none.
pub fn values(document: &Value, parameter: &Value) -> Option<Vec<String>> {
    let one = |holder: &Value, name: &str| holder.get(name).and_then(word).into_iter().collect::<Vec<_>>();
    let list = |holder: &Value, name: &str| {
        let list = holder.get(name).and_then(Value::as_array).filter(|list| list.len() <= MOST);
        list.into_iter().flatten().filter_map(word).collect::<Vec<_>>()
    };
    let named = || {
        let examples = parameter.get("examples").and_then(Value::as_object).filter(|all| all.len() <= MOST);
        let mut named: Vec<(&String, &Value)> = examples.into_iter().flatten().collect();
        named.sort_by_key(|(name, _)| *name);
        let value = |(_, example): (&String, &Value)| settle(document, example)?.get("value").and_then(word);
        named.into_iter().filter_map(value).collect::<Vec<_>>()
    };
    let schema = parameter.get("schema").and_then(|schema| settle(document, schema)).unwrap_or(&Value::Null);
    let found = [
        one(parameter, "example"),
        named(),
        one(schema, "example"),
        list(schema, "examples"),
        list(schema, "enum"),
        one(schema, "default"),
    ];
    found.into_iter().find(|values| !values.is_empty())
}

/// Text that is neither empty nor long, a whole number of 64 bits, or a truth value, as it stands in a request.
fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| (1..=LONGEST).contains(&text.len())),
        Value::Number(number) => number.as_i64().map(|number| number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// `text` as it stands in a path or query: what is not unreserved (RFC 3986, section 2.3) in percent-encoding.
pub fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// Whether `byte` may stand in a path as it is.
pub const fn is_plain(byte: u8) -> bool {
    matches!(byte, 0x21..=0x7e)
        && !matches!(byte, b'"' | b'#' | b'<' | b'>' | b'?' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
}
