//! A place in Graph that a path can lead to, and what can be asked there.

use std::fmt;

use super::model::{
    Limits, Model, OperationId, Primitive, PropertyId, Role, SourceId, TypeId, TypeKind, Use, What,
};
use super::names::Fold;

/// What is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    Entities(TypeId),
    Entity(TypeId),
    Singleton(TypeId),
    /// A structural property, or what lies in one.
    Value(Use),
    Stream,
    Count,
    Reference,
    Action(OperationId),
    Function(OperationId),
}

/// A place, with what the way to it says of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) at: At,
    pub(super) limits: Limits,
    /// What is there lives there, and is not only pointed to.
    pub(super) contained: bool,
}

/// What a name leads to from a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    Property(PropertyId),
    Operation(OperationId),
}

/// What a path can be asked for; also what `get_schema` gives a schema of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// `GET`.
    Fetch,
    /// `POST` to a collection.
    Create,
    /// `PATCH`.
    Update,
    /// `DELETE`.
    Delete,
    /// `POST` of parameters to an action, or of a reference to `$ref`.
    Action,
    /// `GET` of a function; its schema is that of its parameters, while that of [`Self::Fetch`] is its result's.
    Function,
}

/// A set of [`Operation`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Operations(u8);

const ALL: [Operation; 6] = [
    Operation::Fetch,
    Operation::Create,
    Operation::Update,
    Operation::Delete,
    Operation::Action,
    Operation::Function,
];

impl Operation {
    /// The word for it: `fetch`, `create`, `update`, `delete`, `action`, `function`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Fetch => "fetch",
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Action => "action",
            Self::Function => "function",
        }
    }

    /// The operation of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        ALL.into_iter().find(|operation| operation.word().eq_ignore_ascii_case(word))
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl Operations {
    /// Whether `operation` is one of them.
    #[must_use]
    pub fn contains(self, operation: Operation) -> bool {
        self.0 & (1 << operation as u8) != 0
    }

    /// Each of them, `fetch` first.
    pub fn iter(self) -> impl Iterator<Item = Operation> {
        ALL.into_iter().filter(move |operation| self.contains(*operation))
    }

    fn with(self, operation: Operation, there: bool) -> Self {
        Self(self.0 | u8::from(there) << operation as u8)
    }
}

impl Place {
    pub(super) fn new(at: At, contained: bool) -> Self {
        Self { at, limits: Limits::default(), contained }
    }

    /// An entity of the collection that this is.
    pub(super) fn keyed(self) -> Option<Self> {
        match self.at {
            At::Entities(of) => Some(Self { at: At::Entity(of), ..self }),
            _ => None,
        }
    }
}

impl Model {
    pub(super) fn source_place(&self, id: SourceId) -> Place {
        let source = self.source(id);
        let at = if source.is_set { At::Entities(source.of) } else { At::Singleton(source.of) };
        Place { at, limits: source.limits, contained: true }
    }

    /// Where a property or operation leads.
    pub(super) fn place(&self, from: Place, next: Next) -> Place {
        match next {
            Next::Operation(id) if self.operation(id).is_action => Place::new(At::Action(id), false),
            Next::Operation(id) => Place::new(At::Function(id), false),
            Next::Property(id) => {
                let property = self.property(id);
                let mut place = self.value(property.of, property.role != Role::Structural);
                place.limits = property.limits.or(place.limits);
                if property.read_only {
                    place.limits.updatable = Some(false);
                }
                place.contained = match property.role {
                    Role::Structural => from.contained,
                    Role::Navigation => false,
                    Role::Containment => true,
                };
                place
            }
        }
    }

    /// Where a value of `of` is.
    fn value(&self, of: Use, navigation: bool) -> Place {
        let at = match of.what {
            What::Type(id) if self.is_entity(id) && of.collection => At::Entities(id),
            What::Type(id) if self.is_entity(id) => At::Entity(id),
            What::Primitive(Primitive::Stream) if !of.collection && !navigation => At::Stream,
            _ => At::Value(of),
        };
        Place::new(at, false)
    }

    /// What a further segment is looked up in: of a function that is what it gives.
    pub(super) fn opened(&self, place: Place) -> Option<Place> {
        match place.at {
            At::Function(id) => Some(self.value(self.operation(id).returns?, false)),
            At::Action(_) | At::Count | At::Reference => None,
            _ => Some(place),
        }
    }

    /// The type whose properties and operations can follow, and whether there are many of it.
    pub(super) fn scope(&self, place: Place) -> Option<(TypeId, bool)> {
        match place.at {
            At::Entities(of) => Some((of, true)),
            At::Entity(of) | At::Singleton(of) => Some((of, false)),
            At::Value(Use { what: What::Type(of), collection: false, .. })
                if self.ty(of).kind == TypeKind::Complex =>
            {
                Some((of, false))
            }
            _ => None,
        }
    }

    /// What can be asked of a place.
    pub(super) fn operations_of(&self, place: Place) -> Operations {
        let limits = match self.scope(place) {
            Some((of, _)) => self.chain(of).fold(place.limits, |limits, of| limits.or(self.ty(of).limits)),
            None => place.limits,
        };
        let may = |limit: Option<bool>| limit != Some(false);
        let writes = |limit: Option<bool>| place.contained && may(limit);
        let read = Operations::default().with(Operation::Fetch, may(limits.readable));
        match place.at {
            At::Entities(_) => read.with(Operation::Create, writes(limits.insertable)),
            At::Entity(_) => read
                .with(Operation::Update, writes(limits.updatable))
                .with(Operation::Delete, writes(limits.deletable)),
            At::Singleton(_) => read.with(Operation::Update, may(limits.updatable)),
            At::Value(_) => {
                let one = self.scope(place).is_some();
                read.with(Operation::Update, one && writes(limits.updatable))
            }
            At::Stream | At::Count => read,
            At::Reference => read.with(Operation::Action, true).with(Operation::Delete, true),
            At::Action(_) => Operations::default().with(Operation::Action, true),
            At::Function(_) => read.with(Operation::Function, true),
        }
    }

    /// A type by its qualified name in a path, whatever the case.
    pub(super) fn type_named(&self, namespace: &str, name: &str) -> Option<TypeId> {
        let (namespace, name) = (self.namespace(namespace)?, self.names.find(name)?);
        let is = |of: &super::model::Type| {
            self.names.fold(of.name) == name && self.names.fold(of.namespace) == namespace
        };
        self.types.iter().position(is).and_then(|at| u32::try_from(at).ok()).map(TypeId)
    }

    /// A namespace by its name or alias.
    pub(super) fn namespace(&self, text: &str) -> Option<Fold> {
        let fold = self.names.find(text)?;
        let is = |name| self.names.fold(name) == fold;
        self.schemas
            .iter()
            .find(|(namespace, alias)| is(*namespace) || alias.is_some_and(is))
            .map(|(namespace, _)| self.names.fold(*namespace))
    }
}
