//! A check and what came of it.

use std::borrow::Cow;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::page;
use crate::error::{AuthError, ErrorKind};

/// What came of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// As it should be.
    Ok,
    /// It was not done, and why is said.
    Skipped,
    /// It works, and not all of it or not for long.
    Warning,
    /// It does not work.
    Failed,
}

impl Status {
    /// Its name in JSON and on a terminal.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Skipped => "skipped",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

/// Who may read something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Privacy {
    /// Anybody.
    Open,
    /// Who may see ids, user principal names and subjects: the readers of a private repository.
    Ids,
    /// Who may see names, titles and what a service said of them: the person at the terminal.
    Names,
}

/// Something that was found out.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// Its name in JSON.
    pub name: &'static str,
    /// Its value.
    pub value: Value,
    /// The option, flag or variable that it came from, for a setting.
    pub source: Option<&'static str>,
    /// Who may read it.
    pub privacy: Privacy,
}

/// A step to take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Words, to be wrapped. Words with ids in them are not for everybody.
    Words(String, Privacy),
    /// A command to paste as it is. Ids in it are masked for those who may not see them.
    Command(String),
    /// An address to open in a browser. Ids in it are masked likewise.
    Url(String),
}

/// One application permission, beside what the token has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Its name: `Mail.Read`.
    pub name: &'static str,
    /// The id of its app role.
    pub role_id: Option<&'static str>,
    /// Whether it is one of Work IQ's seven, rather than one that helps.
    pub work_iq: bool,
    /// How it is held.
    pub held: Held,
    /// The data that it unlocks.
    pub unlocks: &'static str,
    /// The tools that read it.
    pub tools: &'static [&'static str],
}

/// How a permission is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// It is in the token, or this one is that holds it.
    By(String),
    /// For single sites only, by this one.
    Partly(String),
    /// Exchange opens mailboxes to the application, without a role in the token.
    InExchange,
    /// It is not held.
    Not,
}

impl Held {
    /// Its name in JSON.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::By(_) => "granted",
            Self::Partly(_) => "partly",
            Self::InExchange => "exchange",
            Self::Not => "missing",
        }
    }
}

/// A check that was made or skipped.
#[derive(Clone, Debug)]
pub struct Check {
    /// A stable name for machines. The probes of several users, teams, sites or organizers have the same.
    pub id: &'static str,
    /// A name for people.
    pub title: &'static str,
    /// Which user, team, site or organizer it is about.
    pub target: Option<String>,
    /// What came of it.
    pub status: Status,
    /// How long it took.
    pub took: Duration,
    /// One sentence.
    pub summary: String,
    /// Who may read the sentence.
    pub privacy: Privacy,
    /// The sentence for those who may not read that one, where the code does not make it.
    pub open: Option<String>,
    /// A stable code of what is wrong.
    pub code: Option<String>,
    /// What was found out.
    pub facts: Vec<Fact>,
    /// Permissions, where it is about them.
    pub grants: Vec<Grant>,
    /// What to do, in this order.
    pub todo: Vec<Step>,
    /// A page to read on.
    pub link: Option<Cow<'static, str>>,
    /// Whether it failed because somebody said no, rather than for a technical reason.
    pub refused: bool,
}

impl Check {
    /// A check of that outcome.
    #[must_use]
    pub fn new(id: &'static str, title: &'static str, status: Status, summary: impl Into<String>) -> Self {
        Self {
            id,
            title,
            target: None,
            status,
            took: Duration::ZERO,
            summary: summary.into(),
            privacy: Privacy::Open,
            open: None,
            code: None,
            facts: Vec::new(),
            grants: Vec::new(),
            todo: Vec::new(),
            link: None,
            refused: false,
        }
    }

    /// A check that failed with `error`: its words, what to do and its code.
    #[must_use]
    pub fn of_error(id: &'static str, title: &'static str, error: &AuthError) -> Self {
        let parts = error.parts();
        let own = matches!(error.kind(), ErrorKind::Settings | ErrorKind::Mode);
        let mut check = Self::new(id, title, Status::Failed, error.message()).readable_by(Privacy::Ids);
        check.code = Some(parts.code.to_string());
        check.refused =
            matches!(error.kind(), ErrorKind::Server | ErrorKind::Certificate | ErrorKind::Credential);
        let (hint, more) = error.hint().map(without_page).unwrap_or_default();
        check.todo = steps(&hint, Privacy::Ids);
        if own && check.todo.is_empty() {
            let all = "Mend each of these; workiq-auth --help has all settings.";
            check.todo.push(Step::Words(all.into(), Privacy::Open));
        }
        check.link = more.or_else(|| page::link(&parts.code, parts.aadsts)).map(Cow::from);
        if let Some(number) = parts.aadsts {
            check = check.fact("aadsts", number, Privacy::Open);
        }
        if let Some(status) = parts.status {
            check = check.fact("httpStatus", status, Privacy::Open);
        }
        if let Some(id) = &parts.correlation_id {
            check = check.fact("correlationId", id.as_str(), Privacy::Ids);
        }
        if let Some(id) = &parts.trace_id {
            check = check.fact("traceId", id.as_str(), Privacy::Ids);
        }
        check
    }

    /// The same, its sentence for those readers only.
    #[must_use]
    pub fn readable_by(mut self, privacy: Privacy) -> Self {
        self.privacy = privacy;
        self
    }

    /// The same with one more fact.
    #[must_use]
    pub fn fact(mut self, name: &'static str, value: impl Into<Value>, privacy: Privacy) -> Self {
        self.facts.push(Fact { name, value: value.into(), source: None, privacy });
        self
    }

