//! What is sent in one go, and the answers to it. Knows no connection.

use std::fmt;
use std::io::ErrorKind;
use std::iter;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use redis::{Cmd, Pipeline, RedisError, RedisResult, Value};

use crate::store::Swap;
use crate::store::redis::fault::of_connection;
use crate::store::redis::seat::Seat;
use crate::store::redis::swaps::Swaps;

/// For how many there is room at most before they are asked. A burst of more leaves no more behind.
const MOST_ROOM: usize = 64;

/// For how many sendings there is room at most before they are made.
const MOST_SPARE: usize = 4;

/// Commands and swaps that wait to be sent.
#[derive(Default)]
pub(super) struct Unsent {
    commands: Vec<Cmd>,
    swaps: Swaps,
    answers: Arc<Answers>,
}

impl Unsent {
    pub(super) fn is_empty(&self) -> bool {
        self.commands.is_empty() && self.swaps.is_empty()
    }

    /// Asks for something, in the name of who is to be woken by the answer. Without one the answer has to be polled for that.
    pub(super) fn by<'a>(&'a mut self, asker: Option<&'a Waker>) -> Asking<'a> {
        Asking { unsent: self, asker }
    }

    /// Takes all: what is to be sent, and who awaits the answers. The swaps come first, as who asks for one and for
    /// something else before it is answered means what is there after it.
    pub(super) fn take(&mut self, spare: &mut Spare) -> (Pipeline, Awaited) {
        let (swaps, counts): (Vec<_>, _) = self.swaps.take().into_iter().unzip();
        let mut pipeline = spare.pipelines.pop().unwrap_or_default();
        for command in swaps.into_iter().chain(self.commands.drain(..)) {
            pipeline.add_command(command);
        }
        self.commands.shrink_to(MOST_ROOM);
        (pipeline, Awaited { counts, answers: std::mem::replace(&mut self.answers, spare.answers()) })
    }
}

/// What sendings that are answered have left, for others to use again: much of it at a time is more than an allocator has at
/// hand, and every sending would pay for that.
#[derive(Default)]
pub(super) struct Spare {
    pipelines: Vec<Pipeline>,
    answers: Vec<Arc<Answers>>,
}

impl Spare {
    /// Keeps what an answered sending has left, unless it was of a burst.
    pub(super) fn keep(&mut self, mut commands: Pipeline, Awaited { answers, .. }: Awaited) {
        if commands.len() <= MOST_ROOM && self.pipelines.len() < MOST_SPARE {
            commands.clear();
            self.pipelines.push(commands);
        }
        if answers.slots().len() <= MOST_ROOM && self.answers.len() < MOST_SPARE {
            self.answers.push(answers);
        }
    }

    /// Those that nobody looks at any more, if there are any.
    fn answers(&mut self) -> Arc<Answers> {
        let free = self.answers.iter_mut().position(|answers| match Arc::get_mut(answers) {
            Some(Answers(slots)) => {
                slots.get_mut().unwrap_or_else(PoisonError::into_inner).clear();
                true
            }
            None => false,
        });
        free.map(|place| self.answers.swap_remove(place)).unwrap_or_default()
    }
}

/// One who asks for one thing.
pub(super) struct Asking<'a> {
    unsent: &'a mut Unsent,
    asker: Option<&'a Waker>,
}

impl Asking<'_> {
    /// Adds a command, and gives its answer to come.
    pub(super) fn command(self, command: Cmd) -> Answer {
        self.unsent.commands.push(command);
        self.answer(Asked::Command)
    }

    /// Adds a swap, to be run with others, and gives its answer to come. Where it wakes a few, they may be on another seat
    /// than `seat`.
    pub(super) fn swap(self, swap: &Swap<'_>, seat: Seat) -> Answer {
        self.unsent.swaps.add(swap, seat);
        self.answer(Asked::Swap)
    }

    fn answer(self, asked: Asked) -> Answer {
        let answers = &self.unsent.answers;
        Answer { of: Arc::clone(answers), place: answers.add(asked, self.asker.cloned()) }
    }
}

/// Those who await the answers of one sending.
pub(super) struct Awaited {
    /// How many swaps each of the first commands has.
    counts: Vec<usize>,
    answers: Arc<Answers>,
}

