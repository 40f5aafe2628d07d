//! Puts together what was read: names become types, annotations go to what they are about, operations are sorted by
//! what they are bound to.

use std::collections::HashMap;

use super::MetadataError;
use super::annotations::{Facts, keep};
use super::model::{Model, OperationId, Primitive, Source, SourceId, Stream, Type, TypeId, Use, What};
use super::names::{Collector, NameId};

/// How many types a document may have, since some questions go through them all for each of them. Graph's own has
/// less than 4,000.
const MOST: usize = 20_000;

/// What can be put in its place only when everything has been read.
#[derive(Default)]
pub(super) struct Unlinked {
    /// Names that types were referred to by, each once.
    references: Vec<NameId>,
    places: HashMap<NameId, TypeId>,
    /// Namespace and name.
    pub(super) container: Option<(NameId, NameId)>,
    pub(super) annotations: Vec<(Box<str>, Facts)>,
}

impl Unlinked {
    /// A type that stands for `name` until it is linked.
    pub(super) fn reference(&mut self, name: NameId) -> TypeId {
        *self.places.entry(name).or_insert_with(|| {
            self.references.push(name);
            TypeId(u32::try_from(self.references.len() - 1).unwrap_or(u32::MAX))
        })
    }
}

/// Types by namespace and name.
type Known = HashMap<(NameId, NameId), TypeId>;

pub(super) fn link(mut model: Model, names: Collector, unlinked: Unlinked) -> Result<Model, MetadataError> {
    if model.types.len() > MOST {
        return Err(MetadataError::new("it has more than 20,000 types"));
    }
    let id = |at: usize| TypeId(u32::try_from(at).unwrap_or(u32::MAX));
    let known: Known =
        model.types.iter().enumerate().map(|(at, of)| ((of.namespace, of.name), id(at))).collect();
    let schemas = Schemas { model: &model, names: &names };
    let linked: Vec<Option<TypeId>> =
        unlinked.references.iter().map(|name| schemas.find(&known, names.text(*name))).collect();
    let at = |reference: TypeId| linked.get(reference.index()).copied().flatten();
    let sources =
        model.sources.iter().filter_map(|source| Some(Source { of: at(source.of)?, ..source.clone() }));
    model.sources = sources.collect();
    let schemas = Schemas { model: &model, names: &names };
    let annotated: Vec<(Target, Facts)> = unlinked
        .annotations
        .into_iter()
        .filter_map(|(text, facts)| Some((schemas.target(&known, unlinked.container, &text)?, facts)))
        .collect();

    // A type that the document refers to and does not have may be anything.
    let usage = |of: &mut Use| {
        if let What::Type(reference) = of.what {
            of.what = at(reference).map_or(What::Primitive(Primitive::Untyped), What::Type);
        }
    };
    for of in &mut model.types {
        of.base = of.base.and_then(at);
    }
    model.properties.iter_mut().for_each(|property| usage(&mut property.of));
    model.parameters.iter_mut().for_each(|parameter| usage(&mut parameter.of));
    for operation in &mut model.operations {
        operation.binding.iter_mut().chain(&mut operation.returns).for_each(usage);
    }
    refuse_cycles(&model.types, &names)?;
    for at in 0..model.types.len() {
        let mut base = model.types[at].base.filter(|_| model.types[at].stream == Stream::Always);
        while let Some(id) = base {
            let of = &mut model.types[id.index()];
            if of.stream == Stream::Never {
                of.stream = Stream::Sometimes;
            }
            base = of.base;
        }
    }
    annotate(&mut model, annotated);
    model.names = names.finish();
    bind(&mut model);
    shrink(&mut model);
    Ok(model)
}

/// What an annotation is about.
enum Target {
    Type(TypeId),
    /// Of a type, by its exact name.
    Property(TypeId, NameId),
    Source(SourceId),
}

struct Schemas<'a> {
    model: &'a Model,
    names: &'a Collector,
}

