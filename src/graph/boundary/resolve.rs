//! What another name stands for: one question to Graph, remembered for a while.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use tokio::time::Instant;

use super::{Boundary, Guard, Stop, Verdict, guard};
use crate::error::printable;
use crate::graph::call::Call;
use crate::graph::client::GraphClient;
use crate::graph::path::GraphPath;
use crate::graph::request::GraphRequest;
use crate::graph::response::GraphFailure;
use crate::graph::writes::{self, Effect};
use crate::settings::boundary::{Deed, Methods};
use crate::settings::writes::WriteClass;

/// A name that is not listed, and may be another one of something that is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Alias {
    /// A user principal name or object id, in lower case.
    User(String),
    /// `host`, `host:/path`, the id of a site collection, or `root`, in lower case.
    Site(String),
    /// A drive's id.
    Drive(String),
    /// The time of what an attachment, a content or the like belongs to, which the time window asks for.
    Time {
        /// The path of that.
        owner: String,
        /// The property that tells it.
        property: &'static str,
    },
}

/// What an alias stands for. Names and ids but a drive's own are in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// A user.
    User {
        /// The object id.
        id: String,
        /// The user principal name.
        name: String,
    },
    /// A site, by its id.
    Site(String),
    /// A drive: the site collection and web that it lies in, and whose `OneDrive` it is.
    Drive {
        /// Site collection and web.
        web: Option<(String, String)>,
        /// The object id of the owner.
        owner: Option<String>,
    },
    /// A time.
    Time(SystemTime),
    /// There is no such object.
    Absent,
    /// It could not be found out, and why.
    Nothing(String),
}

/// How long an answer is believed: a name may pass to somebody else.
const LASTING: Duration = Duration::from_secs(600);

/// So many answers are kept; a caller could ask for ever.
const MOST: usize = 10_000;

/// One request depends on no more than so many aliases.
const ALIASES: usize = 32;

/// What was found out.
#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<HashMap<Alias, (Known, Instant)>>);

impl Memory {
    fn get(&self, alias: &Alias) -> Option<Known> {
        let memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, since) = memory.get(alias)?;
        (since.elapsed() < LASTING).then(|| known.clone())
    }

    fn put(&self, alias: Alias, known: Known) {
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if memory.len() >= MOST {
            memory.clear();
        }
        memory.insert(alias, (known, Instant::now()));
    }
}

impl Boundary {
    /// Refuses what is outside whatever its aliases stand for. Sends nothing.
    ///
    /// # Errors
    /// [`GraphFailure::OutsideBoundary`].
    pub(in crate::graph) fn glance(&self, request: &GraphRequest) -> Result<(), GraphFailure> {
        match self.judge_now(request) {
            Err(Stop::Outside(why)) => Err(refused(&request.path, &why)),
            _ => Ok(()),
        }
    }

    fn judge_now(&self, request: &GraphRequest) -> Result<Verdict, Stop> {
        let verdict = self
            .judge(&request.method, &request.path, request.body.as_ref(), &|alias| self.memory.get(alias))?;
        if let Some(guard) = &verdict.guard {
            guard.check(request).map_err(Stop::Outside)?;
        }
        Ok(verdict)
    }

    /// Whether `request` is inside, and its method allowed there; and who looks at the answer, where somebody has to.
    ///
    /// # Errors
    /// [`GraphFailure::OutsideBoundary`], or why Graph could not be asked.
    pub(in crate::graph) async fn admit(
        &self,
        graph: &GraphClient,
        request: &GraphRequest,
        call: &Call,
    ) -> Result<Option<Guard>, GraphFailure> {
        let verdict = self.verdict(graph, request, call).await?;
        allowed(graph, request, verdict.terms.methods, call).await?;
        Ok(verdict.guard)
    }

    /// On what terms the path of `request` is inside, asking Graph what other names stand for.
    ///
    /// # Errors
    /// [`GraphFailure::OutsideBoundary`], or why Graph could not be asked.
    pub async fn verdict(
        &self,
        graph: &GraphClient,
        request: &GraphRequest,
        call: &Call,
    ) -> Result<Verdict, GraphFailure> {
        for _ in 0..=ALIASES {
            match self.judge_now(request) {
                Ok(verdict) => return Ok(verdict),
                Err(Stop::Outside(why)) => return Err(refused(&request.path, &why)),
                Err(Stop::Ask(alias)) => {
                    let known = look_up(graph, &alias, call).await?;
                    self.memory.put(alias, known);
                }
            }
        }
        Err(refused(&request.path, "it names too many objects by names that are not listed"))
    }
}

async fn allowed(
    graph: &GraphClient,
    request: &GraphRequest,
    methods: Methods,
    call: &Call,
) -> Result<(), GraphFailure> {
    let posts = [WriteClass::Create, WriteClass::Action].map(Deed::Write);
    let deed = match writes::effect(&request.method, &request.path) {
        Effect::Read => Deed::Read,
        Effect::Write(class) => Deed::Write(class),
        Effect::Post if posts.into_iter().all(|deed| methods.allow(deed)) => return Ok(()),
        Effect::Post => Deed::Write(graph.class_of_post(&request.path, call).await),
    };
    if methods.allow(deed) {
        return Ok(());
    }
    let why =
        format!("the only methods allowed there are: {} (this one is {})", methods.words(), deed.word());
    Err(refused(&request.path, &why))
}

