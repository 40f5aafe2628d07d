//! Who or what a key names.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use super::piece::{Brackets, Piece};
use super::{Stop, outside};
use crate::error::printable;
use crate::settings::boundary::{folder_key, is_guid};

/// The key behind the name of a collection, in brackets or as the next segment, and what follows.
pub(super) fn keyed<'p>(pieces: &'p [Piece], keys: &[&str]) -> (Option<&'p str>, &'p [Piece]) {
    match pieces {
        [name, rest @ ..] if name.brackets != Brackets::None => (name.key_in_brackets(keys), rest),
        [_, key, rest @ ..] => (key.as_key(), rest),
        _ => (None, &[]),
    }
}

/// Whether `pieces` are a collection as a whole: its name, and no key or function behind it.
pub(super) fn is_list(pieces: &[Piece]) -> bool {
    matches!(pieces, [name] if name.brackets == Brackets::None)
}

/// The site that is named, by id or as `host:/path`, and what follows.
pub(super) fn site_key(pieces: &[Piece]) -> Result<(String, &[Piece]), Stop> {
    let all = || outside("lists of sites are outside");
    let named = match keyed(pieces, &["id"]) {
        (Some(key), rest) => (key, rest),
        (None, _) => return all(),
    };
    let (key, mut rest) = named;
    let Some(host) = key.strip_suffix(':').filter(|_| pieces[0].brackets == Brackets::None) else {
        return if key.contains(['.', '-']) || key.eq_ignore_ascii_case("root") {
            Ok((key.to_owned(), rest))
        } else {
            all()
        };
    };
    let mut site = format!("{host}:");
    loop {
        match rest {
            [part, behind @ ..] => {
                rest = behind;
                site.push('/');
                site.push_str(part.text.trim_end_matches(':'));
                if part.is_file_path_end() {
                    return Ok((site, rest));
                }
            }
            [] if site.contains('/') => return Ok((site, rest)),
            [] => return all(),
        }
    }
}

/// With a mailbox limited to `folders`, mail is read folder by folder, and each is named.
pub(super) fn in_folders(rest: &[Piece], folders: &HashSet<String>) -> Result<(), Stop> {
    const MAIL: [&str; 3] = ["messages", "mailfolders", "childfolders"];
    let first = rest.first().map(|piece| piece.name.as_str()).unwrap_or_default();
    let refused = || {
        let mut names: Vec<_> = folders.iter().map(String::as_str).collect();
        names.sort_unstable();
        outside(format!(
            "of this mailbox only mail folders are listed: write /mailFolders/{{folder}}/messages, with {}",
            printable(&names.join(" or "), 200)
        ))
    };
    if first != "mailfolders" {
        return if rest.iter().any(|piece| MAIL.contains(&piece.name.as_str())) { refused() } else { Ok(()) };
    }
    for at in 0..rest.len() {
        if !matches!(rest[at].name.as_str(), "mailfolders" | "childfolders") {
            continue;
        }
        match keyed(&rest[at..], &["id"]) {
            (Some(folder), _) if folders.contains(&*folder_key(folder)) => {}
            // What folders there are in one that is listed.
            (None, _) if at > 0 && is_list(&rest[at..]) => {}
            _ => return refused(),
        }
    }
    Ok(())
}

/// The organizer in an online meeting's id, which is base64 of `1*{organizer}*0**{thread}`.
pub(super) fn organizer_of(meeting: &str) -> Option<String> {
    let decoded = STANDARD.decode(meeting).or_else(|_| STANDARD_NO_PAD.decode(meeting)).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let mut parts = text.split('*');
    let organizer = parts.nth(1).filter(|_| text.starts_with("1*"))?;
    is_guid(organizer).then(|| organizer.to_ascii_lowercase())
}
