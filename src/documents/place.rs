//! Where something lies in a document store, whatever the store is: documents and forms under their digest, those that wait
//! for their end aside, pieces of uploads apart.

use jiff::Timestamp;
use object_store::path::Path as Key;

use crate::domain::Sha256;
use crate::store::BlobKey;

/// Where something lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A document or form, under its digest.
    Document(Sha256),
    /// A document that nobody needs any more, until it is sure.
    Aside(Sha256),
    /// A piece of an upload.
    Piece {
        /// The upload.
        upload: Sha256,
        /// The digest of the piece.
        piece: Sha256,
    },
}

/// What lies together and is listed together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shelf {
    /// The documents whose digests begin with this byte.
    Slice(u8),
    /// What waits for its end.
    Asides,
    /// Pieces of all uploads.
    Pieces,
}

/// Something that lies there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    /// Where.
    pub(super) place: Place,
    /// When it was written.
    pub(super) written: Timestamp,
}

const ASIDE: &str = "aside";
const PIECES: &str = "pieces";

impl Place {
    /// Its name in a folder or bucket. `ab/cd/abcd…`: no folder grows beyond what a file system likes.
    pub(super) fn key(self) -> Key {
        match self {
            Self::Document(sha256) => {
                let text = sha256.to_string();
                Key::from(format!("{}/{}/{text}", &text[..2], &text[2..4]))
            }
            Self::Aside(sha256) => Key::from(format!("{ASIDE}/{sha256}")),
            Self::Piece { upload, piece } => Key::from(format!("{PIECES}/{upload}/{piece}")),
        }
    }

    /// Its name in the database.
    pub(super) fn blob(self) -> BlobKey {
        let (shelf, item, part) = match self {
            Self::Document(sha256) => (Shelf::of(sha256), sha256, None),
            Self::Aside(sha256) => (Shelf::Asides, sha256, None),
            Self::Piece { upload, piece } => (Shelf::Pieces, upload, Some(piece)),
        };
        BlobKey {
            shelf: shelf.name(),
            item: item.to_string(),
            part: part.map(|part| part.to_string()).unwrap_or_default(),
        }
    }

    /// The digest of what lies there.
    pub(super) fn sha256(self) -> Sha256 {
        match self {
            Self::Document(sha256) | Self::Aside(sha256) => sha256,
            Self::Piece { piece, .. } => piece,
        }
    }

    /// The place with this name in a folder or bucket; none of ours has another one.
    pub(super) fn parse_key(key: &Key) -> Option<Self> {
        let parts: Vec<_> = key.parts().collect();
        let parts: Vec<&str> = parts.iter().map(AsRef::as_ref).collect();
        match *parts.as_slice() {
            [ASIDE, name] => Some(Self::Aside(name.parse().ok()?)),
            [PIECES, upload, piece] => Some(Self::Piece {
                upload: upload.parse().ok()?,
                piece: piece.parse().ok()?,
            }),
            [_, _, name] => {
                Some(Self::Document(name.parse().ok()?)).filter(|place| place.key() == *key)
            }
            _ => None,
        }
    }

    /// The place with this name in the database.
    pub(super) fn parse_blob(key: &BlobKey) -> Option<Self> {
        let item = key.item.parse().ok()?;
        match key.shelf.as_str() {
            ASIDE => Some(Self::Aside(item)),
            PIECES => Some(Self::Piece {
                upload: item,
                piece: key.part.parse().ok()?,
            }),
            _ => Some(Self::Document(item)),
        }
    }
}

impl Shelf {
    /// Every shelf there is.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        (0..=u8::MAX)
            .map(Self::Slice)
            .chain([Self::Asides, Self::Pieces])
    }

    /// The shelf of a document.
    fn of(sha256: Sha256) -> Self {
        Self::Slice(sha256.as_bytes()[0])
    }

    /// What its names begin with.
    pub(super) fn name(self) -> String {
        match self {
            Self::Slice(byte) => format!("{byte:02x}"),
            Self::Asides => ASIDE.to_owned(),
            Self::Pieces => PIECES.to_owned(),
        }
    }
}

/// Where the pieces of an upload lie in a folder or bucket.
pub(super) fn pieces_of(upload: Sha256) -> Key {
    Key::from(format!("{PIECES}/{upload}"))
}

/// The shelf of pieces in the database.
pub(super) fn pieces_shelf() -> String {
    Shelf::Pieces.name()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_found_again_by_either_of_its_names() {
        let (one, other) = (Sha256::of(b"one"), Sha256::of(b"other"));
        let piece = Place::Piece {
            upload: one,
            piece: other,
        };
        for place in [Place::Document(one), Place::Aside(one), piece] {
            assert_eq!(Place::parse_key(&place.key()), Some(place));
            assert_eq!(Place::parse_blob(&place.blob()), Some(place));
        }
        for name in ["readme", "ab/cd/ef", "probe/x", &format!("00/00/{one}")] {
            assert_eq!(Place::parse_key(&Key::from(name)), None, "{name}");
        }
    }
}
