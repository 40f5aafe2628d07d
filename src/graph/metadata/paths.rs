//! The paths that are worth listing: a tree, made once.
//!
//! Graph's paths go on for ever: a user has a manager, who is a user. So a type is opened once on one branch, what is
//! only pointed to is not opened at all, and of a type that lies in many places the nearest are opened. `/me` and
//! `/drive`, which need a signed-in user, are there, and what lies below them is below `/users/{user-id}` and
//! `/drives/{drive-id}`.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::model::{Model, OperationId, Primitive, PropertyId, Role, SourceId, Stream, TypeId, Use, What};
use super::names::NameId;
use super::place::{At, Next, Operations, Place};
use super::resolve::{write_call, write_key};

/// How many segments a listed path has at most.
const DEEPEST: u8 = 12;

/// How many paths may come of opening one type in all its places: those with many properties are opened in few.
const PER_TYPE: usize = 600;

/// How often a type is opened at most.
const OPENED: usize = 24;

/// How many paths are listed in all. Graph's own document has a third of that.
const MOST: usize = 100_000;

/// The tree, breadth first: a path comes before those that are longer, and beside its like in the order of names.
#[derive(Debug)]
pub(super) struct Paths {
    pub(super) nodes: Vec<Node>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    /// The node above; the first segment of a path is its own.
    pub(super) parent: u32,
    pub(super) label: Label,
    pub(super) operations: Operations,
    /// The nodes below, which lie beside each other.
    pub(super) first: u32,
    pub(super) count: u32,
}

/// What a segment says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label {
    /// A set, singleton, property or action.
    Name(NameId),
    /// The key of a type, and how many of the same name stand before it.
    Key(TypeId, u8),
    /// A function with its parameters.
    Call(OperationId),
    /// `$value`.
    Value,
}

/// A child that is not in the tree yet.
pub(super) struct Child {
    pub(super) label: Label,
    pub(super) place: Place,
    text: String,
}

impl Paths {
    pub(super) fn new(model: &Model) -> Self {
        let mut tree = Builder { model, nodes: Vec::new(), places: Vec::new(), opened: HashMap::new() };
        let sources = (0u32..).map(SourceId).take(model.sources.len());
        let mut roots: Vec<Child> = sources
            .map(|id| {
                let label = Label::Name(model.source(id).name);
                Child { label, place: model.source_place(id), text: text_of(model, label) }
            })
            .collect();
        roots.sort_by(|a, b| a.text.cmp(&b.text));
        for (at, root) in roots.into_iter().enumerate() {
            tree.push(u32::try_from(at).unwrap_or(u32::MAX), &root);
        }
        let mut at = 0;
        while at < tree.nodes.len() && tree.nodes.len() < MOST {
            tree.open(at);
            at += 1;
        }
        tree.nodes.shrink_to_fit();
        Self { nodes: tree.nodes }
    }

    /// The segments of a path, last one first.
    fn trail(&self, at: u32) -> impl Iterator<Item = &Node> {
        let mut next = Some(at);
        std::iter::from_fn(move || {
            let node = self.nodes.get(next? as usize)?;
            next = (Some(node.parent) != next).then_some(node.parent);
            Some(node)
        })
    }

    /// A path as it is written.
    pub(super) fn text(&self, model: &Model, at: u32) -> String {
        let labels: Vec<Label> = self.trail(at).map(|node| node.label).collect();
        let mut text = String::new();
        for label in labels.into_iter().rev() {
            text.push('/');
            write_label(model, &mut text, label);
        }
        text
    }
}

struct Builder<'m> {
    model: &'m Model,
    nodes: Vec<Node>,
    places: Vec<(Place, u8)>,
    opened: HashMap<(TypeId, bool), usize>,
}

