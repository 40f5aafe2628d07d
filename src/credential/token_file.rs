//! A federated token in a file. Someone else renews it, as the kubelet does, so it is read anew for each request.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::{Instant, timeout_at};
use zeroize::Zeroizing;

use super::apart;
use super::federated_source::TokenSupply;
use super::jwt::LIMIT;
use crate::error::{AuthError, ErrorKind};
use crate::secret::Secret;

pub(super) struct FileSupply {
    path: PathBuf,
    name: &'static str,
}

impl FileSupply {
    pub(super) fn new(path: PathBuf, name: &'static str) -> Self {
        Self { path, name }
    }

    fn unreadable(&self, why: &str) -> AuthError {
        AuthError::new(
            ErrorKind::Credential,
            "token_file_unreadable",
            format!("{} cannot be read: {why}.", self.label()),
        )
        .with_hint(format!("Check the path in {}, and that this process may read the file.", self.name))
    }
}

impl TokenSupply for FileSupply {
    fn fetch(&self, deadline: Instant) -> BoxFuture<'_, Result<Secret, AuthError>> {
        async move {
            // The file may lie on a network, or be a pipe.
            let path = self.path.clone();
            match timeout_at(deadline, apart::run(move || read(&path))).await {
                Ok(outcome) => outcome.map_err(|error| self.unreadable(&error.to_string())),
                Err(_) => Err(self.unreadable("it took too long")),
            }
        }
        .boxed()
    }

    fn label(&self) -> String {
        format!("the file {} ({})", self.path.display(), self.name)
    }
}

/// The token without white space at its end: it is a line of a file.
fn read(path: &Path) -> io::Result<Secret> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(8 << 10));
    File::open(path)?.take(LIMIT as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > LIMIT {
        return Err(io::Error::other(format!("it is larger than {LIMIT} bytes")));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| io::Error::other("it is not text"))?;
    Ok(Secret::new(text.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    async fn fetch(supply: &FileSupply) -> Result<Secret, AuthError> {
        supply.fetch(Instant::now() + Duration::from_secs(5)).await
    }

    #[tokio::test]
    async fn the_file_is_read_anew_each_time() {
        let path = std::env::temp_dir().join(format!("workiq-auth-{}.jwt", uuid::Uuid::new_v4()));
        let supply = FileSupply::new(path.clone(), "WORKIQ_FEDERATED_TOKEN_FILE");

        let error = fetch(&supply).await.unwrap_err();
        assert_eq!(error.code(), "token_file_unreadable");
        let shown = path.display().to_string();
        assert!(error.message().contains(&shown) && error.message().contains("WORKIQ_FEDERATED_TOKEN_FILE"));

        std::fs::write(&path, "first\n").unwrap();
        assert_eq!(fetch(&supply).await.unwrap().expose(), "first");
        // As the kubelet does it: a new file takes the name.
        let next = path.with_extension("next");
        std::fs::write(&next, "second \r\n\n").unwrap();
        std::fs::rename(&next, &path).unwrap();
        assert_eq!(fetch(&supply).await.unwrap().expose(), "second");

        std::fs::write(&path, vec![b'x'; LIMIT + 1]).unwrap();
        assert!(fetch(&supply).await.unwrap_err().message().contains("larger than"));
        std::fs::write(&path, [0xff]).unwrap();
        assert!(fetch(&supply).await.unwrap_err().message().contains("not text"));
        std::fs::remove_file(&path).unwrap();
    }
}
