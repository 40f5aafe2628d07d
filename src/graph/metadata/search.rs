//! Which paths there are: Work IQ's `search_paths`.

use percent_encoding::percent_decode_str;

use super::Metadata;
use super::model::Model;
use super::paths::{Label, Node, Paths, children, write_label};
use super::pattern::{Pattern, Progress};
use super::place::Operations;
use super::resolve::Walk;

/// How many words of a filter are looked for.
const WORDS: usize = 16;

/// The longest filter, in bytes.
const LONGEST: usize = 2048;

/// What was found: the shortest paths first, and of those of one length in the order of names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// As many as there may be.
    pub found: Vec<Found>,
    /// How many more there are.
    pub left_out: usize,
}

/// A path and what it can be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// A template, such as `/users/{user-id}/messages`.
    pub path: String,
    /// What it can be asked for.
    pub operations: Operations,
}

/// Why a filter cannot be searched for, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SearchError(String);

impl SearchError {
    pub(super) fn new(what: &str) -> Self {
        Self(what.to_owned())
    }
}

impl Metadata {
    /// The paths that fit `filter`, `limit` of them at most.
    ///
    /// A filter that begins with a slash is the beginning of a path, in which ids may stand for place-holders. One that
    /// has characters of regular expressions in it is one, in which case does not count. Anything else is words, all
    /// of which must be in the path. What needs a signed-in user is found under `/users/{user-id}`.
    ///
    /// # Errors
    /// The filter is empty or too long, or not a regular expression, or one that would take too much memory.
    pub fn search(&self, filter: &str, limit: usize) -> Result<Search, SearchError> {
        let filter = filter.trim();
        let read = Filter::read(filter);
        let says_nothing = matches!(&read, Filter::Words(words) if words.is_empty());
        if says_nothing || filter.len() > LONGEST {
            return Err(SearchError::new(
                "Give a filter: the beginning of a path such as /users/{id}/mess, words such as calendar event, or a \
                 regular expression such as ^/sites/.*lists$.",
            ));
        }
        let mut hits = Hits { limit, ids: Vec::new(), all: 0 };
        match read {
            Filter::Prefix(path) => {
                by_prefix(&self.model, self.paths(), &path, &mut hits);
                if hits.all == 0 {
                    return Ok(self.below(&path, limit));
                }
            }
            Filter::Words(words) => by_words(&self.model, self.paths(), &words, &mut hits),
            Filter::Pattern(pattern) => by_pattern(&self.model, self.paths(), &pattern, &mut hits)?,
        }
        let found = hits.ids.iter().map(|at| Found {
            path: self.paths().text(&self.model, *at),
            operations: self.paths().nodes[*at as usize].operations,
        });
        Ok(Search { found: found.collect(), left_out: hits.all - hits.ids.len() })
    }

    pub(super) fn paths(&self) -> &Paths {
        self.paths.get_or_init(|| Paths::new(&self.model))
    }

    /// Paths that are too deep for the tree: what lies right below the place that all but the last segment lead to.
    fn below(&self, path: &[String], limit: usize) -> Search {
        let none = Search { found: Vec::new(), left_out: 0 };
        let Some((last, before)) = path.split_last() else { return none };
        let before: Vec<_> = before.iter().map(|segment| segment.as_str().into()).collect();
        let mut walk = Walk::new(&self.model);
        if before.is_empty() || walk.walk(&before).is_none() {
            return none;
        }
        let Some(place) = walk.place.and_then(|place| self.model.opened(place)) else { return none };
        let below = children(&self.model, place, |of| walk.keys_like(of), true);
        let mut text = String::new();
        let fits = below.iter().filter_map(|child| {
            text.clear();
            write_label(&self.model, &mut text, child.label);
            (matches!(child.label, Label::Key(..)) || begins(&text, last)).then(|| Found {
                path: format!("{}/{text}", walk.template),
                operations: self.model.operations_of(child.place),
            })
        });
        let mut found: Vec<Found> = fits.collect();
        let left_out = found.len().saturating_sub(limit);
        found.truncate(limit);
        Search { found, left_out }
    }
}

