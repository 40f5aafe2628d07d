//! Many reads at once: in batches of twenty where that is cheaper (learn.microsoft.com/graph/json-batching), else side by
//! side over one connection.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use futures_util::{StreamExt, stream};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::time::timeout_at;

use super::boundary::Guard;
use super::call::Call;
use super::client::GraphClient;
use super::client::exchange::{LIMITS, wait};
use super::paging;
use super::path::GraphPath;
use super::request::GraphRequest;
use super::response::{GraphFailure, GraphResponse};
use super::trail;
use crate::audit::Event;
use crate::http::retry::{Next, Retries, retry_after};

/// Graph takes no more in one batch.
const MOST: usize = 20;

/// From so many on a batch is one exchange in place of several; fewer are as fast side by side, and fail apart.
const LEAST: usize = 5;

/// Batches and single requests that are under way at once.
const SIDE_BY_SIDE: usize = 8;

type Outcome = Result<GraphResponse, GraphFailure>;

#[derive(Deserialize)]
struct Answers {
    responses: Vec<Answer>,
}

#[derive(Deserialize)]
struct Answer {
    id: String,
    status: u16,
    #[serde(default)]
    headers: Map<String, Value>,
    #[serde(default)]
    body: Value,
}

impl GraphClient {
    /// Asks for all of `requests`, which only read; each has its own outcome, in order. Refusals of one do not touch the
    /// others.
    pub async fn read_all(&self, requests: Vec<GraphRequest>, call: &Call) -> Vec<Outcome> {
        let count = requests.len();
        let mut outcomes: Vec<Option<Outcome>> = std::iter::repeat_with(|| None).take(count).collect();
        let mut fit = Vec::new();
        let mut alone = Vec::new();
        let mut guards: HashMap<usize, Guard> = HashMap::new();
        for (at, request) in requests.into_iter().enumerate() {
            let request = match self.gate(&request, call).await {
                Err(refusal) => {
                    outcomes[at] = Some(Err(refusal));
                    continue;
                }
                Ok(None) => request,
                Ok(Some(guard)) => {
                    let narrowed = guard.narrowed(request);
                    guards.insert(at, guard);
                    narrowed
                }
            };
            if request.is_content() { alone.push((at, request)) } else { fit.push((at, request)) }
        }
        if fit.len() < LEAST {
            alone.append(&mut fit);
        }
        // As few batches as can be, none of them nearly empty.
        let batches = fit.len().div_ceil(MOST).max(1);
        let size = fit.len().div_ceil(batches).max(1);
        let mut fit = fit.into_iter().peekable();
        let mut work = Vec::new();
        while fit.peek().is_some() {
            work.push(fit.by_ref().take(size).collect::<Vec<_>>());
        }
        work.extend(alone.into_iter().map(|one| vec![one]));
        let mut answered = stream::iter(work.into_iter().map(|items| self.group(items, call)))
            .buffer_unordered(SIDE_BY_SIDE);
        let mut done = 0;
        while let Some(group) = answered.next().await {
            done += group.len();
            if done < count {
                call.doing(|| format!("{done} of {count} paths are read"));
            }
            for (at, outcome) in group {
                outcomes[at] = Some(match (guards.get(&at), outcome) {
                    (Some(guard), Ok(answer)) => self.let_out(guard, answer, call),
                    (_, outcome) => outcome,
                });
            }
        }
        outcomes.into_iter().flatten().collect()
    }

    async fn group(&self, items: Vec<(usize, GraphRequest)>, call: &Call) -> Vec<(usize, Outcome)> {
        if items.len() > 1 {
            return self.batch(items, call).await;
        }
        let mut outcomes = Vec::with_capacity(1);
        for (at, request) in items {
            outcomes.push((at, self.admitted(request, call).await));
        }
        outcomes
    }

