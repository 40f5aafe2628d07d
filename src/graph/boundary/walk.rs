//! From an object along the segments of a path, as long as they stay under it.

use super::piece::{Brackets, Piece};
use super::place::{Kind, Place, step};
use crate::error::printable;

/// Where `pieces` lead from `start`.
///
/// # Errors
/// The first segment that is not known to stay under the same object.
pub(super) fn walk(start: Place, pieces: &[Piece]) -> Result<Place, String> {
    let mut place = start;
    let mut rest = pieces;
    while let [piece, behind @ ..] = rest {
        rest = behind;
        let unknown = || {
            Err(format!(
                "\"{}\" is not known to stay under the same object (a property is read with $select)",
                printable(&piece.text, 80)
            ))
        };
        if piece.is_file_path_end() {
            // `root:/a/b:` and `items/{id}:/a/b:`.
            let Some(inner) = piece.without_colon() else { return unknown() };
            if next(place, &inner) != Some(Place::One(Kind::DriveItem)) {
                return unknown();
            }
            while let [part, behind @ ..] = rest {
                rest = behind;
                if part.is_file_path_end() {
                    break;
                }
            }
            place = Place::One(Kind::DriveItem);
            continue;
        }
        let Some(to) = next(place, piece) else { return unknown() };
        place = to;
    }
    Ok(place)
}

fn next(place: Place, piece: &Piece) -> Option<Place> {
    match place {
        Place::Leaf => None,
        Place::One(_) if piece.text.eq_ignore_ascii_case("$value") => Some(Place::Leaf),
        Place::One(kind) => match (step(kind, &piece.name)?, &piece.brackets) {
            (place, Brackets::None) => Some(place),
            (Place::Many(kind), _) => piece.key_in_brackets(&["id"]).map(|_| Place::One(kind)),
            (Place::Leaf, Brackets::Named(_)) => Some(Place::Leaf),
            _ => None,
        },
        Place::Many(_) if piece.text.eq_ignore_ascii_case("$count") => Some(Place::Leaf),
        Place::Many(kind) => match &piece.brackets {
            // A key, or a function that is bound to the collection: both stay in it. `$ref` does not, in whatever spelling.
            Brackets::None
                if ![piece.text.as_str(), &piece.name].iter().any(|name| name.starts_with('$')) =>
            {
                Some(Place::One(kind))
            }
            // `delta()`; a function that takes no more than times and texts.
            Brackets::Named(_) if step(kind, &piece.name) == Some(Place::Leaf) => Some(Place::Leaf),
            _ => None,
        },
    }
}
