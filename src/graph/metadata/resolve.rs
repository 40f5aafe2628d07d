//! From the path of a request to what is there.
//!
//! This decides what a write is, so a path with two readings is never given the milder one: what could be an operation
//! is one, and what is not known is nothing at all.

mod lookup;

use std::borrow::Cow;
use std::fmt::Write as _;

use percent_encoding::percent_decode_str;

use super::Metadata;
use super::model::{Model, OperationId, SourceId, TypeId, Use, What};
use super::names::NameId;
use super::place::{At, Next, Place};
use super::resource::{Kind, Parameter, Resource};
use super::segment::{Argument, Segment};

/// The longest path that is looked at: what [`GraphPath`](crate::graph::path::GraphPath) takes.
const LONGEST: usize = 16 * 1024;

impl Metadata {
    /// What the path of a request leads to; none where the metadata does not know it, and then nothing may be
    /// concluded but that.
    ///
    /// `path` begins with a slash, has no query and no version, and may be percent-encoded. Names count in any case;
    /// keys may stand in brackets; drive items and sites may be addressed by their path between colons; place-holders
    /// in braces are keys, so that a template leads to itself.
    #[must_use]
    pub fn resolve(&self, path: &str) -> Option<Resource> {
        if path.len() > LONGEST {
            return None;
        }
        let mut segments = Vec::new();
        for segment in path.strip_prefix('/')?.split('/') {
            let segment = percent_decode_str(segment).decode_utf8().ok()?;
            if segment.is_empty() || segment.contains(char::is_control) {
                return None;
            }
            segments.push(segment);
        }
        Walk::new(&self.model).all(&segments)
    }
}

/// The way through the segments of a path.
#[derive(Clone)]
pub(super) struct Walk<'m> {
    model: &'m Model,
    pub(super) place: Option<Place>,
    pub(super) template: String,
    /// Types that a key was written for.
    keys: Vec<TypeId>,
    given: Vec<(NameId, String)>,
    source: Option<SourceId>,
    /// Properties and types that were gone through since the source, as bindings are written.
    route: String,
}

impl<'m> Walk<'m> {
    pub(super) fn new(model: &'m Model) -> Self {
        Self {
            model,
            place: None,
            template: String::new(),
            keys: Vec::new(),
            given: Vec::new(),
            source: None,
            route: String::new(),
        }
    }

