//! A certificate as it stands now: read when first needed, and again when its file has changed.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::runtime::{Handle, RuntimeFlavor};
use zeroize::Zeroizing;

use super::certificate::{CertificateOrigin, ClientCertificate};
use crate::error::{AuthError, ErrorKind, printable};
use crate::notice;
use crate::secret::{Secret, resembles_secret};
use crate::settings::credential::{CertificateSetting, CertificateSource};
use crate::settings::identity::ClientId;

/// How long before the end of a certificate its owner is told.
const WARN_BEFORE: Duration = Duration::from_secs(30 * 24 * 3600);

/// Holds the certificate of a setting.
pub(super) struct CertificateHolder {
    setting: CertificateSetting,
    name: &'static str,
    client: ClientId,
    held: Mutex<Option<Held>>,
}

struct Held {
    certificate: Arc<ClientCertificate>,
    /// What the file looked like when it was last read, whether or not there was a good certificate in it.
    seen: Option<Look>,
}

/// What tells one version of a file from another. A file that is replaced by rename has another inode, which settles
/// it where size and time happen to be equal.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Look {
    modified: Option<SystemTime>,
    length: u64,
    inode: u64,
}

impl Look {
    fn at(path: &Path) -> std::io::Result<Self> {
        let metadata = std::fs::metadata(path)?;
        Ok(Self { modified: metadata.modified().ok(), length: metadata.len(), inode: inode(&metadata) })
    }
}

