//! Decoding of the streams that structure needs (ISO 32000-2 §7.4.4): Flate with predictors, under a budget that is
//! checked before memory is spent. Images are never decoded here, and contents of pages only as every reader decodes them.

use std::borrow::Cow;
use std::io::{ErrorKind, Read};

use flate2::read::ZlibDecoder;

use super::Trouble;
use super::object::{Dictionary, Object};

/// All inflated bytes of one document (DESIGN §6).
const MAX_INFLATED: usize = 128 << 20;

/// One stream alone: the largest national CRL is some 10 MB.
const MAX_STREAM: usize = 32 << 20;

/// Growth of one stream (DESIGN §6): deflate itself can reach 1000:1, honest tables and objects stay below 30:1.
const MAX_RATIO: usize = 100;

/// Streams may always grow to this: a table of 1,000 equal rows packs better than 100:1 and harms nobody.
const RATIO_FLOOR: usize = 1 << 20;

/// Bytes of a predictor row: 32 columns of 16 bytes are beyond every cross-reference table.
const MAX_COLUMNS: usize = 1 << 16;

/// An empty stored block that is not the last (RFC 1951 §3.2.4): what a flush leaves.
const SYNC_FLUSH: &[u8] = &[0, 0, 0xff, 0xff];

/// What may still be inflated.
#[derive(Debug)]
pub(super) struct Inflation {
    left: usize,
}

impl Default for Inflation {
    fn default() -> Self {
        Self { left: MAX_INFLATED }
    }
}

impl Inflation {
    /// The decoded data of a stream.
    pub fn decode<'b>(
        &mut self,
        dictionary: &Dictionary,
        raw: &'b [u8],
    ) -> Result<Cow<'b, [u8]>, Trouble> {
        let bad = |what| Trouble::Malformed { what, at: 0 };
        let skipped = usize::from(crypt_filter(dictionary).is_some());
        let only = |key: &[u8], what| single(dictionary.get(key), skipped).ok_or(bad(what));
        let filter = only(b"Filter", "more than one filter")?;
        let parameters = only(b"DecodeParms", "filter parameters")?;
        match filter.map(Object::name) {
            None => Ok(Cow::Borrowed(raw)),
            Some(Some(b"FlateDecode" | b"Fl")) => {
                let (data, _) = self.inflate(raw)?;
                predict(data, parameters.and_then(Object::dictionary)).map(Cow::Owned)
            }
            Some(_) => Err(bad("filter")),
        }
    }

    /// The data of a stream that has no filter, or is deflated without parameters, up to its sum and with nothing behind it but the end
    /// of a line. What a filter makes of anything else depends on the reader.
    pub fn decode_whole<'b>(
        &mut self,
        dictionary: &Dictionary,
        raw: &'b [u8],
    ) -> Option<Cow<'b, [u8]>> {
        const KEYS: [&[u8]; 2] = [b"Length", b"Filter"];
        const ENDS: [&[u8]; 4] = [b"", b"\n", b"\r", b"\r\n"];
        if !dictionary.entries().all(|(key, _)| KEYS.contains(&key)) {
            return None;
        }
        match single(dictionary.get(b"Filter"), 0)?.map(Object::name) {
            None => Some(Cow::Borrowed(raw)),
            Some(Some(b"FlateDecode")) => {
                let (data, end) = self.inflate(raw).ok()?;
                let behind = raw.get(end?..)?;
                ENDS.contains(&behind).then_some(Cow::Owned(data))
            }
            Some(_) => None,
        }
    }

    /// What was deflated, and where it ends in `raw` when it says so.
    fn inflate(&mut self, raw: &[u8]) -> Result<(Vec<u8>, Option<usize>), Trouble> {
        let limit = raw
            .len()
            .saturating_mul(MAX_RATIO)
            .clamp(RATIO_FLOOR, MAX_STREAM)
            .min(self.left);
        let mut data = Vec::new();
        let probe = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
        let mut decoder = ZlibDecoder::new(raw).take(probe);
        let read = decoder.read_to_end(&mut data);
        let end = usize::try_from(decoder.get_ref().total_in()).ok();
        self.left = self.left.saturating_sub(data.len());
        if data.len() > limit {
            return Err(Trouble::TooComplex("inflated stream"));
        }
        match read {
            Ok(_) => Ok((data, end)),
            // Acrobat Reader on telephones flushes and never ends: everything is there but the word that it was all.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof && raw.ends_with(SYNC_FLUSH) => {
                Ok((data, None))
            }
            Err(_) => Err(Trouble::Malformed {
                what: "deflated data",
                at: 0,
            }),
        }
    }
}

/// The crypt filter that a stream begins with (§7.4.10), by name.
pub(super) fn crypt_filter(dictionary: &Dictionary) -> Option<&[u8]> {
    let first = |key: &[u8]| match dictionary.get(key) {
        Some(Object::Array(items)) => items.first(),
        other => other,
    };
    (first(b"Filter")?.name() == Some(b"Crypt")).then(|| {
        first(b"DecodeParms")
            .and_then(Object::dictionary)
            .and_then(|parameters| parameters.get(b"Name")?.name())
            .unwrap_or(b"Identity")
    })
}

