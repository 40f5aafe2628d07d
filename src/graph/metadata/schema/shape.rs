//! What is to be written, in no language yet: a value, and the types that it needs.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::graph::metadata::model::{
    Model, OperationId, Primitive, PropertyId, Role, TypeId, TypeKind, Use, What,
};
use crate::graph::metadata::place::{At, Operation, Place};
use crate::graph::metadata::resource::Resource;

/// How many types are written in the place of an abstract one; where there are more, they are only named.
const VARIANTS: usize = 8;

/// How many types or properties a note names.
const NAMED: usize = 20;

/// Everything that a schema says.
pub(super) struct Document<'m> {
    pub(super) operation: Operation,
    pub(super) template: &'m str,
    pub(super) root: Root<'m>,
    /// In the order of their first use.
    pub(super) definitions: Vec<Definition<'m>>,
}

pub(super) enum Root<'m> {
    Value(Value),
    Object(Object<'m>),
}

/// A type under a name of its own.
pub(super) struct Definition<'m> {
    /// `message`, `security.alert`: without `microsoft.graph.`, and different from every other.
    pub(super) name: String,
    pub(super) body: Body<'m>,
}

pub(super) enum Body<'m> {
    Object(Object<'m>),
    /// An enumeration; of flags, several may stand with commas between them.
    Words {
        words: Vec<&'m str>,
        flags: bool,
    },
    /// One of these definitions.
    OneOf(Vec<usize>),
    /// Another name for a primitive type.
    Primitive(Primitive),
}

#[derive(Default)]
pub(super) struct Object<'m> {
    pub(super) notes: Vec<String>,
    pub(super) fields: Vec<Field<'m>>,
}

pub(super) struct Field<'m> {
    pub(super) name: &'m str,
    pub(super) value: Value,
    pub(super) required: bool,
    pub(super) text: Option<&'m str>,
}

#[derive(Clone, Debug)]
pub(super) struct Value {
    pub(super) item: Item,
    pub(super) collection: bool,
    pub(super) nullable: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Item {
    Primitive(Primitive),
    /// A place among the definitions.
    Definition(usize),
    /// This text and no other.
    Constant(String),
    /// A URL.
    Link,
}

impl Value {
    fn one(item: Item) -> Self {
        Self { item, collection: false, nullable: false }
    }
}

impl<'m> Document<'m> {
    pub(super) fn new(model: &'m Model, resource: &'m Resource, operation: Operation) -> Self {
        let mut builder = Builder {
            model,
            operation,
            ids: HashMap::new(),
            names: HashSet::new(),
            definitions: Vec::new(),
            queue: VecDeque::new(),
        };
        let root = builder.root(resource.place, resource.target.as_deref());
        while let Some((id, of, tagged)) = builder.queue.pop_front() {
            builder.definitions[id].body = builder.body(of, tagged, id == 0);
        }
        Self { operation, template: &resource.template, root, definitions: builder.definitions }
    }
}

struct Builder<'m> {
    model: &'m Model,
    operation: Operation,
    /// Definitions by type, with and without their own name in them.
    ids: HashMap<(TypeId, bool), usize>,
    names: HashSet<String>,
    definitions: Vec<Definition<'m>>,
    queue: VecDeque<(usize, TypeId, bool)>,
}

impl<'m> Builder<'m> {
    /// Whether it describes what comes from Graph, and not what goes to it.
    fn reads(&self) -> bool {
        self.operation == Operation::Fetch
    }

