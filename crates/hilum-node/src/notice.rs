//! What a node tells of its work; lines of a log are made of this.

use std::fmt;
use std::net::SocketAddr;

/// What happened. No patient is named.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// The node listens.
    Listening {
        /// Where.
        address: SocketAddr,
        /// What it is called.
        ae_title: String,
    },
    /// An association ended.
    Association {
        /// Who asked for it.
        peer: SocketAddr,
        /// What it calls itself; empty if it never said.
        calling: String,
        /// Instances that were acknowledged.
        stored: usize,
        /// How it ended.
        ended: Ended,
    },
    /// An instance was not taken.
    Refused {
        /// Who sent it.
        calling: String,
        /// The status that was answered.
        status: u16,
        /// Why.
        reason: String,
    },
    /// A series is complete, and will be predicted.
    Complete {
        /// Which.
        series_uid: String,
        /// Its instances.
        instances: usize,
        /// 1, or more if instances came after it had been complete before.
        revision: i64,
    },
    /// Results of a series are kept.
    Predicted {
        /// Which.
        series_uid: String,
        /// How many objects.
        results: usize,
        /// How long it took.
        milliseconds: u128,
    },
    /// Some results of a series are kept, and others cannot be made.
    PartlyPredicted {
        /// Which.
        series_uid: String,
        /// How many objects.
        results: usize,
        /// Why there are no more.
        reason: String,
    },
    /// A series has no results.
    NotPredicted {
        /// Which.
        series_uid: String,
        /// Why.
        reason: String,
        /// Whether it will be tried again.
        again: bool,
    },
    /// A result is at its destination.
    Sent {
        /// Its SOP instance UID.
        result_uid: String,
        /// Where.
        destination: String,
    },
    /// A result could not be sent, and will be tried again.
    NotSent {
        /// Where.
        destination: String,
        /// Why.
        reason: String,
        /// In so many seconds.
        again_in_seconds: u64,
    },
    /// A result is not sent any more; it is kept.
    GivenUp {
        /// Its SOP instance UID.
        result_uid: String,
        /// Where.
        destination: String,
        /// Why.
        reason: String,
    },
    /// Results wait for a destination that the node does not have.
    Orphaned {
        /// Which.
        destination: String,
        /// How many.
        results: u64,
    },
    /// Series were removed, because they are old or take too much room.
    Removed {
        /// How many.
        series: usize,
    },
    /// The queue could not be used; it is tried again.
    QueueFailed {
        /// What it says.
        reason: String,
    },
}

/// How an association ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// As it should.
    Released,
    /// It was never accepted.
    Rejected(String),
    /// The other side broke it off.
    Aborted,
    /// This side did, for what it received or did not receive.
    Broken(&'static str),
}

impl fmt::Display for Ended {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Released => formatter.write_str("released"),
            Self::Rejected(reason) => write!(formatter, "rejected: {reason}"),
            Self::Aborted => formatter.write_str("aborted by the peer"),
            Self::Broken(reason) => write!(formatter, "broken off: {reason}"),
        }
    }
}

impl Notice {
    /// Whether somebody should look at it.
    pub fn is_warning(&self) -> bool {
        !matches!(
            self,
            Self::Listening { .. }
                | Self::Association { .. }
                | Self::Complete { .. }
                | Self::Predicted { .. }
                | Self::Sent { .. }
                | Self::Removed { .. }
        )
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listening { address, ae_title } => {
                write!(f, "DICOM node `{ae_title}` listens on {address}")
            }
            Self::Association {
                peer,
                calling,
                stored,
                ended,
            } => {
                write!(f, "association of `{calling}` ({peer}) {ended}; ")?;
                write!(f, "{stored} instances acknowledged")
            }
            Self::Refused {
                calling,
                status,
                reason,
            } => write!(
                f,
                "instance of `{calling}` refused ({status:04X}): {reason}"
            ),
            Self::Complete {
                series_uid,
                instances,
                revision,
            } => {
                write!(f, "series {series_uid} is complete: {instances} instances")?;
                match revision {
                    1 => Ok(()),
                    later => write!(f, ", revision {later}"),
                }
            }
            Self::Predicted {
                series_uid,
                results,
                milliseconds,
            } => write!(
                f,
                "series {series_uid} predicted in {milliseconds} ms: {results} results"
            ),
            Self::PartlyPredicted {
                series_uid,
                results,
                reason,
            } => write!(
                f,
                "series {series_uid} has {results} results alone: {reason}"
            ),
            Self::NotPredicted {
                series_uid,
                reason,
                again,
            } => {
                let again = if *again { "; tried again later" } else { "" };
                write!(f, "series {series_uid} has no results: {reason}{again}")
            }
            Self::Sent {
                result_uid,
                destination,
            } => write!(f, "result {result_uid} sent to `{destination}`"),
            Self::NotSent {
                destination,
                reason,
                again_in_seconds,
            } => write!(
                f,
                "`{destination}` takes nothing: {reason}; again in {again_in_seconds} s"
            ),
            Self::GivenUp {
                result_uid,
                destination,
                reason,
            } => write!(
                f,
                "result {result_uid} is not sent to `{destination}` any more: {reason}"
            ),
            Self::Orphaned {
                destination,
                results,
            } => write!(
                f,
                "{results} results wait for `{destination}`, which is no destination now"
            ),
            Self::Removed { series } => write!(
                f,
                "{series} series removed, old or beyond the room for them"
            ),
            Self::QueueFailed { reason } => write!(f, "{reason}; tried again"),
        }
    }
}