/// An entry that may be one value or an array of at most one, behind those that are skipped; `None` when there are
/// several.
#[allow(
    clippy::option_option,
    reason = "absent and too many are different answers"
)]
fn single(value: Option<&Object>, skipped: usize) -> Option<Option<&Object>> {
    match value {
        Some(Object::Array(items)) => match items.get(skipped..).unwrap_or_default() {
            [] => Some(None),
            [one] => Some((!one.is_null()).then_some(one)),
            _ => None,
        },
        _ if skipped > 0 => Some(None),
        other => Some(other),
    }
}

/// Undoes a predictor (§7.4.4.4): none, or PNG.
fn predict(data: Vec<u8>, parameters: Option<&Dictionary>) -> Result<Vec<u8>, Trouble> {
    let bad = |what| Trouble::Malformed { what, at: 0 };
    let number = |key: &[u8], default| {
        parameters
            .and_then(|parameters| parameters.get(key))
            .map_or(Some(default), Object::integer)
            .and_then(|value| usize::try_from(value).ok())
            .ok_or(bad("predictor"))
    };
    let predictor = number(b"Predictor", 1)?;
    if predictor == 1 {
        return Ok(data);
    }
    let bits = number(b"Colors", 1)?
        .checked_mul(number(b"BitsPerComponent", 8)?)
        .filter(|bits| (1..=512).contains(bits))
        .ok_or(bad("predictor"))?;
    let columns = number(b"Columns", 1)?;
    if !(10..=15).contains(&predictor) || columns == 0 || columns > MAX_COLUMNS {
        return Err(bad("predictor"));
    }
    let row_length = columns.saturating_mul(bits).div_ceil(8);
    let pixel = bits.div_ceil(8);
    unfilter(&data, row_length, pixel)
}

/// PNG filters (RFC 2083 §6), row by row.
fn unfilter(data: &[u8], row_length: usize, pixel: usize) -> Result<Vec<u8>, Trouble> {
    let mut out: Vec<u8> = Vec::with_capacity(data.len());
    let mut above = vec![0_u8; row_length];
    for row in data.chunks(row_length.saturating_add(1)) {
        let (kind, filtered) = row.split_first().unwrap_or((&0, &[]));
        let mut current = vec![0_u8; row_length];
        for (at, byte) in filtered.iter().enumerate() {
            let up = above.get(at).copied().unwrap_or_default();
            let left_of = |line: &[u8]| {
                at.checked_sub(pixel)
                    .and_then(|at| line.get(at))
                    .copied()
                    .unwrap_or_default()
            };
            let (left, corner) = (left_of(&current), left_of(&above));
            let guess = match kind {
                0 => 0,
                1 => left,
                2 => up,
                3 => u8::try_from(u16::from(left).midpoint(u16::from(up))).unwrap_or_default(),
                4 => paeth(left, up, corner),
                _ => {
                    return Err(Trouble::Malformed {
                        what: "PNG filter",
                        at: 0,
                    });
                }
            };
            if let Some(place) = current.get_mut(at) {
                *place = byte.wrapping_add(guess);
            }
        }
        out.extend(current.iter().take(filtered.len()));
        above = current;
    }
    Ok(out)
}

fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let (a, b, c) = (i16::from(left), i16::from(up), i16::from(corner));
    let estimate = a.saturating_add(b).saturating_sub(c);
    let distance = |value: i16| estimate.saturating_sub(value).abs();
    if distance(a) <= distance(b) && distance(a) <= distance(c) {
        left
    } else if distance(b) <= distance(c) {
        up
    } else {
        corner
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::ZlibEncoder;

    use super::*;

    #[test]
    fn what_was_flushed_and_never_ended_is_whole_and_what_breaks_off_is_not() {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(b"1 0 2 9 << >> << >>").unwrap();
        encoder.flush().unwrap();
        let flushed = encoder.get_ref().clone();
        assert!(flushed.ends_with(SYNC_FLUSH));
        let filter = (
            b"Filter".as_slice().into(),
            Object::Name(b"FlateDecode".as_slice().into()),
        );
        let dictionary = Dictionary::from_entries(vec![filter]);
        let decode = |raw: &[u8]| {
            let data = Inflation::default().decode(&dictionary, raw);
            data.map(Cow::into_owned).ok()
        };
        assert_eq!(decode(&flushed), Some(b"1 0 2 9 << >> << >>".to_vec()));
        for cut in 1..flushed.len() {
            assert_eq!(decode(&flushed[..flushed.len() - cut]), None);
        }
        let ended = encoder.finish().unwrap();
        assert_eq!(decode(&ended), Some(b"1 0 2 9 << >> << >>".to_vec()));
        let mut wrong = ended.clone();
        *wrong.last_mut().unwrap() ^= 1;
        assert_eq!(decode(&wrong), None);
    }
}
