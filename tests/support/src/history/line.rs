//! One line of a history, as a value and as text that a person can read. Knows no rules.

use std::fmt;
use std::str::FromStr;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// Something that a process did about a job.
    Job {
        /// Which process did it.
        process: u32,
        /// The job's key, without spaces.
        key: String,
        /// What it did.
        deed: Deed,
    },
    /// Something that became of a process.
    Process {
        /// Which one.
        process: u32,
        /// What became of it.
        turn: Turn,
    },
    /// A fault is in force from here on.
    FaultBegins {
        /// Its number, which no other fault of the history has.
        number: u32,
        /// Whom it concerns.
        scope: Scope,
        /// What kind of fault it is.
        kind: String,
    },
    /// A fault is in force no more.
    FaultEnds {
        /// The number with which it began.
        number: u32,
    },
    /// A fault that is over at once.
    FaultStrikes {
        /// Whom it concerns.
        scope: Scope,
        /// What kind of fault it is.
        kind: String,
    },
}

/// What a process did about a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// A call is made.
    Call {
        /// The call's number, which no other call of the process has.
        call: u32,
    },
    /// A call begins the body.
    Begin {
        /// The call's number.
        call: u32,
        /// The attempt's number.
        attempt: u32,
        /// The attempt's fence.
        fence: u64,
    },
    /// A body ends.
    End {
        /// The number of the call that began it.
        call: u32,
        /// The attempt's fence.
        fence: u64,
        /// How it ends.
        end: BodyEnd,
    },
    /// The process is told that the completion of its attempt is recorded.
    Accepted {
        /// The attempt's number.
        attempt: u32,
    },
    /// A call ends.
    Return {
        /// The call's number.
        call: u32,
        /// How it ends.
        end: CallEnd,
    },
    /// An outside resource takes or refuses what an attempt writes to it. The resource says so, not the attempt.
    Write {
        /// The attempt's fence.
        fence: u64,
        /// Whether it was taken.
        is_taken: bool,
    },
}

/// How a body ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodyEnd {
    /// It returns this value, which no other body of the job returns.
    Ok(String),
    /// It returns an error, or panics.
    Failed,
    /// It is dropped.
    Cut,
}

/// How a call ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallEnd {
    /// It returns this value.
    Ok(String),
    /// It returns an error of this kind, or panics.
    Error(String),
    /// Its caller drops it.
    Dropped,
}

/// What becomes of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It stands still, in the middle of anything, until it goes on.
    Stopped,
    /// It goes on.
    Continued,
    /// It is dead, and all that it did is told above. By whom, or of what, in words.
    Died(String),
}

/// Whom a fault concerns: the calls of a process, or of all; of a job, or of all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// The process, unless it is all of them.
    pub process: Option<u32>,
    /// The job's key, unless it is all of them.
    pub key: Option<String>,
}

/// A text that is no line of a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotALine(String);

impl fmt::Display for NotALine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a line of a history: {:?}", self.0)
    }
}

impl std::error::Error for NotALine {}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Job { process, key, deed } => write!(f, "{process} {key} {deed}"),
            Self::Process { process, turn: Turn::Stopped } => write!(f, "{process} * stopped"),
            Self::Process { process, turn: Turn::Continued } => write!(f, "{process} * continued"),
            Self::Process { process, turn: Turn::Died(of) } => write!(f, "{process} * died {of}"),
            Self::FaultBegins { number, scope, kind } => write!(f, "{scope} fault {number} begins {kind}"),
            Self::FaultEnds { number } => write!(f, "* * fault {number} ends"),
            Self::FaultStrikes { scope, kind } => write!(f, "{scope} struck {kind}"),
        }
    }
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call { call } => write!(f, "call {call}"),
            Self::Begin { call, attempt, fence } => write!(f, "begin call {call} attempt {attempt} fence {fence}"),
            Self::End { call, fence, end } => {
                write!(f, "end call {call} fence {fence} ")?;
                match end {
                    BodyEnd::Ok(value) => write!(f, "ok {value}"),
                    BodyEnd::Failed => f.write_str("failed"),
                    BodyEnd::Cut => f.write_str("cut"),
                }
            }
            Self::Accepted { attempt } => write!(f, "accepted attempt {attempt}"),
            Self::Return { call, end } => {
                write!(f, "return call {call} ")?;
                match end {
                    CallEnd::Ok(value) => write!(f, "ok {value}"),
                    CallEnd::Error(kind) => write!(f, "error {kind}"),
                    CallEnd::Dropped => f.write_str("dropped"),
                }
            }
            Self::Write { fence, is_taken: true } => write!(f, "write fence {fence} taken"),
            Self::Write { fence, is_taken: false } => write!(f, "write fence {fence} refused"),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.process {
            Some(process) => write!(f, "{process}")?,
            None => f.write_str("*")?,
        }
        write!(f, " {}", self.key.as_deref().unwrap_or("*"))
    }
}

impl FromStr for Line {
    type Err = NotALine;

    fn from_str(text: &str) -> Result<Self, NotALine> {
        let mut words = Words(Some(text));
        let line = words.line();
        line.filter(|_| words.0.is_none()).ok_or_else(|| NotALine(text.to_owned()))
    }
}

