//! Tests through the service's door.
