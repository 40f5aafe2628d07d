//! The annotations that matter here, of the vocabularies Core and Capabilities (oasis-tcs.github.io/odata-vocabularies).

use super::MetadataError;
use super::model::{Limits, Property};
use super::xml::{Node, Tag, Xml};

/// How much of a description is kept, in characters.
const LONGEST: usize = 200;

/// What annotations say of one thing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) description: Option<Box<str>>,
    pub(super) read_only: bool,
    pub(super) immutable: bool,
    pub(super) optional: bool,
    pub(super) limits: Limits,
    pub(super) alternate_keys: Vec<Vec<Box<str>>>,
}

impl Facts {
    pub(super) fn add(&mut self, other: Self) {
        self.description = self.description.take().or(other.description);
        self.read_only |= other.read_only;
        self.immutable |= other.immutable;
        self.optional |= other.optional;
        self.limits = self.limits.or(other.limits);
        self.alternate_keys.extend(other.alternate_keys);
    }

    /// Puts down on a property what is said of it.
    pub(super) fn describe(self, property: &mut Property, texts: &mut Vec<Box<str>>) {
        property.read_only |= self.read_only;
        property.immutable |= self.immutable;
        property.limits = self.limits.or(property.limits);
        if let Some(text) = self.description {
            property.text = keep(texts, text);
        }
    }
}

/// Keeps a description.
pub(super) fn keep(texts: &mut Vec<Box<str>>, text: Box<str>) -> Option<u32> {
    texts.push(text);
    u32::try_from(texts.len() - 1).ok()
}

/// Reads the annotation whose tag was opened last, to its end.
pub(super) fn read(xml: &mut Xml<'_>, tag: &Tag<'_>) -> Result<Facts, MetadataError> {
    let [term, string, bool] = tag.attributes(["Term", "String", "Bool"])?;
    let values = values(xml)?;
    // Where a term has no value, its default counts, which is true for those that are asked for here.
    let tagged = bool.as_deref() != Some("false");
    let flag = |property: &str| {
        let value = values.iter().find(|value| value.level == 1 && &*value.property == property)?;
        value.text.parse::<bool>().ok()
    };
    let mut facts = Facts::default();
    match term.as_deref().and_then(|term| term.strip_prefix("Org.OData.")).unwrap_or_default() {
        "Core.V1.Description" => facts.description = string.as_deref().and_then(description),
        "Core.V1.Computed" => facts.read_only = tagged,
        "Core.V1.Immutable" => facts.immutable = tagged,
        "Core.V1.OptionalParameter" => facts.optional = true,
        "Core.V1.Permissions" => {
            facts.read_only =
                values.iter().any(|value| value.level == 0 && value.text.ends_with("Permission/Read"));
        }
        "Core.V1.AlternateKeys" => facts.alternate_keys = alternate_keys(&values),
        "Capabilities.V1.InsertRestrictions" => facts.limits.insertable = flag("Insertable"),
        "Capabilities.V1.UpdateRestrictions" => facts.limits.updatable = flag("Updatable"),
        "Capabilities.V1.DeleteRestrictions" => facts.limits.deletable = flag("Deletable"),
        "Capabilities.V1.ReadRestrictions" => facts.limits.readable = flag("Readable"),
        _ => {}
    }
    Ok(facts)
}

/// A value inside an annotation.
struct Value {
    /// How many properties it lies in, with its own.
    level: usize,
    /// The record that it belongs to: they are counted.
    record: usize,
    property: Box<str>,
    text: Box<str>,
}

/// What is inside the element that was opened last, to its end.
fn values(xml: &mut Xml<'_>) -> Result<Vec<Value>, MetadataError> {
    let mut found = Vec::new();
    // Of each open element, whether it is a property, and its name; no deeper than the reader allows.
    let mut open: Vec<Option<Box<str>>> = Vec::new();
    let mut record = 0;
    loop {
        let (text, closes) = match xml.next()? {
            Node::Open(tag) => {
                let is_property = tag.name() == "PropertyValue";
                record += usize::from(tag.name() == "Record");
                let [property, string, bool, path] =
                    tag.attributes(["Property", "String", "Bool", "PropertyPath"])?;
                open.push(is_property.then(|| property.unwrap_or_default().into()));
                (string.or(bool).or(path).map(Box::from), false)
            }
            Node::Text(text) => (Some(Box::from(text)), false),
            Node::Close | Node::End => (None, true),
        };
        if closes && open.pop().is_none() {
            return Ok(found);
        }
        let Some(text) = text else { continue };
        let mut properties = open.iter().flatten();
        let level = properties.clone().count();
        let property = properties.next_back().cloned().unwrap_or_default();
        found.push(Value { level, record, property, text });
    }
}

