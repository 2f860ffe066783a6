//! Tests through the service's door, as the engine uses it.
