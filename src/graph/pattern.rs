//! Paths as steps: what a table of paths and a path that is asked for are compared by.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// One step of a path, in small letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// An id, or any other name that stands in its place: `{message-id}` in a template.
    Any,
    /// A name: `messages`, or an id that cannot be told from one.
    Name(String),
    /// A name with parentheses: `search(q='x')`, `delta()`, `users('ada')`.
    Call {
        /// With the names of the arguments, without their values: `search(q)`.
        whole: String,
        /// Without parentheses.
        name: String,
        /// Whether there are arguments without names, as in a key.
        is_key: bool,
    },
}

/// A path as steps.
#[derive(Debug)]
pub(super) struct Steps {
    segments: Vec<String>,
    /// As written. A drive's path addressing is two steps: `root:` and any.
    pub(super) written: Vec<Step>,
}

/// The steps of `path`, which may have a query: that is left out.
pub(super) fn steps(path: &str) -> Steps {
    let segments = segments(path.split(['?', '#']).next().unwrap_or_default());
    Steps { written: read(&segments, false), segments }
}

impl Steps {
    /// What means the same in other words: with an id in place of a drive's or site's path addressing and of `root`;
    /// then below `/drives`, for a drive that was reached through its owner; then with a folder in a folder as a
    /// folder; then without a count or raw value, which need what the thing itself needs.
    pub(super) fn others(&self) -> Vec<Vec<Step>> {
        let mut others = Vec::new();
        let mut add = |other: Vec<Step>| {
            if other != self.written && !others.contains(&other) {
                others.push(other);
            }
        };
        let addressed = read(&self.segments, true);
        add(addressed.clone());
        add(below_drives(&addressed));
        add(one_folder(&addressed));
        if let Some((Step::Name(last), rest)) = addressed.split_last()
            && matches!(last.as_str(), "$count" | "$value")
        {
            add(rest.to_vec());
        }
        others
    }
}