    /// One batch; what Graph throttles in it is asked for again, and by itself, where that may help.
    async fn batch(&self, items: Vec<(usize, GraphRequest)>, call: &Call) -> Vec<(usize, Outcome)> {
        let mut done = Vec::with_capacity(items.len());
        let mut waiting = items;
        let mut retries = Retries::new(call.deadline());
        while waiting.len() > 1 {
            let answers = match self.exchange_batch(&waiting, call).await {
                Ok(answers) => answers,
                // Each by itself would be refused sign-in again.
                Err(GraphFailure::Auth(error)) => {
                    let refused = |(at, _)| (at, Err(GraphFailure::Auth(error.clone())));
                    done.extend(waiting.into_iter().map(refused));
                    return done;
                }
                // What was read and could not be written down is not read again.
                Err(GraphFailure::Audit(error)) => {
                    let refused = |(at, _)| (at, Err(GraphFailure::Audit(error.clone())));
                    done.extend(waiting.into_iter().map(refused));
                    return done;
                }
                Err(_) => break,
            };
            let mut wish: Option<Duration> = None;
            let mut again = Vec::new();
            let mut throttled = Vec::new();
            let mut alone = Vec::new();
            for (number, (at, request)) in waiting.into_iter().enumerate() {
                // What has no answer, or one that asks for other claims or another page size, is asked for by itself.
                let Some(answer) = answers.iter().find(|answer| answer.id == number.to_string()) else {
                    alone.push((at, request));
                    continue;
                };
                let headers = header_map(&answer.headers);
                let status = answer.status;
                if status == 401 || (300..400).contains(&status) || paging::is_about_top(status, &answer.body)
                {
                    alone.push((at, request));
                    continue;
                }
                let response = GraphResponse::finish(status, answer.body.clone(), &headers, self.origin());
                if matches!(status, 429 | 502..=504) {
                    wish = wish.max(retry_after(&headers, SystemTime::now()));
                    again.push((at, request));
                    throttled.push((at, Ok(response)));
                } else {
                    done.push((at, Ok(self.explained(&request, response, call).await)));
                }
            }
            done.extend(self.side_by_side(alone, call).await);
            waiting = again;
            if waiting.is_empty() {
                break;
            }
            match retries.next(wish) {
                Next::Pause(pause) => wait(pause, wish, call).await,
                Next::Stop => {
                    done.append(&mut throttled);
                    waiting.clear();
                }
            }
        }
        // One that is left, or all where Graph takes no batch.
        done.extend(self.side_by_side(waiting, call).await);
        done
    }

    async fn side_by_side(&self, items: Vec<(usize, GraphRequest)>, call: &Call) -> Vec<(usize, Outcome)> {
        let each = |(at, request)| async move { (at, self.admitted(request, call).await) };
        stream::iter(items.into_iter().map(each)).buffer_unordered(SIDE_BY_SIDE).collect().await
    }

    async fn exchange_batch(
        &self,
        items: &[(usize, GraphRequest)],
        call: &Call,
    ) -> Result<Vec<Answer>, GraphFailure> {
        let refused = |text: &str| GraphFailure::Path(text.to_owned());
        let exact = self.serving().exact_text;
        let entered = self.lanes().enter(items.iter().map(|(_, request)| &request.path));
        let entered = timeout_at(call.deadline(), entered).await;
        let _pass = entered.map_err(|_| refused("too late"))?;
        let mut trails = Vec::with_capacity(items.len());
        for (_, request) in items {
            trails.push(self.trail(Event::Item, request, call)?);
        }
        let requests: Vec<_> = items
            .iter()
            .zip(&mut trails)
            .enumerate()
            .map(|(number, ((_, request), trail))| {
                let path = paging::sized(&request.path).unwrap_or_else(|| request.path.clone());
                let headers: Map<String, Value> = request
                    .all_headers(exact)
                    .iter()
                    .filter_map(|(name, value)| Some((name.to_string(), json!(value.to_str().ok()?))))
                    .chain([("client-request-id".to_owned(), json!(trail.attempt()))])
                    .collect();
                json!({"id": number.to_string(), "method": "GET", "url": path.as_str(), "headers": headers})
            })
            .collect();
        // The one path that no caller can name, and that reads nothing by itself.
        let batch = GraphRequest {
            method: Method::POST,
            path: GraphPath::batch(),
            body: Some(json!({"requests": requests})),
            headers: HeaderMap::new(),
        };
        let answer = match self.repeat(&batch, LIMITS, call).await {
            Ok(answer) => answer,
            Err(failure) => {
                for trail in &mut trails {
                    trail.failed(&failure);
                }
                return Err(failure);
            }
        };
        if !answer.status.is_success() {
            return Err(refused("no batch"));
        }
        let answers: Answers =
            serde_json::from_slice(&answer.body).map_err(|_| refused("not a batch's answer"))?;
        for (number, trail) in trails.iter_mut().enumerate().filter(|(_, trail)| trail.is_open()) {
            if let Some(answer) = answers.responses.iter().find(|answer| answer.id == number.to_string()) {
                trail.answered(answer.status, &header_map(&answer.headers), size(&answer.body));
            }
        }
        trail::write(trails)?;
        Ok(answers.responses)
    }
}

/// How many bytes `body` has as JSON.
fn size(body: &Value) -> u64 {
    struct Count(u64);
    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len() as u64;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    // Counting never fails.
    let _ = serde_json::to_writer(&mut count, body);
    count.0
}

fn header_map(headers: &Map<String, Value>) -> HeaderMap {
    headers
        .iter()
        .filter_map(|(name, value)| {
            let name = name.parse::<HeaderName>().ok()?;
            let text = value.as_str().map(str::to_owned).or_else(|| value.as_u64().map(|n| n.to_string()))?;
            Some((name, HeaderValue::from_str(&text).ok()?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_items_headers_are_read_however_they_are_written() {
        let headers = json!({"Retry-After": 3, "request-id": "r", "odd name": "x", "list": []});
        let map = header_map(headers.as_object().unwrap());
        assert_eq!(retry_after(&map, SystemTime::now()), Some(Duration::from_secs(3)));
        assert_eq!((map.len(), map["request-id"].to_str().unwrap()), (2, "r"));
    }
}
