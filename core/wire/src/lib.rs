//! AWS's wire protocols as pure codecs over tables: bytes of a request to (service, operation,
//! document), and back.
//!
//! Reading order: [`model`] (the tables), [`detect`] (which operation is meant), [`form`] (the
//! query protocols), [`rest`] and [`xml`] (the REST protocols), [`aws_json`], [`cbor`], [`chunks`]
//! and [`checksum`] (uploads), [`sigv4`], [`sigv2`] and [`auth`] (who asks), [`answer`] (answers
//! and refusals).

pub mod answer;
pub mod auth;
pub mod aws_json;
pub mod cbor;
pub mod checksum;
pub mod chunks;
pub mod detect;
pub mod form;
pub mod model;
pub mod rest;
pub mod sigv2;
pub mod sigv4;
#[cfg(test)]
mod tests;
pub mod text;
pub mod xml;

pub use answer::Wire;