impl Builder<'_> {
    fn push(&mut self, parent: u32, child: &Child) {
        let operations = self.model.operations_of(child.place);
        self.nodes.push(Node { parent, label: child.label, operations, first: 0, count: 0 });
        let is_root = parent as usize == self.nodes.len() - 1;
        let depth = if is_root { 1 } else { self.places[parent as usize].1 + 1 };
        self.places.push((child.place, depth));
    }

    fn open(&mut self, at: usize) {
        let (place, depth) = self.places[at];
        let Some((of, many)) = self.model.scope(place) else { return };
        if depth >= DEEPEST || (!many && !self.may_open(at, place, of, depth)) {
            return;
        }
        let before = |of: TypeId| {
            let mut above = Some(at);
            let mut count = 0u8;
            while let Some(here) = above {
                let node = self.nodes[here];
                if let Label::Key(other, _) = node.label
                    && self.model.ty(other).name == self.model.ty(of).name
                {
                    count = count.saturating_add(1);
                }
                above = (node.parent as usize != here).then_some(node.parent as usize);
            }
            count
        };
        // Properties that hold a value are asked for by themselves where a path is short, such as mailbox settings.
        let children = children(self.model, place, before, depth <= 2);
        let opened = self.opened.entry((of, many)).or_default();
        if *opened >= (PER_TYPE / children.len().max(1)).clamp(1, OPENED) && !many {
            return;
        }
        *opened += 1;
        let at32 = u32::try_from(at).unwrap_or(u32::MAX);
        self.nodes[at].first = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        self.nodes[at].count = u32::try_from(children.len()).unwrap_or(u32::MAX);
        for child in &children {
            self.push(at32, child);
        }
    }

    /// What lives here, is not above itself, and is not what needs a signed-in user.
    fn may_open(&self, at: usize, place: Place, of: TypeId, depth: u8) -> bool {
        if !place.contained {
            return false;
        }
        if depth == 1 {
            return !matches!(
                self.model.full_name(of).as_str(),
                "microsoft.graph.user" | "microsoft.graph.drive"
            );
        }
        let mut here = at;
        loop {
            let parent = self.nodes[here].parent as usize;
            if parent == here {
                return true;
            }
            here = parent;
            if matches!(self.places[here].0.at, At::Entity(above) | At::Singleton(above) if above == of) {
                return false;
            }
        }
    }
}

/// What lies below a place, in the order of names, each once.
pub(super) fn children(
    model: &Model,
    place: Place,
    keys_before: impl Fn(TypeId) -> u8,
    values: bool,
) -> Vec<Child> {
    let Some((of, many)) = model.scope(place) else { return Vec::new() };
    let mut labels: Vec<(Label, Place)> = Vec::new();
    for id in model.operations(of, many) {
        let operation = model.operation(id);
        let label = if operation.is_action { Label::Name(operation.name) } else { Label::Call(id) };
        labels.push((label, model.place(place, Next::Operation(id))));
    }
    if many {
        labels.extend(place.keyed().map(|keyed| (Label::Key(of, keys_before(of)), keyed)));
    } else {
        for id in model.properties(of).filter(|id| is_listed(model, *id, values)) {
            labels.push((Label::Name(model.property(id).name), model.place(place, Next::Property(id))));
        }
        if model.ty(of).stream == Stream::Sometimes
            || model.chain(of).any(|of| model.ty(of).stream == Stream::Always)
        {
            labels.push((Label::Value, Place { at: At::Stream, ..place }));
        }
    }
    let with_text = |(label, place)| Child { label, place, text: text_of(model, label) };
    let mut children: Vec<Child> = labels.into_iter().map(with_text).collect();
    // Stable, so that of two with the same text the one of the nearer type stays.
    children.sort_by(|a, b| a.text.cmp(&b.text));
    children.dedup_by(|b, a| a.text == b.text);
    children
}

/// Whether a property is a path of its own that is worth listing.
fn is_listed(model: &Model, id: PropertyId, values: bool) -> bool {
    let property = model.property(id);
    if property.role != Role::Structural {
        return true;
    }
    match property.of {
        Use { what: What::Primitive(Primitive::Stream), .. } => true,
        Use { what: What::Type(of), collection: false, .. } => {
            values && matches!(model.ty(of).kind, super::model::TypeKind::Complex)
                || model.properties(of).any(|id| model.property(id).role != Role::Structural)
        }
        _ => false,
    }
}

fn text_of(model: &Model, label: Label) -> String {
    let mut text = String::new();
    write_label(model, &mut text, label);
    text
}

pub(super) fn write_label(model: &Model, out: &mut String, label: Label) {
    match label {
        Label::Name(name) => out.push_str(model.text(name)),
        Label::Key(of, before) => write_key(model, out, of, before.into()),
        Label::Value => out.push_str("$value"),
        Label::Call(id) => {
            let operation = model.operation(id);
            let parameters = operation.parameters.of(&model.parameters);
            let all: Vec<(NameId, Use)> = parameters.iter().map(|p| (p.name, p.of)).collect();
            let _ = write!(out, "{}", model.text(operation.name));
            write_call(model, out, &all);
        }
    }
}
