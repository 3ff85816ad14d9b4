//! A mail server on a bad day: it refuses, delays, drops connections, and takes messages without saying so.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::drawn;

/// What the links begin with that somebody follows.
const LINKS: [&str; 2] = ["/clave/", "/correo/"];

/// A mail as it arrived.
#[derive(Debug, Clone)]
pub struct Mail {
    /// To whom.
    pub to: String,
    /// What stands before the `@` of its Message-ID.
    pub key: String,
}

/// A link in a mail.
#[derive(Debug)]
struct Link {
    /// What its path begins with, `/clave/` for example.
    path: &'static str,
    token: String,
}

/// What a bad server does with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Takes,
    NotNow,
    /// Hangs up before it has taken anything.
    Drops,
    /// Takes it, and hangs up without saying so: it will come twice.
    TakesAndDrops,
    Delays,
}

/// A mail server in many moods; after two bad ones a recipient gets the message.
#[derive(Clone, Default)]
pub struct Mailbox {
    arrived: Arc<Mutex<Vec<Mail>>>,
    /// The links about each petition, the oldest mail's first: hundreds look again and again.
    links: Arc<Mutex<BTreeMap<String, Vec<Link>>>>,
    attempts: Arc<Mutex<BTreeMap<String, usize>>>,
    /// Until when nobody may connect.
    away_until: Arc<Mutex<Option<Instant>>>,
}

impl Mailbox {
    /// Serves for as long as the test runs; the port.
    pub async fn serve(&self) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mailbox = self.clone();
        tokio::spawn(async move {
            for connection in 0.. {
                let (line, _) = listener.accept().await.unwrap();
                if mailbox.is_away() || drawn("connection", connection, 12) == 0 {
                    continue;
                }
                let mailbox = mailbox.clone();
                tokio::spawn(async move {
                    // A client that is killed hangs up in the middle.
                    let _ = mailbox.converse(line).await;
                });
            }
        });
        port
    }

    fn mood(&self, recipient: &str) -> Mood {
        let mut attempts = self.attempts.lock().unwrap();
        let attempt = attempts.entry(recipient.to_owned()).or_default();
        *attempt += 1;
        if attempt.is_multiple_of(3) {
            return Mood::Takes;
        }
        match drawn(recipient, *attempt, 10) {
            0 => Mood::NotNow,
            1 => Mood::Drops,
            2 => Mood::TakesAndDrops,
            3 => Mood::Delays,
            _ => Mood::Takes,
        }
    }

    /// One conversation (RFC 5321), as far as a client that sends one message after another needs it.
    async fn converse(&self, line: TcpStream) -> std::io::Result<()> {
        let (read, mut write) = line.into_split();
        let mut lines = BufReader::new(read).lines();
        write.write_all(b"220 buzon.test\r\n").await?;
        let (mut to, mut mood) = (String::new(), Mood::Takes);
        while let Some(command) = lines.next_line().await? {
            let verb = command.get(..4).unwrap_or_default().to_ascii_uppercase();
            let answer: &[u8] = match verb.as_str() {
                "RCPT" => {
                    to = between(&command, '<', '>');
                    mood = self.mood(&to);
                    if mood == Mood::NotNow {
                        b"451 not now\r\n"
                    } else {
                        b"250 good\r\n"
                    }
                }
                "DATA" => {
                    write.write_all(b"354 go on\r\n").await?;
                    let mut text = String::new();
                    loop {
                        match lines.next_line().await?.as_deref() {
                            Some(".") => break,
                            Some(line) => {
                                text += line;
                                text += "\r\n";
                            }
                            // Killed in the middle: that is no message.
                            None => return Ok(()),
                        }
                    }
                    if mood == Mood::Drops {
                        return Ok(());
                    }
                    if mood == Mood::Delays {
                        tokio::time::sleep(Duration::from_millis(700)).await;
                    }
                    self.take(&to, &text);
                    if mood == Mood::TakesAndDrops {
                        return Ok(());
                    }
                    b"250 taken\r\n"
                }
                "QUIT" => {
                    write.write_all(b"221 bye\r\n").await?;
                    return Ok(());
                }
                _ => b"250 good\r\n",
            };
            write.write_all(answer).await?;
        }
        Ok(())
    }

    fn take(&self, to: &str, text: &str) {
        let text = text.replace("=\r\n", "").replace("=3D", "=");
        let (_, id) = text.split_once("Message-ID: <").expect("a Message-ID");
        let key = id.split('@').next().unwrap_or_default().to_owned();
        // A message is named after its petition.
        let (number, _) = key.split_once('.').expect("a number in the Message-ID");
        let links = LINKS.into_iter().filter_map(|path| {
            let (_, rest) = text.split_once(path)?;
            Some(Link {
                path,
                token: rest.get(..32)?.to_owned(),
            })
        });
        let mut about = self.links.lock().unwrap();
        about.entry(number.to_owned()).or_default().extend(links);
        drop(about);
        let to = to.to_owned();
        self.arrived.lock().unwrap().push(Mail { to, key });
    }

    /// The tokens of all links of this kind about a petition, the newest mail's first.
    pub fn tokens(&self, number: &str, path: &str) -> Vec<String> {
        let links = self.links.lock().unwrap();
        let about = links.get(number).into_iter().flatten().rev();
        about
            .filter(|link| link.path == path)
            .map(|link| link.token.clone())
            .collect()
    }

    /// Everything that arrived.
    pub fn arrived(&self) -> Vec<Mail> {
        self.arrived.lock().unwrap().clone()
    }

    /// From now on nobody may connect for so long. Not until something happens: nothing does, where everybody waits for mails.
    pub fn go_away(&self, time: Duration) {
        *self.away_until.lock().unwrap() = Some(Instant::now() + time);
    }

    fn is_away(&self) -> bool {
        let until = *self.away_until.lock().unwrap();
        until.is_some_and(|until| Instant::now() < until)
    }
}

fn between(text: &str, begin: char, end: char) -> String {
    let rest = text.split_once(begin).map_or("", |(_, rest)| rest);
    rest.split(end).next().unwrap_or_default().to_owned()
}