enum Filter {
    /// Segments, decoded; the last one is a beginning.
    Prefix(Vec<String>),
    Words(Vec<String>),
    Pattern(String),
}

impl Filter {
    fn read(text: &str) -> Self {
        let is_pattern = ["*", "+", "\\", "[", "|", "^", "(?", ".?"].iter().any(|mark| text.contains(mark))
            || text.ends_with('$');
        if let Some(path) = text.strip_prefix('/')
            && !is_pattern
        {
            let decoded = |segment: &str| percent_decode_str(segment).decode_utf8_lossy().into_owned();
            let mut segments: Vec<String> =
                path.split('?').next().unwrap_or_default().split('/').map(decoded).collect();
            // What is below these is listed elsewhere.
            for (own, elsewhere) in [("me", "users"), ("drive", "drives")] {
                if segments.len() > 1 && segments[0].eq_ignore_ascii_case(own) {
                    segments.splice(0..1, [elsewhere.to_owned(), "{id}".to_owned()]);
                }
            }
            return Self::Prefix(segments);
        }
        let is_plain = |c: char| c.is_alphanumeric() || " -_.$,'@:/{}()=".contains(c);
        if !is_pattern && text.chars().all(is_plain) {
            let words = text.split([' ', '/', ',']).filter(|word| !word.is_empty());
            return Self::Words(words.take(WORDS).map(str::to_ascii_lowercase).collect());
        }
        Self::Pattern(text.to_owned())
    }
}

struct Hits {
    limit: usize,
    ids: Vec<u32>,
    all: usize,
}

impl Hits {
    fn add(&mut self, at: usize) {
        self.all += 1;
        if self.ids.len() < self.limit {
            self.ids.extend(u32::try_from(at));
        }
    }
}

/// Whether `text` begins with `start`, in any case.
fn begins(text: &str, start: &str) -> bool {
    text.as_bytes().get(..start.len()).is_some_and(|text| text.eq_ignore_ascii_case(start.as_bytes()))
}

/// Whether a segment of a filter is what a label says; a function may stand there without its brackets.
fn is_same(text: &str, segment: &str) -> bool {
    let name = |text: &str| text.find('(').map_or(text.len(), |at| at);
    text.eq_ignore_ascii_case(segment)
        || text.get(..name(text)).is_some_and(|text| {
            segment.get(..name(segment)).is_some_and(|segment| text.eq_ignore_ascii_case(segment))
        }) && text.contains('(')
}

fn by_prefix(model: &Model, paths: &Paths, segments: &[String], hits: &mut Hits) {
    /// What a node above says of those below it.
    #[derive(Clone, Copy)]
    enum State {
        No,
        /// So many segments fit.
        Fit(usize),
        All,
    }
    let mut states: Vec<State> = Vec::with_capacity(paths.nodes.len());
    let mut text = String::new();
    for (at, node) in paths.nodes.iter().enumerate() {
        let is_root = node.parent as usize == at;
        let above = if is_root { State::Fit(0) } else { states[node.parent as usize] };
        let state = match above {
            State::All => State::All,
            State::No => State::No,
            State::Fit(done) => {
                let segment = segments.get(done).map_or("", String::as_str);
                let is_last = done + 1 == segments.len();
                text.clear();
                write_label(model, &mut text, node.label);
                let fits = match node.label {
                    Label::Key(..) => !is_beside(model, paths, node, segment, is_last),
                    _ if is_last => begins(&text, segment) || is_same(&text, segment),
                    _ => is_same(&text, segment),
                };
                match (fits, is_last) {
                    (false, _) => State::No,
                    (true, false) => State::Fit(done + 1),
                    (true, true) => State::All,
                }
            }
        };
        states.push(state);
        if matches!(state, State::All) {
            hits.add(at);
        }
    }
}

