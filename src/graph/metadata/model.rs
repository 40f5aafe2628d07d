//! What a document says, as ids into vectors: thirty thousand elements in a few megabytes.

use std::marker::PhantomData;
use std::ops::Range;

use super::names::{NameId, Names};

/// A place in one of the vectors of [`Model`].
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(super) struct $name(pub(super) u32);

        impl $name {
            pub(super) fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

ids! {
    /// A type that the document defines.
    TypeId
    /// A structural or navigation property.
    PropertyId
    /// One overload of an action or function.
    OperationId
    /// An entity set or singleton.
    SourceId
}

/// A run of elements in one of the vectors of [`Model`].
#[derive(Debug)]
pub(super) struct Span<T> {
    start: u32,
    end: u32,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for Span<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Span<T> {}

impl<T> Default for Span<T> {
    fn default() -> Self {
        Self { start: 0, end: 0, of: PhantomData }
    }
}

impl<T> Span<T> {
    /// From `start` to the end of `all`.
    pub(super) fn since(start: usize, all: &[T]) -> Self {
        let at = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self { start: at(start), end: at(all.len()), of: PhantomData }
    }

    pub(super) fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    pub(super) fn of(self, all: &[T]) -> &[T] {
        all.get(self.range()).unwrap_or_default()
    }
}

/// Everything, in the order of the document.
#[derive(Debug, Default)]
pub(super) struct Model {
    pub(super) names: Names,
    pub(super) types: Vec<Type>,
    pub(super) properties: Vec<Property>,
    /// Members of enumerations, names of keys.
    pub(super) words: Vec<NameId>,
    pub(super) alternates: Vec<Alternate>,
    pub(super) operations: Vec<Operation>,
    pub(super) parameters: Vec<Parameter>,
    pub(super) sources: Vec<Source>,
    pub(super) bindings: Vec<Binding>,
    pub(super) imports: Vec<Import>,
    /// Descriptions, cut to a length that is of use.
    pub(super) texts: Vec<Box<str>>,
    /// Namespaces with their aliases.
    pub(super) schemas: Vec<(NameId, Option<NameId>)>,
    /// Operations by what they are bound to, sorted.
    pub(super) bound: Vec<(TypeId, bool, OperationId)>,
}

/// An entity, complex or enumeration type, or a type definition.
#[derive(Clone, Debug)]
pub(super) struct Type {
    pub(super) namespace: NameId,
    pub(super) name: NameId,
    pub(super) kind: TypeKind,
    pub(super) base: Option<TypeId>,
    pub(super) is_abstract: bool,
    /// An instance may have properties that the document does not name.
    pub(super) open: bool,
    pub(super) stream: Stream,
    /// Its own, without those of its base.
    pub(super) properties: Span<Property>,
    pub(super) members: Span<NameId>,
    pub(super) keys: Span<NameId>,
    pub(super) alternates: Span<Alternate>,
    pub(super) limits: Limits,
    pub(super) text: Option<u32>,
}

/// Whether an instance is itself a stream, to be had under `$value`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stream {
    Never,
    /// One of a derived type is.
    Sometimes,
    Always,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TypeKind {
    Entity,
    Complex,
    Enum { flags: bool },
    Definition(Primitive),
}

/// Which type, one or many, and whether null may stand there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Use {
    pub(super) what: What,
    pub(super) collection: bool,
    pub(super) nullable: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Primitive(Primitive),
    Type(TypeId),
}

/// The primitive types of `OData` 4.01 (CSDL XML, section 3.3), those of geography as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Primitive {
    Binary,
    Boolean,
    Byte,
    Date,
    DateTimeOffset,
    Decimal,
    Double,
    Duration,
    Geo,
    Guid,
    Int16,
    Int32,
    Int64,
    SByte,
    Single,
    Stream,
    String,
    TimeOfDay,
    Untyped,
}

