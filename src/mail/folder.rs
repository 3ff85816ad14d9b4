//! Messages as files in a folder: each effect has one name, so that the same message again replaces itself.

use std::path::Path;

use serde::de::DeserializeOwned;

/// Writes the files of one message so that each is there whole or not at all, also after a power cut.
///
/// # Errors
/// When the folder can't be written.
pub fn keep(folder: &Path, id: &str, files: &[(&str, &[u8])]) -> std::io::Result<()> {
    let name = file_name(id);
    for (extension, bytes) in files {
        let temporary = folder.join(format!(".{name}.{extension}"));
        let mut file = std::fs::File::create(&temporary)?;
        std::io::Write::write_all(&mut file, bytes)?;
        file.sync_all()?;
        std::fs::rename(&temporary, folder.join(format!("{name}.{extension}")))?;
    }
    std::fs::File::open(folder)?.sync_all()
}

/// An id as part of a file name or of a Message-ID: letters, digits, `-`, `_` and full stops, nothing else.
#[must_use]
pub(super) fn file_name(id: &str) -> String {
    id.replace(
        |c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_',
        ".",
    )
}

/// What the `.json` files of a folder hold, in no order; what is being written, or is something else, is passed over.
///
/// # Errors
/// When the folder can't be read.
pub fn read<T: DeserializeOwned>(folder: &Path) -> std::io::Result<Vec<T>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let hidden = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('.'));
        let json = path
            .extension()
            .is_some_and(|extension| extension == "json");
        if json && !hidden {
            found.extend(serde_json::from_slice(&std::fs::read(&path)?).ok());
        }
    }
    Ok(found)
}