/// What is still to be read of a line; `None` at its end.
struct Words<'a>(Option<&'a str>);

impl<'a> Words<'a> {
    fn next(&mut self) -> Option<&'a str> {
        let rest = self.0?;
        let (word, rest) = rest.split_once(' ').map_or((rest, None), |(word, rest)| (word, Some(rest)));
        self.0 = rest;
        Some(word).filter(|word| !word.is_empty())
    }

    fn number<N: FromStr>(&mut self) -> Option<N> {
        self.next()?.parse().ok()
    }

    /// A number behind its name.
    fn named<N: FromStr>(&mut self, name: &str) -> Option<N> {
        if self.next()? == name { self.number() } else { None }
    }

    /// All that is left, which may have spaces.
    fn rest(&mut self) -> Option<String> {
        self.0.take().map(str::to_owned)
    }

    fn line(&mut self) -> Option<Line> {
        let process = match self.next()? {
            "*" => None,
            process => Some(process.parse().ok()?),
        };
        let key = Some(self.next()?.to_owned()).filter(|key| key != "*");
        let deed = self.next()?;
        let scope = Scope { process, key };
        match (deed, scope.process, &scope.key) {
            ("fault", ..) => {
                let number = self.number()?;
                match self.next()? {
                    "begins" => Some(Line::FaultBegins { number, scope, kind: self.rest()? }),
                    "ends" => Some(Line::FaultEnds { number }).filter(|_| scope == Scope::default()),
                    _ => None,
                }
            }
            ("struck", ..) => Some(Line::FaultStrikes { scope, kind: self.rest()? }),
            ("stopped", Some(process), None) => Some(Line::Process { process, turn: Turn::Stopped }),
            ("continued", Some(process), None) => Some(Line::Process { process, turn: Turn::Continued }),
            ("died", Some(process), None) => Some(Line::Process { process, turn: Turn::Died(self.rest()?) }),
            (deed, Some(process), Some(key)) => Some(Line::Job { process, key: key.clone(), deed: self.deed(deed)? }),
            _ => None,
        }
    }

    fn deed(&mut self, deed: &str) -> Option<Deed> {
        match deed {
            "call" => Some(Deed::Call { call: self.number()? }),
            "begin" => {
                let (call, attempt, fence) = (self.named("call")?, self.named("attempt")?, self.named("fence")?);
                Some(Deed::Begin { call, attempt, fence })
            }
            "end" => {
                let (call, fence) = (self.named("call")?, self.named("fence")?);
                let end = match self.next()? {
                    "ok" => BodyEnd::Ok(self.rest()?),
                    "failed" => BodyEnd::Failed,
                    "cut" => BodyEnd::Cut,
                    _ => return None,
                };
                Some(Deed::End { call, fence, end })
            }
            "accepted" => Some(Deed::Accepted { attempt: self.named("attempt")? }),
            "return" => {
                let call = self.named("call")?;
                let end = match self.next()? {
                    "ok" => CallEnd::Ok(self.rest()?),
                    "error" => CallEnd::Error(self.rest()?),
                    "dropped" => CallEnd::Dropped,
                    _ => return None,
                };
                Some(Deed::Return { call, end })
            }
            "write" => {
                let fence = self.named("fence")?;
                match self.next()? {
                    "taken" => Some(Deed::Write { fence, is_taken: true }),
                    "refused" => Some(Deed::Write { fence, is_taken: false }),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_they_were_written() {
        let lines = [
            "7 report call 3",
            "7 report begin call 3 attempt 1 fence 99",
            "7 report end call 3 fence 99 ok \"a value, with spaces\"",
            "7 report end call 3 fence 99 failed",
            "7 report end call 3 fence 99 cut",
            "7 report accepted attempt 1",
            "7 report return call 3 ok 17",
            "7 report return call 3 error Exhausted",
            "7 report return call 3 dropped",
            "7 report write fence 99 taken",
            "7 report write fence 99 refused",
            "7 * stopped",
            "7 * continued",
            "7 * died killed by the test",
            "* * fault 4 begins the store is frozen",
            "7 * fault 4 begins cut off",
            "* report fault 4 begins slow",
            "7 report struck lost reply",
            "* * fault 4 ends",
        ];
        for line in lines {
            let read: Line = line.parse().expect(line);
            assert_eq!(read.to_string(), line, "{read:?}");
        }
    }

    #[test]
    fn other_texts_are_no_lines() {
        let texts = [
            "",
            "7",
            "7 report",
            "7 report call",
            "7 report call 3 4",
            "7 report call -3",
            "7  call 3",
            "x report call 3",
            "* report call 3",
            "7 * call 3",
            "7 report begin call 3 fence 99 attempt 1",
            "7 report end call 3 fence 99 maybe",
            "7 report end call 3 fence 99 failed badly",
            "7 report stopped",
            "* * died of nothing",
            "7 * fault 4 ends",
            "* * fault 4 goes on",
        ];
        for text in texts {
            assert_eq!(text.parse::<Line>(), Err(NotALine(text.to_owned())));
        }
    }
}
