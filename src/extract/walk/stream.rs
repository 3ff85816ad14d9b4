//! What streams hold, decoded and taken apart (ISO 32000-2 §7.4, §7.8.2): all of it, or nothing. lopdf passes over what it does
//! not understand, and other programs show it.

use lopdf::content::{Content, Operation};
use lopdf::{Object, Stream};

/// The operations of a content stream, all of them. lopdf ends without a word where it understands no more, and other programs
/// go on: so something is put behind the end that has to be found there.
pub(super) fn operations(bytes: &[u8]) -> Option<Vec<Operation>> {
    const END: &[u8] = b"EndOfAll";
    if bytes.windows(END.len()).any(|part| part == END) {
        return None;
    }
    let marked = [bytes, b"\n", END].concat();
    let mut operations = Content::decode(&marked).ok()?.operations;
    let last = operations.pop()?;
    let whole = last.operator.as_bytes() == END && last.operands.is_empty();
    whole.then_some(operations)
}

/// What a stream holds, as every reader decodes it. lopdf passes over filters and parameters that stand in an object of their
/// own, and over filters that are no names.
pub(super) fn decoded(stream: &Stream, limit: usize) -> Option<Vec<u8>> {
    let filter = stream.dict.get(b"Filter").unwrap_or(&Object::Null);
    let named = match filter {
        Object::Null | Object::Name(_) => true,
        Object::Array(names) => names.iter().all(|name| name.as_name().is_ok()),
        _ => false,
    };
    let parameters = stream.dict.get(b"DecodeParms");
    let readable = named && parameters.map_or(true, is_direct);
    readable.then(|| stream.decompressed_content_with_limit(limit).ok())?
}

/// Whether nothing in it stands elsewhere.
fn is_direct(value: &Object) -> bool {
    match value {
        Object::Reference(_) => false,
        Object::Array(items) => items.iter().all(is_direct),
        Object::Dictionary(entries) => entries.iter().all(|(_, value)| is_direct(value)),
        _ => true,
    }
}