    fn root(&mut self, place: Place, target: Option<&str>) -> Root<'m> {
        match (self.operation, place.at) {
            (Operation::Action | Operation::Function, At::Action(id) | At::Function(id)) => {
                Root::Object(self.parameters(id))
            }
            (_, At::Function(id)) => {
                let operation = self.model.operation(id);
                let is_delta = self.model.text(operation.name).eq_ignore_ascii_case("delta");
                match operation.returns {
                    Some(of) => self.answer(of, is_delta),
                    None => Root::Object(Object::default()),
                }
            }
            (Operation::Fetch, At::Entities(of)) => {
                let value = Value {
                    item: Item::Definition(self.define(of, false)),
                    collection: true,
                    nullable: false,
                };
                Root::Object(envelope(value, false))
            }
            (_, At::Entities(of) | At::Entity(of) | At::Singleton(of)) => {
                Root::Value(Value::one(Item::Definition(self.define(of, false))))
            }
            (_, At::Value(of)) if self.reads() => self.answer(of, false),
            (_, At::Value(of)) => Root::Value(self.value(of)),
            (_, At::Stream) => Root::Value(Value::one(Item::Primitive(Primitive::Stream))),
            (_, At::Count) => Root::Value(Value::one(Item::Primitive(Primitive::Int32))),
            (_, At::Reference | At::Action(_)) => Root::Object(reference(target)),
        }
    }

    /// What Graph gives for a value: an object as it is, and anything else in an envelope (the JSON format of `OData`, section 11).
    fn answer(&mut self, of: Use, is_delta: bool) -> Root<'m> {
        let value = self.value(of);
        match of.what {
            What::Primitive(Primitive::Stream) if !of.collection => Root::Value(value),
            What::Type(id) if !of.collection && is_object(self.model, id) => Root::Value(value),
            _ if of.collection => Root::Object(envelope(value, is_delta)),
            _ => {
                let field = Field { name: "value", value, required: true, text: None };
                Root::Object(Object { fields: vec![field], ..Object::default() })
            }
        }
    }

    fn parameters(&mut self, id: OperationId) -> Object<'m> {
        let model = self.model;
        let parameters = model.operation(id).parameters.of(&model.parameters);
        let fields = parameters.iter().map(|parameter| Field {
            name: model.text(parameter.name),
            value: self.value(parameter.of),
            required: model.is_required(id, parameter),
            text: None,
        });
        let fields: Vec<Field<'m>> = fields.collect();
        let notes = if fields.is_empty() { vec!["Takes nothing.".to_owned()] } else { Vec::new() };
        Object { notes, fields }
    }

    fn value(&mut self, of: Use) -> Value {
        let item = match of.what {
            What::Primitive(primitive) => Item::Primitive(primitive),
            What::Type(id) => Item::Definition(self.define(id, false)),
        };
        // What nullable says of a collection is said of its elements, and it is not said in earnest.
        Value { item, collection: of.collection, nullable: of.nullable && !of.collection }
    }

    fn define(&mut self, of: TypeId, tagged: bool) -> usize {
        if let Some(id) = self.ids.get(&(of, tagged)) {
            return *id;
        }
        let mut name = self.model.short_name(of);
        while !self.names.insert(name.clone()) {
            name.push('_');
        }
        let id = self.definitions.len();
        self.definitions.push(Definition { name, body: Body::OneOf(Vec::new()) });
        self.ids.insert((of, tagged), id);
        self.queue.push_back((id, of, tagged));
        id
    }

    fn body(&mut self, of: TypeId, tagged: bool, is_root: bool) -> Body<'m> {
        let model = self.model;
        let ty = model.ty(of);
        match ty.kind {
            TypeKind::Definition(primitive) => return Body::Primitive(primitive),
            TypeKind::Enum { flags } => {
                // What stands for words of the future is never sent by a client.
                let is_known = |word: &&str| self.reads() || *word != "unknownFutureValue";
                let words = ty.members.of(&model.words).iter().map(|word| model.text(*word));
                return Body::Words { words: words.filter(is_known).collect(), flags };
            }
            TypeKind::Entity | TypeKind::Complex => {}
        }
        let derived: Vec<TypeId> = model.derived(of).filter(|of| !model.ty(*of).is_abstract).collect();
        if !self.reads() && ty.is_abstract && !tagged && (1..=VARIANTS).contains(&derived.len()) {
            return Body::OneOf(derived.into_iter().map(|of| self.define(of, true)).collect());
        }
        let mut object = Object::default();
        let may_be_another = !derived.is_empty() && (ty.is_abstract || model.is_entity(of));
        if tagged || may_be_another {
            let item = if tagged {
                Item::Constant(format!("#{}", model.full_name(of)))
            } else {
                Item::Primitive(Primitive::String)
            };
            let value = Value::one(item);
            object.fields.push(Field { name: "@odata.type", value, required: tagged, text: None });
        }
        if may_be_another && !tagged {
            let names = derived.iter().map(|of| model.short_name(*of)).collect();
            object.notes.push(format!("Also as: {}.", listed(names)));
        }
        let chain: Vec<TypeId> = model.chain(of).collect();
        for id in chain.into_iter().rev().flat_map(|of| model.own_properties(of)) {
            if self.is_there(of, id) {
                let property = model.property(id);
                object.fields.push(Field {
                    name: model.text(property.name),
                    value: self.value(property.of),
                    required: self.operation == Operation::Create && is_needed(model, property.of),
                    text: property.text.filter(|_| is_root).map(|text| &*model.texts[text as usize]),
                });
            }
        }
        if is_root {
            self.notes(of, &mut object);
        }
        Body::Object(object)
    }

    /// Whether a property is part of the body.
    fn is_there(&self, of: TypeId, id: PropertyId) -> bool {
        let model = self.model;
        let property = model.property(id);
        if property.role != Role::Structural || property.of.what == What::Primitive(Primitive::Stream) {
            return false;
        }
        let is_key = || model.keys(of).contains(&property.name);
        match self.operation {
            Operation::Fetch => true,
            Operation::Update => !property.read_only && !property.immutable && !is_key(),
            // A key that is not called id is the caller's to choose.
            _ => !property.read_only && (model.text(property.name) != "id" || !is_key()),
        }
    }

    /// What the type at the root has besides its properties.
    fn notes(&self, of: TypeId, object: &mut Object<'m>) {
        let model = self.model;
        let all = || model.properties(of).map(|id| model.property(id));
        let names = |role: &[Role]| -> Vec<String> {
            let properties = all().filter(|property| role.contains(&property.role));
            properties.map(|property| model.text(property.name).to_owned()).collect()
        };
        if let Some(text) = model.ty(of).text {
            object.notes.insert(0, model.texts[text as usize].to_string());
        }
        if self.reads() && model.chain(of).any(|of| model.ty(of).open) {
            object.notes.push("Other properties may come too.".to_owned());
        }
        let (navigation, what) = match self.operation {
            Operation::Fetch => (names(&[Role::Navigation, Role::Containment]), "With $expand"),
            Operation::Create => (names(&[Role::Containment]), "Entities that may come with it"),
            _ => (Vec::new(), ""),
        };
        if !navigation.is_empty() {
            object.notes.push(format!("{what}: {}.", listed(navigation)));
        }
        let is_stream = |property: &&super::super::model::Property| {
            property.of.what == What::Primitive(Primitive::Stream)
        };
        let streams: Vec<String> =
            all().filter(is_stream).map(|property| model.text(property.name).to_owned()).collect();
        if self.reads() && !streams.is_empty() {
            object.notes.push(format!("Bytes, below paths of their own: {}.", listed(streams)));
        }
    }
}

