//! A named pipe of a name that nobody can guess, with its owner alone on its access list, closed to the network.

use std::io;
use std::time::Duration;

use interprocess::os::windows::named_pipe::tokio::{PipeListener, PipeListenerOptionsExt};
use interprocess::os::windows::named_pipe::{PipeListenerOptions, pipe_mode};
use interprocess::os::windows::security_descriptor::SecurityDescriptor;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::windows::named_pipe::ClientOptions;
use widestring::U16CString;

use super::Caller;
use crate::settings::broker::BrokerAddress;

pub(super) type Stream = Box<dyn Duplex>;

/// Both ends of a pipe.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Sync + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Duplex for T {}

/// Who comes over the network is denied, the owner is allowed everything, nobody else is listed
/// (learn.microsoft.com/windows/win32/secauthz/security-descriptor-string-format; `OW` are the owner's rights).
const OWNER_ONLY: &str = "D:P(D;;GA;;;NU)(A;;GA;;;OW)";

/// All instances of the pipe are taken at the moment.
const PIPE_BUSY: i32 = 231;

/// How long to let it be where no connection can be taken.
const REST: Duration = Duration::from_millis(20);

/// How often that is borne when connecting.
const TRIES: u32 = 100;

type Bytes = pipe_mode::Bytes;

/// A pipe that is listened at.
pub struct Listener(PipeListener<Bytes, Bytes>);

/// The pipe's name. The pipe itself goes with its last handle.
#[derive(Debug)]
pub struct Place {
    address: BrokerAddress,
}

impl Place {
    /// The pipe's name.
    #[must_use]
    pub fn address(&self) -> &BrokerAddress {
        &self.address
    }
}

impl Listener {
    /// A new pipe. Takes a runtime.
    ///
    /// # Errors
    /// No pipe can be made.
    pub fn open() -> io::Result<(Self, Place)> {
        let name = format!(r"\\.\pipe\workiq-auth-{}", uuid::Uuid::new_v4().simple());
        let rights = U16CString::from_str(OWNER_ONLY).map_err(io::Error::other)?;
        let listener = PipeListenerOptions::new()
            .path(name.as_str())
            .security_descriptor(Some(SecurityDescriptor::deserialize(&rights)?))
            .create_tokio_duplex::<Bytes>()?;
        let address = BrokerAddress::parse(&name).map_err(io::Error::other)?;
        Ok((Self(listener), Place { address }))
    }

    /// The next caller. The access list has kept others out. Goes on until it is dropped.
    pub async fn accept(&self) -> Caller {
        loop {
            match self.0.accept().await {
                Ok(stream) => {
                    let pid = stream.client_process_id().ok();
                    return Caller::new(Box::new(stream), pid);
                }
                Err(error) => {
                    tracing::warn!("no connection to the broker can be taken: {error}");
                    tokio::time::sleep(REST).await;
                }
            }
        }
    }
}

/// A connection to the pipe at `address`.
///
/// # Errors
/// Of kind [`PermissionDenied`](io::ErrorKind::PermissionDenied) where the access list does not have this user.
pub(super) async fn connect(address: &BrokerAddress) -> io::Result<Stream> {
    let mut tries = 0;
    loop {
        match ClientOptions::new().open(address.path()) {
            Ok(stream) => return Ok(Box::new(stream)),
            Err(error) if error.raw_os_error() == Some(PIPE_BUSY) && tries < TRIES => {
                tries += 1;
                tokio::time::sleep(REST).await;
            }
            Err(error) => return Err(error),
        }
    }
}
