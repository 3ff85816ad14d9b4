//! What decisions rest on besides their documents: which answers about revocation, and which certificates were trusted.
//! The bytes are in the document store; here are their digests.

use super::sql::query;
use super::{Store, StoreError, Writing, maybe, parsed};
use crate::domain::{ParsePetitionError, PetitionNumber, Sha256, closed_list};

const KEEP: &str = "insert into evidence (number, sha256, place, kind, answer_sha256) values ($1, $2, $3, $4, $5) \
                    on conflict (number, sha256, place) do nothing";
const OF: &str =
    "select kind, answer_sha256 from evidence where number = $1 and sha256 = $2 order by place";
const KEEP_TRUST: &str = "insert into trust_stores (digest, roots_sha256, intermediates_sha256, terms_sha256) \
                          values ($1, $2, $3, $4) \
                          on conflict (digest) do nothing";
const TRUST: &str =
    "select roots_sha256, intermediates_sha256, terms_sha256 from trust_stores where digest = $1";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[KEEP, OF, KEEP_TRUST, TRUST];

closed_list!(
    /// The two kinds of answers about revocation.
    AnswerKind, ParsePetitionError, |word| ParsePetitionError::Word(word.to_owned()), {
        /// A revocation list.
        Crl = "crl",
        /// An OCSP answer.
        Ocsp = "ocsp",
    }
);

/// One answer that a decision rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerRow {
    /// What it is.
    pub kind: AnswerKind,
    /// Digest of its bytes.
    pub sha256: Sha256,
}

/// The certificates that were trusted, as documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrustRow {
    /// Digest of the roots.
    pub roots: Sha256,
    /// Digest of the intermediates.
    pub intermediates: Sha256,
    /// Digest of the terms on which they counted; nothing where none were kept.
    pub terms: Option<Sha256>,
}

impl Store {
    /// The answers that the decision about a document rests on, in their order.
    pub async fn evidence(
        &self,
        number: &PetitionNumber,
        document: Sha256,
    ) -> Result<Vec<AnswerRow>, StoreError> {
        const TABLE: &str = "evidence";
        let rows = query(OF)
            .bind(number.as_str())
            .bind(document.to_string())
            .fetch_all(&self.read)
            .await?;
        rows.iter()
            .map(|row| {
                Ok(AnswerRow {
                    kind: parsed(row, TABLE, "kind")?,
                    sha256: parsed(row, TABLE, "answer_sha256")?,
                })
            })
            .collect()
    }

    /// Remembers what a trust store consisted of.
    pub async fn keep_trust(&self, digest: Sha256, trust: TrustRow) -> Result<(), StoreError> {
        query(KEEP_TRUST)
            .bind(digest.to_string())
            .bind(trust.roots.to_string())
            .bind(trust.intermediates.to_string())
            .bind(trust.terms.map(|sha256| sha256.to_string()))
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// What the trust store with this digest consisted of.
    pub async fn trust(&self, digest: Sha256) -> Result<Option<TrustRow>, StoreError> {
        const TABLE: &str = "trust_stores";
        let row = query(TRUST)
            .bind(digest.to_string())
            .fetch_optional(&self.read)
            .await?;
        row.map(|row| {
            Ok(TrustRow {
                roots: parsed(&row, TABLE, "roots_sha256")?,
                intermediates: parsed(&row, TABLE, "intermediates_sha256")?,
                terms: maybe(&row, TABLE, "terms_sha256")?,
            })
        })
        .transpose()
    }
}

/// In the transaction of the decision.
pub(super) async fn keep(
    writing: &mut Writing,
    number: &PetitionNumber,
    document: Sha256,
    answers: &[AnswerRow],
) -> Result<(), StoreError> {
    for (place, answer) in (0_i64..).zip(answers) {
        query(KEEP)
            .bind(number.as_str())
            .bind(document.to_string())
            .bind(place)
            .bind(answer.kind.as_str())
            .bind(answer.sha256.to_string())
            .execute(&mut **writing)
            .await?;
    }
    Ok(())
}
