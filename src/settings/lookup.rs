//! Finding a setting: options win over `WORKIQ_*`, which win over `AZURE_*`.

use std::borrow::Cow;

use super::environment::Environment;
use super::options::{Face, Options};
use super::problem::Problem;

/// Where a setting can come from, the highest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// Given in code or as a flag.
    Options,
    /// A `WORKIQ_*` variable.
    Workiq,
    /// An `AZURE_*` variable.
    Azure,
}

impl Layer {
    /// All layers, the highest first.
    pub const ALL: [Self; 3] = [Self::Options, Self::Workiq, Self::Azure];
}

/// The names of one setting.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// The option in code.
    pub option: &'static str,
    /// The flag; empty where there is none, as for secrets.
    pub flag: &'static str,
    /// The `WORKIQ_*` variable.
    pub workiq: &'static str,
    /// The `AZURE_*` variable; empty where there is none.
    pub azure: &'static str,
    /// The option's value.
    pub pick: fn(&Options) -> Option<Cow<'_, str>>,
}

impl Key {
    /// Every name a person could set, for "is missing".
    #[must_use]
    pub fn names(&self) -> String {
        let parts = [self.workiq, self.azure, self.flag];
        parts.iter().filter(|p| !p.is_empty()).copied().collect::<Vec<_>>().join(" / ")
    }
}

/// A value and where it was found.
#[derive(Clone, Debug)]
pub struct Found<'a> {
    /// The value, free of white space and quotes around it. May be a secret.
    pub value: Cow<'a, str>,
    /// The option, flag or variable.
    pub name: &'static str,
    /// The layer it was found in.
    pub layer: Layer,
}

/// Reads settings and gathers what is wrong with them.
#[derive(Debug)]
pub struct Lookup<'a> {
    options: &'a Options,
    environment: &'a Environment,
    /// What is wrong so far.
    pub problems: Vec<Problem>,
}

impl<'a> Lookup<'a> {
    /// A lookup over `options` and `environment`.
    #[must_use]
    pub fn new(options: &'a Options, environment: &'a Environment) -> Self {
        Self { options, environment, problems: Vec::new() }
    }

    /// The options looked in.
    #[must_use]
    pub fn options(&self) -> &'a Options {
        self.options
    }

    /// What `read` reads, and the problems that it finds, which are left for the caller to put in their place.
    pub fn apart<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> (T, Vec<Problem>) {
        let before = std::mem::take(&mut self.problems);
        let outcome = read(self);
        (outcome, std::mem::replace(&mut self.problems, before))
    }

    /// The environment looked in.
    #[must_use]
    pub fn environment(&self) -> &'a Environment {
        self.environment
    }

    /// The value in `layer`, if it is there, whole or not.
    #[must_use]
    pub fn in_layer(&self, key: &Key, layer: Layer) -> Option<Found<'a>> {
        let (value, name) = match layer {
            Layer::Options => {
                let name = if self.options.face == Face::CommandLine { key.flag } else { key.option };
                ((key.pick)(self.options).filter(|value| !value.is_empty())?, name)
            }
            Layer::Workiq => (Cow::Borrowed(self.environment.get(key.workiq)?), key.workiq),
            Layer::Azure => (Cow::Borrowed(self.environment.get(key.azure)?), key.azure),
        };
        Some(Found { value, name, layer })
    }

    /// The value in the highest layer that has one.
    #[must_use]
    pub fn find(&self, key: &Key) -> Option<Found<'a>> {
        Layer::ALL.into_iter().find_map(|layer| self.in_layer(key, layer))
    }

    /// The setting as `parse` reads it, or `None` where it is not set or wrong, the latter noted as a problem.
    /// `parse` says what is wrong, to stand behind the value; `expected` is what it should look like.
    pub fn optional<T>(
        &mut self,
        key: &Key,
        expected: &str,
        parse: impl Fn(&str) -> Result<T, &'static str>,
    ) -> Option<T> {
        let found = self.find(key)?;
        let outcome = clean(&found).map_or_else(
            || parse(&found.value).map_err(|wrong| Problem::wrong(found.name, &found.value, wrong, expected)),
            Err,
        );
        outcome.map_err(|problem| self.problems.push(problem)).ok()
    }

    /// As [`Self::optional`], with a problem also where the setting is not set.
    pub fn required<T>(
        &mut self,
        key: &Key,
        expected: &str,
        parse: impl Fn(&str) -> Result<T, &'static str>,
    ) -> Option<T> {
        if self.find(key).is_none() {
            self.problems.push(Problem::missing(key.names(), expected));
            return None;
        }
        self.optional(key, expected, parse)
    }
}

/// The problem of white space or quotes around a value, which a CI secret or an `.env` file picked up. They are never
/// trimmed away: in a secret they could be part of it. The value is not shown.
#[must_use]
pub fn clean(found: &Found<'_>) -> Option<Problem> {
    let value = found.value.as_ref();
    let ends = |c: char| value.starts_with(c) && value.ends_with(c) && value.len() > 1;
    let wrong = if value.ends_with(['\n', '\r']) {
        "ends with a line break, which it probably picked up when it was stored"
    } else if value.trim() != value {
        "has white space around it, which it probably picked up when it was stored"
    } else if ends('"') || ends('\'') {
        "has quotes around it, which are part of the value there"
    } else {
        return None;
    };
    Some(Problem::hidden(
        found.name,
        wrong,
        "the bare value; store it again, for example with printf '%s' rather than echo",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: Key = Key {
        option: "tenantId",
        flag: "--tenant-id",
        workiq: "WORKIQ_TENANT_ID",
        azure: "AZURE_TENANT_ID",
        pick: |o| o.tenant_id.as_deref().map(Cow::from),
    };

    #[test]
    fn layers_win_in_order_and_empty_is_unset() {
        let environment: Environment =
            [("WORKIQ_TENANT_ID", "w"), ("AZURE_TENANT_ID", "a")].into_iter().collect();
        let options = Options { tenant_id: Some("o".into()), ..Options::default() };
        assert_eq!(Lookup::new(&options, &environment).find(&KEY).unwrap().value, "o");
        let options = Options { tenant_id: Some(String::new()), ..Options::default() };
        assert_eq!(Lookup::new(&options, &environment).find(&KEY).unwrap().name, "WORKIQ_TENANT_ID");
        let environment: Environment =
            [("WORKIQ_TENANT_ID", ""), ("AZURE_TENANT_ID", "a")].into_iter().collect();
        assert_eq!(Lookup::new(&options, &environment).find(&KEY).unwrap().layer, Layer::Azure);
    }

    #[test]
    fn white_space_and_quotes_are_told_and_the_value_is_not() {
        for value in ["s3cret\n", " s3cret", "\"s3cret\"", "'s3cret'"] {
            let environment: Environment = [("WORKIQ_TENANT_ID", value)].into_iter().collect();
            let options = Options::default();
            let mut lookup = Lookup::new(&options, &environment);
            assert!(lookup.required(&KEY, "x", |_| Ok(())).is_none());
            let text = lookup.problems[0].to_string();
            assert!(text.starts_with("WORKIQ_TENANT_ID") && !text.contains("s3cret"), "{text}");
        }
    }
}