/// Whether a segment is the name of something beside a key, such as `delta`, or its beginning, and so no key.
fn is_beside(model: &Model, paths: &Paths, key: &Node, segment: &str, is_last: bool) -> bool {
    if segment.is_empty() {
        return false;
    }
    let parent = &paths.nodes[key.parent as usize];
    let beside = parent.first as usize..(parent.first + parent.count) as usize;
    let mut text = String::new();
    paths.nodes.get(beside).unwrap_or_default().iter().any(|node| {
        text.clear();
        write_label(model, &mut text, node.label);
        !matches!(node.label, Label::Key(..))
            && (is_same(&text, segment) || is_last && begins(&text, segment))
    })
}

fn by_words(model: &Model, paths: &Paths, words: &[String], hits: &mut Hits) {
    let all = (1u32 << words.len()) - 1;
    // Which words each name has in it, once it has been asked.
    let mut known: Vec<Option<u32>> = vec![None; model.names.len()];
    let mut masks: Vec<u32> = Vec::with_capacity(paths.nodes.len());
    for (at, node) in paths.nodes.iter().enumerate() {
        let name = match node.label {
            Label::Name(name) => Some(name),
            Label::Call(id) => Some(model.operation(id).name),
            Label::Key(..) | Label::Value => None,
        };
        let own = name.map_or(0, |name| {
            *known[name.index()].get_or_insert_with(|| {
                let text = model.text(name).to_ascii_lowercase();
                let has = |(at, word): (usize, &String)| u32::from(text.contains(word.as_str())) << at;
                words.iter().enumerate().map(has).fold(0, |mask, bit| mask | bit)
            })
        });
        let above = if node.parent as usize == at { 0 } else { masks[node.parent as usize] };
        masks.push(above | own);
        if masks[at] == all {
            hits.add(at);
        }
    }
}