impl Awaited {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.answers.slots().len()
    }

    /// All are answered. Where the sending as a whole failed, each of them has. Who waits is woken;
    /// `waking` is room for that, and is left empty.
    pub(super) fn are(&self, answered: RedisResult<Vec<Value>>, waking: &mut Vec<Waker>) {
        let mut slots = self.answers.slots();
        match answered {
            Ok(answers) => {
                let mut answers = answers.into_iter().map(Ok).chain(iter::repeat_with(|| Err(missing())));
                let mut swaps = slots.iter_mut().filter(|slot| slot.asked == Asked::Swap);
                for (count, answer) in self.counts.iter().zip(answers.by_ref()) {
                    give(swaps.by_ref().take(*count), *count, answer, waking);
                }
                let commands = slots.iter_mut().filter(|slot| slot.asked == Asked::Command);
                commands.zip(answers).for_each(|(slot, answer)| slot.answer(answer, waking));
            }
            Err(error) => slots.iter_mut().for_each(|slot| slot.answer(Err(error.clone()), waking)),
        }
        drop(slots);
        waking.drain(..).for_each(Waker::wake);
    }
}

/// Gives each of so many swaps its own part of the answer to all of them.
fn give<'a>(
    mut swaps: impl Iterator<Item = &'a mut Slot>,
    count: usize,
    answer: RedisResult<Value>,
    waking: &mut Vec<Waker>,
) {
    match answer {
        // One alone has the whole answer.
        answer if count == 1 => {
            if let Some(slot) = swaps.next() {
                slot.answer(answer, waking);
            }
        }
        Ok(Value::Array(answers)) if answers.len() == count => {
            swaps.zip(answers).for_each(|(slot, answer)| slot.answer(Ok(answer), waking));
        }
        Ok(Value::Array(_)) | Err(_) => swaps.for_each(|slot| slot.answer(Err(missing()), waking)),
        // What is no list is the answer to each: that all are done, or what kept all of them from it.
        Ok(answer) => swaps.for_each(|slot| slot.answer(Ok(answer.clone()), waking)),
    }
}

/// The answers of one sending, in the order in which they were asked for.
#[derive(Default)]
struct Answers(Mutex<Vec<Slot>>);

/// The place of one answer.
struct Slot {
    asked: Asked,
    state: State,
}

#[derive(PartialEq, Eq)]
enum Asked {
    Command,
    Swap,
}

enum State {
    /// Not answered yet; who is to be woken then.
    Awaited(Option<Waker>),
    Answered(RedisResult<Value>),
    Taken,
}

impl Slot {
    /// It is answered. Who waits for that is added to those who are to be woken.
    fn answer(&mut self, answer: RedisResult<Value>, waking: &mut Vec<Waker>) {
        if let State::Awaited(Some(waker)) = std::mem::replace(&mut self.state, State::Answered(answer)) {
            waking.push(waker);
        }
    }
}

impl Answers {
    fn add(&self, asked: Asked, asker: Option<Waker>) -> usize {
        let mut slots = self.slots();
        slots.push(Slot { asked, state: State::Awaited(asker) });
        slots.len() - 1
    }

    fn slots(&self) -> MutexGuard<'_, Vec<Slot>> {
        // Nothing under the lock can leave it half done, so a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The answer to one command; an error anywhere in it is the answer's. To be awaited once.
pub(super) struct Answer {
    of: Arc<Answers>,
    place: usize,
}

impl Future for Answer {
    type Output = RedisResult<Value>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut slots = self.of.slots();
        let state = &mut slots[self.place].state;
        match state {
            State::Awaited(Some(waker)) => {
                waker.clone_from(context.waker());
                Poll::Pending
            }
            State::Awaited(none) => {
                *none = Some(context.waker().clone());
                Poll::Pending
            }
            State::Answered(_) | State::Taken => match std::mem::replace(state, State::Taken) {
                State::Answered(answer) => Poll::Ready(answer),
                _ => Poll::Ready(Err(missing())),
            },
        }
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("place", &self.place).finish_non_exhaustive()
    }
}

/// There are fewer answers than were asked for, which no server does.
fn missing() -> RedisError {
    of_connection(ErrorKind::UnexpectedEof)
}

#[cfg(test)]
mod tests {
    use futures_util::poll;

    use super::*;
    use crate::store::Wake;

    const SWAP: Swap<'static> = Swap { key: "k", expected: None, next: b"next", keep: None, wake: Wake::All };

    const COMMANDS: [Value; 2] = [Value::Int(10), Value::Int(11)];

