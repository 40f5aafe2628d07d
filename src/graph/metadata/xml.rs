//! The XML of the document, one tag after the other, and nothing that a document could do harm with.

use std::borrow::Cow;

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::MetadataError;

/// How deep elements may lie in each other. Graph's own document is twelve deep.
const DEPTH: usize = 64;

/// A reader that gives tags and text, and checks that what was opened is closed.
pub(super) struct Xml<'a> {
    reader: Reader<&'a [u8]>,
    depth: usize,
}

/// What comes next.
pub(super) enum Node<'a> {
    Open(Tag<'a>),
    Close,
    Text(Cow<'a, str>),
    End,
}

/// An opening tag.
pub(super) struct Tag<'a>(BytesStart<'a>);

impl<'a> Xml<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.trim_text(true);
        Self { reader, depth: 0 }
    }

    /// The next tag or text. Comments and instructions are passed over; a document type, with which entities could be
    /// defined, is refused.
    pub(super) fn next(&mut self) -> Result<Node<'a>, MetadataError> {
        loop {
            let event = self.reader.read_event().map_err(|error| self.error(&error.to_string()))?;
            return Ok(match event {
                Event::Start(tag) => {
                    self.depth += 1;
                    if self.depth > DEPTH {
                        return Err(self.error("elements lie too deep in each other"));
                    }
                    Node::Open(Tag(tag))
                }
                Event::End(_) => {
                    self.depth -= 1;
                    Node::Close
                }
                Event::Text(_) | Event::CData(_) if self.depth == 0 => {
                    return Err(self.error("there is text outside of its element"));
                }
                Event::Text(text) => Node::Text(text.into_inner()),
                Event::CData(text) => Node::Text(text.into_inner()),
                Event::DocType(_) => return Err(self.error("it has a document type")),
                Event::Eof if self.depth > 0 => return Err(self.error("it ends in the middle of an element")),
                Event::Eof => Node::End,
                Event::Empty(_)
                | Event::Comment(_)
                | Event::Decl(_)
                | Event::PI(_)
                | Event::GeneralRef(_) => {
                    continue;
                }
            });
        }
    }

    /// Passes over what is left of the element whose tag was read last.
    pub(super) fn skip(&mut self) -> Result<(), MetadataError> {
        let outside = self.depth - 1;
        loop {
            let node = self.next()?;
            if matches!(node, Node::Close) && self.depth == outside {
                return Ok(());
            }
        }
    }

    /// What is wrong, with the place.
    pub(super) fn error(&self, what: &str) -> MetadataError {
        MetadataError::new(&format!("at byte {}: {what}", self.reader.buffer_position()))
    }
}

impl Tag<'_> {
    /// The name without its prefix.
    pub(super) fn name(&self) -> &str {
        let name = self.0.name().into_inner();
        name.rsplit_once(':').map_or(name, |(_, local)| local)
    }

    /// The values of the attributes `names`, in their order.
    pub(super) fn attributes<const N: usize>(
        &self,
        names: [&str; N],
    ) -> Result<[Option<Cow<'_, str>>; N], MetadataError> {
        let mut values = [const { None }; N];
        for attribute in self.0.attributes() {
            let attribute = attribute.map_err(|error| MetadataError::new(&error.to_string()))?;
            let Some(at) = names.iter().position(|name| *name == attribute.key.as_ref()) else { continue };
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(|error| MetadataError::new(&error.to_string()))?;
            values[at] = Some(value);
        }
        Ok(values)
    }
}
