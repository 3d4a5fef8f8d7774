//! The Redis protocol, as little of it as tests need: one command, one reply. Knows no server.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// How long a reply may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a server replied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A status, such as `OK`.
    Status(String),
    /// An error, with its code in front.
    Error(String),
    /// A number.
    Number(i64),
    /// A string, or nothing.
    Bytes(Option<Vec<u8>>),
    /// Several replies in one.
    List(Vec<Self>),
}

impl Reply {
    /// The text of a status, an error or a string.
    ///
    /// # Panics
    ///
    /// On anything else.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Status(text) | Self::Error(text) => text.clone(),
            Self::Bytes(Some(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
            other => panic!("a reply without text: {other:?}"),
        }
    }

    /// Whether it is an error with this code.
    #[must_use]
    pub fn is_error(&self, code: &str) -> bool {
        matches!(self, Self::Error(text) if text.split(' ').next() == Some(code))
    }

    /// The replies in a list.
    ///
    /// # Panics
    ///
    /// If it is none.
    #[must_use]
    pub fn list(&self) -> &[Self] {
        match self {
            Self::List(replies) => replies,
            other => panic!("a reply that is no list: {other:?}"),
        }
    }
}

/// A plain connection to a server.
#[derive(Debug)]
pub struct Client {
    stream: BufReader<UnixStream>,
}

impl Client {
    /// Connects to the socket at `path`.
    ///
    /// # Errors
    ///
    /// If nobody listens there.
    pub fn connect(path: &Path) -> io::Result<Self> {
        let stream = UnixStream::connect(path)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    /// Sends a command without waiting for its reply.
    ///
    /// # Errors
    ///
    /// If the connection breaks.
    pub fn send(&mut self, command: &[&str]) -> io::Result<()> {
        let mut bytes = format!("*{}\r\n", command.len());
        for part in command {
            bytes.push_str(&format!("${}\r\n{part}\r\n", part.len()));
        }
        self.stream.get_mut().write_all(bytes.as_bytes())
    }

    /// Sends a command and waits for its reply.
    ///
    /// # Errors
    ///
    /// If the connection breaks, or nothing comes.
    pub fn ask(&mut self, command: &[&str]) -> io::Result<Reply> {
        self.send(command)?;
        self.reply()
    }

    /// Waits for the next reply.
    ///
    /// # Errors
    ///
    /// If the connection breaks, or nothing comes.
    pub fn reply(&mut self) -> io::Result<Reply> {
        let line = self.line()?;
        let (kind, rest) = line.split_at_checked(1).ok_or_else(|| malformed(&line))?;
        let number = || rest.parse::<i64>().map_err(|_| malformed(&line));
        match kind {
            "+" => Ok(Reply::Status(rest.to_owned())),
            "-" => Ok(Reply::Error(rest.to_owned())),
            ":" => number().map(Reply::Number),
            "$" => match usize::try_from(number()?) {
                Ok(length) => {
                    let mut bytes = vec![0; length + 2];
                    self.stream.read_exact(&mut bytes)?;
                    bytes.truncate(length);
                    Ok(Reply::Bytes(Some(bytes)))
                }
                Err(_) => Ok(Reply::Bytes(None)),
            },
            "*" => (0..number()?).map(|_| self.reply()).collect::<io::Result<_>>().map(Reply::List),
            _ => Err(malformed(&line)),
        }
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        line.truncate(line.trim_end().len());
        Ok(line)
    }
}

fn malformed(line: &str) -> io::Error {
    io::Error::other(format!("not a reply: {line:?}"))
}