#[cfg(unix)]
fn inode(metadata: &std::fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn inode(_: &std::fs::Metadata) -> u64 {
    0
}

impl CertificateHolder {
    /// The certificate of `setting`, which was found under `name`, for the application `client`.
    pub(super) fn new(setting: CertificateSetting, name: &'static str, client: ClientId) -> Self {
        Self { setting, name, client, held: Mutex::default() }
    }

    pub(super) fn setting(&self) -> &CertificateSetting {
        &self.setting
    }

    /// The certificate. One whose file has changed is read anew; if that fails, the old one goes on as long as it is
    /// valid, and a warning says why.
    pub(super) fn current(&self) -> Result<Arc<ClientCertificate>, AuthError> {
        // Held while reading: whoever comes meanwhile wants the same.
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let now = SystemTime::now();
        let seen = self.look();
        let Some(old) = held.as_mut() else {
            let certificate = Arc::new(self.read(now)?);
            warn_of_the_end(&certificate, now);
            *held = Some(Held { certificate: Arc::clone(&certificate), seen });
            return Ok(certificate);
        };
        let expired = old.certificate.not_after() < now;
        if old.seen == seen && !expired {
            return Ok(Arc::clone(&old.certificate));
        }
        match self.read(now) {
            Ok(new) => {
                if new.thumbprint_sha256() != old.certificate.thumbprint_sha256() {
                    tracing::info!(certificate = %new.summary(), "the certificate has been replaced");
                    warn_of_the_end(&new, now);
                }
                *old = Held { certificate: Arc::new(new), seen };
            }
            Err(error) if expired => return Err(error),
            Err(error) => {
                notice::warn(format!(
                    "the certificate in use stays, because the new one cannot be used: {}",
                    printable(error.message(), 400)
                ));
                // Not looked at again until it changes again.
                old.seen = seen;
            }
        }
        Ok(Arc::clone(&old.certificate))
    }

    fn look(&self) -> Option<Look> {
        match &self.setting.source {
            CertificateSource::File(path) => Look::at(path).ok(),
            CertificateSource::Inline(_) => None,
        }
    }

    fn read(&self, now: SystemTime) -> Result<ClientCertificate, AuthError> {
        let password = self.setting.password.as_ref().map(Secret::expose);
        let outcome = match &self.setting.source {
            CertificateSource::File(path) => {
                let bytes = std::fs::read(path).map_err(|error| self.unreadable(path, &error))?;
                let origin = CertificateOrigin::File(path.clone());
                off_the_worker(|| ClientCertificate::parse(&Zeroizing::new(bytes), password, &origin, now))
            }
            CertificateSource::Inline(text) => {
                let origin = CertificateOrigin::Inline { variable: self.name.to_owned() };
                off_the_worker(|| ClientCertificate::parse(text.expose().as_bytes(), password, &origin, now))
            }
        };
        outcome.map_err(|error| {
            let hint = error.hint_for(&self.client.to_string());
            AuthError::new(ErrorKind::Certificate, error.code(), error.to_string()).with_hint(hint)
        })
    }

    /// A path out of a variable that may hold a secret is not shown: it could be one that only looks like a path.
    fn unreadable(&self, path: &Path, error: &std::io::Error) -> AuthError {
        let shown = path.display().to_string();
        let what = if self.name.to_ascii_uppercase().ends_with("SECRET") || resembles_secret(&shown) {
            format!("The certificate file that {} names cannot be read: {error}.", self.name)
        } else {
            format!("The certificate file {shown} ({}) cannot be read: {error}.", self.name)
        };
        AuthError::new(ErrorKind::Certificate, "certificate_unreadable", what)
            .with_hint("Check the path, and that this process may read the file.")
    }
}

/// Runs what may take long, as deriving the key of an encrypted file does, so that the runtime's worker goes on with
/// other work.
fn off_the_worker<T>(work: impl FnOnce() -> T) -> T {
    let is_worker = Handle::try_current().is_ok_and(|at| at.runtime_flavor() == RuntimeFlavor::MultiThread);
    if is_worker { tokio::task::block_in_place(work) } else { work() }
}

fn warn_of_the_end(certificate: &ClientCertificate, now: SystemTime) {
    let left = certificate.not_after().duration_since(now).unwrap_or_default();
    if left < WARN_BEFORE {
        notice::warn(format!(
            "the certificate expires in {} days: {}; upload a new one beside it before then",
            left.as_secs() / 86_400,
            certificate.summary()
        ));
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::super::certificate::test_support as make;
    use super::*;
    use crate::settings::credential::AssertionAlg;

    /// A file in a folder of its own, removed at the end.
    struct File(PathBuf);

    impl File {
        fn new(content: &[u8]) -> Self {
            let folder = std::env::temp_dir().join(format!("workiq-auth-{}", uuid::Uuid::new_v4()));
            fs::create_dir(&folder).unwrap();
            let file = Self(folder.join("client.pem"));
            fs::write(&file.0, content).unwrap();
            file
        }

        /// As certificate agents do it: a new file beside it, then a rename.
        fn replace(&self, content: &[u8]) {
            let beside = self.0.with_extension("new");
            fs::write(&beside, content).unwrap();
            fs::rename(beside, &self.0).unwrap();
        }
    }

    impl Drop for File {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(self.0.parent().unwrap());
        }
    }

    fn holder(file: &File) -> CertificateHolder {
        let setting = CertificateSetting {
            source: CertificateSource::File(file.0.clone()),
            password: None,
            send_chain: false,
            algorithm: AssertionAlg::Ps256,
        };
        let client = ClientId::parse("11111111-2222-4333-8444-555555555555").unwrap();
        CertificateHolder::new(setting, "WORKIQ_CLIENT_CERTIFICATE_PATH", client)
    }

    #[test]
    fn a_replaced_file_is_noticed_and_an_unchanged_one_is_not_read_again() {
        let (first, second) = (make::named("one"), make::named("two"));
        let file = File::new(&first);
        let holder = holder(&file);
        let one = holder.current().unwrap();
        assert!(Arc::ptr_eq(&one, &holder.current().unwrap()));
        file.replace(&second);
        let two = holder.current().unwrap();
        assert!(two.subject().contains("two") && one.subject().contains("one"));
        fs::write(&file.0, &first).unwrap();
        assert!(holder.current().unwrap().subject().contains("one"));
    }

    #[test]
    fn a_broken_new_file_keeps_the_old_certificate_and_a_good_one_mends_it() {
        let file = File::new(&make::named("one"));
        let holder = holder(&file);
        holder.current().unwrap();
        for broken in [&b"half a cert"[..], b""] {
            file.replace(broken);
            assert!(holder.current().unwrap().subject().contains("one"));
        }
        fs::remove_file(&file.0).unwrap();
        assert!(holder.current().unwrap().subject().contains("one"));
        file.replace(&make::named("two"));
        assert!(holder.current().unwrap().subject().contains("two"));
    }

    #[test]
    fn a_broken_first_file_is_an_error_until_it_is_mended() {
        let file = File::new(b"nothing");
        let holder = holder(&file);
        assert_eq!(holder.current().unwrap_err().kind(), ErrorKind::Certificate);
        let key = openssl::pkey::PKey::generate_ed25519().unwrap().private_key_to_pem_pkcs8().unwrap();
        file.replace(&key);
        let error = holder.current().unwrap_err();
        assert!(error.hint().unwrap().contains("--id 11111111-2222-4333-8444-555555555555 "), "{error:?}");
        file.replace(&make::named("one"));
        assert!(holder.current().is_ok());
    }
}
