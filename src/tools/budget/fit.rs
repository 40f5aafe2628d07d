//! Making one value fit into so many bytes, and noting what had to go.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::super::measure::Form;
use super::super::untrusted::may_cut;
use super::advice::{LeftOut, Page, What};

/// Where room is too little to give each large member this much, members stay in their order instead.
const PIECE: usize = 64;

/// What the mark of a cut text takes, at most.
const MARK: usize = 52;

/// Up to here an id or a link is kept before all else.
const HANDLE: usize = 8192;

/// How many items are looked at to say what makes them large.
const SAMPLE: usize = 8;

/// The work on one result.
pub(super) struct Fit {
    form: Form,
    path: Vec<String>,
    has_next: bool,
    /// What went, in the order of the value.
    pub(super) left: Vec<LeftOut>,
}

impl Fit {
    pub(super) fn new(form: Form) -> Self {
        Self { form, path: Vec::new(), has_next: false, left: Vec::new() }
    }

    /// Makes `value`, of `size` bytes, which is more, fit into `limit`; null if it cannot.
    pub(super) fn value_or_null(&mut self, value: &mut Value, size: usize, limit: usize) {
        if !self.value(value, size, limit) {
            *value = Value::Null;
        }
    }

    /// Makes `value`, of `size` bytes, which is more, fit into `limit`. If that cannot be, it is to be dropped.
    fn value(&mut self, value: &mut Value, size: usize, limit: usize) -> bool {
        match value {
            Value::String(text) => self.text(text, limit),
            Value::Array(items) => self.items(items, size, limit),
            Value::Object(members) if limit >= 2 => {
                self.members(members, size, limit);
                true
            }
            _ => false,
        }
    }

    fn text(&mut self, text: &mut String, limit: usize) -> bool {
        let Some(room) = limit.checked_sub(self.form.quotes() + MARK) else { return false };
        if room < PIECE / 4 {
            return false;
        }
        let mut used = 0;
        let fits = text.bytes().take_while(|byte| {
            used += self.form.byte(*byte);
            used <= room
        });
        let mut at = fits.count();
        while at > 0 && !(text.is_char_boundary(at) && may_cut(text, at)) {
            at -= 1;
        }
        // The end of a line, if one is near.
        let near = at / 4 * 3;
        if let Some(line) = text.as_bytes()[near..at].iter().rposition(|byte| *byte == b'\n') {
            at = near + line + 1;
        }
        let (kept, rest) = text.split_at(at);
        let (kept, rest) = (kept.chars().count(), rest.chars().count());
        text.truncate(at);
        let _ = write!(text, "…[{rest} characters left out]");
        self.note(What::Characters { kept, of: kept + rest });
        true
    }

    fn items(&mut self, items: &mut Vec<Value>, total: usize, limit: usize) -> bool {
        if limit < 2 {
            return false;
        }
        let all = items.len();
        let (mut used, mut kept, mut next) = (1, 0, 0);
        for item in items.iter() {
            next = self.form.value(item);
            if used + next + 1 > limit {
                break;
            }
            used += next + 1;
            kept += 1;
        }
        let mut page = self.page(items);
        if let Some(first) = items.first_mut().filter(|_| kept == 0) {
            let before = self.left.len();
            self.path.push("[0]".to_owned());
            if self.value(first, next, limit - 2) {
                kept = 1;
            } else {
                self.left.truncate(before);
            }
            self.path.pop();
        }
        // By the average a next page of so many fits as well; what is here fits in any case.
        page.top = ((limit - 2) * all / total.max(1)).clamp(1, kept.max(1));
        items.truncate(kept);
        if kept < all {
            self.note(What::Items { kept, of: all, page });
        }
        true
    }

    /// What makes the items large, and whether the collection goes on elsewhere.
    fn page(&self, items: &[Value]) -> Page {
        let sample = &items[..items.len().min(SAMPLE)];
        let mut sizes: Vec<(&str, usize)> = Vec::new();
        let mut all = 0;
        for (name, value) in sample.iter().filter_map(Value::as_object).flatten() {
            let size = self.form.name(name) + self.form.value(value);
            all += size;
            match sizes.iter_mut().find(|(known, _)| known == name) {
                Some((_, sum)) => *sum += size,
                None => sizes.push((name, size)),
            }
        }
        let heaviest = sizes.iter().max_by_key(|(_, size)| *size).filter(|(_, size)| size * 3 > all);
        Page {
            top: 1,
            has_next: self.has_next,
            heaviest: heaviest.map(|(name, size)| ((*name).to_owned(), size * 100 / all.max(1))),
            names: sizes.into_iter().map(|(name, _)| name.to_owned()).collect(),
        }
    }

