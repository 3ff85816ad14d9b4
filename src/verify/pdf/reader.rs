//! Objects on demand, as each revision sees them (ISO 32000-2 §7.5.6, §7.5.7): nothing is read that nobody asks for.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use super::encryption::{Encryption, VALUES_PER_STRING};
use super::filter::Inflation;
use super::lexer::{Lexer, is_white};
use super::object::{Dictionary, Object, ObjectId, Stream};
use super::places::Places;
use super::xref::{Entry, Table, Walk};
use super::{Trouble, Work};

/// Values read in all, repeated readings included: about a second of work at the very most.
const MAX_VALUES: usize = 4_000_000;

/// Questions for the place of an object: some five for each value that is read.
const MAX_LOOKUPS: usize = 5 * MAX_VALUES;

/// Bytes of objects and compared streams read in all, per byte of the file: objects that overlap would cost more.
const READ_FACTOR: usize = 8;

/// What may always be read, however small the file.
const READ_FLOOR: usize = 64 << 20;

/// Bytes of decoded object streams kept at hand; beyond it they are decoded again when needed.
const MAX_KEPT: usize = 48 << 20;

/// Bytes of objects kept as values, which take up to fifty times as much: one signature with its form and pages fits.
const MAX_KNOWN: usize = 256 << 10;

/// Objects in one object stream; writers put 100 to 200.
const MAX_IN_CONTAINER: i64 = 100_000;

/// References that lead to references: the standard has none of them, some writers one.
const MAX_HOPS: usize = 8;

/// The file with its cross-reference tables, oldest revision first.
pub(super) struct Reader<'a> {
    pub bytes: &'a [u8],
    pub tables: Vec<Table>,
    places: Places,
    encryption: Encryption,
    inflation: Inflation,
    /// What was read so far; questions for places are counted apart, because asking changes nothing else.
    work: Work,
    lookups: Cell<usize>,
    /// Objects read before, by place: the views, what they reach and what they changed ask for the same ones.
    known: HashMap<usize, Known>,
    /// Bytes that they take in the file.
    known_bytes: usize,
    containers: HashMap<usize, Rc<Container>>,
    kept: usize,
    loose_index: Option<u32>,
}

/// An uncompressed object that was read before.
struct Known {
    id: ObjectId,
    object: Object,
    /// Behind its value.
    end: usize,
    /// What reading it cost: it costs the same again, so that a limit depends on nothing but the file.
    values: usize,
}

