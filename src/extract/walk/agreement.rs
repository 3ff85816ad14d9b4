//! Whether two readers found the same document. lopdf reads what a person is shown; it repairs, passes over what it does not
//! understand, and takes more than other programs do. What a machine believes was found by our own strict reader too
//! (`verify/pdf`): the same objects, no more and no fewer, each with the same value.

use lopdf::{Dictionary, Document, Object};

use crate::verify::pdf::values::{Entries, Value, Values};

/// The objects of `pdf` by the strict reader, when they are those of `document`.
pub(super) fn agreeing<'a>(pdf: &'a [u8], document: &Document) -> Option<Values<'a>> {
    let mut values = Values::of(pdf)?;
    let root = document.trailer.get(b"Root").ok()?.as_reference().ok();
    let numbers = values.ids();
    let same = document.xref_recovery.is_none()
        && root == values.root()
        && document.objects.keys().eq(&numbers)
        && document.objects.iter().all(|(id, object)| {
            let value = values.value(*id);
            value.is_some_and(|value| is_same(object, &value))
        });
    same.then_some(values)
}

fn is_same(object: &Object, value: &Value<'_>) -> bool {
    match (object, value) {
        (Object::Null, Value::Null) => true,
        (Object::Boolean(one), Value::Boolean(other)) => one == other,
        (Object::Integer(one), Value::Integer(other)) => one == other,
        // lopdf keeps half of the digits.
        (Object::Real(one), Value::Real(other)) => one.total_cmp(&(*other as f32)).is_eq(),
        (Object::String(one, _), Value::String(other))
        | (Object::Name(one), Value::Name(other)) => one[..] == other[..],
        (Object::Reference(one), Value::Reference(other)) => one == other,
        (Object::Array(one), Value::Array(other)) => {
            let mut pairs = one.iter().zip(other);
            one.len() == other.len() && pairs.all(|(one, other)| is_same(one, other))
        }
        (Object::Dictionary(one), Value::Dictionary(other)) => have_same(one, other, b""),
        // lopdf writes the length that it found over the one that stands there.
        (Object::Stream(one), Value::Stream(other, data)) => {
            one.content == *data && have_same(&one.dict, other, b"Length")
        }
        _ => false,
    }
}

/// Whether both have the same entries, but for one; what is null is absent (§7.3.7).
fn have_same(dictionary: &Dictionary, entries: &Entries<'_>, but: &[u8]) -> bool {
    let there = dictionary
        .iter()
        .filter(|(key, object)| key.as_slice() != but && !matches!(object, Object::Null));
    let mut expected = entries.iter().filter(|(key, _)| **key != *but);
    there.count() == expected.clone().count()
        && expected.all(|(key, value)| {
            let object = dictionary.get(key).ok();
            object.is_some_and(|object| is_same(object, value))
        })
}

#[cfg(test)]
mod tests;
