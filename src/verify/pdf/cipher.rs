//! The ciphers of encrypted files (ISO 32000-2 §7.6.3): RC4, and AES in CBC mode by OpenSSL. None of them proves
//! anything: whoever knows the empty password could have written every byte, so nothing here is authenticated.

use openssl::error::ErrorStack;
use openssl::symm::{self, Cipher, Crypter, Mode};

/// Block and initialization vector of AES in bytes.
const BLOCK: usize = 16;

/// RC4 (§7.6.3.2), which OpenSSL 3 keeps in a provider of its own.
pub(super) fn rc4(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut state: [u8; 256] = std::array::from_fn(|at| u8::try_from(at).unwrap_or_default());
    let value = |state: &[u8; 256], at: u8| state.get(usize::from(at)).copied().unwrap_or_default();
    let mut other = 0_u8;
    for (at, byte) in (0..=u8::MAX).zip(key.iter().cycle()) {
        other = other.wrapping_add(value(&state, at)).wrapping_add(*byte);
        state.swap(usize::from(at), usize::from(other));
    }
    let (mut at, mut other) = (0_u8, 0_u8);
    let stream = data.iter().map(|byte| {
        at = at.wrapping_add(1);
        other = other.wrapping_add(value(&state, at));
        state.swap(usize::from(at), usize::from(other));
        let sum = value(&state, at).wrapping_add(value(&state, other));
        byte ^ value(&state, sum)
    });
    stream.collect()
}

/// AES-CBC with the initialization vector in front and padding behind (§7.6.3.1). Nothing when the length or the padding
/// is not what the standard says.
pub(super) fn aes(key: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    let (vector, data) = data.split_at_checked(BLOCK)?;
    let cipher = match key.len() {
        16 => Cipher::aes_128_cbc(),
        32 => Cipher::aes_256_cbc(),
        _ => return None,
    };
    symm::decrypt(cipher, key, Some(vector), data).ok()
}

/// AES-256-CBC of whole blocks without padding, from a vector of zeros: how the key of the file is kept (§7.6.4.4).
pub(super) fn unwrap_key(key: &[u8], wrapped: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    whole_blocks(
        Cipher::aes_256_cbc(),
        Mode::Decrypt,
        key,
        &[0; BLOCK],
        wrapped,
    )
}

/// AES-128-CBC of whole blocks without padding: one round of algorithm 2.B.
pub(super) fn encrypt_blocks(
    key: &[u8],
    vector: &[u8],
    data: &[u8],
) -> Result<Vec<u8>, ErrorStack> {
    whole_blocks(Cipher::aes_128_cbc(), Mode::Encrypt, key, vector, data)
}

fn whole_blocks(
    cipher: Cipher,
    mode: Mode,
    key: &[u8],
    vector: &[u8],
    data: &[u8],
) -> Result<Vec<u8>, ErrorStack> {
    let mut crypter = Crypter::new(cipher, mode, key, Some(vector))?;
    crypter.pad(false);
    let mut out = vec![0; data.len().saturating_add(BLOCK)];
    let written = crypter.update(data, &mut out)?;
    let rest = crypter.finalize(out.get_mut(written..).unwrap_or_default())?;
    out.truncate(written.saturating_add(rest));
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6229 gives keystreams; these are the vectors everybody uses.
    #[test]
    fn rc4_gives_the_known_streams() {
        for (key, plain, cipher) in [
            ("Key", "Plaintext", "bbf316e8d940af0ad3"),
            ("Wiki", "pedia", "1021bf0420"),
            ("Secret", "Attack at dawn", "45a01f645fc35b383552544b9bf5"),
        ] {
            assert_eq!(hex::encode(rc4(key.as_bytes(), plain.as_bytes())), cipher);
        }
    }

    #[test]
    fn aes_refuses_what_is_no_whole_message() {
        let key = [7; 16];
        let sealed = symm::encrypt(Cipher::aes_128_cbc(), &key, Some(&[9; 16]), b"texto").unwrap();
        let message = [&[9; 16][..], &sealed].concat();
        assert_eq!(aes(&key, &message).unwrap(), b"texto");
        for length in 0..message.len() {
            assert_eq!(aes(&key, &message[..length]), None, "{length}");
        }
    }
}
