//! What a name means at a place.

use super::Walk;
use crate::graph::metadata::model::{OperationId, TypeId};
use crate::graph::metadata::names::NameId;
use crate::graph::metadata::place::{Next, Place};
use crate::graph::metadata::segment::Argument;

impl Walk<'_> {
    /// What `name` is at a place: an operation that is bound to what is there, or a property of it.
    ///
    /// Some paths that Graph documents leave out the type that a derived type's property would need in front of it;
    /// so derived types are looked at where the type itself has nothing of the name.
    pub(super) fn find(
        &self,
        here: Place,
        namespace: Option<&str>,
        name: &str,
        arguments: Option<&[Argument<'_>]>,
    ) -> Option<Next> {
        let (of, many) = self.model.scope(here)?;
        let fold = self.model.names.find(name)?;
        let namespace = match namespace {
            Some(text) => Some(self.model.namespace(text)?),
            None => None,
        };
        let is = |id: &OperationId| {
            let operation = self.model.operation(*id);
            self.model.names.fold(operation.name) == fold
                && namespace.is_none_or(|namespace| self.model.names.fold(operation.namespace) == namespace)
        };
        let operation = |of: TypeId| self.overload(self.model.operations(of, many).filter(is), arguments);
        let property = |of: TypeId| {
            let mut properties = self.model.properties(of);
            properties.find(|id| self.model.names.fold(self.model.property(*id).name) == fold)
        };
        let named = |of: TypeId| {
            operation(of)
                .map(Next::Operation)
                .or_else(|| if many || namespace.is_some() { None } else { property(of).map(Next::Property) })
        };
        if let Some(next) = named(of) {
            return Some(next);
        }
        if many {
            return None;
        }
        let all = || self.model.derived(of).filter_map(named);
        // An action of one derived type weighs more than a property of another.
        let is_action =
            |next: &Next| matches!(next, Next::Operation(id) if self.model.operation(*id).is_action);
        all().find(is_action).or_else(|| all().next())
    }

    /// The overload that takes `arguments`; where there are none, an action's only or a function's shortest.
    pub(super) fn overload(
        &self,
        candidates: impl Iterator<Item = OperationId>,
        arguments: Option<&[Argument<'_>]>,
    ) -> Option<OperationId> {
        let parameters = |id: OperationId| self.model.operation(id).parameters.of(&self.model.parameters);
        let takes = |id: &OperationId| {
            let Some(arguments) = arguments else { return true };
            let operation = self.model.operation(*id);
            if operation.is_action {
                return arguments.is_empty();
            }
            let known = arguments.iter().all(|argument| {
                let fold = argument.name.and_then(|name| self.model.names.find(name));
                fold.is_some_and(|fold| parameters(*id).iter().any(|p| self.model.names.fold(p.name) == fold))
            });
            let required = parameters(*id).iter().filter(|p| !p.optional);
            let given = |name: NameId| {
                let fold = self.model.names.fold(name);
                arguments.iter().any(|a| a.name.and_then(|a| self.model.names.find(a)) == Some(fold))
            };
            known && required.into_iter().all(|p| given(p.name))
        };
        let mut found: Vec<OperationId> = candidates.filter(takes).collect();
        // Nearest type first, as they come; an action before a function.
        found.sort_by_key(|id| (!self.model.operation(*id).is_action, parameters(*id).len()));
        found.first().copied()
    }
}
