//! Behaviour of the running side under virtual time.