/// Each key is a list of properties, under another name where there is one.
fn alternate_keys(values: &[Value]) -> Vec<Vec<Box<str>>> {
    let mut keys: Vec<Vec<Box<str>>> = Vec::new();
    let mut last: Option<&Value> = None;
    for value in values.iter().filter(|value| value.level == 2) {
        let same_record = last.is_some_and(|last| last.record == value.record);
        match (&*value.property, same_record) {
            ("Alias", true) => {
                // The name came first, and the alias takes its place.
                if let Some(name) = keys.last_mut().and_then(|key| key.last_mut()) {
                    name.clone_from(&value.text);
                }
            }
            // The record of a key holds those of its properties, so that a key's first one is two further.
            ("Name" | "Alias", false) => match keys.last_mut() {
                Some(key) if last.is_some_and(|last| last.record + 1 == value.record) => {
                    key.push(value.text.clone());
                }
                _ => keys.push(vec![value.text.clone()]),
            },
            _ => continue,
        }
        last = Some(value);
    }
    keys
}

/// A description, unless it says nothing; cut at the end of a word where it is long.
fn description(text: &str) -> Option<Box<str>> {
    let text = crate::error::printable(text, LONGEST);
    (!text.is_empty()).then(|| text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Facts {
        let mut xml = Xml::new(text);
        let Ok(Node::Open(tag)) = xml.next() else { panic!("no tag in {text}") };
        let facts = read(&mut xml, &tag).unwrap();
        assert!(matches!(xml.next(), Ok(Node::End)), "it was read to its end");
        facts
    }

    #[test]
    fn limits_are_those_of_the_thing_itself_and_not_of_what_lies_in_it() {
        let text = r#"<Annotation Term="Org.OData.Capabilities.V1.ReadRestrictions"><Record>
            <PropertyValue Property="ReadByKeyRestrictions"><Record><PropertyValue Property="Readable" Bool="false"/>
            </Record></PropertyValue></Record></Annotation>"#;
        assert_eq!(of(text).limits, Limits::default());
        let text = r#"<Annotation Term="Org.OData.Capabilities.V1.InsertRestrictions"><Record>
            <PropertyValue Property="Description" String="No."/>
            <PropertyValue Property="Insertable" Bool="false"/></Record></Annotation>"#;
        assert_eq!(of(text).limits.insertable, Some(false));
    }

    #[test]
    fn what_only_the_service_sets_is_known_in_both_ways_of_saying_it() {
        assert!(of(r#"<Annotation Term="Org.OData.Core.V1.Computed"/>"#).read_only);
        assert!(!of(r#"<Annotation Term="Org.OData.Core.V1.Computed" Bool="false"/>"#).read_only);
        let text = r#"<Annotation Term="Org.OData.Core.V1.Permissions"><EnumMember>
            Org.OData.Core.V1.Permission/Read</EnumMember></Annotation>"#;
        assert!(of(text).read_only);
        assert!(!of(&text.replace("/Read<", "/ReadWrite<")).read_only);
    }

    #[test]
    fn alternate_keys_may_have_several_properties_and_other_names() {
        let part = |alias: &str, name: &str| {
            format!(
                r#"<Record><PropertyValue Property="Alias" String="{alias}"/>
                <PropertyValue Property="Name" PropertyPath="{name}"/></Record>"#
            )
        };
        let key = |parts: &str| {
            format!(
                r#"<Record><PropertyValue Property="Key"><Collection>{parts}</Collection></PropertyValue></Record>"#
            )
        };
        let text = format!(
            r#"<Annotation Term="Org.OData.Core.V1.AlternateKeys"><Collection>{}{}</Collection></Annotation>"#,
            key(&part("appId", "appId")),
            key(&(part("tenant", "x/tenantId") + &part("name", "name")))
        );
        let expected: Vec<Vec<Box<str>>> = vec![vec!["appId".into()], vec!["tenant".into(), "name".into()]];
        assert_eq!(of(&text).alternate_keys, expected);
    }
}
