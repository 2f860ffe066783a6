//! The API's documents: read once into these types, kept as they are, and given back with every
//! default spelled out.
//!
//! Members that AWS has and Standin does not act on are here too, as far as AWS writes them in its
//! answers: a document that was read must be good for an update. Values that ask for something not
//! built are refused in `check`.

mod behavior;
mod distribution;
mod list;
mod origin;

use serde::de::DeserializeOwned;
use standin_kernel::{ApiError, Value, control};

pub(crate) use self::behavior::{
    Behavior, Forward, ForwardedValues, FunctionEvent, Method, TrustedList, ViewerProtocolPolicy,
};
pub(crate) use self::distribution::{
    CertificateSource, CustomErrorResponse, DistributionConfig, GeoRestriction, Hint, HttpVersion,
    Logging, Tags,
};
pub(crate) use self::list::List;
pub(crate) use self::origin::{CustomOriginConfig, Origin, OriginGroup, OriginProtocolPolicy};

/// Reads an operation's input; lists must be as long as they say.
pub(crate) fn read<T: DeserializeOwned>(operation: &str, value: &Value) -> Result<T, ApiError> {
    list::agree(value)?;
    control::input(operation, value)
}
