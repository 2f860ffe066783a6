//! HTTP/1 heads: reading, holding and writing them. Bodies are never here.

mod chunked;
mod head;
mod headers;
mod method;
mod read;
mod write;

pub use chunked::{Chunked, ChunkedError, write_chunk};
pub use head::{RequestHead, ResponseHead, Version, host_without_port, reason};
pub use headers::Headers;
pub use method::Method;
pub use read::{Framing, HeadError, Read, read_request, read_response};
pub use write::{write_request, write_response};