/// The segments as they are written, without empty ones. A slash between the quotes of an argument separates nothing.
pub(super) fn split(path: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut start, mut depth, mut quoted) = (0, 0_u32, false);
    let closed = path.matches('(').count() == path.matches(')').count()
        && path.matches('\'').count().is_multiple_of(2);
    for (at, c) in path.char_indices() {
        match c {
            '\'' if depth > 0 => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            '/' if !closed || depth == 0 => {
                found.push(&path[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(&path[start..]);
    found.retain(|segment| !segment.is_empty());
    found
}

/// The segments, decoded and in small letters.
fn segments(path: &str) -> Vec<String> {
    let decode = |segment: &str| percent_decode_str(segment).decode_utf8_lossy().to_ascii_lowercase();
    split(path).into_iter().map(decode).collect()
}

/// Segments as steps; `by_id` turns what is addressed by a path into an id.
fn read(segments: &[String], by_id: bool) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::with_capacity(segments.len());
    let mut rest = segments.iter();
    while let Some(segment) = rest.next() {
        let Some(base) = segment.strip_suffix(':').filter(|_| !rest.as_slice().is_empty()) else {
            if by_id && segment == "root" && is_drive(&steps) {
                steps.extend([Step::Name("items".into()), Step::Any]);
            } else {
                steps.push(step(segment));
            }
            continue;
        };
        // root:/a/b:/children, items/{id}:/a:/content, sites/{host}:/sites/x:/lists
        for inner in rest.by_ref() {
            if inner.ends_with(':') {
                break;
            }
        }
        match (by_id, base) {
            (true, "root") => steps.extend([Step::Name("items".into()), Step::Any]),
            (true, _) => steps.push(Step::Any),
            (false, "root") => steps.extend([Step::Name("root:".into()), Step::Any]),
            (false, _) => steps.extend([Step::Name("{}:".into()), Step::Any]),
        }
    }
    steps
}

fn step(segment: &str) -> Step {
    if segment.starts_with('{') {
        return Step::Any;
    }
    let plain = segment.strip_prefix("microsoft.graph.").unwrap_or(segment);
    let call = plain.strip_suffix(')').and_then(|inner| inner.split_once('('));
    let Some((name, arguments)) = call.filter(|(name, _)| !name.is_empty()) else {
        return Step::Name(plain.to_owned());
    };
    let named: Vec<_> = arguments_of(arguments).filter_map(|argument| argument.split_once('=')).collect();
    let names: Vec<_> = named.iter().map(|(name, _)| name.trim()).collect();
    Step::Call {
        whole: format!("{name}({})", names.join(",")),
        name: name.to_owned(),
        is_key: names.is_empty() && !arguments.is_empty(),
    }
}

/// Arguments, parted at commas outside quotes.
fn arguments_of(text: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |c| {
        if c == '\'' {
            quoted = !quoted;
        }
        c == ',' && !quoted
    })
}

/// Whether what was read so far is a drive: `drive`, or `drives` with an id.
fn is_drive(steps: &[Step]) -> bool {
    let is = |step: &Step, name: &str| matches!(step, Step::Name(other) if other == name);
    match steps {
        [.., before, last] => is(last, "drive") || is(before, "drives") || is_drive_key(last),
        [last] => is(last, "drive") || is_drive_key(last),
        [] => false,
    }
}

fn is_drive_key(step: &Step) -> bool {
    matches!(step, Step::Call { name, is_key: true, .. } if name == "drives")
}

/// `/sites/{id}/drive/items/…` and `/users/{id}/drives/{id}/items/…` as `/drives/{id}/items/…`.
fn below_drives(steps: &[Step]) -> Vec<Step> {
    let drives = || [Step::Name("drives".into()), Step::Any];
    let at =
        steps.iter().position(|step| matches!(step, Step::Name(name) if name == "drive" || name == "drives"));
    match at {
        Some(at) if at > 0 => {
            let skip = if steps[at] == Step::Name("drives".into()) { 2 } else { 1 };
            match steps.get(at + skip..) {
                Some(rest) if !rest.is_empty() => drives().into_iter().chain(rest.iter().cloned()).collect(),
                _ => steps.to_vec(),
            }
        }
        _ => steps.to_vec(),
    }
}

/// `childfolders/{id}/childfolders/{id}` as one, and a folder in a folder as a folder.
fn one_folder(steps: &[Step]) -> Vec<Step> {
    let mut kept: Vec<Step> = Vec::with_capacity(steps.len());
    let mut at = 0;
    while at < steps.len() {
        let is_child = matches!(&steps[at], Step::Name(name) if name == "childfolders");
        // The step that follows is the id of a folder, if more follows it.
        if is_child && at + 2 < steps.len() {
            at += 2;
        } else {
            kept.push(steps[at].clone());
            at += 1;
        }
    }
    kept
}

/// Whether `steps` are those of `pattern`, which may end in `**` for whatever follows, or nothing.
pub(super) fn matches(pattern: &[Step], steps: &[Step]) -> bool {
    let (pattern, open) = match pattern.split_last() {
        Some((Step::Name(last), rest)) if last == "**" => (rest, true),
        _ => (pattern, false),
    };
    let steps = spread(steps);
    (steps.len() == pattern.len() || open && steps.len() > pattern.len())
        && pattern.iter().zip(&steps).all(|(wanted, step)| match (wanted, step.as_ref()) {
            (Step::Any, _) => true,
            (Step::Name(wanted), Step::Name(name) | Step::Call { name, .. }) => wanted == name,
            _ => wanted == step.as_ref(),
        })
}

/// Keys in parentheses as steps of their own: `users('ada')` is two.
fn spread(steps: &[Step]) -> Vec<Cow<'_, Step>> {
    let mut spread = Vec::with_capacity(steps.len() + 1);
    for step in steps {
        match step {
            Step::Call { name, is_key: true, .. } => {
                spread.extend([Cow::Owned(Step::Name(name.clone())), Cow::Owned(Step::Any)]);
            }
            step => spread.push(Cow::Borrowed(step)),
        }
    }
    spread
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(path: &str) -> String {
        shown(&steps(path).written)
    }

    fn shown(steps: &[Step]) -> String {
        let one = |step: &Step| match step {
            Step::Any => "{}".to_owned(),
            Step::Name(name) => name.clone(),
            Step::Call { whole, is_key, .. } => format!("{whole}{}", if *is_key { "!" } else { "" }),
        };
        steps.iter().map(one).collect::<Vec<_>>().join("/")
    }

    #[test]
    fn every_way_to_write_a_path_has_its_steps() {
        for (path, steps) in [
            ("/Users/{user-id}/Messages?$top=5", "users/{}/messages"),
            ("/users('ada@contoso.com')/messages", "users()!/messages"),
            ("/users('a/b')/messages", "users()!/messages"),
            ("/drives/d/root/search(q='a, b/c')", "drives/d/root/search(q)"),
            ("/x/getAll(a='1',b={b})", "x/getall(a,b)"),
            ("/users/u/events/microsoft.graph.delta()", "users/u/events/delta()"),
            ("/places/microsoft.graph.room", "places/room"),
            ("/drives/d/root:/a (1)/it's:/children", "drives/d/root:/{}/children"),
            ("/drives/d/root:/a/b.txt", "drives/d/root:/{}"),
            ("/drives/d/items/i:/a:/content", "drives/d/items/{}:/{}/content"),
            ("/sites/contoso.sharepoint.com:/sites/x:/lists", "sites/{}:/{}/lists"),
            ("/users/a%40b/%6Dessages", "users/a@b/messages"),
            ("/", ""),
        ] {
            assert_eq!(written(path), steps, "{path}");
        }
    }

    #[test]
    fn what_is_addressed_by_a_path_is_also_addressed_by_an_id() {
        for (path, other) in [
            ("/drives/d/root:/a/b:/children", "drives/d/items/{}/children"),
            ("/drives/d/root/children", "drives/d/items/{}/children"),
            ("/sites/contoso.sharepoint.com:/sites/x:/lists", "sites/{}/lists"),
            ("/sites/s/drives/d/root/children", "drives/{}/items/{}/children"),
            ("/users/u/drive/root:/a", "drives/{}/items/{}"),
            (
                "/users/u/mailFolders/a/childFolders/b/childFolders/c/messages",
                "users/u/mailfolders/a/messages",
            ),
            ("/users/u/photo/$value", "users/u/photo"),
        ] {
            let others: Vec<_> = steps(path).others().iter().map(|steps| shown(steps)).collect();
            assert!(others.iter().any(|found| found == other), "{path}: {others:?}");
        }
        assert!(steps("/users/u/messages").others().is_empty());
    }

    #[test]
    fn patterns_match_names_keys_and_all_that_is_below() {
        let is = |pattern: &str, path: &str| matches(&steps(pattern).written, &steps(path).written);
        assert!(is("/users/{id}/onenote/**", "/users/ada/onenote/notebooks/1"));
        assert!(is("/users/{id}/onenote/**", "/users('ada')/onenote/pages"));
        assert!(is("/users/{id}/onenote/**", "/users/ada/onenote"));
        assert!(!is("/users/{id}/onenote/**", "/users/ada"));
        assert!(is("/chats", "/chats?$top=5"));
        assert!(!is("/chats", "/chats/x"));
        assert!(!is("/users/{id}/people", "/users/ada/messages"));
    }
}
