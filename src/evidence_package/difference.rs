//! Where two values differ, as JSON pointers (RFC 6901).

use serde_json::Value;

/// The places at which `now` is not what was recorded; none when they are the same.
pub(crate) fn differences(recorded: &Value, now: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare(recorded, now, "", &mut found);
    found
}

fn compare(one: &Value, other: &Value, place: &str, found: &mut Vec<String>) {
    match (one, other) {
        _ if one == other => {}
        (Value::Object(ours), Value::Object(theirs)) => {
            let mut names: Vec<&String> = ours.keys().chain(theirs.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                let (ours, theirs) = (ours.get(name), theirs.get(name));
                let inner = format!("{place}/{}", name.replace('~', "~0").replace('/', "~1"));
                let null = Value::Null;
                compare(
                    ours.unwrap_or(&null),
                    theirs.unwrap_or(&null),
                    &inner,
                    found,
                );
            }
        }
        (Value::Array(ours), Value::Array(theirs)) if ours.len() == theirs.len() => {
            for (index, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
                compare(ours, theirs, &format!("{place}/{index}"), found);
            }
        }
        _ => found.push(place.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_difference_is_named_by_its_place() {
        let recorded = json!({"a": 1, "b": [1, {"c/d": 2}], "e": [1], "gone": true});
        assert!(differences(&recorded, &recorded).is_empty());
        let now = json!({"a": 1, "b": [1, {"c/d": 3}], "e": [1, 2], "new": 0});
        let places = differences(&recorded, &now);
        assert_eq!(places, ["/b/1/c~1d", "/e", "/gone", "/new"]);
        assert_eq!(differences(&recorded, &Value::Null), [""]);
    }
}