    /// Those who await the answers to a command, to three swaps and to a command, which are sent as one and two.
    fn awaited() -> (Awaited, [Answer; 5]) {
        let mut unsent = Unsent::default();
        let answers = [false, true, true, true, false].map(|is_swap| match is_swap {
            true => unsent.by(None).swap(&SWAP, Seat::draw(0)),
            false => unsent.by(None).command(redis::cmd("PING")),
        });
        let (commands, awaited) = unsent.take(&mut Spare::default());
        assert!(unsent.is_empty() && commands.len() == 3);
        (awaited, answers)
    }

    fn answered(swaps: Value) -> RedisResult<Vec<Value>> {
        Ok([swaps].into_iter().chain(COMMANDS).collect())
    }

    async fn got(answers: impl IntoIterator<Item = Answer>) -> Vec<Option<Value>> {
        futures_util::future::join_all(answers).await.into_iter().map(Result::ok).collect()
    }

    #[tokio::test]
    async fn everybody_has_the_answer_to_what_they_asked() {
        let (those, mut answers) = awaited();
        for answer in &mut answers {
            assert!(poll!(answer).is_pending());
        }
        let [first, second, third, fourth, last] = answers;
        // It does not wait any more.
        drop(fourth);
        let swaps = [20, 21, 22].map(Value::Int).to_vec();
        those.are(answered(Value::Array(swaps)), &mut Vec::new());
        assert_eq!(got([first, second, third, last]).await, [10, 20, 21, 11].map(|number| Some(Value::Int(number))));
    }

    #[tokio::test]
    async fn what_swaps_are_answered_as_one_is_for_each_of_them_and_for_nobody_else() {
        let ours = COMMANDS.map(Some);
        let refused = redis::parse_redis_value(b"-NOSCRIPT none\r\n").expect("it is an answer");
        for one in [refused, Value::Int(1)] {
            let (those, answers) = awaited();
            those.are(answered(one.clone()), &mut Vec::new());
            let [first, last] = ours.clone();
            assert_eq!(got(answers).await, [first, Some(one.clone()), Some(one.clone()), Some(one), last]);
        }
        for other in [2, 4].map(|count| Value::Array(vec![Value::Int(1); count])) {
            let (those, answers) = awaited();
            those.are(answered(other), &mut Vec::new());
            let [first, last] = ours.clone();
            assert_eq!(got(answers).await, [first, None, None, None, last]);
        }
    }

    #[tokio::test]
    async fn a_swap_alone_has_the_whole_answer() {
        let mut unsent = Unsent::default();
        let answer = unsent.by(None).swap(&SWAP, Seat::draw(0));
        let conflict = Value::Array(vec![Value::Nil]);
        unsent.take(&mut Spare::default()).1.are(Ok(vec![conflict.clone()]), &mut Vec::new());
        assert_eq!(answer.await, Ok(conflict));
    }

    #[tokio::test]
    async fn what_a_sending_leaves_is_used_again_when_nobody_looks_at_it() {
        let (mut unsent, mut spare) = (Unsent::default(), Spare::default());
        let mut ask = |spare: &mut Spare| {
            let answer = unsent.by(None).command(redis::cmd("PING"));
            let (commands, those) = unsent.take(spare);
            let place = Arc::as_ptr(&those.answers);
            those.are(Ok(COMMANDS[..1].to_vec()), &mut Vec::new());
            spare.keep(commands, those);
            (answer, place)
        };
        let (first, place) = ask(&mut spare);
        // That of the next was made when the first was sent.
        let places = [ask(&mut spare).1, ask(&mut spare).1, ask(&mut spare).1];
        assert!(!places.contains(&place), "the answer is not taken yet");
        assert_eq!(first.await, Ok(COMMANDS[0].clone()));
        let later: Vec<_> = (0..4).map(|_| ask(&mut spare).1).collect();
        assert!(later.contains(&place), "nobody looks at it any more");
    }

    #[tokio::test]
    async fn what_was_not_answered_is_an_error_for_each() {
        let (too_few, answers) = awaited();
        too_few
            .are(answered(Value::Array(vec![Value::Nil; 3])).map(|mut all| all.drain(..2).collect()), &mut Vec::new());
        let nil = Some(Value::Nil);
        assert_eq!(got(answers).await, [Some(Value::Int(10)), nil.clone(), nil.clone(), nil, None]);
        let (broken, answers) = awaited();
        broken.are(Err(missing()), &mut Vec::new());
        assert_eq!(got(answers).await, [const { None }; 5]);
    }
}
