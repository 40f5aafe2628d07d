//! Names, each kept once: the document repeats them a hundred thousand times.

use std::collections::HashMap;
use std::ops::Range;

/// A name in [`Names`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct NameId(u32);

/// A name without regard to case, which is how Graph reads the segments of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Fold(u32);

/// All names of a document, in one text.
#[derive(Debug, Default)]
pub(super) struct Names {
    text: String,
    places: Vec<(Range32, Fold)>,
    folds: HashMap<Box<str>, Fold>,
}

#[derive(Clone, Copy, Debug)]
struct Range32 {
    start: u32,
    end: u32,
}

impl Range32 {
    fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

impl Names {
    pub(super) fn text(&self, id: NameId) -> &str {
        self.places.get(id.0 as usize).map_or("", |(place, _)| &self.text[place.range()])
    }

    pub(super) fn fold(&self, id: NameId) -> Fold {
        self.places.get(id.0 as usize).map_or(Fold(u32::MAX), |(_, fold)| *fold)
    }

    /// What `text` is without regard to case; none where no name of the document is like it.
    pub(super) fn find(&self, text: &str) -> Option<Fold> {
        if text.bytes().any(|b| b.is_ascii_uppercase()) {
            self.folds.get(text.to_ascii_lowercase().as_str()).copied()
        } else {
            self.folds.get(text).copied()
        }
    }

    /// How many there are: every id is below it.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }
}

impl NameId {
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// Collects names while the document is read.
#[derive(Default)]
pub(super) struct Collector {
    names: Names,
    known: HashMap<Box<str>, NameId>,
}

impl Collector {
    pub(super) fn add(&mut self, text: &str) -> NameId {
        if let Some(id) = self.known.get(text) {
            return *id;
        }
        let id = self.push(text);
        self.known.insert(text.into(), id);
        id
    }

    /// The id of a name that is there already.
    pub(super) fn get(&self, text: &str) -> Option<NameId> {
        self.known.get(text).copied()
    }

    pub(super) fn text(&self, id: NameId) -> &str {
        self.names.text(id)
    }

    fn push(&mut self, text: &str) -> NameId {
        // A document of 64 MB at most has fewer than 2^32 names and bytes of names.
        let at = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let start = at(self.names.text.len());
        self.names.text.push_str(text);
        let place = Range32 { start, end: at(self.names.text.len()) };
        let next = Fold(at(self.names.folds.len()));
        let fold = *self.names.folds.entry(text.to_ascii_lowercase().into()).or_insert(next);
        self.names.places.push((place, fold));
        NameId(at(self.names.places.len() - 1))
    }

    pub(super) fn finish(mut self) -> Names {
        self.names.text.shrink_to_fit();
        self.names.places.shrink_to_fit();
        self.names.folds.shrink_to_fit();
        self.names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_once_and_found_in_any_case() {
        let mut names = Collector::default();
        let (a, b) = (names.add("mailFolders"), names.add("MailFolders"));
        assert_eq!(names.add("mailFolders"), a);
        assert_eq!(names.get("mailFolders"), Some(a));
        assert_eq!(names.get("mailfolders"), None);
        let names = names.finish();
        assert_eq!((names.text(a), names.text(b), names.len()), ("mailFolders", "MailFolders", 2));
        assert_eq!(names.fold(a), names.fold(b));
        assert_eq!(names.find("MAILFOLDERS"), Some(names.fold(a)));
        assert_eq!(names.find("messages"), None);
    }
}
