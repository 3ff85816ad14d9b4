//! One petition after another through the flow, with a clock that the test moves: links, addresses, replays, failures.

mod addresses;
mod documents;
mod inactive;
mod links;
mod not_me;
mod signers;
mod undecided;
mod unregistered;

/// A form with more revisions than are looked at.
pub fn crowded(form: &[u8]) -> Vec<u8> {
    let mut bytes = form.to_vec();
    let last = form
        .windows(9)
        .rposition(|part| part == b"startxref")
        .unwrap();
    let place = |at: usize| -> u64 {
        let digits = form[at + 9..].trim_ascii_start().iter();
        let digits = digits.copied().take_while(u8::is_ascii_digit).collect();
        String::from_utf8(digits).unwrap().parse().unwrap()
    };
    let mut previous = place(last);
    for _ in 0..70 {
        let here = bytes.len() as u64;
        let section = format!(
            "xref\n0 0\ntrailer\n<</Size 1 /Root 1 0 R /Prev {previous}>>\nstartxref\n{here}\n%%EOF\n"
        );
        bytes.extend(section.as_bytes());
        previous = here;
    }
    bytes
}
