//! The copy of the document on disk: one file for each origin and version, with a line in front that says when it was
//! checked and what its `ETag` is.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::graph::metadata::csdl::LARGEST;
use crate::settings::origin::Origin;

/// What the file begins with; another layout would have another number.
const MAGIC: &str = "workiq-auth metadata 1";

/// The longest first line, in bytes.
const LINE: u64 = 1024;

/// The file of one origin and version.
#[derive(Clone, Debug)]
pub(super) struct Copy {
    file: PathBuf,
}

/// What was in it.
pub(super) struct Kept {
    pub(super) document: Vec<u8>,
    pub(super) etag: Option<String>,
    pub(super) checked: SystemTime,
}

impl Copy {
    pub(super) fn new(directory: &Path, origin: &Origin, version: &str) -> Self {
        let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' || c == '-' { c } else { '_' };
        let origin = origin.to_string();
        let host = origin.strip_prefix("https://").unwrap_or(&origin);
        let name: String = format!("{host} {version}").chars().map(plain).collect();
        Self { file: directory.join(format!("{name}.csdl")) }
    }

    /// What is there, if it can be read and is of a size that can be right.
    pub(super) fn read(&self) -> Option<Kept> {
        let file = File::open(&self.file).ok()?;
        let mut reader = BufReader::new(file);
        let mut line = String::new();
        (&mut reader).take(LINE).read_line(&mut line).ok()?;
        let rest = line.strip_suffix('\n')?.strip_prefix(MAGIC)?.strip_prefix(' ')?;
        let (checked, etag) = rest.split_once(' ')?;
        // Up to the year 9999; no clock goes further.
        let seconds = checked.parse().ok().filter(|seconds| *seconds < 253_402_300_800)?;
        let mut document = Vec::new();
        let most = LARGEST as u64 + 1;
        reader.take(most).read_to_end(&mut document).ok()?;
        (document.len() <= LARGEST).then(|| Kept {
            document,
            etag: (!etag.is_empty()).then(|| etag.to_owned()),
            checked: UNIX_EPOCH + Duration::from_secs(seconds),
        })
    }

    /// Puts a document in its place, whole or not at all, for nobody but this user to read.
    pub(super) fn write(&self, document: &[u8], etag: Option<&str>, checked: SystemTime) -> io::Result<()> {
        let directory = self.file.parent().unwrap_or(Path::new("."));
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(directory)?;

        let name = self.file.file_name().unwrap_or_default().to_string_lossy();
        let temporary = directory.join(format!(".{name}.{}-{:08x}", std::process::id(), fastrand::u32(..)));
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let written = options.open(&temporary).and_then(|mut file| {
            file.write_all(first_line(etag, checked).as_bytes())?;
            file.write_all(document)?;
            file.sync_all()?;
            drop(file);
            fs::rename(&temporary, &self.file)
        });
        if written.is_err() {
            // It may not be there at all.
            let _ = fs::remove_file(&temporary);
        }
        written
    }

    /// Notes that what is there was checked.
    pub(super) fn touch(&self, checked: SystemTime) -> io::Result<()> {
        match self.read() {
            Some(kept) => self.write(&kept.document, kept.etag.as_deref(), checked),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }
}

fn first_line(etag: Option<&str>, checked: SystemTime) -> String {
    let seconds = checked.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    // An `ETag` is visible ASCII (RFC 9110, section 8.8.3), or is not kept.
    let is_plain = |etag: &&str| etag.len() <= 512 && etag.bytes().all(|b| (b' '..0x7f).contains(&b));
    format!("{MAGIC} {seconds} {}\n", etag.filter(is_plain).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clouds_versions_and_ports_have_files_of_their_own() {
        let file = |origin: &str, version: &str| {
            let copy = Copy::new(Path::new("/c"), &Origin::parse(origin).unwrap(), version);
            copy.file.file_name().unwrap().to_string_lossy().into_owned()
        };
        assert_eq!(file("https://graph.microsoft.com", "v1.0"), "graph.microsoft.com_v1.0.csdl");
        assert_eq!(file("https://127.0.0.1:8443", "v1.0"), "127.0.0.1_8443_v1.0.csdl");
        assert_eq!(file("https://graph.microsoft.us", "../../x"), "graph.microsoft.us_.._.._x.csdl");
    }

    #[test]
    fn the_first_line_holds_no_etag_that_would_break_it() {
        let at = UNIX_EPOCH + Duration::from_secs(7);
        assert_eq!(first_line(Some("W/\"a b\""), at), "workiq-auth metadata 1 7 W/\"a b\"\n");
        assert_eq!(first_line(Some("\"a\nb\""), at), "workiq-auth metadata 1 7 \n");
        assert_eq!(first_line(None, at), "workiq-auth metadata 1 7 \n");
    }
}
