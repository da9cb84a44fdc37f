//! The JSON schema of a scenario file, made from the file form's types.

use serde_json::{Map, Value};

use super::file::ScenarioFile;

/// JSON schema (draft 2020-12) of a scenario file, for editors and for the check of a file.
#[must_use]
pub fn json_schema() -> Value {
    let mut schema = schemars::schema_for!(ScenarioFile).to_value();
    without_null(&mut schema);
    schema
}

/// TOML has no null: an optional key is left out. schemars writes for JSON, where it may be null.
fn without_null(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            map.values_mut().for_each(without_null);
            drop_null_type(map);
            drop_null_alternative(map);
            if map.get("default").is_some_and(Value::is_null) {
                map.remove("default");
            }
        }
        Value::Array(items) => items.iter_mut().for_each(without_null),
        _ => {}
    }
}

fn drop_null_type(map: &mut Map<String, Value>) {
    let Some(Value::Array(types)) = map.get_mut("type") else { return };
    types.retain(|name| name != "null");
    if let [only] = types.as_slice() {
        let only = only.clone();
        map.insert("type".to_owned(), only);
    }
}

fn drop_null_alternative(map: &mut Map<String, Value>) {
    let Some(Value::Array(alternatives)) = map.get_mut("anyOf") else { return };
    alternatives.retain(|schema| schema.get("type").is_none_or(|name| name != "null"));
    if let [Value::Object(only)] = alternatives.as_slice() {
        let only = only.clone();
        map.remove("anyOf");
        // The key's own description stands; the type's would replace it otherwise.
        only.into_iter().for_each(|(name, value)| {
            map.entry(name).or_insert(value);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_described_and_none_is_nullable() {
        fn walk(schema: &Value, path: &str) {
            assert_ne!(schema.get("type"), Some(&Value::from("null")), "{path}");
            if let Some(Value::Object(properties)) = schema.get("properties") {
                for (key, property) in properties {
                    assert!(property.get("description").is_some(), "{path}.{key} has no description");
                    assert_eq!(
                        schema.get("additionalProperties"),
                        Some(&Value::Bool(false)),
                        "{path} takes any key"
                    );
                }
            }
            match schema {
                Value::Object(map) => {
                    map.iter().for_each(|(key, value)| walk(value, &format!("{path}.{key}")))
                }
                Value::Array(items) => items.iter().for_each(|item| walk(item, path)),
                _ => {}
            }
        }
        walk(&json_schema(), "");
    }
}
