//! The document security store (ETSI EN 319 142-1 §5.4.2): certificates, CRLs and OCSP responses as DER. They are
//! evidence to be judged, not trusted: who put them there doesn't matter.

use std::collections::HashSet;

use super::object::{Dictionary, Object};
use super::reader::Reader;
use super::{SecurityStore, Stored, Trouble};

/// Values in one store; a long-term archive with dozens of renewals has some hundreds.
const MAX_VALUES: usize = 2_000;

/// Bytes of one store: four of the largest national CRLs.
const MAX_BYTES: usize = 48 << 20;

/// Reads `/DSS` of a catalog, with what its `/VRI` entries add. What can't be read is left out: it only proves less.
pub(super) fn read(reader: &mut Reader<'_>, view: usize, catalog: &Dictionary) -> SecurityStore {
    let mut store = SecurityStore::default();
    let mut seen = HashSet::new();
    let mut left = MAX_BYTES;
    let Ok(dss) = reader.get_dictionary(view, catalog, b"DSS") else {
        return store;
    };
    let names: [&[u8]; 3] = [b"Certs", b"CRLs", b"OCSPs"];
    collect(reader, view, &dss, names, &mut store, &mut seen, &mut left);
    let vri = reader
        .get_dictionary(view, &dss, b"VRI")
        .unwrap_or_default();
    for (_, value) in vri.entries().take(MAX_VALUES) {
        if let Ok(Object::Dictionary(entry)) = reader.resolve(view, value) {
            let names: [&[u8]; 3] = [b"Cert", b"CRL", b"OCSP"];
            collect(
                reader, view, &entry, names, &mut store, &mut seen, &mut left,
            );
        }
    }
    store
}

fn collect(
    reader: &mut Reader<'_>,
    view: usize,
    dictionary: &Dictionary,
    names: [&[u8]; 3],
    store: &mut SecurityStore,
    seen: &mut HashSet<u32>,
    left: &mut usize,
) {
    let targets = [&mut store.certificates, &mut store.crls, &mut store.ocsps];
    for (name, target) in names.into_iter().zip(targets) {
        for item in reader.get_array(view, dictionary, name).unwrap_or_default() {
            let Some(id) = item.reference().filter(|id| seen.insert(id.number)) else {
                continue;
            };
            if seen.len() <= MAX_VALUES
                && let Some((revision, _)) = reader.entry(view, id.number)
                && let Ok(der) = der(reader, view, &item)
                && der.len() <= *left
            {
                *left = left.saturating_sub(der.len());
                target.push(Stored { der, revision });
            }
        }
    }
}

fn der(reader: &mut Reader<'_>, view: usize, item: &Object) -> Result<Vec<u8>, Trouble> {
    match reader.resolve(view, item)? {
        Object::Stream(stream) => Ok(reader.stream_data(view, &stream)?.into_owned()),
        _ => Err(Trouble::Malformed {
            what: "value of the security store",
            at: 0,
        }),
    }
}