fn by_pattern(model: &Model, paths: &Paths, pattern: &str, hits: &mut Hits) -> Result<(), SearchError> {
    let mut pattern = Pattern::new(pattern)?;
    let start = pattern.start()?;
    let mut states: Vec<Progress> = Vec::with_capacity(paths.nodes.len());
    let mut text = String::new();
    for (at, node) in paths.nodes.iter().enumerate() {
        let above = if node.parent as usize == at { start } else { states[node.parent as usize] };
        text.clear();
        if matches!(above, Progress::Open(_)) {
            text.push('/');
            write_label(model, &mut text, node.label);
        }
        let (state, matches) = pattern.over(above, &text)?;
        states.push(state);
        if matches {
            hits.add(at);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::metadata::fixture::{real, small};

    fn paths(metadata: &Metadata, filter: &str, limit: usize) -> (Vec<String>, usize) {
        let search = metadata.search(filter, limit).unwrap();
        (search.found.into_iter().map(|found| found.path).collect(), search.left_out)
    }

    #[test]
    fn a_prefix_may_have_ids_in_it_and_end_in_the_middle_of_a_name() {
        let metadata = small();
        let first = |filter: &str| paths(&metadata, filter, 1).0.pop().unwrap_or_default();
        assert_eq!(first("/users/ada@contoso.com/mess"), "/users/{user-id}/messages");
        assert_eq!(first("/USERS('ada')/mess"), "/users/{user-id}/messages");
        assert_eq!(first("/users/{id}/mess"), "/users/{user-id}/messages");
        assert_eq!(first("/me/mess"), "/users/{user-id}/messages");
        assert_eq!(first("/me"), "/me");
        assert_eq!(first("/users/ada%40contoso.com/sendM"), "/users/{user-id}/sendMail");
        assert_eq!(first("/users/ada?$top=1"), "/users/{user-id}");
        assert_eq!(paths(&metadata, "/users/del", 9), (vec!["/users/delta()".to_owned()], 0));
        assert_eq!(first("/nothing"), "");
    }

    #[test]
    fn the_shortest_come_first_and_the_rest_is_counted() {
        let metadata = small();
        let (all, left) = paths(&metadata, "/", usize::MAX);
        assert_eq!(left, 0);
        let (some, left) = paths(&metadata, "/", 5);
        assert_eq!((some.as_slice(), left), (&all[..5], all.len() - 5));
        let depth = |path: &String| path.matches('/').count();
        assert!(all.windows(2).all(|pair| depth(&pair[0]) <= depth(&pair[1])));
        assert_eq!(all[0], "/directoryObjects");
    }

    #[test]
    fn words_must_all_be_there_in_any_order() {
        let metadata = small();
        let (found, _) = paths(&metadata, "attach MESSAGES", 1);
        assert_eq!(found, ["/users/{user-id}/messages/{message-id}/attachments"]);
        assert_eq!(paths(&metadata, "sendmail", 9).0, ["/users/{user-id}/sendMail"]);
        assert_eq!(paths(&metadata, "messages nothing", 9).0, [""; 0]);
    }

    #[test]
    fn patterns_match_as_they_would_match_each_path() {
        let metadata = small();
        let (all, _) = paths(&metadata, "/", usize::MAX);
        for (pattern, is_match) in [
            ("messages$", (|path: &str| path.ends_with("messages")) as fn(&str) -> bool),
            ("^/users/.*attachments", |path| path.starts_with("/users/") && path.contains("attachments")),
            ("ITEMS|lists", |path| path.contains("items") || path.contains("lists")),
            (r"^/\w+$", |path| path.matches('/').count() == 1),
            ("s/[{]user-id[}]$", |path| path.ends_with("s/{user-id}")),
            (r"\bsearch\(", |path| path.contains("/search(")),
            ("[^a]{200}", |_| false),
            ("^$", |_| false),
        ] {
            let expected: Vec<&String> = all.iter().filter(|path| is_match(path)).collect();
            let (found, _) = paths(&metadata, pattern, usize::MAX);
            assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{pattern}");
        }
    }

    #[test]
    fn a_filter_that_cannot_be_is_an_error_that_says_what_can() {
        let metadata = small();
        let error = |filter: &str| metadata.search(filter, 9).unwrap_err().to_string();
        assert!(error("  ").contains("/users/{id}/mess"));
        assert!(error(",,").contains("/users/{id}/mess"));
        assert!(error("[a").contains("unclosed character class"), "{}", error("[a"));
        assert!(error(&"a*".repeat(300)).contains("256 bytes"));
        assert!(error("(a{1000}){1000}*").contains("too much memory"));
        assert!(error(&"x".repeat(5000)).contains("Give a filter"));
        assert!(metadata.search(&format!("{}*", "(".repeat(100)), 9).is_err());
    }

    #[test]
    fn what_is_too_deep_for_the_list_is_found_from_its_place() {
        let metadata = small();
        let path = "/drives/d/root/children/x/children/y/";
        let (found, left) = paths(&metadata, path, 2);
        assert_eq!(
            found,
            [
                "/drives/{drive-id}/root/children/{driveItem-id}/children/{driveItem-id1}/children",
                "/drives/{drive-id}/root/children/{driveItem-id}/children/{driveItem-id1}/content",
            ]
        );
        assert!(left > 0);
        let (found, _) = paths(&metadata, "/drives/d/root:/a/b:/ch", 9);
        assert_eq!(found, ["/drives/{drive-id}/root:/{item-path}:/children"]);
    }

    #[test]
    #[cfg_attr(not(graph_data), ignore = "needs ../shared/graph")]
    fn in_microsofts_own_document_useful_paths_come_first() {
        for (filter, path) in [
            ("transcripts", "/users/{user-id}/onlineMeetings/{onlineMeeting-id}/transcripts"),
            ("calendar events", "/users/{user-id}/calendar/events"),
            ("channel messages", "/teams/{team-id}/channels/{channel-id}/messages"),
            ("sendMail", "/users/{user-id}/sendMail"),
            ("^/sites/.*lists$", "/sites/{site-id}/lists"),
            ("/drives/x/root/chi", "/drives/{drive-id}/root/children"),
            ("/search", "/search/query"),
        ] {
            let (found, _) = paths(real(), filter, 25);
            assert!(found.iter().any(|one| one == path), "{filter}: {found:?}");
        }
        let (all, _) = paths(real(), "/", usize::MAX);
        assert!((10_000..20_000).contains(&all.len()), "{}", all.len());
    }
}