impl Primitive {
    /// The one of a name without `Edm.`; what is not known may be anything.
    pub(super) fn named(name: &str) -> Self {
        match name {
            "Binary" => Self::Binary,
            "Boolean" => Self::Boolean,
            "Byte" => Self::Byte,
            "Date" => Self::Date,
            "DateTimeOffset" => Self::DateTimeOffset,
            "Decimal" => Self::Decimal,
            "Double" => Self::Double,
            "Duration" => Self::Duration,
            "Guid" => Self::Guid,
            "Int16" => Self::Int16,
            "Int32" => Self::Int32,
            "Int64" => Self::Int64,
            "SByte" => Self::SByte,
            "Single" => Self::Single,
            "Stream" => Self::Stream,
            "String" => Self::String,
            "TimeOfDay" => Self::TimeOfDay,
            _ if name.starts_with("Geo") => Self::Geo,
            _ => Self::Untyped,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Binary => "Edm.Binary",
            Self::Boolean => "Edm.Boolean",
            Self::Byte => "Edm.Byte",
            Self::Date => "Edm.Date",
            Self::DateTimeOffset => "Edm.DateTimeOffset",
            Self::Decimal => "Edm.Decimal",
            Self::Double => "Edm.Double",
            Self::Duration => "Edm.Duration",
            Self::Geo => "Edm.Geography",
            Self::Guid => "Edm.Guid",
            Self::Int16 => "Edm.Int16",
            Self::Int32 => "Edm.Int32",
            Self::Int64 => "Edm.Int64",
            Self::SByte => "Edm.SByte",
            Self::Single => "Edm.Single",
            Self::Stream => "Edm.Stream",
            Self::String => "Edm.String",
            Self::TimeOfDay => "Edm.TimeOfDay",
            Self::Untyped => "Edm.Untyped",
        }
    }

    /// Whether it stands between single quotes in a path.
    pub(super) fn is_quoted(self) -> bool {
        matches!(self, Self::String)
    }
}

/// What the capabilities vocabulary says may not be done; nothing is said of most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Limits {
    pub(super) insertable: Option<bool>,
    pub(super) updatable: Option<bool>,
    pub(super) deletable: Option<bool>,
    pub(super) readable: Option<bool>,
}

impl Limits {
    /// These, and where they say nothing, `other`.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            insertable: self.insertable.or(other.insertable),
            updatable: self.updatable.or(other.updatable),
            deletable: self.deletable.or(other.deletable),
            readable: self.readable.or(other.readable),
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Property {
    pub(super) name: NameId,
    pub(super) of: Use,
    pub(super) role: Role,
    /// Set by the service alone.
    pub(super) read_only: bool,
    /// Set when it is made and never again.
    pub(super) immutable: bool,
    pub(super) limits: Limits,
    pub(super) text: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// A value of the instance.
    Structural,
    /// Another entity, which lives elsewhere.
    Navigation,
    /// Another entity, which lives in this one.
    Containment,
}

/// An alternate key: the names that stand in the path, such as `appId` in `applications(appId='…')`.
#[derive(Clone, Debug)]
pub(super) struct Alternate {
    pub(super) names: Box<[NameId]>,
}

#[derive(Clone, Debug)]
pub(super) struct Operation {
    pub(super) namespace: NameId,
    pub(super) name: NameId,
    /// It is called with POST, has a body and may change something; else it is a function, called with GET.
    pub(super) is_action: bool,
    pub(super) binding: Option<Use>,
    /// Without the one that it is bound to.
    pub(super) parameters: Span<Parameter>,
    pub(super) returns: Option<Use>,
}

#[derive(Clone, Debug)]
pub(super) struct Parameter {
    pub(super) name: NameId,
    pub(super) of: Use,
    pub(super) optional: bool,
}

/// Where a path may begin.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) name: NameId,
    pub(super) of: TypeId,
    /// A set of entities; else one that is always there.
    pub(super) is_set: bool,
    pub(super) limits: Limits,
    /// Where its navigation properties lead.
    pub(super) bindings: Span<Binding>,
}

/// A navigation property, by its path from the set or singleton, and the set that it leads to.
#[derive(Clone, Debug)]
pub(super) struct Binding {
    pub(super) path: NameId,
    pub(super) target: NameId,
}

/// An unbound operation that a path may begin with.
#[derive(Clone, Debug)]
pub(super) struct Import {
    pub(super) name: NameId,
    /// Its namespace and name.
    pub(super) operation: (NameId, NameId),
}