    /// Makes an object of `size` bytes fit: ids and links first, then the small members whole, then the large ones in
    /// equal shares.
    pub(super) fn members(&mut self, members: &mut Map<String, Value>, size: usize, limit: usize) {
        // Braces and commas: each member has one more byte, and the object another.
        let mut unmeasured = size.saturating_sub(1);
        let mut room = limit.saturating_sub(1);
        let mut sizes = Vec::with_capacity(members.len());
        let mut shares = vec![0; members.len()];
        let mut handles = vec![false; members.len()];
        for (at, (name, value)) in members.iter().enumerate() {
            // The last one is what is left of the whole. It is mostly the largest, and need not be read.
            let last = at + 1 == members.len();
            let size = if last { unmeasured } else { self.form.name(name) + self.form.value(value) + 1 };
            unmeasured = unmeasured.saturating_sub(size);
            sizes.push(size);
            handles[at] = is_handle(name, value);
            if handles[at] && size <= room.min(HANDLE) {
                room -= size;
                shares[at] = size;
            }
        }
        let rest: Vec<usize> = (0..sizes.len()).filter(|at| !handles[*at]).collect();
        let rest_sizes: Vec<_> = rest.iter().map(|at| sizes[*at]).collect();
        let mut given = share(&rest_sizes, room, |_| false);
        if given.iter().zip(&rest_sizes).any(|(given, size)| given < size && *given < PIECE) {
            for (given, size) in given.iter_mut().zip(&rest_sizes) {
                *given = if *size <= room { *size } else { 0 };
                room -= *given;
            }
        }
        for (at, given) in rest.into_iter().zip(given) {
            shares[at] = given;
        }
        let of = members.len();
        let has_next = std::mem::replace(&mut self.has_next, members.contains_key("@odata.nextLink"));
        let mut at = 0;
        members.retain(|name, value| {
            let (size, share, handle) = (sizes[at], shares[at], handles[at]);
            at += 1;
            if share >= size {
                return true;
            }
            let Some(room) = share.checked_sub(self.form.name(name) + 1).filter(|_| !handle) else {
                return false;
            };
            let before = self.left.len();
            self.path.push(name.clone());
            let fits = self.value(value, size - self.form.name(name) - 1, room);
            self.path.pop();
            if !fits {
                self.left.truncate(before);
            }
            fits
        });
        self.has_next = has_next;
        if members.len() < of {
            self.note(What::Members { kept: members.len(), of });
        }
    }

    fn note(&mut self, what: What) {
        self.left.push(LeftOut::new(&self.path, what));
    }
}

/// What is of use whole only, and small.
fn is_handle(name: &str, value: &Value) -> bool {
    let named = name.starts_with('@')
        || matches!(name, "id" | "statusCode" | "code")
        || ["Id", "Link", "Url", "Uri"].iter().any(|end| name.ends_with(end));
    named && !value.is_array() && !value.is_object()
}

/// Shares `room` among parts of these sizes: whom `first` names whole, then the small ones, and the large ones
/// equally what is left.
pub(super) fn share(sizes: &[usize], mut room: usize, first: impl Fn(usize) -> bool) -> Vec<usize> {
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|at| (!first(*at), sizes[*at]));
    let mut shares = vec![0; sizes.len()];
    for (served, at) in order.into_iter().enumerate() {
        let most = if first(at) { room } else { room / (sizes.len() - served) };
        shares[at] = sizes[at].min(most);
        room -= shares[at];
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_parts_are_served_whole_and_large_ones_alike() {
        assert_eq!(share(&[10, 500, 20, 900], 430, |_| false), [10, 200, 20, 200]);
        assert_eq!(share(&[10, 500, 20, 900], 700, |at| at == 1), [10, 500, 20, 170]);
        assert_eq!(share(&[10, 20], 100, |_| false), [10, 20]);
        assert_eq!(share(&[], 100, |_| false), [0; 0]);
    }

    #[test]
    fn a_text_ends_where_nothing_is_torn() {
        for text in
            ["é\u{1f469}".repeat(60), "👩\u{200d}💻".repeat(40), "\\u{200B}".repeat(60), "a\"b\\".repeat(80)]
        {
            for limit in 68..160 {
                let mut value = Value::String(text.clone());
                let size = Form::Structured.value(&value);
                if Fit::new(Form::Structured).value(&mut value, size, limit) {
                    assert!(value.to_string().len() <= limit, "{value} in {limit}");
                    let kept = value.as_str().unwrap().split("…[").next().unwrap();
                    assert!(text.starts_with(kept));
                    assert!(!kept.ends_with(['\u{200d}', '{', '0', 'u']) && !kept.ends_with("\\u"), "{kept}");
                }
            }
        }
    }
}
