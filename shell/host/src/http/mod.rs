//! HTTP/1 on real sockets: viewers' connections, connections to origins and targets, bodies between
//! them. Heads are decided on by the engine, on this same thread; bodies pass through here only.

pub(crate) mod body;
pub(crate) mod coding;
pub(crate) mod fetch;
pub(crate) mod leg;
mod location;
pub(crate) mod mailbox;
pub(crate) mod pool;
pub(crate) mod relay;
pub(crate) mod stream;
pub(crate) mod viewer;