    /// The same with one more step.
    #[must_use]
    pub fn step(mut self, step: Step) -> Self {
        self.todo.push(step);
        self
    }

    /// The same about `target`.
    #[must_use]
    pub fn about(mut self, target: &str) -> Self {
        self.target = Some(target.to_owned());
        self
    }

    /// The check as `docs/doctor.schema.json` has it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let facts: Map<_, _> =
            self.facts.iter().map(|fact| (fact.name.to_owned(), fact.value.clone())).collect();
        let sources: Map<_, _> = self
            .facts
            .iter()
            .filter_map(|fact| Some((fact.name.to_owned(), Value::from(fact.source?))))
            .collect();
        let mut object = json!({
            "id": self.id,
            "title": self.title,
            "status": self.status.word(),
            "tookMs": u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX),
            "summary": self.summary,
            "facts": facts,
        });
        let mut add = |name: &str, value: Option<Value>| {
            if let (Some(value), Some(object)) = (value, object.as_object_mut()) {
                object.insert(name.to_owned(), value);
            }
        };
        add("target", self.target.as_deref().map(Value::from));
        add("code", self.code.as_deref().map(Value::from));
        add("sources", (!sources.is_empty()).then_some(Value::Object(sources)));
        let grants: Vec<_> = self.grants.iter().map(Grant::to_json).collect();
        add("permissions", (!grants.is_empty()).then_some(Value::Array(grants)));
        let todo: Vec<_> = self.todo.iter().map(Step::to_json).collect();
        add("todo", (!todo.is_empty()).then_some(Value::Array(todo)));
        add("link", self.link.as_deref().map(Value::from));
        object
    }
}

impl Grant {
    fn to_json(&self) -> Value {
        let by = match &self.held {
            Held::By(name) | Held::Partly(name) => Some(name.as_str()),
            Held::InExchange | Held::Not => None,
        };
        json!({
            "name": self.name,
            "appRoleId": self.role_id,
            "kind": if self.work_iq { "workIq" } else { "helper" },
            "status": self.held.word(),
            "by": by,
            "unlocks": self.unlocks,
            "tools": self.tools,
        })
    }
}

impl Step {
    fn to_json(&self) -> Value {
        match self {
            Self::Words(text, _) => json!({"text": text}),
            Self::Command(command) => json!({"command": command}),
            Self::Url(url) => json!({"url": url}),
        }
    }
}

/// A hint without its last line, where that leads to a page, and that page.
#[must_use]
pub fn without_page(hint: &str) -> (String, Option<String>) {
    match hint.rsplit_once("\nMore: ") {
        Some((hint, page)) if !page.contains(char::is_whitespace) => (hint.to_owned(), Some(page.to_owned())),
        _ => (hint.to_owned(), None),
    }
}

/// A hint as steps: its lines are words, but for those that are commands to paste.
#[must_use]
pub fn steps(hint: &str, privacy: Privacy) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut open_quote = false;
    for line in hint.lines() {
        // A command may have JSON in it that goes on over lines.
        let goes_on = open_quote;
        let is_command = goes_on || is_command(line);
        if is_command && line.matches('\'').count() % 2 == 1 {
            open_quote = !open_quote;
        }
        match steps.last_mut() {
            Some(Step::Command(command)) if goes_on => {
                command.push('\n');
                command.push_str(line);
            }
            Some(Step::Words(words, _)) if !is_command => {
                words.push('\n');
                words.push_str(line);
            }
            _ if is_command => steps.push(Step::Command(line.trim().to_owned())),
            _ => steps.push(Step::Words(line.to_owned(), privacy)),
        }
    }
    steps
}

/// Whether a line of a hint is a command.
fn is_command(line: &str) -> bool {
    const PROGRAMS: [&str; 14] = [
        "./scripts/",
        "az ",
        "base64 ",
        "cat ",
        "keytool ",
        "openssl ",
        "ssh-keygen ",
        "umask ",
        "Connect-",
        "Get-",
        "Grant-",
        "New-",
        "Set-",
        "Test-",
    ];
    PROGRAMS.iter().any(|program| line.trim_start().starts_with(program))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_is_words_and_commands_and_a_command_may_go_on() {
        let hint =
            "Two things.\nEach helps:\naz ad app list\naz x --parameters '{\"a\":1,\n \"b\":2}'\nThen wait.";
        let words = |text: &str| Step::Words(text.into(), Privacy::Ids);
        assert_eq!(
            steps(hint, Privacy::Ids),
            [
                words("Two things.\nEach helps:"),
                Step::Command("az ad app list".into()),
                Step::Command("az x --parameters '{\"a\":1,\n \"b\":2}'".into()),
                words("Then wait."),
            ]
        );
    }

    #[test]
    fn the_page_at_the_end_of_a_hint_is_a_link() {
        let error = AuthError::new(ErrorKind::Server, "x", "y").with_hint("Do.\nMore: https://a/#b");
        let check = Check::of_error("token", "Token", &error);
        assert_eq!(check.todo, [Step::Words("Do.".into(), Privacy::Ids)]);
        assert_eq!(check.link.as_deref(), Some("https://a/#b"));
        assert_eq!(without_page("Do.\nMore: or less"), ("Do.\nMore: or less".into(), None));
    }

    #[test]
    fn an_error_of_a_refusal_is_one_and_of_a_setting_is_none() {
        for (kind, refused) in
            [(ErrorKind::Server, true), (ErrorKind::Settings, false), (ErrorKind::Unreachable, false)]
        {
            let check = Check::of_error("token", "Token", &AuthError::new(kind, "x", "y"));
            assert_eq!((check.status, check.refused), (Status::Failed, refused));
        }
    }
}
