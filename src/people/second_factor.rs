//! The second factor: codes of an authenticator app (RFC 6238, six digits, 30 seconds, SHA-1 because that is what the apps
//! speak), and recovery codes for the day on which the telephone is gone.

use jiff::Timestamp;
use totp_rs::{Builder, Secret, Totp};

use crate::domain::Sha256;

/// Letters and digits of recovery codes: none that looks like another one.
const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
/// Recovery codes that are handed out.
const CODES: usize = 8;
/// Characters of one: 80 bits, which nobody finds by trying, not even with the digests in hand.
const CODE_LENGTH: usize = 16;

/// The shared secret of an authenticator app. Does not print.
#[derive(Clone)]
pub struct TotpSecret(String);

impl std::fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TotpSecret(…)")
    }
}

impl TotpSecret {
    /// A secret of 192 random bits (RFC 4226 §4 R6 recommends 160).
    #[must_use]
    pub fn from_random(random: [u8; 24]) -> Self {
        Self(Secret::new(Box::new(random)).to_base32())
    }

    /// Reads a secret as it is kept.
    #[must_use]
    pub fn parse(base32: &str) -> Option<Self> {
        Secret::try_from_base32(base32).ok()?;
        Some(Self(base32.to_owned()))
    }

    /// The secret in base32: for the enrolment page, and for keeping it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    fn totp(&self) -> Builder {
        let secret =
            Secret::try_from_base32(&self.0).unwrap_or_else(|_| Secret::new_stack([0; 20]));
        Builder::new().with_secret(secret)
    }

    /// The time step whose code this is: now, the one before or the one behind.
    #[must_use]
    pub fn step_of(&self, code: &str, at: Timestamp) -> Option<i64> {
        let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let totp: Totp = self.totp().build_noncompliant();
        let step = totp.check(&digits, u64::try_from(at.as_second()).ok()?)?;
        i64::try_from(step).ok()
    }

    /// The code of `at`, as the app shows it: for tests and for whoever builds an app.
    #[must_use]
    pub fn code(&self, at: Timestamp) -> String {
        let seconds = u64::try_from(at.as_second()).unwrap_or_default();
        self.totp()
            .build_noncompliant()
            .generate(seconds)
            .to_string()
    }

    /// The address that authenticator apps read from a QR code.
    #[must_use]
    pub fn address(&self, service: &str, user: &str) -> String {
        // The label has a colon between its parts and none inside them.
        let service = service.replace(':', " ");
        self.totp()
            .with_issuer(Some(service.as_str()))
            .with_account_name(user)
            .build()
            .and_then(|totp| totp.to_url())
            .unwrap_or_default()
    }
}

/// Recovery codes, shown once.
#[derive(Default)]
pub struct RecoveryCodes(Vec<String>);

impl std::fmt::Debug for RecoveryCodes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecoveryCodes(…)")
    }
}

impl RecoveryCodes {
    /// Makes new ones.
    #[must_use]
    pub fn from_random(fill: impl Fn(&mut [u8; 24])) -> Self {
        let code = || {
            let mut random = [0; 24];
            fill(&mut random);
            random
                .iter()
                .take(CODE_LENGTH)
                .map(|byte| char::from(LETTERS[usize::from(byte % 32)]))
                .collect()
        };
        Self((0..CODES).map(|_| code()).collect())
    }

    /// The codes as people write them down: `abcd-efgh-jkmn-pqrs`.
    #[must_use]
    pub fn shown(&self) -> Vec<String> {
        let grouped = |code: &String| {
            let letters: Vec<char> = code.chars().collect();
            let groups: Vec<String> = letters
                .chunks(4)
                .map(|group| group.iter().collect())
                .collect();
            groups.join("-")
        };
        self.0.iter().map(grouped).collect()
    }

    /// What is kept of them.
    #[must_use]
    pub fn digests(&self) -> Vec<Sha256> {
        self.0
            .iter()
            .map(|code| Sha256::of(code.as_bytes()))
            .collect()
    }

    /// The digest of what somebody typed, when it has the shape of a recovery code.
    #[must_use]
    pub fn presented(typed: &str) -> Option<Sha256> {
        let code: String = typed
            .to_lowercase()
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .collect();
        let shape = code.len() == CODE_LENGTH && code.bytes().all(|b| LETTERS.contains(&b));
        shape.then(|| Sha256::of(code.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238 appendix B: the secret "12345678901234567890", SHA-1, the last six of its eight digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = TotpSecret::parse("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").unwrap();
        for (second, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_234_567_890, "005924"),
        ] {
            let at = Timestamp::from_second(second).unwrap();
            assert_eq!(secret.code(at), code);
            assert_eq!(secret.step_of(code, at), Some(second / 30));
            let (before, behind) = (second / 30 - 1, second / 30 + 1);
            for step in [before, behind] {
                let other = Timestamp::from_second(step * 30).unwrap();
                assert_eq!(
                    secret.step_of(code, other),
                    Some(second / 30),
                    "a clock that is a little off"
                );
            }
            let late = Timestamp::from_second(second + 90).unwrap();
            assert_eq!(secret.step_of(code, late), None);
        }
        let at = Timestamp::from_second(59).unwrap();
        assert_eq!(secret.step_of(" 287 082 ", at), Some(1));
        for wrong in ["", "28708", "2870822", "28708a", "+87082", "٢٨٧٠٨٢"] {
            assert_eq!(secret.step_of(wrong, at), None, "{wrong}");
        }
    }

    #[test]
    fn an_app_reads_the_address() {
        let secret = TotpSecret::from_random([7; 24]);
        let address = secret.address("Clavero: prueba", "ana");
        assert!(address.starts_with("otpauth://totp/Clavero"), "{address}");
        let read = Totp::from_url(&address).unwrap();
        assert_eq!(
            (read.account_name(), read.digits(), read.step()),
            ("ana", 6, 30)
        );
        let at = Timestamp::from_second(1_795_000_000).unwrap();
        assert_eq!(
            secret.step_of(&read.generate(1_795_000_000).to_string(), at),
            Some(1_795_000_000 / 30)
        );
    }

    #[test]
    fn recovery_codes_are_recognised_as_they_are_written() {
        let codes = RecoveryCodes::from_random(|random| random.copy_from_slice(&[9; 24]));
        let shown = codes.shown();
        assert_eq!(shown.len(), CODES);
        assert_eq!(
            RecoveryCodes::presented(&shown[0].to_uppercase()),
            Some(codes.digests()[0])
        );
        assert_eq!(
            RecoveryCodes::presented("123456"),
            None,
            "a code of the app"
        );
    }
}