    fn all(mut self, segments: &[Cow<'_, str>]) -> Option<Resource> {
        self.walk(segments)?;
        self.finish()
    }

    /// Goes through `segments`, or stops at the first that leads nowhere.
    pub(super) fn walk(&mut self, segments: &[Cow<'_, str>]) -> Option<()> {
        let mut rest = segments.iter().map(AsRef::as_ref);
        while let Some(segment) = rest.next() {
            // `root:`, and `contoso.sharepoint.com:`: a path follows, up to the next colon at the end of a segment.
            if let Some(before) = segment.strip_suffix(':')
                && !before.is_empty()
            {
                self.step(before)?;
                let of = self.addressed_by_path()?;
                let mut length = 0;
                let closed = rest.by_ref().any(|segment| {
                    length += usize::from(segment != ":");
                    segment.ends_with(':')
                });
                if length == 0 {
                    return None;
                }
                let _ = write!(self.template, ":/{{{of}-path}}{}", if closed { ":" } else { "" });
            } else {
                self.step(segment)?;
            }
        }
        Some(())
    }

    /// One segment further.
    fn step(&mut self, segment: &str) -> Option<()> {
        let read = Segment::read(segment);
        let Some(place) = self.place else { return self.begin(read) };
        let here = self.model.opened(place)?;
        self.given.clear();
        if segment.starts_with('$') {
            return self.system(here, segment);
        }
        if let Some((namespace, name)) = read.name.rsplit_once('.') {
            if let Some(of) = self.model.type_named(namespace, name) {
                return self.cast(here, of, read);
            }
            if self.model.namespace(namespace).is_some() {
                let next = self.find(here, Some(namespace), name, read.arguments.as_deref())?;
                return self.follow(here, next, read.arguments);
            }
        }
        match self.find(here, None, read.name, read.arguments.as_deref()) {
            Some(next) => self.follow(here, next, read.arguments),
            None => self.key(here, segment),
        }
    }

    /// The first segment: a set, a singleton or an import.
    fn begin(&mut self, read: Segment<'_>) -> Option<()> {
        let name = self.model.names.find(read.name)?;
        let is = |id: NameId| self.model.names.fold(id) == name;
        if let Some(at) = self.model.sources.iter().position(|source| is(source.name)) {
            let id = SourceId(u32::try_from(at).ok()?);
            self.push(self.model.text(self.model.source(id).name));
            self.place = Some(self.model.source_place(id));
            self.source = Some(id);
            return self.bracketed_key(read.arguments);
        }
        let import = self.model.imports.iter().find(|import| is(import.name))?;
        let (namespace, name) = import.operation;
        let namespace = self.model.namespace(self.model.text(namespace))?;
        let of = |operation: &&super::model::Operation| {
            operation.binding.is_none()
                && operation.name == name
                && self.model.names.fold(operation.namespace) == namespace
        };
        let candidates = self.model.operations.iter().enumerate().filter(|(_, operation)| of(operation));
        let ids = candidates.filter_map(|(at, _)| u32::try_from(at).ok().map(OperationId));
        let id = self.overload(ids, read.arguments.as_deref())?;
        self.follow(Place::new(At::Count, false), Next::Operation(id), read.arguments)
    }

    /// Goes where a name leads.
    fn follow(&mut self, here: Place, next: Next, arguments: Option<Vec<Argument<'_>>>) -> Option<()> {
        let model = self.model;
        self.place = Some(model.place(here, next));
        match next {
            Next::Property(id) => {
                let name = model.text(model.property(id).name);
                self.push(name);
                self.pass(name);
                self.bracketed_key(arguments)
            }
            Next::Operation(id) => {
                let operation = model.operation(id);
                self.push(model.text(operation.name));
                if operation.is_action {
                    return Some(());
                }
                let mut called = Vec::new();
                for parameter in operation.parameters.of(&model.parameters) {
                    let fold = model.names.fold(parameter.name);
                    let given = arguments
                        .iter()
                        .flatten()
                        .find(|argument| argument.name.and_then(|name| model.names.find(name)) == Some(fold));
                    if let Some(argument) = given {
                        self.given.push((parameter.name, argument.value.clone().into_owned()));
                        called.push((parameter.name, parameter.of));
                    }
                }
                write_call(model, &mut self.template, &called);
                Some(())
            }
        }
    }

    /// `$value` and the like.
    fn system(&mut self, here: Place, segment: &str) -> Option<()> {
        let many = matches!(here.at, At::Entities(_) | At::Value(Use { collection: true, .. }));
        let one = matches!(here.at, At::Entity(_) | At::Singleton(_));
        let (at, name) = match segment.to_ascii_lowercase().as_str() {
            "$count" if many => (At::Count, "$count"),
            "$ref" if matches!(here.at, At::Entities(_) | At::Entity(_)) => (At::Reference, "$ref"),
            "$value" if one || here.at == At::Stream => (At::Stream, "$value"),
            "$value" if matches!(here.at, At::Value(Use { collection: false, .. })) => (At::Stream, "$value"),
            _ => return None,
        };
        self.push(name);
        self.place = Some(Place { at, ..here });
        Some(())
    }

    /// `microsoft.graph.user`: what is there, as far as it is of that type.
    fn cast(&mut self, here: Place, of: TypeId, read: Segment<'_>) -> Option<()> {
        let (now, _) = self.model.scope(here)?;
        if !self.model.is_a(of, now) && !self.model.is_a(now, of) {
            return None;
        }
        let at = match here.at {
            At::Entities(_) => At::Entities(of),
            At::Entity(_) => At::Entity(of),
            At::Singleton(_) => At::Singleton(of),
            At::Value(value) => At::Value(Use { what: What::Type(of), ..value }),
            _ => return None,
        };
        let name = self.model.full_name(of);
        self.push(&name);
        self.pass(&name);
        self.place = Some(Place { at, ..here });
        self.bracketed_key(read.arguments)
    }

    /// A segment that is the key of an entity.
    fn key(&mut self, here: Place, segment: &str) -> Option<()> {
        let keyed = here.keyed()?;
        // What looks like a qualified name of Graph's and is none that fits is not taken for a key.
        if segment.get(..16).is_some_and(|start| start.eq_ignore_ascii_case("microsoft.graph.")) {
            return None;
        }
        let At::Entity(of) = keyed.at else { return None };
        self.template.push('/');
        self.write_key(of);
        self.place = Some(keyed);
        Some(())
    }

    /// A key in brackets: the value alone, or with the name of the key or of an alternate one.
    fn bracketed_key(&mut self, arguments: Option<Vec<Argument<'_>>>) -> Option<()> {
        let Some(arguments) = arguments else { return Some(()) };
        let keyed = self.place?.keyed()?;
        let At::Entity(of) = keyed.at else { return None };
        let model = self.model;
        let names: Option<Vec<_>> =
            arguments.iter().map(|argument| argument.name.map(|name| model.names.find(name))).collect();
        let is_key = |key: &[NameId]| {
            names.as_ref().is_some_and(|names| {
                names.len() == key.len()
                    && key.iter().all(|name| names.contains(&Some(model.names.fold(*name))))
            })
        };
        if (arguments.len() == 1 && arguments[0].name.is_none()) || is_key(model.keys(of)) {
            self.template.push('/');
            self.write_key(of);
        } else {
            let alternates = model.chain(of).flat_map(|of| model.ty(of).alternates.of(&model.alternates));
            let key = alternates.map(|alternate| &*alternate.names).find(|names| is_key(names))?;
            let parts: Vec<String> =
                key.iter().map(|name| format!("{0}='{{{0}}}'", model.text(*name))).collect();
            let _ = write!(self.template, "({})", parts.join(","));
        }
        self.place = Some(keyed);
        Some(())
    }

    /// `{message-id}`, with a number where there is one already.
    fn write_key(&mut self, of: TypeId) {
        let before = self.keys_like(of);
        self.keys.push(of);
        write_key(self.model, &mut self.template, of, before.into());
    }

    /// How many keys of the name of this type's there are already.
    pub(super) fn keys_like(&self, of: TypeId) -> u8 {
        let name = self.model.ty(of).name;
        let like = self.keys.iter().filter(|of| self.model.ty(**of).name == name).count();
        u8::try_from(like).unwrap_or(u8::MAX)
    }

    fn pass(&mut self, name: &str) {
        if !self.route.is_empty() {
            self.route.push('/');
        }
        self.route.push_str(name);
    }

    /// Where what a navigation property points to lives.
    fn target(&self) -> Option<&'m str> {
        let model = self.model;
        let bindings = model.source(self.source?).bindings.of(&model.bindings);
        let binding = bindings.iter().find(|binding| model.text(binding.path) == self.route)?;
        Some(model.text(binding.target))
    }

    fn push(&mut self, name: &str) {
        self.template.push('/');
        self.template.push_str(name);
    }

    /// What may be followed by a colon and a path: drive items and sites, and nothing else.
    fn addressed_by_path(&self) -> Option<&'static str> {
        let At::Entity(of) = self.place?.at else { return None };
        let name = self.model.full_name(of);
        [("microsoft.graph.driveItem", "item"), ("microsoft.graph.site", "site")]
            .into_iter()
            .find_map(|(full, word)| (full == name).then_some(word))
    }