impl Model {
    pub(super) fn ty(&self, id: TypeId) -> &Type {
        &self.types[id.index()]
    }

    pub(super) fn property(&self, id: PropertyId) -> &Property {
        &self.properties[id.index()]
    }

    pub(super) fn operation(&self, id: OperationId) -> &Operation {
        &self.operations[id.index()]
    }

    pub(super) fn source(&self, id: SourceId) -> &Source {
        &self.sources[id.index()]
    }

    pub(super) fn text(&self, name: NameId) -> &str {
        self.names.text(name)
    }

    /// A type, its base, the base of that, and so on.
    pub(super) fn chain(&self, id: TypeId) -> impl Iterator<Item = TypeId> + '_ {
        std::iter::successors(Some(id), |id| self.ty(*id).base)
    }

    pub(super) fn is_a(&self, id: TypeId, base: TypeId) -> bool {
        self.chain(id).any(|id| id == base)
    }

    pub(super) fn is_entity(&self, id: TypeId) -> bool {
        self.ty(id).kind == TypeKind::Entity
    }

    /// All types that have `base` somewhere above them, in the order of the document.
    pub(super) fn derived(&self, base: TypeId) -> impl Iterator<Item = TypeId> + '_ {
        (0u32..).map(TypeId).take(self.types.len()).filter(move |id| *id != base && self.is_a(*id, base))
    }

    /// The properties that a type defines itself.
    pub(super) fn own_properties(&self, id: TypeId) -> impl Iterator<Item = PropertyId> + '_ {
        self.ty(id).properties.range().map(|at| PropertyId(u32::try_from(at).unwrap_or(u32::MAX)))
    }

    /// All properties of a type: its own, then those of its base.
    pub(super) fn properties(&self, id: TypeId) -> impl Iterator<Item = PropertyId> + '_ {
        self.chain(id).flat_map(|id| self.own_properties(id))
    }

    /// The operations that are bound to one of a type, or to many: its own, then those of its base.
    pub(super) fn operations(&self, id: TypeId, many: bool) -> impl Iterator<Item = OperationId> + '_ {
        self.chain(id).flat_map(move |id| {
            let start = self.bound.partition_point(|(to, of_many, _)| (*to, *of_many) < (id, many));
            let of = move |(to, of_many, _): &&(TypeId, bool, OperationId)| (*to, *of_many) == (id, many);
            self.bound[start..].iter().take_while(of).map(|(_, _, operation)| *operation)
        })
    }

    /// The names of the key of an entity type.
    pub(super) fn keys(&self, id: TypeId) -> &[NameId] {
        let keys = self.chain(id).map(|id| self.ty(id).keys.of(&self.words)).find(|keys| !keys.is_empty());
        keys.unwrap_or_default()
    }

    /// Whether a caller must give a parameter: an action's may be left out where it may be null.
    pub(super) fn is_required(&self, id: OperationId, parameter: &Parameter) -> bool {
        let may_be_null = self.operation(id).is_action && parameter.of.nullable;
        !parameter.optional && !may_be_null
    }

    /// `microsoft.graph.message`.
    pub(super) fn full_name(&self, id: TypeId) -> String {
        let of = self.ty(id);
        format!("{}.{}", self.text(of.namespace), self.text(of.name))
    }

    /// `message`, and `security.alert` for a type that is not in Graph's own namespace.
    pub(super) fn short_name(&self, id: TypeId) -> String {
        let full = self.full_name(id);
        full.strip_prefix("microsoft.graph.").map_or_else(|| full.clone(), str::to_owned)
    }

    /// `Collection(microsoft.graph.message)`, `Edm.String`.
    pub(super) fn use_name(&self, of: Use) -> String {
        let name = self.item_name(of);
        if of.collection { format!("Collection({name})") } else { name }
    }

    /// The same without the collection.
    pub(super) fn item_name(&self, of: Use) -> String {
        match of.what {
            What::Primitive(primitive) => primitive.name().to_owned(),
            What::Type(id) => self.full_name(id),
        }
    }
}
