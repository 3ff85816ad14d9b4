//! Ways in which a signed PDF may be changed by somebody without the key, chosen by a seed.

use std::ops::Range;

use clavero::fixture::attack;
use clavero::verify;
use clavero::verify::cms::Message;

/// Numbers that look random and are the same in every run (SplitMix64).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end.max(1)).unwrap()).unwrap()
    }

    fn within(&mut self, range: &Range<usize>) -> usize {
        range.start + self.below(range.len())
    }
}

/// A signature as it lies in the file.
struct Place {
    /// The four numbers of `/ByteRange`, as text in the file.
    numbers: Vec<Range<usize>>,
    /// What is signed, before and behind `/Contents`.
    covered: [Range<usize>; 2],
    /// The hexadecimal digits of what the verdict rests on: signed attributes and signature value.
    decisive: Vec<Range<usize>>,
    /// `/Contents` from `<` to behind `>`.
    gap: Range<usize>,
    /// The zeros behind the message.
    padding: Range<usize>,
}

/// A document and where its signatures are.
pub struct Target {
    pub bytes: Vec<u8>,
    places: Vec<Place>,
}

impl Target {
    pub fn new(bytes: Vec<u8>) -> Self {
        let signed = verify::open(&bytes, None).unwrap();
        let places = signed
            .pdf()
            .unwrap()
            .signatures
            .iter()
            .map(|signature| Place::of(&bytes, signature))
            .collect();
        Self { bytes, places }
    }

    /// One mutation with its name. None of them leaves what was signed, or who signed it, as it was.
    pub fn mutate(&self, kind: usize, dice: &mut Dice) -> (String, Vec<u8>) {
        let place = &self.places[dice.below(self.places.len())];
        let mut out = self.bytes.clone();
        let name = match kind % KINDS {
            0..=4 => {
                let at = dice.within(&place.covered[0]);
                out[at] ^= 1 << dice.below(8);
                format!("bit of byte {at} before /Contents")
            }
            5..=8 => {
                let at = dice.within(&place.covered[1]);
                out[at] ^= 1 << dice.below(8);
                format!("bit of byte {at} behind /Contents")
            }
            9 => {
                let at = dice.within(&place.covered[0]);
                out.insert(at, b' ');
                format!("blank inserted at {at}")
            }
            10 => {
                let at = dice.within(&place.covered[1]);
                out.remove(at);
                format!("byte {at} removed")
            }
            11..=13 => {
                let part = &place.decisive[dice.below(place.decisive.len())];
                let at = dice.within(part);
                let other = (digit(out[at]) + 1 + u8::try_from(dice.below(15)).unwrap()) % 16;
                out[at] = b"0123456789abcdef"[usize::from(other)];
                format!("digit {at} of the signature")
            }
            14 => {
                let at = dice.within(&place.padding);
                out[at] = b"123456789abcdef"[dice.below(15)];
                format!("digit {at} of the padding")
            }
            15 => {
                let at = dice.within(&place.gap);
                out[at] = b" \n\0/("[dice.below(5)];
                format!("byte {at} of /Contents is no digit")
            }
            16 | 17 => {
                let number = &place.numbers[dice.below(4)];
                let at = dice.within(number);
                out[at] = b'0' + (out[at] - b'0' + 1 + u8::try_from(dice.below(9)).unwrap()) % 10;
                format!("digit {at} of /ByteRange")
            }
            18 => self.swapped_ranges(place, &mut out),
            19 => {
                // Not at the end of an earlier revision: what stands there is an older honest document.
                let ends: Vec<usize> = (0..out.len())
                    .filter(|at| out[..*at].trim_ascii_end().ends_with(b"%%EOF"))
                    .collect();
                let at = loop {
                    let at = 1 + dice.below(out.len() - 1);
                    if !ends.contains(&at) {
                        break at;
                    }
                };
                out.truncate(at);
                format!("cut at {at}")
            }
            20 => {
                let offsets = xref_offsets(&out);
                let offset = &offsets[dice.below(offsets.len())];
                let at = dice.within(offset);
                out[at] = b'0' + (out[at] - b'0' + 1 + u8::try_from(dice.below(9)).unwrap()) % 10;
                format!("digit {at} of the cross-reference table")
            }
            21 => {
                let (one, other) = (dice.within(&place.covered[0]), dice.below(200));
                let other = (one + 1 + other).min(place.covered[0].end - 1);
                if out[one] == out[other] {
                    out[one] ^= 0x80;
                }
                out.swap(one, other);
                format!("bytes {one} and {other} exchanged")
            }
            22 => {
                out.splice(0..0, *b"% before the header\n");
                "bytes before the header".to_owned()
            }
            23 => {
                let last = self.places.len() - 1;
                let emptied = self.places[last].gap.clone();
                out[emptied.start + 1..emptied.end - 1].fill(b'0');
                "no signature value".to_owned()
            }
            _ => {
                let attacks: Vec<_> = attack::all().map(|(_, attack)| attack).collect();
                let attack = attacks[dice.below(attacks.len())];
                if let Ok(attacked) = attack.apply(&out) {
                    out = attacked;
                    attack.name.to_owned()
                } else {
                    out.clear();
                    "emptied, because the attack needs another file".to_owned()
                }
            }
        };
        assert!(out != self.bytes, "{name} changes something");
        (name, out)
    }

