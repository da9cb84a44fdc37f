//! Hands the engine generations and decoded events: at once, or from a thread that decodes ahead.
//!
//! The thread is worth its while for files, where it also waits for the disk; what is decoded is
//! the same either way, piece by piece.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use super::decode::{Decoder, Piece};
use super::generation::{Generation, Loader};
use super::problems::Problems;
use super::version::Version;
use crate::format::Input;

/// Where generations and pieces come from.
#[derive(Debug)]
pub(super) enum Feed<'a> {
    /// From here, when they are asked for.
    AtOnce(Source<'a>),
    /// From a thread that is one piece of each thread ahead.
    Ahead(Ahead),
}

/// A file and the position in it.
#[derive(Debug)]
pub(super) struct Source<'a> {
    input: Input<'a>,
    loader: Loader,
    decoder: Decoder,
}

/// A generation, if there is another, and what was wrong with it.
type Loaded = (Option<Generation>, Problems);

impl<'a> Source<'a> {
    /// `max_piece`: events that are decoded at a time.
    pub(super) fn new(input: Input<'a>, version: Version, max_piece: usize) -> Self {
        Self { input, loader: Loader::new(version), decoder: Decoder::new(max_piece) }
    }

    fn next_generation(&mut self) -> Loaded {
        let mut problems = Problems::default();
        let mut generation = self.loader.load(&self.input, &mut problems);
        if let Some(generation) = &mut generation {
            self.decoder.start(generation);
        }
        (generation, problems)
    }

    fn fill(&mut self, lane: usize, piece: &mut Piece) {
        self.decoder.fill(&self.input, lane, piece);
    }
}

impl Feed<'_> {
    /// Goes to the next generation.
    pub(super) fn next_generation(&mut self) -> Loaded {
        match self {
            Self::AtOnce(source) => source.next_generation(),
            Self::Ahead(ahead) => ahead.next_generation(),
        }
    }

    /// Replaces `piece` of a thread by the next. Not to be called when it said that there is none.
    pub(super) fn next_piece(&mut self, lane: usize, piece: &mut Piece) {
        match self {
            Self::AtOnce(source) => source.fill(lane, piece),
            Self::Ahead(ahead) => ahead.next_piece(lane, piece),
        }
    }
}

/// What is asked of the thread.
enum Request {
    NextGeneration,
    /// Fill this piece with a thread's next events.
    Fill(usize, Piece),
}

/// What it answers, in the order in which it was asked.
enum Answer {
    Generation(Box<Loaded>),
    Filled(usize, Piece),
}

/// The engine's side of the thread.
#[derive(Debug)]
pub(super) struct Ahead {
    requests: Option<Sender<Request>>,
    answers: Receiver<Answer>,
    /// Pieces that were answered and not yet asked for.
    filled: Vec<Option<Piece>>,
    thread: Option<JoinHandle<()>>,
}

impl Ahead {
    pub(super) fn spawn(source: Source<'static>) -> std::io::Result<Self> {
        let (requests, todo) = channel();
        let (done, answers) = channel();
        let thread = std::thread::Builder::new()
            .name("trace-decode".to_owned())
            .spawn(move || serve(source, &todo, &done))?;
        Ok(Self { requests: Some(requests), answers, filled: Vec::new(), thread: Some(thread) })
    }

    fn next_generation(&mut self) -> Loaded {
        self.filled.clear();
        self.ask(Request::NextGeneration);
        let loaded = loop {
            match self.answers.recv() {
                Ok(Answer::Generation(loaded)) => break *loaded,
                Ok(Answer::Filled(..)) => {}
                Err(_) => self.fail(),
            }
        };
        if let Some(generation) = &loaded.0 {
            self.filled.resize_with(generation.lanes.len(), || None);
            (0..generation.lanes.len()).for_each(|lane| self.ask(Request::Fill(lane, Piece::default())));
        }
        loaded
    }

    fn next_piece(&mut self, lane: usize, piece: &mut Piece) {
        let next = self.wait_for(lane);
        let used = std::mem::replace(piece, next);
        if piece.more {
            self.ask(Request::Fill(lane, used));
        }
    }

    fn wait_for(&mut self, lane: usize) -> Piece {
        loop {
            if let Some(piece) = self.filled.get_mut(lane).and_then(Option::take) {
                return piece;
            }
            match self.answers.recv() {
                Ok(Answer::Filled(lane, piece)) => {
                    if let Some(slot) = self.filled.get_mut(lane) {
                        *slot = Some(piece);
                    }
                }
                Ok(Answer::Generation(_)) => {}
                Err(_) => self.fail(),
            }
        }
    }

    fn ask(&self, request: Request) {
        // If the thread is gone, there is no answer either.
        if let Some(requests) = &self.requests {
            let _ = requests.send(request);
        }
    }

    /// The thread is gone: goes on with the panic that ended it.
    #[cold]
    fn fail(&mut self) -> ! {
        match self.thread.take().map(JoinHandle::join) {
            Some(Err(panic)) => std::panic::resume_unwind(panic),
            _ => unreachable!("the thread ends when nobody asks any more"),
        }
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.requests = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(mut source: Source<'_>, todo: &Receiver<Request>, done: &Sender<Answer>) {
    for request in todo {
        let answer = match request {
            Request::NextGeneration => Answer::Generation(Box::new(source.next_generation())),
            Request::Fill(lane, mut piece) => {
                source.fill(lane, &mut piece);
                Answer::Filled(lane, piece)
            }
        };
        if done.send(answer).is_err() {
            return;
        }
    }
}
