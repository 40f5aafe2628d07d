//! The file: whole lines, whoever else appends to it, and a new one when it has grown.
//!
//! All writers take turns by a lock on a file beside it, `FILE.lock`, which is never renamed. The file itself is opened
//! for each write, so that a writer sees when another, or the system's own log rotation, has put a new one in its place.

use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The size, in bytes, from which on a new file is begun.
pub(super) const LIMIT: u64 = 10_000_000;

/// How many old files are kept, as `FILE.1` (the youngest) to `FILE.3`.
const KEPT: u32 = 3;

/// How long a turn is waited for. A turn takes microseconds, so somebody who takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long it is between two attempts to get a turn.
const PAUSE: Duration = Duration::from_micros(200);

#[derive(Debug)]
pub(super) struct AuditFile {
    path: PathBuf,
    lock: File,
    limit: u64,
    /// What this process writes first into each file.
    start: String,
    /// The file that was written to last, and its length then.
    seen: Option<(u64, u64)>,
    /// What could not be written yet.
    pending: Vec<u8>,
}

impl AuditFile {
    pub(super) fn open(path: &Path, start: String, limit: u64) -> io::Result<Self> {
        let file = owners(path, OpenOptions::new().append(true).read(true))?;
        let lock = owners(&beside(path, ".lock"), OpenOptions::new().write(true))?;
        protect(&file)?;
        let file = Self { path: path.to_owned(), lock, limit, start, seen: None, pending: Vec::new() };
        file.turn()?;
        file.lock.unlock()?;
        Ok(file)
    }

    /// Appends whole `lines`, after those that are left from before.
    pub(super) fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        self.pending.extend_from_slice(lines);
        self.flush()
    }

    /// Writes what is left from before.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        self.turn()?;
        let written = self.write();
        self.lock.unlock()?;
        written
    }

    fn turn(&self) -> io::Result<()> {
        let begun = Instant::now();
        loop {
            match self.lock.try_lock() {
                Ok(()) => return Ok(()),
                Err(TryLockError::WouldBlock) if begun.elapsed() < PATIENCE => std::thread::sleep(PAUSE),
                Err(TryLockError::WouldBlock) => {
                    return Err(io::Error::new(io::ErrorKind::TimedOut, "another process holds its lock"));
                }
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    }

    fn write(&mut self) -> io::Result<()> {
        let open = || owners(&self.path, OpenOptions::new().append(true).read(true));
        let mut file = open()?;
        if file.metadata()?.len() >= self.limit {
            drop(file);
            self.rotate()?;
            file = open()?;
        }
        let metadata = file.metadata()?;
        let (identity, length) = (identity(&metadata), metadata.len());
        let is_new = self.seen.is_none_or(|(seen, end)| seen != identity || length < end);
        let mut bytes = Vec::with_capacity(self.pending.len() + 512);
        if is_new {
            protect(&file)?;
            // What a machine that failed left of a line is no part of ours.
            if !ends_with_line(&mut file, length)? {
                bytes.push(b'\n');
            }
            bytes.extend_from_slice(self.start.as_bytes());
        }
        bytes.extend_from_slice(&self.pending);
        if let Err(error) = file.write_all(&bytes) {
            // Half a line is taken back: the next one may be another writer's.
            let _ = file.set_len(length);
            return Err(error);
        }
        self.seen = Some((identity, length + bytes.len() as u64));
        self.pending.clear();
        Ok(())
    }

    fn rotate(&self) -> io::Result<()> {
        let kept = |number: u32| beside(&self.path, &format!(".{number}"));
        for number in (1..KEPT).rev() {
            match fs::rename(kept(number), kept(number + 1)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        fs::rename(&self.path, kept(1))
    }
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    PathBuf::from(name)
}

/// Opens a file, and makes it, for the owner alone, where there is none. A link is not followed: whoever brought it, as
/// a checkout may, would choose which file is written to and loses the rights of others. A link among the folders above
/// is the user's own affair; temporary folders are often behind one.
fn owners(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // What is no file is not waited for either, as the other end of a pipe would be.
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        options.mode(0o600).custom_flags(flags.bits().cast_signed());
    }
    // Links take a privilege on Windows, and opening one without following it changes what is done with other kinds of
    // reparse points, as of OneDrive; so it is looked at before.
    #[cfg(not(unix))]
    if is_link(path) {
        return Err(refused(path));
    }
    let is_other = || fs::symlink_metadata(path).is_ok_and(|metadata| !metadata.is_file());
    let file =
        options.create(true).open(path).map_err(|error| if is_other() { refused(path) } else { error })?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(refused(path)) }
}

fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink())
}

/// What is said of what is no regular file: what it is, and what to do.
fn refused(path: &Path) -> io::Error {
    let name = crate::error::printable(&path.file_name().unwrap_or_default().to_string_lossy(), 80);
    let what = if is_link(path) {
        format!("{name} is a symbolic link, which is not followed; remove it, or name the file itself")
    } else {
        format!("{name} is no regular file, and lines are appended to nothing else; name another")
    };
    io::Error::new(io::ErrorKind::InvalidInput, what)
}

/// Takes the rights of others away from a file that was there before.
#[cfg(unix)]
fn protect(file: &File) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let others = file.metadata()?.mode() & 0o077;
    if others != 0 {
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

/// The rights of a file come from its folder.
#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "as on Unix")]
fn protect(_: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn identity(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

/// Nothing stable tells files apart; their length has to.
#[cfg(not(unix))]
fn identity(_: &Metadata) -> u64 {
    0
}

fn ends_with_line(file: &mut File, length: u64) -> io::Result<bool> {
    if length == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == [b'\n'])
}