impl Schemas<'_> {
    /// The type of a name that is qualified with a namespace or its alias.
    fn find(&self, known: &Known, text: &str) -> Option<TypeId> {
        let (namespace, name) = text.rsplit_once('.')?;
        let (namespace, name) = (self.names.get(namespace)?, self.names.get(name)?);
        let of_alias = |(_, alias): &&(NameId, Option<NameId>)| *alias == Some(namespace);
        let aliased = self.model.schemas.iter().find(of_alias).map(|(namespace, _)| *namespace);
        known.get(&(namespace, name)).or_else(|| known.get(&(aliased?, name))).copied()
    }

    fn target(&self, known: &Known, container: Option<(NameId, NameId)>, text: &str) -> Option<Target> {
        let (outer, inner) = text.split_once('/').map_or((text, None), |(outer, inner)| (outer, Some(inner)));
        if let Some(of) = self.find(known, outer) {
            return Some(match inner {
                None => Target::Type(of),
                Some(name) => Target::Property(of, self.names.get(name)?),
            });
        }
        let (namespace, name) = container?;
        let (of_namespace, of_name) = outer.rsplit_once('.')?;
        if of_namespace != self.names.text(namespace) || of_name != self.names.text(name) {
            return None;
        }
        let name = self.names.get(inner?)?;
        let at = self.model.sources.iter().position(|source| source.name == name)?;
        u32::try_from(at).ok().map(|at| Target::Source(SourceId(at)))
    }
}

fn annotate(model: &mut Model, annotated: Vec<(Target, Facts)>) {
    for (target, facts) in annotated {
        match target {
            Target::Type(id) => {
                let of = &mut model.types[id.index()];
                of.limits = facts.limits.or(of.limits);
                if let Some(text) = facts.description {
                    of.text = keep(&mut model.texts, text);
                }
            }
            Target::Property(id, name) => {
                let range = model.types[id.index()].properties.range();
                if let Some(property) = model.properties[range].iter_mut().find(|p| p.name == name) {
                    facts.describe(property, &mut model.texts);
                }
            }
            Target::Source(id) => {
                if let Some(source) = model.sources.get_mut(id.index()) {
                    source.limits = facts.limits.or(source.limits);
                }
            }
        }
    }
}

/// How many bases a type may have above each other. Graph's own has six at most.
const TALLEST: u8 = 32;

/// A type that is its own base would never end, and a tall tower of bases would take for ever.
fn refuse_cycles(types: &[Type], names: &Collector) -> Result<(), MetadataError> {
    // How many there are above each type, where that is known.
    let mut above: Vec<Option<u8>> = vec![None; types.len()];
    for start in 0..types.len() {
        let mut trail = Vec::new();
        let mut at = Some(start);
        while let Some(here) = at.filter(|here| above[*here].is_none()) {
            if trail.len() > usize::from(TALLEST) {
                break;
            }
            trail.push(here);
            at = types[here].base.map(TypeId::index);
        }
        let lowest = at.map_or(0, |at| above[at].map_or(TALLEST, |height| height + 1));
        for (height, here) in (lowest..).zip(trail.into_iter().rev()) {
            if height >= TALLEST {
                let name = names.text(types[here].name);
                return Err(MetadataError::new(&format!("the type {name} is its own base, or has too many")));
            }
            above[here] = Some(height);
        }
    }
    Ok(())
}

fn bind(model: &mut Model) {
    let id = |at: usize| OperationId(u32::try_from(at).unwrap_or(u32::MAX));
    let bound = model.operations.iter().enumerate().filter_map(|(at, operation)| {
        let binding = operation.binding?;
        match binding.what {
            What::Type(of) => Some((of, binding.collection, id(at))),
            What::Primitive(_) => None,
        }
    });
    model.bound = bound.collect();
    model.bound.sort_unstable();
}

/// Gives back what vectors have reserved.
fn shrink(model: &mut Model) {
    model.types.shrink_to_fit();
    model.properties.shrink_to_fit();
    model.words.shrink_to_fit();
    model.operations.shrink_to_fit();
    model.parameters.shrink_to_fit();
    model.texts.shrink_to_fit();
}
