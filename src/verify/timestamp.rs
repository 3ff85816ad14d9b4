//! Timestamp tokens (RFC 3161): a token proves that bytes existed at its time if its imprint is theirs and its authority
//! is trusted. What can't be trusted proves nothing, and says so.

use jiff::{SignedDuration, Timestamp};

use super::asn1::{Asn1Error, Element, tag};
use super::certificate::{Certificate, GeneralName, has_critical};
use super::chain::{self, Budget, Purpose, Sources};
use super::cms::{self, Message, Profile};
use super::content::Content;
use super::crypto::Digest;
use super::policy;
use super::report::{
    Code, Finding, Integrity, RevocationFacts, Severity, TimestampFacts, TimestampKind,
};
use super::revocation::{self, Context, Evidence};
use super::time;

/// `TSTInfo` (§2.4.2) as far as it is needed.
#[derive(Debug)]
struct Info {
    digest: Result<Digest, String>,
    imprint: Vec<u8>,
    policy: String,
    time: Timestamp,
    /// In microseconds.
    accuracy: Option<u64>,
    authority: Option<GeneralName>,
}

/// The digest algorithm of the imprint of a token, or its identifier if it is not known, and the imprint (§2.4.2).
#[must_use]
pub fn imprint(token: &Message<'_>) -> Option<(Result<Digest, String>, Vec<u8>)> {
    let info = read(token.content.as_deref()?).ok()?;
    Some((info.digest, info.imprint))
}

/// The moments between which a token was made (§2.4.2): its time less its accuracy, and its time plus its accuracy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Made {
    /// Not before.
    pub from: Timestamp,
    /// Not after: by then, what it covers existed.
    pub to: Timestamp,
}

impl Made {
    /// A token that tells no accuracy is taken by its word: `past` grants every clock a minute.
    fn at(time: Timestamp, accuracy: Option<u64>) -> Self {
        let micros = i64::try_from(accuracy.unwrap_or_default()).unwrap_or(i64::MAX);
        let accuracy = SignedDuration::from_micros(micros);
        Self {
            from: time.checked_sub(accuracy).unwrap_or(Timestamp::MIN),
            to: time.checked_add(accuracy).unwrap_or(Timestamp::MAX),
        }
    }
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
    pub revocation: Vec<RevocationFacts>,
    /// Name of the digest of the token's signature.
    pub digest: Option<String>,
    /// Name of algorithm and key.
    pub algorithm: Option<String>,
    policy: Option<String>,
    accuracy: Option<u64>,
}

impl Judged {
    /// When it was made, if it proves anything.
    #[must_use]
    pub fn made(&self) -> Option<Made> {
        let time = self.time.filter(|_| self.trusted)?;
        Some(Made::at(time, self.accuracy))
    }

    /// By when it proves that what it covers existed; nothing if it proves nothing. It existed itself at `judged_at`, and so
    /// did what it covers.
    #[must_use]
    pub fn proves(&self, judged_at: Timestamp) -> Option<Timestamp> {
        self.made().map(|made| made.to.min(judged_at))
    }

    /// The token for people: what it covers, and the time at which it was judged.
    #[must_use]
    pub fn facts(&self, kind: TimestampKind, judged_at: Timestamp) -> TimestampFacts {
        let authority = self.path.first();
        TimestampFacts {
            kind,
            time: self.time,
            accuracy_us: self.accuracy,
            policy: self.policy.clone(),
            authority: authority.map(|one| one.subject().text().to_owned()),
            trusted: self.trusted,
            judged_at,
            chain: self.path.iter().map(Certificate::facts).collect(),
            revocation: self.revocation.clone(),
        }
    }
}

