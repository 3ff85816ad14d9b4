//! All objects of the newest revision as values (ISO 32000-2 §7.3), for whoever reads the same bytes with another program as well
//! and believes only what both found. Nothing is repaired, and nothing left out: what leaves a doubt is no document at all.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::rc::Rc;

use super::object::{Dictionary, Object, ObjectId};
use super::reader::Reader;
use super::xref::Entry;
use super::{Doubts, body, check_end, check_header, markers, xref};

/// Number and generation of an object.
pub type Id = (u32, u16);

/// The entries of a dictionary, sorted by key, each key once. Those that are null are absent (§7.3.7).
pub type Entries<'a> = Vec<(Rc<[u8]>, Value<'a>)>;

/// One value.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the kinds of the standard by their names")]
pub enum Value<'a> {
    Null,
    Boolean(bool),
    Integer(i64),
    Real(f64),
    String(Rc<[u8]>),
    Name(Rc<[u8]>),
    Array(Vec<Self>),
    Dictionary(Entries<'a>),
    /// Its dictionary, and its data as they lie in the file.
    Stream(Entries<'a>, &'a [u8]),
    Reference(Id),
}

/// A PDF that is not encrypted, whose structure every reader follows to the same objects.
pub struct Values<'a> {
    reader: Reader<'a>,
}

impl<'a> Values<'a> {
    /// The objects of a file; nothing when any doubt is left about what they are.
    #[must_use]
    pub fn of(bytes: &'a [u8]) -> Option<Self> {
        let mut doubts = Doubts::default();
        check_header(bytes, &mut doubts).ok()?;
        let walk = xref::walk(bytes, &mut doubts).ok()?;
        let mut reader = Reader::new(bytes, walk);
        let mut trailers = reader.tables.iter().map(|table| &table.trailer);
        let clear = trailers.all(|it| !it.has(b"Encrypt") && it.conflict().is_none());
        body::check(&mut reader, &mut doubts);
        markers::check(&reader, &mut doubts);
        check_end(bytes, &reader, true, &mut doubts).ok()?;
        (clear && doubts.findings.is_empty()).then_some(Self { reader })
    }

    /// The catalog (§7.5.5).
    #[must_use]
    pub fn root(&self) -> Option<Id> {
        let trailer = self.reader.trailer(self.reader.last());
        let root = trailer.get(b"Root")?.reference()?;
        Some((root.number, root.generation))
    }

    /// All objects that are in use, in order.
    #[must_use]
    pub fn ids(&self) -> Vec<Id> {
        let tables = self.reader.tables.iter();
        let numbers: BTreeSet<u32> = tables
            .flat_map(|table| table.entries.iter().map(|(number, _)| *number))
            .collect();
        let in_use = |number: u32| match self.reader.entry(self.reader.last(), number)?.1 {
            Entry::InUse { generation, .. } => Some((number, generation)),
            Entry::Compressed { .. } => Some((number, 0)),
            Entry::Free => None,
        };
        numbers.into_iter().filter_map(in_use).collect()
    }

    /// An object; nothing when it can't be read to its end, or says two things.
    pub fn value(&mut self, (number, generation): Id) -> Option<Value<'a>> {
        let (view, id) = (self.reader.last(), ObjectId { number, generation });
        if let Some((_, Entry::InUse { offset, .. })) = self.reader.entry(view, number) {
            self.reader.located(view, offset, id).ok()?;
        }
        let object = self.reader.object(view, id).ok()?;
        let value = match &object {
            Object::Stream(stream) => {
                let data = self.reader.stream_place(view, stream).ok()?;
                Value::Stream(entries(&stream.dictionary)?, self.reader.bytes.get(data)?)
            }
            other => value(other)?,
        };
        self.reader.loose_index().is_none().then_some(value)
    }

    /// What a stream holds that is written as it is or deflated, all of it; nothing when it is encoded in another way or broken.
    pub fn content(&mut self, (number, generation): Id) -> Option<Cow<'a, [u8]>> {
        let (view, id) = (self.reader.last(), ObjectId { number, generation });
        match self.reader.object(view, id).ok()? {
            Object::Stream(stream) => self.reader.stream_whole(view, &stream),
            _ => None,
        }
    }
}

/// A value inside of an object; streams are none.
fn value<'a>(object: &Object) -> Option<Value<'a>> {
    Some(match object {
        Object::Null => Value::Null,
        Object::Boolean(value) => Value::Boolean(*value),
        Object::Integer(value) => Value::Integer(*value),
        Object::Real(value) => Value::Real(*value),
        Object::String(bytes) => Value::String(Rc::clone(bytes)),
        Object::Name(bytes) => Value::Name(Rc::clone(bytes)),
        Object::Array(items) => Value::Array(items.iter().map(value).collect::<Option<_>>()?),
        Object::Dictionary(dictionary) => Value::Dictionary(entries(dictionary)?),
        Object::Stream(_) => return None,
        Object::Reference(id) => Value::Reference((id.number, id.generation)),
    })
}

/// The entries of a dictionary; nothing when a key stands there twice and says two things.
fn entries<'a>(dictionary: &Dictionary) -> Option<Entries<'a>> {
    let entries = dictionary.entries();
    let entries = entries.map(|(key, object)| Some((Rc::from(key), value(object)?)));
    let entries = entries.collect::<Option<_>>()?;
    dictionary.conflict().is_none().then_some(entries)
}
