//! A Unix socket: mode 0600, in a folder of mode 0700 of its own.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::net::{UnixListener, UnixStream};

use super::Caller;
use crate::settings::broker::BrokerAddress;

pub(super) type Stream = UnixStream;

/// How long to let it be where no connection can be taken: when all descriptors are in use, for example.
const REST: Duration = Duration::from_millis(50);

/// A socket that is listened at.
pub struct Listener(UnixListener);

/// The socket's folder, which goes when this is dropped.
#[derive(Debug)]
pub struct Place {
    folder: PathBuf,
    address: BrokerAddress,
}

impl Place {
    /// Where the socket is.
    #[must_use]
    pub fn address(&self) -> &BrokerAddress {
        &self.address
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_file(self.address.path());
        let _ = fs::remove_dir(&self.folder);
    }
}

impl Listener {
    /// A socket in a new private folder, in the user's own runtime directory where there is one. Takes a runtime.
    ///
    /// # Errors
    /// No folder or no socket can be made.
    pub fn open() -> io::Result<(Self, Place)> {
        let mut last = io::Error::from(io::ErrorKind::NotFound);
        for base in bases() {
            match Self::open_in(&base) {
                Ok(opened) => return Ok(opened),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn open_in(base: &Path) -> io::Result<(Self, Place)> {
        let folder = base.join(format!("workiq-auth-{}", uuid::Uuid::new_v4().simple()));
        // Fails where it is there already, so what is in it is ours.
        DirBuilder::new().mode(0o700).create(&folder)?;
        let socket = folder.join("broker");
        let address = socket.to_str().and_then(|path| BrokerAddress::parse(path).ok());
        let Some(address) = address else {
            let _ = fs::remove_dir(&folder);
            return Err(io::ErrorKind::InvalidInput.into());
        };
        let place = Place { folder, address };
        let listener = UnixListener::bind(&socket)?;
        fs::set_permissions(&socket, Permissions::from_mode(0o600))?;
        Ok((Self(listener), place))
    }

    /// The next caller of this user. Others are turned away. Goes on until it is dropped.
    pub async fn accept(&self) -> Caller {
        loop {
            match self.0.accept().await {
                Ok((stream, _)) => match check(&stream) {
                    Ok(pid) => return Caller::new(stream, pid),
                    Err(error) => tracing::warn!("a connection to the broker was turned away: {error}"),
                },
                Err(error) => {
                    tracing::warn!("no connection to the broker can be taken: {error}");
                    tokio::time::sleep(REST).await;
                }
            }
        }
    }
}

/// Folders in which the socket's may lie, the best first.
fn bases() -> Vec<PathBuf> {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    // A socket's path has room for about a hundred bytes, which a long TMPDIR takes up.
    let mut bases: Vec<_> = runtime
        .into_iter()
        .chain([std::env::temp_dir(), PathBuf::from("/tmp")])
        .filter(|base| base.is_absolute())
        .collect();
    bases.dedup();
    bases
}

/// A connection to the socket at `address`.
///
/// # Errors
/// Of kind [`PermissionDenied`](io::ErrorKind::PermissionDenied) where another user listens there.
pub(super) async fn connect(address: &BrokerAddress) -> io::Result<Stream> {
    let stream = UnixStream::connect(address.path()).await?;
    check(&stream)?;
    Ok(stream)
}

/// The process at the other end, where the system tells, if it is this user's.
fn check(stream: &UnixStream) -> io::Result<Option<u32>> {
    let peer = stream.peer_cred()?;
    if peer.uid() != rustix::process::geteuid().as_raw() {
        let why = format!("the process at the other end runs as the user {}", peer.uid());
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
    }
    Ok(peer.pid().and_then(|pid| u32::try_from(pid).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn socket_and_folder_are_the_owners_alone_and_go() {
        let (listener, place) = Listener::open().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(place.address().path()), 0o600);
        assert_eq!(mode(&place.folder), 0o700);
        let folder = place.folder.clone();
        drop((listener, place));
        assert!(!folder.exists());
    }

    #[tokio::test]
    async fn a_base_that_is_too_long_is_passed_by() {
        let long = std::env::temp_dir().join("x".repeat(120));
        fs::create_dir_all(&long).unwrap();
        assert!(Listener::open_in(&long).is_err());
        assert_eq!(fs::read_dir(&long).unwrap().count(), 0, "nothing is left behind");
        fs::remove_dir(&long).unwrap();
    }
}
