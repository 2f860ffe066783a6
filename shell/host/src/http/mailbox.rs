//! How the engine's effects reach the task that owns a viewer's connection: a queue and a waker, on
//! one thread, without a channel.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use standin_engine::{LegId, Respond};
use standin_kernel::{ExchangeId, LegRequest};
use tokio::task::AbortHandle;

/// What a viewer's connection is told to do.
#[derive(Debug)]
pub(crate) enum Letter {
    Send {
        leg: LegId,
        request: Box<LegRequest>,
    },
    Cancel {
        leg: LegId,
    },
    /// Read the request's whole body and give it back for `exchange`.
    Collect {
        exchange: ExchangeId,
        limit_bytes: u64,
    },
    Respond(Box<Respond>),
    Abort,
    /// The viewer has been too slow.
    Expired,
}

/// One connection's letters.
#[derive(Debug, Default)]
pub(crate) struct Mailbox {
    letters: RefCell<VecDeque<Letter>>,
    waker: RefCell<Option<Waker>>,
    /// The second (of the driver's clock) by which the viewer must have done its part; 0: never.
    pub(crate) expires_s: Cell<u64>,
}

impl Mailbox {
    pub(crate) fn put(&self, letter: Letter) {
        self.letters.borrow_mut().push_back(letter);
        let waker = self.waker.borrow_mut().take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    pub(crate) fn take(&self) -> Option<Letter> {
        self.letters.borrow_mut().pop_front()
    }

    pub(crate) fn clear(&self) {
        self.letters.borrow_mut().clear();
    }

    pub(crate) fn poll(&self, cx: &mut Context<'_>) -> Poll<Letter> {
        match self.take() {
            Some(letter) => Poll::Ready(letter),
            None => {
                let mut waker = self.waker.borrow_mut();
                if !waker.as_ref().is_some_and(|have| have.will_wake(cx.waker())) {
                    *waker = Some(cx.waker().clone());
                }
                Poll::Pending
            }
        }
    }
}

/// Who carries out a leg.
#[derive(Debug)]
pub(crate) enum LegOwner {
    Viewer(Rc<Mailbox>),
    Task(AbortHandle),
}

/// Looks up by an id whose low half is a small index and whose high half tells generations apart.
#[derive(Debug)]
pub(crate) struct Registry<T> {
    slots: Vec<Option<(u64, T)>>,
}

impl<T> Default for Registry<T> {
    fn default() -> Self {
        Self { slots: Vec::new() }
    }
}

impl<T> Registry<T> {
    pub(crate) fn insert(&mut self, id: u64, value: T) {
        let at = index(id);
        if self.slots.len() <= at {
            self.slots.resize_with(at + 1, || None);
        }
        self.slots[at] = Some((id, value));
    }

    pub(crate) fn get(&self, id: u64) -> Option<&T> {
        match self.slots.get(index(id)) {
            Some(Some((have, value))) if *have == id => Some(value),
            _ => None,
        }
    }

    pub(crate) fn remove(&mut self, id: u64) -> Option<T> {
        let slot = self.slots.get_mut(index(id))?;
        match slot.take() {
            Some((have, value)) if have == id => Some(value),
            other => {
                *slot = other;
                None
            }
        }
    }
}

fn index(id: u64) -> usize {
    usize::try_from(id & 0xffff_ffff).unwrap_or(usize::MAX)
}

/// Mailboxes of viewers by exchange, owners by leg.
#[derive(Debug, Default)]
pub(crate) struct PostOffice {
    viewers: Registry<Rc<Mailbox>>,
    legs: Registry<LegOwner>,
}

impl PostOffice {
    pub(crate) fn register(&mut self, exchange: ExchangeId, mailbox: Rc<Mailbox>) {
        self.viewers.insert(exchange.0, mailbox);
    }

    pub(crate) fn unregister(&mut self, exchange: ExchangeId) {
        self.viewers.remove(exchange.0);
    }

    pub(crate) fn viewer(&self, exchange: ExchangeId) -> Option<&Rc<Mailbox>> {
        self.viewers.get(exchange.0)
    }

    pub(crate) fn own(&mut self, leg: LegId, owner: LegOwner) {
        self.legs.insert(leg.0, owner);
    }

    pub(crate) fn release(&mut self, leg: LegId) -> Option<LegOwner> {
        self.legs.remove(leg.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_an_earlier_generation_finds_nothing() {
        let mut registry = Registry::default();
        let (old, new) = (1_u64 << 32 | 5, 2_u64 << 32 | 5);
        registry.insert(old, "old");
        registry.insert(new, "new");
        assert_eq!((registry.get(old), registry.get(new)), (None, Some(&"new")));
        assert_eq!((registry.remove(old), registry.remove(new)), (None, Some("new")));
    }
}
