//! The core's refusals as the wire's numbers.

use synod_jute::ErrorCode;
use synod_znode::Error;

/// The number of a refusal.
pub(super) const fn code(error: Error) -> ErrorCode {
    match error {
        Error::BadArguments => ErrorCode::BadArguments,
        Error::NoNode => ErrorCode::NoNode,
        Error::NodeExists => ErrorCode::NodeExists,
        Error::BadVersion => ErrorCode::BadVersion,
        Error::NotEmpty => ErrorCode::NotEmpty,
        Error::NoChildrenForEphemerals => ErrorCode::NoChildrenForEphemerals,
        Error::NoAuth => ErrorCode::NoAuth,
        Error::InvalidAcl => ErrorCode::InvalidAcl,
        Error::QuotaExceeded => ErrorCode::QuotaExceeded,
        Error::SessionExpired => ErrorCode::SessionExpired,
        Error::SessionMoved => ErrorCode::SessionMoved,
    }
}