/// A decoded object stream: numbers with the place of each object (§7.5.7).
pub(super) struct Container {
    data: Vec<u8>,
    pub members: Vec<(u32, usize)>,
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8], walk: Walk) -> Self {
        Self {
            bytes,
            tables: walk.tables,
            places: walk.places,
            lookups: Cell::new(0),
            encryption: Encryption::None,
            inflation: walk.inflation,
            work: Work::default(),
            known: HashMap::new(),
            known_bytes: 0,
            containers: HashMap::new(),
            kept: 0,
            loose_index: None,
        }
    }

    /// Whether the file is encrypted.
    pub fn encryption(&self) -> &Encryption {
        &self.encryption
    }

    /// Reads everything from now on as encrypted in this way.
    pub fn decrypt_with(&mut self, encryption: Encryption) {
        self.encryption = encryption;
        self.known.clear();
        self.containers.clear();
    }

    /// What reading has cost so far.
    pub fn work(&self) -> Work {
        Work {
            lookups: self.lookups.get(),
            ..self.work
        }
    }

    /// An object stream among those that were read, in whose index some readers find more objects than others.
    pub fn loose_index(&self) -> Option<u32> {
        self.loose_index
    }

    /// The newest revision.
    pub fn last(&self) -> usize {
        self.tables.len().saturating_sub(1)
    }

    pub fn trailer(&self, view: usize) -> Dictionary {
        self.tables
            .get(view)
            .map(|table| table.trailer.clone())
            .unwrap_or_default()
    }

    /// What this view says of an object, and which revision says it.
    pub fn entry(&self, view: usize, number: u32) -> Option<(usize, Entry)> {
        self.lookups.set(self.lookups.get().saturating_add(1));
        self.places.entry(view, number)
    }

    /// What the revisions before this one say of an object.
    pub fn before(&self, revision: usize, number: u32) -> Option<Entry> {
        self.places.before(revision, number)
    }

    /// Whether an object exists in a view.
    pub fn defines(&self, view: usize, id: ObjectId) -> bool {
        match self.entry(view, id.number) {
            Some((_, Entry::InUse { generation, .. })) => generation == id.generation,
            Some((_, Entry::Compressed { .. })) => id.generation == 0,
            _ => false,
        }
    }

    /// The object as this view sees it; null when there is none (§7.3.10).
    pub fn object(&mut self, view: usize, id: ObjectId) -> Result<Object, Trouble> {
        if !self.defines(view, id) {
            return Ok(Object::Null);
        }
        // Whoever goes on without what can't be read would pay for reading it each time.
        self.spend(0, 0)?;
        match self.entry(view, id.number) {
            Some((_, Entry::InUse { offset, .. })) => self.object_at(offset, id),
            Some((revision, Entry::Compressed { container, index })) => {
                let container = self.container(revision, container)?;
                self.member(&container, id.number, index)
            }
            _ => Ok(Object::Null),
        }
    }

    /// The value, or what the reference leads to.
    pub fn resolve(&mut self, view: usize, value: &Object) -> Result<Object, Trouble> {
        let mut current = value.clone();
        for _ in 0..MAX_HOPS {
            match current {
                Object::Reference(id) => current = self.object(view, id)?,
                found => return Ok(found),
            }
        }
        Err(Trouble::Malformed {
            what: "reference to references",
            at: 0,
        })
    }

    /// An entry of a dictionary, resolved; null when absent.
    pub fn get(
        &mut self,
        view: usize,
        dictionary: &Dictionary,
        key: &[u8],
    ) -> Result<Object, Trouble> {
        match dictionary.get(key) {
            Some(value) => self.resolve(view, value),
            None => Ok(Object::Null),
        }
    }

    /// An entry that should be a dictionary; empty when absent or something else.
    pub fn get_dictionary(
        &mut self,
        view: usize,
        dictionary: &Dictionary,
        key: &[u8],
    ) -> Result<Dictionary, Trouble> {
        Ok(match self.get(view, dictionary, key)? {
            Object::Dictionary(found) => found,
            _ => Dictionary::default(),
        })
    }

    /// The items of an entry that should be an array, unresolved; empty when absent or something else.
    pub fn get_array(
        &mut self,
        view: usize,
        dictionary: &Dictionary,
        key: &[u8],
    ) -> Result<Vec<Object>, Trouble> {
        Ok(match self.get(view, dictionary, key)? {
            Object::Array(items) => items,
            _ => Vec::new(),
        })
    }

    fn spend(&mut self, values: usize, bytes: usize) -> Result<(), Trouble> {
        self.work.values = self.work.values.saturating_add(values);
        self.work.bytes = self.work.bytes.saturating_add(bytes);
        let allowance = self
            .bytes
            .len()
            .saturating_mul(READ_FACTOR)
            .saturating_add(READ_FLOOR);
        let work = self.work();
        if work.values > MAX_VALUES || work.bytes > allowance || work.lookups > MAX_LOOKUPS {
            return Err(Trouble::TooComplex("objects to look at"));
        }
        Ok(())
    }

    fn object_at(&mut self, offset: usize, id: ObjectId) -> Result<Object, Trouble> {
        self.read_at(offset, id).map(|(object, _)| object)
    }

    /// An uncompressed object, and where its value ends.
    fn read_at(&mut self, offset: usize, id: ObjectId) -> Result<(Object, usize), Trouble> {
        if let Some(known) = self.known.get(&offset).filter(|known| known.id == id) {
            let (object, end, values) = (known.object.clone(), known.end, known.values);
            self.spend(values, end.saturating_sub(offset))?;
            return Ok((object, end));
        }
        let mut lexer = Lexer::new(self.bytes, offset);
        // The header first: what is something else is not worth reading.
        if lexer.clone().header()? != id {
            return Err(Trouble::Malformed {
                what: "another object in this place",
                at: offset,
            });
        }
        let indirect = lexer.indirect();
        self.spend(lexer.values(), lexer.position().saturating_sub(offset))?;
        let indirect = indirect?;
        let object = match (indirect.value, indirect.stream_at) {
            (Object::Dictionary(dictionary), Some(data_at)) => Object::Stream(Box::new(Stream {
                id,
                dictionary,
                data_at,
            })),
            (value, _) => value,
        };
        let object = self.decrypted(object, id)?;
        let (end, values) = (lexer.position(), lexer.values());
        let bytes = self.known_bytes.saturating_add(end.saturating_sub(offset));
        if bytes <= MAX_KNOWN {
            self.known_bytes = bytes;
            let object = object.clone();
            let known = Known {
                id,
                object,
                end,
                values,
            };
            self.known.insert(offset, known);
        }
        Ok((object, end))
    }

    /// A value of an object that stands in the file itself, with its strings decrypted.
    pub fn decrypted(&mut self, mut value: Object, id: ObjectId) -> Result<Object, Trouble> {
        if let Encryption::Open(handler) = &self.encryption {
            let strings = handler.decrypt_strings(&mut value, id)?;
            self.spend(strings.saturating_mul(VALUES_PER_STRING), 0)?;
        }
        Ok(value)
    }

    /// The exact place of an uncompressed object, from its number to behind `endobj`.
    pub fn located(
        &mut self,
        view: usize,
        offset: usize,
        id: ObjectId,
    ) -> Result<Range<usize>, Trouble> {
        let mut lexer = Lexer::new(self.bytes, offset);
        lexer.skip_some_white();
        let start = lexer.position();
        let (object, end) = self.read_at(start, id)?;
        lexer = Lexer::new(self.bytes, end);
        if let Object::Stream(stream) = &object {
            let data = self.stream_place(view, stream)?;
            lexer = Lexer::new(self.bytes, data.end);
            lexer.skip_some_white();
            lexer.keyword(b"endstream");
        }
        lexer.skip();
        if !lexer.keyword(b"endobj") {
            return Err(Trouble::Malformed {
                what: "object without endobj",
                at: lexer.position(),
            });
        }
        Ok(start..lexer.position())
    }

    /// Where the raw data of a stream lies, with `/Length` proven by `endstream` (§7.3.8.1).
    pub fn stream_place(&mut self, view: usize, stream: &Stream) -> Result<Range<usize>, Trouble> {
        let bad = Trouble::Malformed {
            what: "length of a stream",
            at: stream.data_at,
        };
        let length = match stream.dictionary.get(b"Length") {
            // Only an uncompressed object can give the length: an object stream would need its own length first.
            Some(Object::Reference(id)) => match self.entry(view, id.number) {
                Some((_, Entry::InUse { offset, .. })) => self.object_at(offset, *id)?,
                Some((revision, Entry::Compressed { container, index })) => {
                    let known = self.kept_container(revision, container);
                    match known {
                        Some(container) => self.member(&container, id.number, index)?,
                        None if !stream.dictionary.is(b"Type", b"ObjStm") => {
                            self.object(view, *id)?
                        }
                        None => return Err(bad),
                    }
                }
                _ => return Err(bad),
            },
            Some(value) => value.clone(),
            None => return Err(bad),
        };
        let length = length
            .integer()
            .and_then(|length| usize::try_from(length).ok())
            .ok_or(bad)?;
        let end = stream
            .data_at
            .checked_add(length)
            .filter(|end| *end <= self.bytes.len());
        let end = end.ok_or(bad)?;
        let mut lexer = Lexer::new(self.bytes, end);
        lexer.skip_some_white();
        // "There should be an end-of-line marker before endstream, not included in the length."
        let blank = lexer.position().saturating_sub(end);
        if blank > 2 || !lexer.keyword(b"endstream") {
            return Err(bad);
        }
        Ok(stream.data_at..end)
    }

    /// The raw data of a stream, as it lies in the file.
    fn stream_raw(&mut self, view: usize, stream: &Stream) -> Result<&'a [u8], Trouble> {
        let place = self.stream_place(view, stream)?;
        self.bytes.get(place).ok_or(Trouble::Malformed {
            what: "length of a stream",
            at: stream.data_at,
        })
    }

    /// The decoded data of a stream.
    pub fn stream_data(&mut self, view: usize, stream: &Stream) -> Result<Cow<'a, [u8]>, Trouble> {
        match self.stream_clear(view, stream)? {
            Cow::Borrowed(raw) => self.inflation.decode(&stream.dictionary, raw),
            Cow::Owned(clear) => {
                let data = self.inflation.decode(&stream.dictionary, &clear)?;
                Ok(Cow::Owned(data.into_owned()))
            }
        }
    }

    /// The data of a stream that every reader decodes to the same bytes, whole.
    pub fn stream_whole(&mut self, view: usize, stream: &Stream) -> Option<Cow<'a, [u8]>> {
        let raw = self.stream_raw(view, stream).ok()?;
        self.inflation.decode_whole(&stream.dictionary, raw)
    }

    /// The encoded data of a stream, decrypted.
    fn stream_clear(&mut self, view: usize, stream: &Stream) -> Result<Cow<'a, [u8]>, Trouble> {
        let raw = self.stream_raw(view, stream)?;
        match &self.encryption {
            Encryption::Open(handler) if !handler.is_clear(stream) => {
                let clear = handler.decrypt_stream(stream, raw)?;
                self.spend(0, raw.len())?;
                Ok(Cow::Owned(clear))
            }
            Encryption::None | Encryption::Open(_) => Ok(Cow::Borrowed(raw)),
            Encryption::Locked => Err(Trouble::Malformed {
                what: "encrypted data",
                at: stream.data_at,
            }),
        }
    }

    fn kept_container(&self, view: usize, number: u32) -> Option<Rc<Container>> {
        match self.entry(view, number) {
            Some((_, Entry::InUse { offset, .. })) => self.containers.get(&offset).cloned(),
            _ => None,
        }
    }

    /// An object stream, decoded (§7.5.7).
    pub fn container(&mut self, view: usize, number: u32) -> Result<Rc<Container>, Trouble> {
        let bad = |what| Trouble::Malformed { what, at: 0 };
        let Some((
            _,
            Entry::InUse {
                offset,
                generation: 0,
            },
        )) = self.entry(view, number)
        else {
            return Err(bad("place of an object stream"));
        };
        if let Some(container) = self.containers.get(&offset) {
            return Ok(Rc::clone(container));
        }
        let id = ObjectId {
            number,
            generation: 0,
        };
        let Object::Stream(stream) = self.object_at(offset, id)? else {
            return Err(bad("no object stream"));
        };
        if !stream.dictionary.is(b"Type", b"ObjStm") {
            return Err(bad("no object stream"));
        }
        let data = self.stream_data(view, &stream)?.into_owned();
        let entry = |key: &[u8]| stream.dictionary.get(key).and_then(Object::integer);
        let count = entry(b"N").filter(|count| (0..=MAX_IN_CONTAINER).contains(count));
        let count = count.ok_or(Trouble::TooComplex("object stream"))?;
        let first = entry(b"First")
            .and_then(|first| usize::try_from(first).ok())
            .ok_or(bad("object stream"))?;
        let (members, exact) = members(&data, count, first).ok_or(bad("object stream"))?;
        if !exact {
            self.loose_index = Some(number);
        }
        let container = Rc::new(Container { data, members });
        self.keep(offset, &container);
        Ok(container)
    }

    fn keep(&mut self, offset: usize, container: &Rc<Container>) {
        self.kept = self.kept.saturating_add(container.data.len());
        if self.kept > MAX_KEPT {
            self.containers.clear();
            self.kept = container.data.len();
        }
        self.containers.insert(offset, Rc::clone(container));
    }

    fn member(
        &mut self,
        container: &Container,
        number: u32,
        index: usize,
    ) -> Result<Object, Trouble> {
        let bad = |what| Trouble::Malformed { what, at: 0 };
        let (found, at) = container
            .members
            .get(index)
            .ok_or(bad("index in an object stream"))?;
        if *found != number {
            return Err(bad("another object at this index of an object stream"));
        }
        let mut lexer = Lexer::new(&container.data, *at);
        let value = lexer.value();
        self.spend(lexer.values(), lexer.position().saturating_sub(*at))?;
        value
    }

    /// Whether two values are the same as two views see them: streams by dictionary and raw data, and without looking
    /// behind references.
    pub fn same(&mut self, old: (usize, &Object), new: (usize, &Object)) -> Result<bool, Trouble> {
        match (old.1, new.1) {
            (Object::Stream(a), Object::Stream(b)) => {
                let dictionaries = a
                    .dictionary
                    .pairs(&b.dictionary)
                    .into_iter()
                    .all(|(key, old, new)| key == b"Length" || old == new);
                if !dictionaries {
                    return Ok(false);
                }
                let (old_data, new_data) = (self.stream_raw(old.0, a)?, self.stream_raw(new.0, b)?);
                self.spend(0, old_data.len())?;
                if old_data == new_data || !matches!(self.encryption, Encryption::Open(_)) {
                    return Ok(old_data == new_data);
                }
                // AES begins with a random vector: equal texts are written differently.
                let old_clear = self.stream_clear(old.0, a)?;
                Ok(old_clear == self.stream_clear(new.0, b)?)
            }
            (a, b) => Ok(a == b),
        }
    }
}

/// The pairs at the start of an object stream, and whether nothing else stands there: some readers take as many as they find. A number
/// twice is an error: which one counts depends on the reader.
fn members(data: &[u8], count: i64, first: usize) -> Option<(Vec<(u32, usize)>, bool)> {
    let mut lexer = Lexer::new(data, 0);
    let mut members = Vec::new();
    for _ in 0..count {
        lexer.skip();
        let number = u32::try_from(lexer.unsigned(10)?).ok()?;
        lexer.skip();
        let offset = usize::try_from(lexer.unsigned(10)?).ok()?;
        members.push((number, first.checked_add(offset)?));
    }
    let mut numbers: Vec<u32> = members.iter().map(|(number, _)| *number).collect();
    numbers.sort_unstable();
    let all = numbers.len();
    numbers.dedup();
    let (pairs, behind) = data.get(..first)?.split_at_checked(lexer.position())?;
    let exact = behind.iter().all(|byte| is_white(*byte))
        && pairs
            .iter()
            .all(|byte| is_white(*byte) || byte.is_ascii_digit());
    (numbers.len() == all).then_some((members, exact))
}
