//! A content stream, taken apart (ISO 32000-2 §7.2, §7.8.2) by a grammar that leaves nothing to tolerance: what programs read in
//! different ways (odd numbers, comments, inline images, names with escapes, dictionaries) is not taken at all.

/// A token.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Number(f64),
    Name(Vec<u8>),
    Text(Vec<u8>),
    /// Strings and the adjustments between them.
    Array(Vec<Token>),
    Operator(String),
}

/// All tokens, or nothing when anything else stands there.
pub(super) fn tokens(content: &[u8]) -> Option<Vec<Token>> {
    let mut scanner = Scanner { rest: content };
    let mut found = Vec::new();
    while scanner.stands_before_more() {
        found.push(scanner.token()?);
    }
    Some(found)
}

struct Scanner<'a> {
    rest: &'a [u8],
}

impl Scanner<'_> {
    /// Passes over blanks; whether anything stands behind them.
    fn stands_before_more(&mut self) -> bool {
        let blanks = self.rest.iter().take_while(|byte| is_blank(**byte)).count();
        self.rest = self.rest.get(blanks..).unwrap_or_default();
        !self.rest.is_empty()
    }

    /// The token that stands here; nothing when what stands here is none.
    fn token(&mut self) -> Option<Token> {
        let token = match self.rest.first()? {
            b'(' => Token::Text(self.literal()?),
            b'<' => Token::Text(self.hexadecimal()?),
            b'[' => Token::Array(self.array()?),
            b'/' => {
                self.rest = self.rest.get(1..)?;
                let name = self.word()?;
                let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.+".contains(byte);
                if name.is_empty() || !name.iter().all(plain) {
                    return None;
                }
                Token::Name(name.to_vec())
            }
            b'+' | b'-' | b'.' | b'0'..=b'9' => Token::Number(number(self.word()?)?),
            _ => {
                let word = self.word()?;
                let plain = |byte: &u8| byte.is_ascii_alphabetic() || b"'\"*".contains(byte);
                if word.is_empty() || !word.iter().all(plain) {
                    return None;
                }
                Token::Operator(String::from_utf8(word.to_vec()).ok()?)
            }
        };
        Some(token)
    }

    /// Up to the next blank or delimiter.
    fn word(&mut self) -> Option<&[u8]> {
        let ends = |byte: &u8| is_blank(*byte) || b"()<>[]{}/%".contains(byte);
        let length = self.rest.iter().position(ends).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(word)
    }

    /// `(…)`, in balance (§7.3.4.2).
    fn literal(&mut self) -> Option<Vec<u8>> {
        let mut found = Vec::new();
        let mut depth = 0_usize;
        let mut bytes = self.rest;
        loop {
            let (&byte, rest) = bytes.split_first()?;
            bytes = rest;
            match byte {
                b'(' => {
                    depth += 1;
                    if depth == 1 {
                        continue;
                    }
                }
                b')' => {
                    depth -= 1;
                    if depth == 0 {
                        self.rest = bytes;
                        return Some(found);
                    }
                }
                b'\\' => {
                    let (escaped, rest) = escaped(bytes)?;
                    found.push(escaped);
                    bytes = rest;
                    continue;
                }
                // The end of a line is whatever the program makes of it.
                b'\n' | b'\r' => return None,
                _ => {}
            }
            found.push(byte);
        }
    }

    /// `<…>`, an even number of digits and nothing else (§7.3.4.3).
    fn hexadecimal(&mut self) -> Option<Vec<u8>> {
        let inside = self.rest.get(1..)?;
        let length = inside.iter().position(|byte| *byte == b'>')?;
        let (digits, rest) = inside.split_at_checked(length)?;
        self.rest = rest.get(1..)?;
        hex::decode(digits).ok()
    }

    /// `[…]` of strings and numbers.
    fn array(&mut self) -> Option<Vec<Token>> {
        self.rest = self.rest.get(1..)?;
        let mut found = Vec::new();
        loop {
            self.stands_before_more();
            if let Some(rest) = self.rest.strip_prefix(b"]") {
                self.rest = rest;
                return Some(found);
            }
            match self.token()? {
                token @ (Token::Number(_) | Token::Text(_)) => found.push(token),
                _ => return None,
            }
        }
    }
}

/// What a backslash makes of what stands behind it, and the rest.
fn escaped(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    match first {
        b'(' | b')' | b'\\' => Some((first, rest)),
        b'0'..=b'3' => {
            let digits = bytes.get(..3)?;
            let digits = std::str::from_utf8(digits).ok()?;
            Some((u8::from_str_radix(digits, 8).ok()?, bytes.get(3..)?))
        }
        _ => None,
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// A sign, digits, a point: as many as a place on a page needs, so that every program reads the same number.
fn number(word: &[u8]) -> Option<f64> {
    let digits = word.strip_prefix(b"-").or(word.strip_prefix(b"+"));
    let digits = digits.unwrap_or(word);
    let mut parts = digits.split(|byte| *byte == b'.');
    let (whole, part, more) = (parts.next()?, parts.next(), parts.next());
    let all_digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    let count = whole.len() + part.map_or(0, <[u8]>::len);
    let plain = more.is_none()
        && all_digits(whole)
        && part.is_none_or(all_digits)
        && (1..=5).contains(&whole.len().max(1))
        && (1..=12).contains(&count);
    if !plain {
        return None;
    }
    std::str::from_utf8(word).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_every_program_reads_alike_is_read() {
        let read =
            tokens(b"BT /F1 11 Tf\n1 0 0 -.5 72. +7 Tm [(a\\(b\\)\\361(c))-12<4E6f>] TJ T* ET");
        let number = Token::Number;
        let operator = |name: &str| Token::Operator(name.to_owned());
        assert_eq!(
            read.unwrap(),
            [
                operator("BT"),
                Token::Name(b"F1".to_vec()),
                number(11.0),
                operator("Tf"),
                number(1.0),
                number(0.0),
                number(0.0),
                number(-0.5),
                number(72.0),
                number(7.0),
                operator("Tm"),
                Token::Array(vec![
                    Token::Text(b"a(b)\xf1(c)".to_vec()),
                    number(-12.0),
                    Token::Text(b"No".to_vec()),
                ]),
                operator("TJ"),
                operator("T*"),
                operator("ET"),
            ]
        );
    }

    #[test]
    fn what_programs_read_in_different_ways_is_not_taken() {
        for odd in [
            "1e5 w",
            "--5 w",
            "5-3 w",
            "1.2.3 w",
            ". w",
            "- w",
            "1234567 w",
            "0x10 w",
            "% no\n",
            "/F#31 1 Tf",
            "/ 1 Tf",
            "(a\\\nb) Tj",
            "(a\nb) Tj",
            "(a\\q) Tj",
            "(a\\777) Tj",
            "(a\\1) Tj",
            "(a Tj",
            "<414> Tj",
            "<41 42> Tj",
            "<< /A 1 >> BDC",
            "[/A] 0 d",
            "[[1]] 0 d",
            "[1",
            ") Tj",
            "\0 w",
            "ñ",
            "{ }",
            "Tj2 ",
        ] {
            assert_eq!(tokens(odd.as_bytes()), None, "{odd}");
        }
    }
}