/// A refusal, in words.
pub(super) fn refused(path: &GraphPath, why: &str) -> GraphFailure {
    GraphFailure::OutsideBoundary(format!(
        "\"{}\" is outside the boundary and was not sent: {why}. The boundary is the administrator's decision \
         (WORKIQ_BOUNDARY), so do not try another way.",
        printable(path.as_str(), 160)
    ))
}

async fn look_up(graph: &GraphClient, alias: &Alias, call: &Call) -> Result<Known, GraphFailure> {
    let text = question(alias);
    let path = GraphPath::parse(&text).map_err(|error| GraphFailure::Path(error.to_string()))?;
    tracing::debug!(%path, "asking what this is, for the boundary");
    // What we ask ourselves is no request of a caller's, so it is not admitted.
    let answer = graph
        .admitted(GraphRequest { method: Method::GET, ..GraphRequest::get(path) }, &call.for_lookup())
        .await?;
    if answer.is_success() {
        return Ok(read(alias, &answer.body));
    }
    let code = answer.body["error"]["code"].as_str().unwrap_or_default();
    let nothing = |what: &str| {
        Ok(Known::Nothing(format!("{what} ({text} gave {} {})", answer.status, printable(code, 60))))
    };
    match answer.status {
        // No other answer than for one that is there and not listed: whether it is there is nobody's business.
        404 | 400 => Ok(Known::Absent),
        401 | 403 if matches!(alias, Alias::Time { .. }) => {
            nothing("the application may not read what it belongs to")
        }
        401 | 403 => nothing("the application may not look up whether it is another name of what is listed"),
        // It may pass, so it is not remembered.
        _ => Err(GraphFailure::OutsideBoundary(format!(
            "It could not be found out whether this is inside the boundary: {text} gave {}. Try again.",
            answer.status
        ))),
    }
}

fn question(alias: &Alias) -> String {
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    match alias {
        Alias::User(user) => format!("/users/{}?$select=id,userPrincipalName", encoded(user)),
        Alias::Drive(drive) => format!("/drives/{}?$select=id,driveType,owner,sharePointIds", encoded(drive)),
        // What is large is not asked for as a whole; the others take no $select.
        Alias::Time { owner, property: property @ ("receivedDateTime" | "start") } => {
            format!("{owner}?$select={property}")
        }
        Alias::Time { owner, .. } => owner.clone(),
        Alias::Site(site) => match site.split_once(":/") {
            Some((host, path)) => {
                let path: Vec<_> = path.split('/').map(encoded).collect();
                format!("/sites/{host}:/{}?$select=id", path.join("/"))
            }
            None => format!("/sites/{}?$select=id", encoded(site)),
        },
    }
}

fn read(alias: &Alias, body: &Value) -> Known {
    let text = |value: &Value| value.as_str().map(str::to_ascii_lowercase);
    let known = match alias {
        Alias::User(_) => text(&body["id"])
            .map(|id| Known::User { id, name: text(&body["userPrincipalName"]).unwrap_or_default() }),
        Alias::Site(_) => text(&body["id"]).map(Known::Site),
        Alias::Time { property, .. } => guard::time_of(body.get(*property)).map(Known::Time),
        // An answer about another drive than was asked for says nothing.
        Alias::Drive(id) => (body["id"].as_str() == Some(id)).then(|| Known::Drive {
            web: text(&body["sharePointIds"]["siteId"]).zip(text(&body["sharePointIds"]["webId"])),
            // A library has an owner as well, who is not whose files they are.
            owner: text(&body["owner"]["user"]["id"]).filter(|_| body["driveType"] == "business"),
        }),
    };
    known.unwrap_or_else(|| Known::Nothing("Graph does not tell what it is".to_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn questions_are_paths_whatever_is_asked() {
        for alias in [
            Alias::User("o'neil_x#ext#@contoso.com".into()),
            Alias::Drive("b!a-_".into()),
            Alias::Site("contoso.sharepoint.com:/sites/a b/&c".into()),
            Alias::Site("contoso.sharepoint.com".into()),
        ] {
            let path = GraphPath::parse(&question(&alias)).unwrap();
            assert!(!path.as_str().contains('#') && path.as_str().matches('?').count() == 1, "{path}");
        }
    }

    #[test]
    fn answers_are_read_strictly() {
        let drive = Alias::Drive("b!A".into());
        let site = json!({"siteId": "S", "webId": "W"});
        let owner = json!({"user": {"id": "U"}});
        let body =
            json!({"id": "b!A", "driveType": "documentLibrary", "owner": owner, "sharePointIds": site});
        let web = Some(("s".to_owned(), "w".to_owned()));
        assert_eq!(read(&drive, &body), Known::Drive { web, owner: None });
        let body = json!({"id": "b!A", "driveType": "business", "owner": owner});
        assert_eq!(read(&drive, &body), Known::Drive { web: None, owner: Some("u".into()) });
        assert!(matches!(read(&drive, &json!({"id": "b!B"})), Known::Nothing(_)));
        assert!(matches!(read(&Alias::Site("root".into()), &json!([])), Known::Nothing(_)));
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_is_believed_for_a_while() {
        let memory = Memory::default();
        let alias = Alias::Site("root".into());
        memory.put(alias.clone(), Known::Site("s".into()));
        assert_eq!(memory.get(&alias), Some(Known::Site("s".into())));
        tokio::time::advance(LASTING).await;
        assert_eq!(memory.get(&alias), None);
    }
}
