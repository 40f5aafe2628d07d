//! What a path leads to.

use super::place::{Operation, Operations, Place};

/// What a path leads to.
#[derive(Clone, Debug)]
pub struct Resource {
    /// What it is.
    pub kind: Kind,
    /// The path with a place-holder for each id, as in `/users/{user-id}/messages/{message-id}`.
    pub template: String,
    /// The type of what is there, of what an action or function gives, or of one element where there are many:
    /// `microsoft.graph.message`, `Edm.String`. None where nothing comes back.
    pub type_name: Option<String>,
    /// Whether there are many of it.
    pub collection: bool,
    /// Of an action or function: what it takes. Else empty.
    pub parameters: Vec<Parameter>,
    /// Of entities that are only pointed to, where they live: a set such as `directoryObjects`, or a path such as
    /// `planner/tasks`, if the metadata says so.
    pub target: Option<String>,
    /// What it can be asked for. Graph's metadata says little of that, so this is what it does not rule out.
    pub operations: Operations,
    pub(super) place: Place,
}

/// What a path leads to, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Many entities: a POST makes another one.
    Collection,
    /// One entity: a member of a collection, or the one that a navigation property leads to.
    Entity,
    /// One entity, at the root.
    Singleton,
    /// A value of an entity, or many; no entities.
    Property,
    /// Bytes: `$value`, or a property such as `content`.
    Stream,
    /// `$count`.
    Count,
    /// `$ref`: that one entity points to another.
    Ref,
    /// Something that is done, with POST.
    Action,
    /// Something that is worked out, with GET.
    Function,
}

/// A parameter of an action or function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name, in the case of the metadata.
    pub name: String,
    /// Its type: `Edm.String`, `Collection(microsoft.graph.recipient)`.
    pub type_name: String,
    /// Whether it must be given.
    pub required: bool,
    /// The value in the path, decoded; only functions have one there.
    pub given: Option<String>,
}

impl Resource {
    /// What a POST to it does: [`Operation::Create`] where it makes an entity of a collection that lives there, and
    /// else [`Operation::Action`]. So is a POST to a collection that only points to its entities: it changes who is an
    /// owner or a member.
    #[must_use]
    pub fn post(&self) -> Operation {
        let creates = self.kind == Kind::Collection && self.operations.contains(Operation::Create);
        if creates { Operation::Create } else { Operation::Action }
    }
}
