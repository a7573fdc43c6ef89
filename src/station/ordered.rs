//! Many threads at work, results in the order of the input, memory bounded.
//!
//! Files are opened and their pages processed by worker threads; the calling
//! thread receives everything in order. How far workers may run ahead of what
//! was received is bounded by a window, so that one slow page cannot make
//! results pile up.
//!
//! Plain threads, not a rayon pool: a worker sleeps while the window is full,
//! and a pool's threads must not sleep.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// What is done with each file and page. Must not panic.
pub trait Work: Sync {
    /// What is kept of a file while its pages are processed (its bytes).
    type File: Send + Sync;
    /// What the receiver learns of a file.
    type Info: Send;
    /// What is made of one page.
    type Page: Send;

    /// Opens file number `source`.
    fn open(&self, source: usize) -> Opened<Self::File, Self::Info>;

    /// Processes a page.
    fn page(&self, source: usize, file: &Self::File, index: u32) -> Self::Page;
}

/// An opened file.
#[derive(Debug)]
pub struct Opened<F, I> {
    /// Dropped as soon as its last page is processed.
    pub file: F,
    /// For the receiver.
    pub info: I,
    /// Which pages to process, ascending.
    pub pages: Vec<u32>,
}

/// What the receiver gets, in this order for each file: `Begin`, its pages,
/// `End`.
#[derive(Debug)]
pub enum Event<'a, I, P> {
    /// A file was opened.
    Begin(&'a I),
    /// One of its pages.
    Page(&'a I, u32, P),
    /// It is done.
    End(&'a I),
}

/// Results that may wait for the receiver, for each thread. Some slack lets
/// the others go on while one page takes several times as long as usual.
const WINDOW_PER_THREAD: usize = 6;

struct OpenFile<F> {
    file: Arc<F>,
    pages: Arc<[u32]>,
    next: usize,
}

struct Waiting<I, P> {
    /// Until the receiver has it.
    info: Option<I>,
    pages: usize,
    results: BTreeMap<usize, (u32, P)>,
}

struct State<W: Work + ?Sized> {
    next_source: usize,
    open: BTreeMap<usize, OpenFile<W::File>>,
    opening: usize,
    waiting: BTreeMap<usize, Waiting<W::Info, W::Page>>,
    /// Claimed and not yet received.
    outstanding: usize,
    /// What the receiver waits for: file, and how many of its pages it has.
    head: (usize, usize),
    stop: bool,
}

enum Claim<F> {
    Open(usize),
    Page(usize, usize, u32, Arc<F>),
}

struct Shared<'w, W: Work + ?Sized> {
    work: &'w W,
    sources: usize,
    window: usize,
    state: Mutex<State<W>>,
    changed: Condvar,
}

/// Processes files `0..sources` on `threads` threads and hands everything to
/// `receive` on the calling thread, in order.
///
/// # Errors
/// The first error of `receive`; the workers stop after the page at hand.
pub fn run<W: Work + ?Sized, E>(
    work: &W,
    sources: usize,
    threads: NonZeroUsize,
    mut receive: impl FnMut(usize, Event<'_, W::Info, W::Page>) -> Result<(), E>,
) -> Result<(), E> {
    let shared = Shared {
        work,
        sources,
        window: threads.get() * WINDOW_PER_THREAD,
        state: Mutex::new(State {
            next_source: 0,
            open: BTreeMap::new(),
            opening: 0,
            waiting: BTreeMap::new(),
            outstanding: 0,
            head: (0, 0),
            stop: false,
        }),
        changed: Condvar::new(),
    };
    std::thread::scope(|scope| {
        for _ in 0..threads.get().min(sources.max(1) * 64) {
            scope.spawn(|| shared.labour());
        }
        let stop = StopOnDrop(&shared);
        for source in 0..sources {
            shared.deliver(source, &mut receive)?;
        }
        drop(stop);
        Ok(())
    })
}

/// Lets the workers end however the receiver ends, even by a panic.
struct StopOnDrop<'s, 'w, W: Work + ?Sized>(&'s Shared<'w, W>);

impl<W: Work + ?Sized> Drop for StopOnDrop<'_, '_, W> {
    fn drop(&mut self) {
        self.0.lock().stop = true;
        self.0.changed.notify_all();
    }
}

impl<W: Work + ?Sized> Shared<'_, W> {
    fn lock(&self) -> MutexGuard<'_, State<W>> {
        // Nothing panics while holding the lock; if it did, the state is
        // still whole between any two statements.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn labour(&self) {
        while let Some(claim) = self.claim() {
            match claim {
                Claim::Open(source) => self.open(source),
                Claim::Page(source, place, index, file) => {
                    let page = self.work.page(source, &file, index);
                    drop(file);
                    self.finish(source, place, index, page);
                }
            }
        }
    }

    /// The next thing to do, as near to the receiver's head as there is.
    fn claim(&self) -> Option<Claim<W::File>> {
        let mut state = self.lock();
        loop {
            if state.stop {
                return None;
            }
            let room = state.outstanding < self.window;
            let head = state.head;
            if let Some(mut entry) = state.open.first_entry() {
                let source = *entry.key();
                let file = entry.get_mut();
                // What the receiver waits for is always allowed, or nothing
                // would ever make room.
                if room || (source == head.0 && file.next < head.1 + self.window) {
                    let place = file.next;
                    let index = file.pages.get(place).copied().unwrap_or(0);
                    let bytes = Arc::clone(&file.file);
                    file.next += 1;
                    if file.next >= file.pages.len() {
                        entry.remove();
                    }
                    state.outstanding += 1;
                    return Some(Claim::Page(source, place, index, bytes));
                }
            } else if state.next_source < self.sources {
                if room || state.next_source == head.0 {
                    let source = state.next_source;
                    state.next_source += 1;
                    state.opening += 1;
                    state.outstanding += 1;
                    return Some(Claim::Open(source));
                }
            } else if state.opening == 0 {
                return None;
            }
            state = self.wait(state);
        }
    }

    /// Opens a file and processes its first page at once.
    fn open(&self, source: usize) {
        let Opened { file, info, pages } = self.work.open(source);
        let pages: Arc<[u32]> = pages.into();
        let file = Arc::new(file);
        let first = pages.first().copied();
        {
            let mut state = self.lock();
            state.opening -= 1;
            state.waiting.insert(
                source,
                Waiting {
                    info: Some(info),
                    pages: pages.len(),
                    results: BTreeMap::new(),
                },
            );
            if pages.len() > 1 {
                state.open.insert(
                    source,
                    OpenFile {
                        file: Arc::clone(&file),
                        pages: Arc::clone(&pages),
                        next: 1,
                    },
                );
            }
            self.changed.notify_all();
        }
        if let Some(index) = first {
            let page = self.work.page(source, &file, index);
            drop(file);
            self.finish(source, 0, index, page);
        }
    }

    fn finish(&self, source: usize, place: usize, index: u32, page: W::Page) {
        let mut state = self.lock();
        if let Some(waiting) = state.waiting.get_mut(&source) {
            waiting.results.insert(place, (index, page));
        }
        self.changed.notify_all();
    }

    /// Hands one file to the receiver as its pages are ready.
    fn deliver<E>(
        &self,
        source: usize,
        receive: &mut impl FnMut(usize, Event<'_, W::Info, W::Page>) -> Result<(), E>,
    ) -> Result<(), E> {
        let (info, pages) = {
            let mut state = self.lock();
            loop {
                if let Some(waiting) = state.waiting.get_mut(&source)
                    && let Some(info) = waiting.info.take()
                {
                    break (info, waiting.pages);
                }
                state = self.wait(state);
            }
        };
        receive(source, Event::Begin(&info))?;
        for place in 0..pages {
            let (index, page) = {
                let mut state = self.lock();
                loop {
                    let ready = state
                        .waiting
                        .get_mut(&source)
                        .and_then(|w| w.results.remove(&place));
                    if let Some(result) = ready {
                        state.head = (source, place + 1);
                        state.outstanding -= 1;
                        self.changed.notify_all();
                        break result;
                    }
                    state = self.wait(state);
                }
            };
            receive(source, Event::Page(&info, index, page))?;
        }
        {
            let mut state = self.lock();
            state.waiting.remove(&source);
            state.head = (source + 1, 0);
            if pages == 0 {
                state.outstanding -= 1;
            }
            self.changed.notify_all();
        }
        receive(source, Event::End(&info))
    }

    fn wait<'g>(&self, state: MutexGuard<'g, State<W>>) -> MutexGuard<'g, State<W>> {
        self.changed
            .wait(state)
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// File n has n % 5 pages; a page sleeps a little, differently each time.
    struct Sleepy {
        inside: AtomicUsize,
        most: AtomicUsize,
    }

    impl Work for Sleepy {
        type File = usize;
        type Info = usize;
        type Page = (usize, u32);

        fn open(&self, source: usize) -> Opened<usize, usize> {
            Opened {
                file: source,
                info: source,
                pages: (0..u32::try_from(source % 5).unwrap_or(0)).collect(),
            }
        }

        fn page(&self, source: usize, file: &usize, index: u32) -> (usize, u32) {
            assert_eq!(source, *file);
            let now = self.inside.fetch_add(1, Ordering::SeqCst) + 1;
            self.most.fetch_max(now, Ordering::SeqCst);
            let us = (source * 7919 + index as usize * 104_729) % 900;
            std::thread::sleep(std::time::Duration::from_micros(us as u64));
            self.inside.fetch_sub(1, Ordering::SeqCst);
            (source, index)
        }
    }

    fn order(threads: usize, sources: usize) -> Vec<String> {
        let work = Sleepy {
            inside: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
        };
        let threads = NonZeroUsize::new(threads).unwrap_or(NonZeroUsize::MIN);
        let mut seen = Vec::new();
        let done: Result<(), ()> = run(&work, sources, threads, |source, event| {
            seen.push(match event {
                Event::Begin(info) => format!("{source} begin {info}"),
                Event::Page(_, index, page) => format!("{source} {index} {page:?}"),
                Event::End(_) => format!("{source} end"),
            });
            Ok(())
        });
        assert_eq!(done, Ok(()));
        assert!(work.most.load(Ordering::SeqCst) <= threads.get());
        seen
    }

    #[test]
    fn everything_comes_in_the_order_of_the_input_whatever_the_threads() {
        let one = order(1, 120);
        assert_eq!(one.len(), 120 * 2 + 24 * (1 + 2 + 3 + 4));
        for threads in [2, 3, 16] {
            assert_eq!(order(threads, 120), one);
        }
        assert!(order(4, 0).is_empty());
    }

    /// One file with many pages must keep every thread busy, and a slow first
    /// page must not let the others run ahead without bound.
    #[test]
    fn results_that_wait_are_bounded() {
        struct OneSlow(AtomicUsize, AtomicUsize);
        impl Work for OneSlow {
            type File = ();
            type Info = ();
            type Page = ();
            fn open(&self, _: usize) -> Opened<(), ()> {
                Opened {
                    file: (),
                    info: (),
                    pages: (0..500).collect(),
                }
            }
            fn page(&self, _: usize, (): &(), index: u32) {
                if index == 0 {
                    std::thread::sleep(std::time::Duration::from_millis(60));
                    self.1
                        .store(self.0.load(Ordering::SeqCst), Ordering::SeqCst);
                }
                self.0.fetch_add(1, Ordering::SeqCst);
            }
        }
        let work = OneSlow(AtomicUsize::new(0), AtomicUsize::new(0));
        let threads = NonZeroUsize::new(4).unwrap_or(NonZeroUsize::MIN);
        let mut pages = 0;
        let done: Result<(), ()> = run(&work, 1, threads, |_, event| {
            pages += usize::from(matches!(event, Event::Page(..)));
            Ok(())
        });
        assert_eq!((done, pages), (Ok(()), 500));
        let ahead = work.1.load(Ordering::SeqCst);
        assert!(ahead > 0, "the other threads waited for the slow page");
        assert!(ahead <= 4 * WINDOW_PER_THREAD, "{ahead} results waited");
    }

    #[test]
    fn an_error_of_the_receiver_stops_the_work() {
        let work = Sleepy {
            inside: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
        };
        let threads = NonZeroUsize::new(3).unwrap_or(NonZeroUsize::MIN);
        let done = run(&work, 10_000, threads, |source, _| {
            if source == 5 { Err("full") } else { Ok(()) }
        });
        assert_eq!(done, Err("full"));
    }
}
