//! AWS's wire protocols as pure codecs over tables: bytes of a request to (service, operation,
//! document), and back.
//!
//! Reading order: [`model`] (the tables), [`detect`] (which operation is meant), [`form`] (the
//! query protocols), [`rest`] and [`xml`] (REST-XML), [`aws_json`], [`cbor`], [`chunks`]
//! (uploads in pieces), [`answer`] (answers and refusals).

pub mod answer;
pub mod aws_json;
pub mod cbor;
pub mod chunks;
pub mod detect;
pub mod form;
pub mod model;
pub mod rest;
pub mod text;
pub mod xml;

pub use answer::Wire;
