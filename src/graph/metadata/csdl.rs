//! Reads the document: CSDL XML, as OASIS writes it down (docs.oasis-open.org/odata/odata-csdl-xml/v4.01).

use std::borrow::Cow;

use super::MetadataError;
use super::annotations::{self, Facts};
use super::link::{self, Unlinked};
use super::model::{
    Alternate, Binding, Import, Limits, Model, Operation, Parameter, Primitive, Property, Role, Source, Span,
    Stream, Type, TypeId, TypeKind, Use, What,
};
use super::names::{Collector, NameId};
use super::xml::{Node, Tag, Xml};

/// The largest document that is read, in bytes: Graph's own has 3.4 MB.
pub(super) const LARGEST: usize = 64 << 20;

/// Reads a document and links what is in it.
pub(super) fn read(document: &[u8]) -> Result<Model, MetadataError> {
    if document.len() > LARGEST {
        return Err(MetadataError::new("it is larger than 64 MB"));
    }
    let text = std::str::from_utf8(document).map_err(|_| MetadataError::new("it is not UTF-8"))?;
    let mut reader = Csdl {
        xml: Xml::new(text.strip_prefix('\u{feff}').unwrap_or(text)),
        names: Collector::default(),
        unlinked: Unlinked::default(),
        model: Model::default(),
    };
    reader.document()?;
    if reader.model.schemas.is_empty() {
        return Err(MetadataError::new("there is no schema in it"));
    }
    link::link(reader.model, reader.names, reader.unlinked)
}

struct Csdl<'a> {
    xml: Xml<'a>,
    names: Collector,
    unlinked: Unlinked,
    model: Model,
}