    fn finish(self) -> Option<Resource> {
        let (model, place) = (self.model, self.place?);
        let parameters = |id: OperationId| -> Vec<Parameter> {
            let all = model.operation(id).parameters.of(&model.parameters).iter();
            all.map(|parameter| Parameter {
                name: model.text(parameter.name).to_owned(),
                type_name: model.use_name(parameter.of),
                required: model.is_required(id, parameter),
                given: self.given.iter().find(|(name, _)| *name == parameter.name).map(|(_, v)| v.clone()),
            })
            .collect()
        };
        let entity = |of: TypeId| Some(model.full_name(of));
        let result = |of: Option<Use>| (of.map(|of| model.item_name(of)), of.is_some_and(|of| of.collection));
        let (kind, (type_name, collection), parameters) = match place.at {
            At::Entities(of) => (Kind::Collection, (entity(of), true), Vec::new()),
            At::Entity(of) => (Kind::Entity, (entity(of), false), Vec::new()),
            At::Singleton(of) => (Kind::Singleton, (entity(of), false), Vec::new()),
            At::Value(of) => (Kind::Property, result(Some(of)), Vec::new()),
            At::Stream => (Kind::Stream, (Some("Edm.Stream".to_owned()), false), Vec::new()),
            At::Count => (Kind::Count, (Some("Edm.Int32".to_owned()), false), Vec::new()),
            At::Reference => (Kind::Ref, (None, false), Vec::new()),
            At::Action(id) => (Kind::Action, result(model.operation(id).returns), parameters(id)),
            At::Function(id) => (Kind::Function, result(model.operation(id).returns), parameters(id)),
        };
        let operations = model.operations_of(place);
        let is_elsewhere =
            matches!(place.at, At::Entities(_) | At::Entity(_) | At::Reference) && !place.contained;
        let target = self.target().filter(|_| is_elsewhere).map(str::to_owned);
        Some(Resource {
            kind,
            template: self.template,
            type_name,
            collection,
            parameters,
            target,
            operations,
            place,
        })
    }
}

/// The place-holder of a key; `before` is how many of the same name stand before it.
pub(super) fn write_key(model: &Model, out: &mut String, of: TypeId, before: usize) {
    let name = model.text(model.ty(of).name);
    let _ = match before {
        0 => write!(out, "{{{name}-id}}"),
        _ => write!(out, "{{{name}-id{before}}}"),
    };
}

/// The brackets of a function's call.
pub(super) fn write_call(model: &Model, out: &mut String, parameters: &[(NameId, Use)]) {
    out.push('(');
    for (at, (name, of)) in parameters.iter().enumerate() {
        let quoted = match of.what {
            What::Primitive(primitive) => !of.collection && primitive.is_quoted(),
            What::Type(_) => !of.collection,
        };
        let (comma, quote) = (if at > 0 { "," } else { "" }, if quoted { "'" } else { "" });
        let name = model.text(*name);
        let _ = write!(out, "{comma}{name}={quote}{{{name}}}{quote}");
    }
    out.push(')');
}

#[cfg(test)]
mod tests;
