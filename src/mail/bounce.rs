//! Reads delivery status notifications (RFC 3464): what a mail server sends back when it could not deliver a message that it,
//! or another one, had taken. Only as much of MIME (RFC 2045, 2046) as they need; whatever is something else is none.
//!
//! A notification is matched by the Message-ID of the message it returns, which names its place in the outbox. Nobody signs
//! notifications, so nothing is undone because of one: the message is marked, and somebody looks.

/// Largest notification that is read, in bytes: servers cut the returned message off long before.
pub const LARGEST: u64 = 1_000_000;
/// Most parts that are looked at: a notification has three.
const MOST_PARTS: usize = 16;
/// Longest reason that is kept, in characters.
const LONGEST_REASON: usize = 300;

/// A message that did not reach its recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounce {
    /// Name of the message: what stands before the `@` of its Message-ID.
    pub name: String,
    /// Enhanced status (RFC 3463), `5.1.1`; empty when there is none.
    pub status: String,
    /// What the server said, in one line.
    pub reason: String,
}

/// Header fields in order, names in lower case, folded lines joined (RFC 5322 §2.2.3).
struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads fields up to the first empty line, and returns what follows it.
    fn read(text: &str) -> (Self, &str) {
        let mut fields: Vec<(String, String)> = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
            rest = after;
            let line = line.trim_end_matches('\r');
            if line.is_empty() {
                break;
            }
            if line.starts_with([' ', '\t']) {
                if let Some((_, value)) = fields.last_mut() {
                    value.push(' ');
                    value.push_str(line.trim());
                }
            } else if let Some((name, value)) = line.split_once(':') {
                fields.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
            }
        }
        (Self(fields), rest)
    }

    fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The media type in lower case, without its parameters.
    fn media_type(&self) -> String {
        let value = self.get("content-type").unwrap_or("text/plain");
        let kind = value.split(';').next().unwrap_or_default();
        kind.trim().to_ascii_lowercase()
    }

    /// A parameter of the content type, without its quotes.
    fn parameter(&self, name: &str) -> Option<String> {
        let value = self.get("content-type")?;
        let found = value.split(';').skip(1).find_map(|parameter| {
            let (known, value) = parameter.split_once('=')?;
            known.trim().eq_ignore_ascii_case(name).then_some(value)
        })?;
        Some(found.trim().trim_matches('"').to_owned())
    }
}

/// The message that a notification says has failed; `None` when it is no notification, or tells of a delay or a success.
#[must_use]
pub fn read(bytes: &[u8]) -> Option<Bounce> {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = Fields::read(&text);
    if head.media_type() != "multipart/report" {
        return None;
    }
    let boundary = head.parameter("boundary").filter(|b| !b.is_empty())?;
    let parts: Vec<(Fields, &str)> = parts(body, &boundary).map(Fields::read).collect();
    let of_type = |kinds: &[&str]| {
        let found = parts
            .iter()
            .find(|(fields, _)| kinds.contains(&fields.media_type().as_str()));
        found.map(|(_, body)| *body)
    };
    let status = of_type(&["message/delivery-status", "message/global-delivery-status"])?;
    let failure = failed_recipient(status)?;
    let returned = of_type(&[
        "message/rfc822",
        "text/rfc822-headers",
        "message/global",
        "message/global-headers",
    ])?;
    let (original, _) = Fields::read(returned.trim_start_matches(['\r', '\n']));
    let name = name_of(original.get("message-id")?)?;
    let field = |name: &str| failure.get(name).unwrap_or_default();
    // «smtp; 550 5.1.1 no such user»: the kind of diagnostic is of no interest.
    let diagnostic = field("diagnostic-code");
    let said = diagnostic
        .split_once(';')
        .map_or(diagnostic, |(_, said)| said);
    Some(Bounce {
        name,
        status: printable(field("status"), 20),
        reason: printable(said, LONGEST_REASON),
    })
}

/// The bodies between the lines of a boundary (RFC 2046 §5.1.1).
fn parts<'a>(body: &'a str, boundary: &str) -> impl Iterator<Item = &'a str> {
    let line = format!("--{boundary}");
    let starts: Vec<usize> = body
        .match_indices(line.as_str())
        .filter(|(at, _)| *at == 0 || body.as_bytes().get(at.wrapping_sub(1)) == Some(&b'\n'))
        .map(|(at, _)| at)
        .take(MOST_PARTS + 1)
        .collect();
    let length = line.len();
    // The last part of a notification that was cut off reaches to its end.
    let ends: Vec<usize> = starts.iter().skip(1).copied().chain([body.len()]).collect();
    starts
        .into_iter()
        .zip(ends)
        .filter_map(move |(start, end)| body.get(start + length..end))
        .map(|part| part.trim_start_matches([' ', '\t', '\r']))
        .map(|part| part.strip_prefix('\n').unwrap_or(part))
}

