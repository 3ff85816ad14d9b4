//! Timestamp tokens (RFC 3161): a token proves that bytes existed at its time if its imprint is theirs and its authority
//! is trusted. What can't be trusted proves nothing, and says so.

use jiff::Timestamp;

use super::asn1::{Asn1Error, Element, tag};
use super::certificate::{Certificate, has_critical};
use super::chain::{self, Budget, Purpose, Sources};
use super::cms::{self, Message, Profile};
use super::content::Content;
use super::crypto::Digest;
use super::policy;
use super::report::{Code, Finding, Integrity, Severity};
use super::revocation::{self, Context, Evidence};
use super::time;

/// `TSTInfo` (§2.4.2) as far as it is needed.
#[derive(Debug)]
struct Info {
    digest: Result<Digest, String>,
    imprint: Vec<u8>,
    time: Timestamp,
}

/// What a token is worth.
#[derive(Debug)]
pub struct Judged {
    /// Imprint and signature against the bytes.
    pub integrity: Integrity,
    /// The time it states; proven only if `trusted`.
    pub time: Option<Timestamp>,
    /// Whether its authority is trusted and everything about it was learned.
    pub trusted: bool,
    /// Everything found.
    pub findings: Vec<Finding>,
    /// The path of the authority.
    pub path: Vec<Certificate>,
    /// Revocation of that path.
    pub revocation: Vec<super::report::RevocationFacts>,
    /// Name of the digest of the token's signature.
    pub digest: Option<String>,
    /// Name of algorithm and key.
    pub algorithm: Option<String>,
}

/// Judges a token over `content` (its parts one after another).
#[must_use]
pub fn judge(
    token: &[u8],
    content: &Content<'_>,
    context: Context<'_>,
    budget: &mut Budget,
    subject: &str,
) -> Judged {
    let mut judged = Judged {
        integrity: Integrity::Broken,
        time: None,
        trusted: false,
        findings: Vec::new(),
        path: Vec::new(),
        revocation: Vec::new(),
        digest: None,
        algorithm: None,
    };
    let invalid =
        |reason: &str| Finding::new(Code::TimestampInvalid, subject).fact("reason", reason);
    let Ok(message) = Message::parse(token) else {
        judged.findings.push(invalid("malformed"));
        return judged;
    };
    let (Some(encoded), [signer]) = (message.content.as_deref(), message.signers.as_slice()) else {
        judged.findings.push(invalid("not_one_signer"));
        return judged;
    };
    let Ok(info) = read(encoded) else {
        judged.findings.push(invalid("malformed"));
        return judged;
    };
    judged.time = Some(info.time);

    let pool = pool_of(&message, context.sources);
    let signature = cms::judge(
        &message,
        signer,
        &Content::new(&[encoded]),
        Profile::TIMESTAMP,
        &pool,
        subject,
        context.at,
    );
    judged.digest = signature.digest;
    judged.algorithm = signature.algorithm;
    // RFC 3161 §2.4.2: a message about anything else is no token. Its outer identifier is not signed, so somebody without
    // the key could otherwise turn a token into a note.
    let is_token = |finding: &Finding| finding.code != Code::CmsContentType;
    if !signature.findings.iter().all(is_token) {
        judged.findings.push(invalid("content_type"));
        return judged;
    }
    judged.integrity = match (imprint_fits(&info, content), signature.integrity) {
        (Ok(true), integrity) => integrity,
        (Ok(false), _) => {
            judged.findings.push(invalid("imprint"));
            Integrity::Broken
        }
        (Err(()), Integrity::Broken) => Integrity::Broken,
        (Err(()), _) => Integrity::Unsupported,
    };
    if judged.integrity == Integrity::Broken {
        if judged.findings.is_empty() {
            judged.findings.push(invalid("signature"));
        }
        return judged;
    }
    // From here on the token fits the bytes; whether it proves anything is a question of trust.
    let mut reasons: Vec<Finding> = signature.findings;
    if let Ok(digest) = info.digest {
        reasons.extend(policy::check_digest(digest, subject, context.at));
    }
    match signature.certificate {
        Some(certificate) if judged.integrity == Integrity::Intact => {
            judge_authority(
                &certificate,
                &message,
                &pool,
                context,
                budget,
                &mut judged,
                &mut reasons,
            );
        }
        _ => reasons.push(Finding::new(Code::AlgorithmUnsupported, subject)),
    }
    reasons.retain(|finding| finding.severity != Severity::Note);
    judged.trusted = reasons.is_empty();
    if !judged.trusted {
        let causes: Vec<&str> = reasons
            .iter()
            .map(|finding| finding.code.as_str())
            .collect();
        judged.findings.push(
            Finding::new(Code::TimestampUntrusted, subject)
                .fact("causes", causes)
                .fact("time", info.time.to_string()),
        );
    }
    judged
}

fn judge_authority(
    certificate: &Certificate,
    message: &Message<'_>,
    pool: &[Certificate],
    context: Context<'_>,
    budget: &mut Budget,
    judged: &mut Judged,
    reasons: &mut Vec<Finding>,
) {
    let sources = Sources {
        trust: context.sources.trust,
        pool,
    };
    let found = chain::candidates(
        certificate,
        sources,
        Purpose::Timestamping,
        budget,
        context.at,
    );
    let Some(best) = found.into_iter().next() else {
        return;
    };
    let evidence = Evidence::joined(context.evidence, &message.material);
    let context = Context {
        evidence: &evidence,
        sources,
        ..context
    };
    let is_trusted = best.is_trusted();
    reasons.extend(best.findings);
    if is_trusted {
        let (facts, findings) = revocation::check_path(&best.certificates, context, budget);
        judged.revocation = facts;
        reasons.extend(findings);
    }
    judged.path = best.certificates;
}

fn pool_of(message: &Message<'_>, sources: Sources<'_>) -> Vec<Certificate> {
    let own = message
        .material
        .certificates
        .iter()
        .filter_map(|der| Certificate::parse(der.to_vec()).ok());
    own.chain(sources.pool.iter().cloned()).collect()
}

/// Nothing when the digest is not known.
fn imprint_fits(info: &Info, content: &Content<'_>) -> Result<bool, ()> {
    let digest = info.digest.as_ref().map_err(|_| ())?;
    let actual = content.digest(*digest).map_err(|_| ())?;
    Ok(actual == info.imprint)
}

fn read(encoded: &[u8]) -> Result<Info, Asn1Error> {
    let mut inside = Element::only(encoded)?.expect(tag::SEQUENCE)?.inside();
    if inside.expect(tag::INTEGER)?.small()? != 1 {
        return Err(Asn1Error::Unexpected);
    }
    inside.expect(tag::OID)?;
    let mut imprint = inside.expect(tag::SEQUENCE)?.inside();
    let digest = Digest::read(&imprint.next()?)?;
    let hash = imprint.expect(tag::OCTET_STRING)?.body.to_vec();
    imprint.finish()?;
    inside.expect(tag::INTEGER)?;
    let time = time::read(&inside.expect(tag::GENERALIZED_TIME)?)?;
    // Accuracy, ordering, nonce, name and extensions follow: none of them decides here, except that an extension we
    // don't know must not be critical.
    while let Some(element) = inside.next_if_any()? {
        if element.tag == tag::context(1) && has_critical(element.inside())? {
            return Err(Asn1Error::Unexpected);
        }
    }
    Ok(Info {
        digest,
        imprint: hash,
        time,
    })
}

#[cfg(test)]
mod tests;