impl<'a> Csdl<'a> {
    /// Goes through the elements of the one that was opened last.
    fn each(
        &mut self,
        mut child: impl FnMut(&mut Self, &Tag<'a>) -> Result<(), MetadataError>,
    ) -> Result<(), MetadataError> {
        loop {
            match self.xml.next()? {
                Node::Open(tag) => child(self, &tag)?,
                Node::Text(_) => {}
                Node::Close | Node::End => return Ok(()),
            }
        }
    }

    fn document(&mut self) -> Result<(), MetadataError> {
        self.each(|this, tag| match tag.name() {
            "Edmx" => this.each(|this, tag| match tag.name() {
                "DataServices" => this.each(|this, tag| match tag.name() {
                    "Schema" => this.schema(tag),
                    _ => this.xml.skip(),
                }),
                _ => this.xml.skip(),
            }),
            _ => Err(this.xml.error("it is not CSDL")),
        })
    }

    fn schema(&mut self, tag: &Tag<'a>) -> Result<(), MetadataError> {
        let [namespace, alias] = tag.attributes(["Namespace", "Alias"])?;
        let namespace = self.needed(namespace, "Namespace")?;
        let alias = alias.map(|alias| self.identifier(Some(alias))).transpose()?;
        self.model.schemas.push((namespace, alias));
        self.each(|this, tag| match tag.name() {
            "EntityType" => this.structured(tag, namespace, TypeKind::Entity),
            "ComplexType" => this.structured(tag, namespace, TypeKind::Complex),
            "EnumType" => this.enumeration(tag, namespace),
            "TypeDefinition" => this.definition(tag, namespace),
            "Action" => this.operation(tag, namespace, true),
            "Function" => this.operation(tag, namespace, false),
            "EntityContainer" => this.container(tag, namespace),
            "Annotations" => this.annotations(tag),
            _ => this.xml.skip(),
        })
    }

    fn structured(&mut self, tag: &Tag<'a>, namespace: NameId, kind: TypeKind) -> Result<(), MetadataError> {
        let [name, base, is_abstract, open, stream] =
            tag.attributes(["Name", "BaseType", "Abstract", "OpenType", "HasStream"])?;
        let mut of = Type::new(namespace, self.identifier(name)?, kind);
        of.is_abstract = is(is_abstract.as_deref());
        of.open = is(open.as_deref());
        if is(stream.as_deref()) {
            of.stream = Stream::Always;
        }
        if let Some(base) = base {
            // A place in the list of references until it is linked.
            of.base = Some(self.reference(&base));
        }
        let properties = self.model.properties.len();
        let (mut keys, mut alternates) = (Vec::new(), Vec::new());
        self.each(|this, tag| match tag.name() {
            "Property" => this.property(tag, false),
            "NavigationProperty" => this.property(tag, true),
            "Key" => this.each(|this, tag| {
                let [name, alias] = tag.attributes(["Name", "Alias"])?;
                keys.push(this.needed(alias.or(name), "Name")?);
                this.xml.skip()
            }),
            "Annotation" => {
                let facts = annotations::read(&mut this.xml, tag)?;
                let are_plain = |names: &&Vec<Box<str>>| names.iter().all(|name| is_identifier(name));
                for names in facts.alternate_keys.iter().filter(are_plain) {
                    alternates.push(Alternate { names: names.iter().map(|n| this.names.add(n)).collect() });
                }
                Ok(())
            }
            _ => this.xml.skip(),
        })?;
        of.properties = Span::since(properties, &self.model.properties);
        let start = self.model.words.len();
        self.model.words.append(&mut keys);
        of.keys = Span::since(start, &self.model.words);
        let start = self.model.alternates.len();
        self.model.alternates.append(&mut alternates);
        of.alternates = Span::since(start, &self.model.alternates);
        self.model.types.push(of);
        Ok(())
    }

    fn property(&mut self, tag: &Tag<'a>, navigation: bool) -> Result<(), MetadataError> {
        let [name, of, nullable, contains] =
            tag.attributes(["Name", "Type", "Nullable", "ContainsTarget"])?;
        let property = Property {
            name: self.identifier(name)?,
            of: self.usage(of, nullable.as_deref())?,
            role: match (navigation, is(contains.as_deref())) {
                (false, _) => Role::Structural,
                (true, false) => Role::Navigation,
                (true, true) => Role::Containment,
            },
            read_only: false,
            immutable: false,
            limits: Limits::default(),
            text: None,
        };
        let at = self.model.properties.len();
        self.model.properties.push(property);
        self.each(|this, tag| {
            if tag.name() != "Annotation" {
                return this.xml.skip();
            }
            let facts = annotations::read(&mut this.xml, tag)?;
            facts.describe(&mut this.model.properties[at], &mut this.model.texts);
            Ok(())
        })
    }

    fn enumeration(&mut self, tag: &Tag<'a>, namespace: NameId) -> Result<(), MetadataError> {
        let [name, flags] = tag.attributes(["Name", "IsFlags"])?;
        let kind = TypeKind::Enum { flags: is(flags.as_deref()) };
        let mut of = Type::new(namespace, self.identifier(name)?, kind);
        let start = self.model.words.len();
        self.each(|this, tag| {
            if tag.name() == "Member" {
                let [name] = tag.attributes(["Name"])?;
                let name = this.identifier(name)?;
                this.model.words.push(name);
            }
            this.xml.skip()
        })?;
        of.members = Span::since(start, &self.model.words);
        self.model.types.push(of);
        Ok(())
    }

    fn definition(&mut self, tag: &Tag<'a>, namespace: NameId) -> Result<(), MetadataError> {
        let [name, of] = tag.attributes(["Name", "UnderlyingType"])?;
        let of = of.unwrap_or_default();
        let kind = TypeKind::Definition(Primitive::named(of.strip_prefix("Edm.").unwrap_or_default()));
        let name = self.identifier(name)?;
        self.model.types.push(Type::new(namespace, name, kind));
        self.xml.skip()
    }

    fn operation(&mut self, tag: &Tag<'a>, namespace: NameId, is_action: bool) -> Result<(), MetadataError> {
        let [name, bound] = tag.attributes(["Name", "IsBound"])?;
        let name = self.identifier(name)?;
        let mut binding_is_next = is(bound.as_deref());
        let start = self.model.parameters.len();
        let (mut binding, mut returns) = (None, None);
        self.each(|this, tag| match tag.name() {
            "Parameter" => {
                let [name, of, nullable] = tag.attributes(["Name", "Type", "Nullable"])?;
                let mut parameter = Parameter {
                    name: this.identifier(name)?,
                    of: this.usage(of, nullable.as_deref())?,
                    optional: false,
                };
                this.each(|this, tag| match tag.name() {
                    "Annotation" => {
                        parameter.optional |= annotations::read(&mut this.xml, tag)?.optional;
                        Ok(())
                    }
                    _ => this.xml.skip(),
                })?;
                if std::mem::take(&mut binding_is_next) {
                    binding = Some(parameter.of);
                } else {
                    this.model.parameters.push(parameter);
                }
                Ok(())
            }
            "ReturnType" => {
                let [of, nullable] = tag.attributes(["Type", "Nullable"])?;
                returns = Some(this.usage(of, nullable.as_deref())?);
                this.xml.skip()
            }
            _ => this.xml.skip(),
        })?;
        if binding_is_next {
            return Err(self.xml.error("a bound operation has no parameter that it is bound to"));
        }
        let parameters = Span::since(start, &self.model.parameters);
        self.model.operations.push(Operation { namespace, name, is_action, binding, parameters, returns });
        Ok(())
    }

    fn container(&mut self, tag: &Tag<'a>, namespace: NameId) -> Result<(), MetadataError> {
        let [container] = tag.attributes(["Name"])?;
        let container = self.identifier(container)?;
        self.unlinked.container = Some((namespace, container));
        self.each(|this, tag| {
            let [name, set, of, function, action] =
                tag.attributes(["Name", "EntityType", "Type", "Function", "Action"])?;
            match tag.name() {
                "EntitySet" | "Singleton" => {
                    let name = this.identifier(name)?;
                    let is_set = tag.name() == "EntitySet";
                    let of = this.needed_text(if is_set { set } else { of }, "Type")?;
                    let of = this.reference(&of);
                    let start = this.model.bindings.len();
                    this.each(|this, tag| {
                        if tag.name() == "NavigationPropertyBinding" {
                            let [path, target] = tag.attributes(["Path", "Target"])?;
                            let path = this.needed(path, "Path")?;
                            let target = this.needed(target, "Target")?;
                            this.model.bindings.push(Binding { path, target });
                        }
                        this.xml.skip()
                    })?;
                    let bindings = Span::since(start, &this.model.bindings);
                    let limits = Limits::default();
                    this.model.sources.push(Source { name, of, is_set, limits, bindings });
                    Ok(())
                }
                "FunctionImport" | "ActionImport" => {
                    let name = this.identifier(name)?;
                    let operation = this.needed_text(function.or(action), "Function or Action")?;
                    let (namespace, of) = operation.rsplit_once('.').unwrap_or_default();
                    let operation = (this.names.add(namespace), this.names.add(of));
                    this.model.imports.push(Import { name, operation });
                    this.xml.skip()
                }
                _ => this.xml.skip(),
            }
        })
    }

    fn annotations(&mut self, tag: &Tag<'a>) -> Result<(), MetadataError> {
        let [target] = tag.attributes(["Target"])?;
        let target = self.needed_text(target, "Target")?.into_owned();
        let mut all = Facts::default();
        self.each(|this, tag| match tag.name() {
            "Annotation" => {
                all.add(annotations::read(&mut this.xml, tag)?);
                Ok(())
            }
            _ => this.xml.skip(),
        })?;
        // What is bound to an operation's parameters has them in brackets behind its name; nothing is needed of it.
        if all != Facts::default() && !target.contains('(') {
            self.unlinked.annotations.push((target.into(), all));
        }
        Ok(())
    }

    /// A name that is no more than one: what is written with it, a path or a schema, needs no escapes.
    fn identifier(&mut self, text: Option<Cow<'_, str>>) -> Result<NameId, MetadataError> {
        let text = self.needed_text(text, "Name")?;
        if is_identifier(&text) {
            Ok(self.names.add(&text))
        } else {
            Err(self.xml.error("a name is no identifier"))
        }
    }

    /// Identifiers with something between them.
    fn needed(&mut self, text: Option<Cow<'_, str>>, what: &str) -> Result<NameId, MetadataError> {
        let text = self.needed_text(text, what)?;
        let is_one = text.len() <= 4096 && text.chars().all(|c| c.is_alphanumeric() || "_./".contains(c));
        if is_one { Ok(self.names.add(&text)) } else { Err(self.xml.error("a name is no identifier")) }
    }

    fn needed_text<'t>(&self, text: Option<Cow<'t, str>>, what: &str) -> Result<Cow<'t, str>, MetadataError> {
        text.filter(|text| !text.is_empty())
            .ok_or_else(|| self.xml.error(&format!("an element has no {what}")))
    }

    fn usage(&mut self, of: Option<Cow<'_, str>>, nullable: Option<&str>) -> Result<Use, MetadataError> {
        let of = self.needed_text(of, "Type")?;
        let inner = of.strip_prefix("Collection(").and_then(|rest| rest.strip_suffix(')'));
        let name = inner.unwrap_or(&of);
        let what = match name.strip_prefix("Edm.") {
            Some(primitive) => What::Primitive(Primitive::named(primitive)),
            None => What::Type(self.reference(name)),
        };
        Ok(Use { what, collection: inner.is_some(), nullable: nullable != Some("false") })
    }

    /// A place in the list of references, which is linked when all types are known.
    fn reference(&mut self, name: &str) -> TypeId {
        let name = self.names.add(name);
        self.unlinked.reference(name)
    }
}

impl Type {
    fn new(namespace: NameId, name: NameId, kind: TypeKind) -> Self {
        Self {
            namespace,
            name,
            kind,
            base: None,
            is_abstract: false,
            open: false,
            stream: Stream::Never,
            properties: Span::default(),
            members: Span::default(),
            keys: Span::default(),
            alternates: Span::default(),
            limits: Limits::default(),
            text: None,
        }
    }
}

/// A simple identifier has 128 characters at most (CSDL XML, section 17.2).
fn is_identifier(text: &str) -> bool {
    text.len() <= 512 && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

fn is(value: Option<&str>) -> bool {
    matches!(value, Some("true" | "1"))
}