/// The fields about the first recipient whom the message did not reach (RFC 3464 §2.3.3: `Action: failed`).
fn failed_recipient(status: &str) -> Option<Fields> {
    let mut rest = status.trim_start_matches(['\r', '\n']);
    for _ in 0..MOST_PARTS {
        if rest.trim().is_empty() {
            return None;
        }
        let (fields, after) = Fields::read(rest);
        let failed = |action: &str| action.eq_ignore_ascii_case("failed");
        if fields.get("action").is_some_and(failed) {
            return Some(fields);
        }
        rest = after.trim_start_matches(['\r', '\n']);
    }
    None
}

/// What stands before the `@` of `<…@…>`.
fn name_of(message_id: &str) -> Option<String> {
    let inside = message_id.trim().strip_prefix('<')?.strip_suffix('>')?;
    let (name, _) = inside.split_once('@')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    (!name.is_empty() && name.len() <= 200 && name.chars().all(plain)).then(|| name.to_owned())
}

fn printable(text: &str, most: usize) -> String {
    let shown = text.trim().chars().filter(|c| !c.is_control());
    shown.take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const POSTFIX: &str = "From: MAILER-DAEMON@mx.example.ec (Mail Delivery System)\r\n\
        Subject: Undelivered Mail Returned to Sender\r\n\
        Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"4FQ/mx.example.ec\"\r\n\
        MIME-Version: 1.0\r\n\r\nThis is a MIME-encapsulated message.\r\n\r\n\
        --4FQ/mx.example.ec\r\nContent-Description: Notification\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n\
        I'm sorry to have to inform you that your message could not be delivered.\r\n\r\n\
        --4FQ/mx.example.ec\r\nContent-Description: Delivery report\r\nContent-Type: message/delivery-status\r\n\r\n\
        Reporting-MTA: dns; mx.example.ec\r\nArrival-Date: Sun,  1 Mar 2026 07:00:00 -0500 (-05)\r\n\r\n\
        Final-Recipient: rfc822; gerencia@cafe-ficticio.ec\r\nAction: failed\r\nStatus: 5.1.1\r\n\
        Diagnostic-Code: smtp; 550 5.1.1 <gerencia@cafe-ficticio.ec>: Recipient address\r\n    rejected: User unknown\r\n\r\n\
        --4FQ/mx.example.ec\r\nContent-Description: Undelivered Message Headers\r\nContent-Type: text/rfc822-headers\r\n\r\n\
        From: Clavero <no-responder@clavero.test>\r\n\
        Message-ID: <CLV-2026-123456789-K.reset_link.1@clavero.test>\r\nSubject: Enlace\r\n\r\n\
        --4FQ/mx.example.ec--\r\n";

    #[test]
    fn a_notification_names_the_message_and_the_reason() {
        let expected = Bounce {
            name: "CLV-2026-123456789-K.reset_link.1".to_owned(),
            status: "5.1.1".to_owned(),
            reason:
                "550 5.1.1 <gerencia@cafe-ficticio.ec>: Recipient address rejected: User unknown"
                    .to_owned(),
        };
        assert_eq!(read(POSTFIX.as_bytes()), Some(expected.clone()));
        // Lines of a file that lost their carriage returns, and the whole message returned instead of its head.
        let unix = POSTFIX.replace("\r\n", "\n");
        assert_eq!(read(unix.as_bytes()), Some(expected.clone()));
        let whole = POSTFIX.replace("text/rfc822-headers", "message/rfc822");
        assert_eq!(read(whole.as_bytes()), Some(expected));
    }

    #[test]
    fn what_is_no_failure_is_none() {
        let vectors = [
            (String::new(), "nothing"),
            (
                POSTFIX.replace("multipart/report", "multipart/mixed"),
                "another kind",
            ),
            (
                POSTFIX.replace("Action: failed", "Action: delayed"),
                "a delay",
            ),
            (
                POSTFIX.replace("Action: failed", "Action: delivered"),
                "a success",
            ),
            (
                POSTFIX.replace("message/delivery-status", "text/plain"),
                "no status",
            ),
            (
                POSTFIX.replace("Message-ID: <", "Message-ID: <a b;"),
                "a strange name",
            ),
            (POSTFIX.replace("Message-ID", "X-Other"), "no name"),
            (POSTFIX.replace("boundary=", "border="), "no boundary"),
            (POSTFIX.replace("--4FQ", "--5FQ"), "another boundary"),
        ];
        for (text, why) in vectors {
            assert_eq!(read(text.as_bytes()), None, "{why}");
        }
        assert_eq!(read(&[0xff; 4000]), None, "no text at all");
    }

    proptest::proptest! {
        #[test]
        fn no_notification_brings_the_reader_down(at in 0usize..2000, bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..40)) {
            let mut mail = POSTFIX.as_bytes().to_vec();
            let at = at.min(mail.len());
            let end = (at + bytes.len()).min(mail.len());
            mail.splice(at..end, bytes);
            let _ = read(&mail);
        }
    }
}