    /// The two signed stretches in the other order.
    fn swapped_ranges(&self, place: &Place, out: &mut Vec<u8>) -> String {
        let texts: Vec<Vec<u8>> = [2, 3, 0, 1]
            .map(|number: usize| self.bytes[place.numbers[number].clone()].to_vec())
            .to_vec();
        let whole = place.numbers[0].start..place.numbers[3].end;
        let mut text = texts.join(&b' ');
        text.resize(whole.len(), b' ');
        out.splice(whole, text);
        "stretches of /ByteRange exchanged".to_owned()
    }
}

/// How many kinds [`Target::mutate`] knows; the last ones are attacks.
const KINDS: usize = 27;

impl Place {
    fn of(bytes: &[u8], signature: &verify::pdf::PdfSignature) -> Self {
        let number = |number: u64| usize::try_from(number).unwrap();
        let [start, length, second, rest] = signature.byte_range.map(number);
        let gap = start + length..second;
        let message = Message::parse(&signature.contents).unwrap();
        let signer = &message.signers[0];
        let hex_of = |part: &[u8]| {
            let at = find(&signature.contents, part).unwrap();
            gap.start + 1 + 2 * at..gap.start + 1 + 2 * (at + part.len())
        };
        let values = signer.signed_attributes().flat_map(|attribute| {
            let values = attribute.values.iter();
            values.map(|value| hex_of(value.body)).collect::<Vec<_>>()
        });
        let decisive = values.chain([hex_of(&signer.value)]).collect();
        let used = signature.contents.trim_ascii_end();
        let zeros = used.iter().rev().take_while(|byte| **byte == 0).count();
        // The last byte of the message may itself be a zero: one more is left alone.
        let padding = gap.end - 1 - 2 * zeros.saturating_sub(2)..gap.end - 1;
        Self {
            numbers: byte_range_numbers(bytes, signature.byte_range),
            covered: [start..start + length, second..second + rest],
            decisive,
            padding,
            gap,
        }
    }
}

/// The text of the four numbers; every signature has its own.
fn byte_range_numbers(bytes: &[u8], range: [u64; 4]) -> Vec<Range<usize>> {
    let text = format!("[{} {} {} {}", range[0], range[1], range[2], range[3]);
    let start = find(bytes, text.as_bytes()).expect("/ByteRange as pyHanko writes it") + 1;
    let mut at = start;
    range
        .iter()
        .map(|number| {
            let from = at;
            at += number.to_string().len() + 1;
            from..at - 1
        })
        .collect()
}

/// The digits of offsets in cross-reference tables; in a file of cross-reference streams, of the last pointer to one.
fn xref_offsets(bytes: &[u8]) -> Vec<Range<usize>> {
    let found: Vec<_> = (0..bytes.len().saturating_sub(20))
        .filter(|at| {
            let line = &bytes[*at..at + 20];
            line[..10].iter().all(u8::is_ascii_digit)
                && line[10] == b' '
                && line[11..16].iter().all(u8::is_ascii_digit)
                && line[16..18] == *b" n"
        })
        .map(|at| at..at + 10)
        .collect();
    if !found.is_empty() {
        return found;
    }
    let mark = b"startxref\n";
    let at = bytes.windows(mark.len()).rposition(|window| window == mark);
    let start = at.expect("a cross-reference pointer") + mark.len();
    let digits = bytes[start..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit());
    let end = start + digits.count();
    std::iter::once(start..end).collect()
}

fn digit(byte: u8) -> u8 {
    u8::try_from(char::from(byte).to_digit(16).expect("a digit")).unwrap()
}

fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes
        .windows(needle.len())
        .position(|window| window == needle)
}
