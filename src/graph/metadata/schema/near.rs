//! What a path that is not known may have been meant to be.

use std::borrow::Cow;

use crate::graph::metadata::model::{Model, SourceId};
use crate::graph::metadata::paths::{Label, children, write_label};
use crate::graph::metadata::resolve::Walk;

/// How many are named.
const NAMED: usize = 3;

/// How much of a segment is compared, in characters.
const COMPARED: usize = 64;

/// Templates that are like `path` up to the segment that is not known, and in that nearly so; best first.
pub(super) fn near(model: &Model, path: &str) -> Vec<String> {
    let mut walk = Walk::new(model);
    let mut unknown = "";
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        let mut next = walk.clone();
        if next.walk(&[Cow::Borrowed(segment)]).is_none() {
            unknown = segment;
            break;
        }
        walk = next;
    }
    let mut names: Vec<String> = match walk.place {
        None => (0u32..)
            .map(SourceId)
            .take(model.sources.len())
            .map(|id| model.text(model.source(id).name).to_owned())
            .collect(),
        Some(place) => {
            let below =
                model.opened(place).map(|place| children(model, place, |of| walk.keys_like(of), true));
            let named = below.into_iter().flatten().filter(|child| !matches!(child.label, Label::Key(..)));
            named
                .map(|child| {
                    let mut text = String::new();
                    write_label(model, &mut text, child.label);
                    text
                })
                .collect()
        }
    };
    let unknown: Vec<char> = unknown.to_lowercase().chars().take(COMPARED).collect();
    let mut scored: Vec<(usize, String)> = names
        .drain(..)
        .filter_map(|name| {
            let plain = name.split('(').next().unwrap_or_default().to_lowercase();
            let plain: Vec<char> = plain.chars().take(COMPARED).collect();
            let away = distance(&unknown, &plain);
            let begins = unknown.len() >= 3 && plain.starts_with(&unknown);
            (begins || away <= unknown.len() / 3).then_some((if begins { 0 } else { away }, name))
        })
        .collect();
    scored.sort();
    scored.truncate(NAMED);
    scored.into_iter().map(|(_, name)| format!("{}/{name}", walk.template)).collect()
}

/// How many letters must be put in, taken out or replaced (Levenshtein).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut corner = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let cost = corner + usize::from(x != y);
            corner = row[j + 1];
            row[j + 1] = cost.min(corner + 1).min(row[j] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distance_counts_letters() {
        let of = |a: &str, b: &str| distance(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>());
        assert_eq!((of("", ""), of("abc", ""), of("kitten", "sitting"), of("same", "same")), (0, 3, 3, 0));
    }
}
