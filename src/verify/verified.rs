//! Verdicts on the signature value of one certificate, list or answer, remembered by whose key was tried.
//!
//! A verdict is a function of what was signed and of the key alone, so remembering it changes the time it takes and nothing
//! else. It lives as long as the reading that it belongs to: for a configured certificate or list as long as the trust store,
//! for one that came with a document as long as its judgement.

use std::sync::Mutex;

use super::certificate::Certificate;
use super::crypto::Verdict;
use crate::domain::Sha256;

/// Keys whose verdicts are remembered: one is usual, two after a CA changed its key.
const MAX_REMEMBERED: usize = 8;

/// Verdicts so far.
#[derive(Default)]
pub(super) struct Verified(Mutex<Vec<(Sha256, Verdict)>>);

impl Verified {
    /// The verdict under the key of `signer`, computed once.
    pub(super) fn by(&self, signer: &Certificate, check: impl FnOnce() -> Verdict) -> Verdict {
        let signer = signer.sha256();
        let remembered = self.0.lock().ok().and_then(|known| {
            let mut known = known.iter().filter(|(tried, _)| *tried == signer);
            known.next().map(|(_, verdict)| verdict.clone())
        });
        if let Some(verdict) = remembered {
            return verdict;
        }
        let verdict = check();
        if let Ok(mut known) = self.0.lock()
            && known.len() < MAX_REMEMBERED
        {
            known.push((signer, verdict.clone()));
        }
        verdict
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::forge::{Subject, ca, issue};

    #[test]
    fn a_verdict_holds_for_the_key_it_was_made_for_and_for_no_other() {
        let (root, other) = (Subject::new("Raíz"), Subject::new("Otra"));
        let (one, two) = (issue(&root, &root, ca()), issue(&other, &other, ca()));
        let verified = Verified::default();
        assert_eq!(verified.by(&one, || Verdict::Valid), Verdict::Valid);
        assert_eq!(verified.by(&two, || Verdict::Invalid), Verdict::Invalid);
        let never = || unreachable!("it was computed before");
        assert_eq!(verified.by(&one, never), Verdict::Valid);
    }
}
