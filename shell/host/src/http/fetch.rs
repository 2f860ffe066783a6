//! A request made by Standin itself, as a viewer would make it, with the facts of every decision:
//! what `standin explain` runs.

use std::future::poll_fn;
use std::io;
use std::rc::Rc;

use standin_engine::Input;
use standin_kernel::{Bytes, Fact, Request, ResponseHead};

use super::leg::{Outgoing, Rest};
use super::mailbox::Letter;
use super::relay::bytes_at_hand;
use super::viewer::{Event, Legs, next_event};
use crate::driver::Driver;

/// The whole answer and why it is so.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) head: ResponseHead,
    pub(crate) body: Bytes,
    pub(crate) facts: Vec<Fact>,
}

/// Asks and waits for the whole answer. Only requests without a body.
pub(crate) async fn fetch(driver: &Rc<Driver>, request: Request) -> io::Result<Fetched> {
    let mailbox = driver.new_mailbox();
    let exchange = driver.open(&mailbox, None);
    driver.step(Input::Request { exchange, request: Box::new(request), trace: true });
    let mut legs = Legs::default();
    let fetched = loop {
        match next_event(&mailbox, &mut legs, None).await {
            Event::Letter(Letter::Send { leg, request }) => {
                legs.start(leg, driver.clone(), request, Outgoing::Nothing);
            }
            Event::Letter(Letter::Cancel { leg }) => legs.cancel(leg),
            Event::Letter(Letter::Collect { exchange, .. }) => {
                driver.step(Input::Collected { exchange, body: Some(Bytes::new()) });
            }
            Event::Letter(Letter::Respond(respond)) => {
                let rest = respond.relay.and_then(|leg| legs.take_rest(leg));
                let body = match bytes_at_hand(driver, &respond.response.body)? {
                    Some(bytes) => bytes,
                    None => whole(rest).await?,
                };
                if let Some((service, keep)) = respond.keep {
                    let body = Some(body.clone());
                    driver.step(Input::Kept { service, keep, body });
                }
                if let Some(leg) = respond.relay {
                    let length = body.len() as u64;
                    driver.relay_done(leg, standin_engine::RelayEnd::Complete, length);
                }
                break Ok(Fetched { head: respond.response.head, body, facts: respond.facts });
            }
            Event::Letter(Letter::Abort | Letter::Expired) | Event::Gone => {
                break Err(io::ErrorKind::ConnectionAborted.into());
            }
            Event::Answered(leg, answer) => legs.answered(driver, leg, answer),
        }
    };
    driver.close(exchange, &mailbox);
    fetched
}

async fn whole(rest: Option<Rest>) -> io::Result<Bytes> {
    let Some(Rest { mut upstream, mut remaining, .. }) = rest else {
        return Ok(Bytes::new());
    };
    let mut body = Vec::new();
    let mut piece = Vec::new();
    loop {
        piece.clear();
        let next = poll_fn(|cx| {
            remaining.poll_piece(cx, &mut upstream.stream, &mut upstream.buffer, &mut piece)
        });
        if !next.await? {
            return Ok(body.into());
        }
        body.extend_from_slice(&piece);
    }
}