/// Judges a token over `content` (its parts one after another). The time of `context` is the one by which the token itself
/// is proven to have existed: reception, or a later trusted timestamp that covers it.
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
        policy: None,
        accuracy: None,
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
    judged.policy = Some(info.policy.clone());
    judged.accuracy = info.accuracy;

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
    // RFC 5035 §4: its certificate is the one that the digest pins, whatever else stands beside it; nobody is told by that.
    let is_hint = |finding: &Finding| finding.code == Code::CmsIssuerSerial;
    let mut reasons = signature.findings;
    reasons.retain(|finding| !is_hint(finding));
    let made = Made::at(info.time, info.accuracy);
    if let Some(finding) = check_accuracy(&info, made, subject) {
        judged.findings.push(finding.clone());
        reasons.push(finding.weighing(Severity::Unknown));
    }
    if let Ok(digest) = info.digest {
        reasons.extend(policy::check_digest(digest, subject, context.at));
    }
    if let Some(certificate) = &signature.certificate {
        reasons.extend(check_issued(certificate, made.to));
        judged
            .findings
            .extend(check_name(certificate, &info, subject));
    }
    match signature.certificate {
        Some(certificate) if judged.integrity == Integrity::Intact => {
            let authority =
                judge_authority(&certificate, &message, &pool, context, budget, made.to);
            judged.path = authority.path;
            judged.revocation = authority.revocation;
            reasons.extend(authority.findings);
        }
        // What keeps it from being judged has been told, unless it is the imprint's digest.
        _ if reasons
            .iter()
            .all(|finding| finding.severity == Severity::Note) =>
        {
            reasons.push(Finding::new(Code::AlgorithmUnsupported, subject));
        }
        _ => {}
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

/// What is known of the authority of a token.
#[derive(Default)]
struct Authority {
    path: Vec<Certificate>,
    revocation: Vec<RevocationFacts>,
    findings: Vec<Finding>,
}

fn judge_authority(
    certificate: &Certificate,
    message: &Message<'_>,
    pool: &[Certificate],
    context: Context<'_>,
    budget: &mut Budget,
    time: Timestamp,
) -> Authority {
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
    let mut authority = Authority::default();
    let Some(best) = found.into_iter().next() else {
        authority.findings.push(Finding::new(
            Code::ChainUntrusted,
            certificate.subject().text(),
        ));
        return authority;
    };
    let answers = Evidence::read(&message.material, context.evidence);
    let evidence = context.evidence.and(&answers);
    let context = Context {
        evidence: &evidence,
        sources,
        ..context
    };
    let is_trusted = best.is_trusted();
    authority.findings = best.findings;
    if is_trusted {
        let (facts, findings) = revocation::check_path(&best.certificates, context, budget);
        authority.revocation = facts;
        authority.findings.extend(
            findings
                .into_iter()
                .filter(|finding| !is_retirement(finding, certificate, time)),
        );
    }
    authority.path = best.certificates;
    authority
}

/// RFC 3161 §4 (1): a certificate revoked because its authority ended or was replaced leaves the tokens valid that were
/// made before; revoked for any other reason, or for none that is stated, none of them. `time` is the latest moment at which
/// the token may have been made.
fn is_retirement(finding: &Finding, authority: &Certificate, time: Timestamp) -> bool {
    let text = |name: &str| finding.facts.get(name).and_then(|fact| fact.as_str());
    let retired = matches!(
        text("reason"),
        Some("unspecified" | "affiliationChanged" | "superseded" | "cessationOfOperation")
    );
    let revoked_at = text("revoked_at").and_then(|text| text.parse::<Timestamp>().ok());
    finding.code == Code::RevocationRevoked
        && finding.subject == authority.subject().text()
        && retired
        && revoked_at.is_some_and(|revoked_at| time < revoked_at)
}

/// What may be off by more than [`policy::MAX_ACCURACY`] is no witness of a time.
fn check_accuracy(info: &Info, made: Made, subject: &str) -> Option<Finding> {
    let vague = made.to.duration_since(made.from) > policy::MAX_ACCURACY * 2;
    vague.then(|| {
        Finding::new(Code::TimestampInaccurate, subject)
            .fact("accuracy_us", info.accuracy)
            .fact("time", info.time.to_string())
    })
}

/// No authority stamps before its certificate exists; `time` is the latest moment at which it may have.
fn check_issued(authority: &Certificate, time: Timestamp) -> Option<Finding> {
    (time < authority.not_before()).then(|| {
        Finding::new(Code::ChainNotYetValid, authority.subject().text())
            .fact("not_before", authority.not_before().to_string())
            .fact("at", time.to_string())
    })
}

/// RFC 3161 §2.4.2: `tsa` is a hint, and must be one of the names of the certificate. Authorities get it wrong; the
/// certificate decides who it was, so a difference is told and no more.
fn check_name(authority: &Certificate, info: &Info, subject: &str) -> Option<Finding> {
    let stated = info.authority.as_ref()?;
    let fits = match stated {
        GeneralName::Directory(name) => name.matches(authority.subject()),
        other => authority
            .extensions()
            .alternative_names
            .iter()
            .any(|name| same_text(name, other)),
    };
    (!fits).then(|| Finding::new(Code::TimestampAuthorityName, subject))
}

fn same_text(one: &GeneralName, other: &GeneralName) -> bool {
    match (one, other) {
        (GeneralName::Email(one), GeneralName::Email(other))
        | (GeneralName::Dns(one), GeneralName::Dns(other))
        | (GeneralName::Uri(one), GeneralName::Uri(other)) => one == other,
        _ => false,
    }
}

fn pool_of(message: &Message<'_>, sources: Sources<'_>) -> Vec<Certificate> {
    let sent = message.material.certificates.iter();
    let mut pool: Vec<Certificate> = sent
        .filter_map(|der| sources.trust.certificate(der, sources.pool))
        .collect();
    let others = sources.pool.iter().filter(|one| !pool.contains(one));
    let others: Vec<Certificate> = others.cloned().collect();
    pool.extend(others);
    pool
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
    let policy = inside.next()?.oid()?;
    let mut imprint = inside.expect(tag::SEQUENCE)?.inside();
    let digest = Digest::read(&imprint.next()?)?;
    let hash = imprint.expect(tag::OCTET_STRING)?.body.to_vec();
    imprint.finish()?;
    inside.expect(tag::INTEGER)?;
    let time = time::read(&inside.expect(tag::GENERALIZED_TIME)?)?;
    let accuracy = match inside.optional(tag::SEQUENCE)? {
        Some(accuracy) => Some(read_accuracy(&accuracy)?),
        None => None,
    };
    // Ordering and nonce decide nothing here.
    inside.optional(tag::BOOLEAN)?;
    inside.optional(tag::INTEGER)?;
    let authority = match inside.optional(tag::context(0))? {
        Some(explicit) => Some(GeneralName::from_element(&Element::only(explicit.body)?)?),
        None => None,
    };
    // An extension that is not known must not be critical.
    if let Some(extensions) = inside.optional(tag::context(1))?
        && has_critical(extensions.inside())?
    {
        return Err(Asn1Error::Unexpected);
    }
    inside.finish()?;
    Ok(Info {
        digest,
        imprint: hash,
        policy,
        time,
        accuracy,
        authority,
    })
}

/// `Accuracy` (§2.4.2): seconds, thousandths and millionths, in microseconds.
fn read_accuracy(accuracy: &Element<'_>) -> Result<u64, Asn1Error> {
    let mut inside = accuracy.inside();
    let mut sum: u64 = 0;
    for (tag, unit) in [
        (tag::INTEGER, 1_000_000),
        (tag::context_primitive(0), 1_000),
        (tag::context_primitive(1), 1),
    ] {
        if let Some(part) = inside.optional(tag)? {
            let number = Element {
                tag: tag::INTEGER,
                ..part
            };
            let number = u64::from(number.small()?);
            sum = number
                .checked_mul(unit)
                .and_then(|part| sum.checked_add(part))
                .ok_or(Asn1Error::Unexpected)?;
        }
    }
    inside.finish()?;
    Ok(sum)
}

#[cfg(test)]
mod tests;