/// A page of a collection.
fn envelope<'m>(value: Value, is_delta: bool) -> Object<'m> {
    let link = |name| Field { name, value: Value::one(Item::Link), required: false, text: None };
    let mut fields =
        vec![Field { name: "value", value, required: true, text: None }, link("@odata.nextLink")];
    if is_delta {
        fields.push(link("@odata.deltaLink"));
    }
    Object { fields, ..Object::default() }
}

/// What points to an entity.
fn reference<'m>(target: Option<&str>) -> Object<'m> {
    let value = Value::one(Item::Link);
    let notes = target.map(|target| format!("The URL of an entity in {target}."));
    Object {
        fields: vec![Field { name: "@odata.id", value, required: true, text: None }],
        notes: notes.into_iter().collect(),
    }
}

fn is_object(model: &Model, id: TypeId) -> bool {
    matches!(model.ty(id).kind, TypeKind::Entity | TypeKind::Complex)
}

/// Whether a new entity must bring a value of its own. Numbers, dates and words of an enumeration that may not be null
/// have a default with Graph, and so have collections.
fn is_needed(model: &Model, of: Use) -> bool {
    let has_none = match of.what {
        What::Primitive(primitive) => primitive == Primitive::String,
        What::Type(id) => is_object(model, id),
    };
    has_none && !of.nullable && !of.collection
}

fn listed(mut names: Vec<String>) -> String {
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    let names = names.join(", ");
    if more > 0 { format!("{names} and {more} more") } else { names }
}
