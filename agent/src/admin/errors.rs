//! The one place where refusals become errors of the admin API.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use synod_agent_api::{ApiError, ErrorCode};
use synod_replica::{ChangeRefusal, Refusal};

/// An error on its way to a caller.
#[derive(Debug)]
pub struct Refused(pub ApiError);

impl Refused {
    pub(super) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self(ApiError {
            code,
            message: message.into(),
        })
    }

    pub(crate) fn invalid(what: impl std::fmt::Display) -> Self {
        Self::new(ErrorCode::Invalid, what.to_string())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.code.http_status())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Json(self.0)).into_response()
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        let (code, message) = match refusal {
            Refusal::NoLeader => (
                ErrorCode::NoLeader,
                "no leader is known; wait for an election, or bring back a majority of the voters",
            ),
            Refusal::TimedOut => (
                ErrorCode::TimedOut,
                "not decided in time; it may still happen, so look at the status before asking again",
            ),
            Refusal::Overloaded => (ErrorCode::Busy, "too much is under way; ask again"),
            Refusal::Stopped => (
                ErrorCode::Stopped,
                "this member is stopping or quarantined; ask another",
            ),
            Refusal::TooLarge => (ErrorCode::Invalid, "the request is too large"),
            Refusal::LeaderChanged => (
                ErrorCode::NotLeader,
                "only the leader answers this; ask the one that the status names",
            ),
        };
        Self::new(code, message)
    }
}

impl From<ChangeRefusal> for Refused {
    fn from(refusal: ChangeRefusal) -> Self {
        match refusal {
            ChangeRefusal::Conflict { current } => Self::new(
                ErrorCode::Conflict,
                format!(
                    "configuration {} is in force; look at it and decide anew",
                    current.0
                ),
            ),
            ChangeRefusal::Busy => Self::new(
                ErrorCode::Busy,
                "a change is under way, or the leader is new; ask again",
            ),
            ChangeRefusal::UnknownMember => Self::new(
                ErrorCode::NotFound,
                "the group has no member of that number",
            ),
            ChangeRefusal::NumberTaken => Self::new(
                ErrorCode::NotAllowed,
                "that number is or was in use; take a higher one",
            ),
            ChangeRefusal::NotAllowed(why) => Self::new(ErrorCode::NotAllowed, why),
            ChangeRefusal::NotCaughtUp => Self::new(
                ErrorCode::NotCaughtUp,
                "the member has not caught up with the log; wait for `caught_up` in the status",
            ),
            ChangeRefusal::Refused(refusal) => refusal.into(),
        }
    }
}
