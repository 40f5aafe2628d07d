//! Graph answers from a script, and the clock stands where a test puts it.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::UNIX_EPOCH;

use super::*;
use crate::error::{AuthError, ErrorKind};

const HOUR: u64 = 60 * 60;

fn document(set: &str) -> String {
    format!(
        r#"<edmx:Edmx xmlns:edmx="x"><edmx:DataServices><Schema Namespace="microsoft.graph" Alias="graph">
        <EntityType Name="thing"/><EntityContainer Name="C"><EntitySet Name="{set}" EntityType="graph.thing"/>
        </EntityContainer></Schema></edmx:DataServices></edmx:Edmx>"#
    )
}

enum Answer {
    Document(String, Option<&'static str>),
    NotModified,
    Down,
    Silence,
}

/// Answers in order, and what was asked.
#[derive(Default)]
struct Script {
    answers: Mutex<VecDeque<Answer>>,
    asked: Mutex<Vec<Option<String>>>,
}

impl Script {
    fn new(answers: impl IntoIterator<Item = Answer>) -> Arc<Self> {
        Arc::new(Self { answers: Mutex::new(answers.into_iter().collect()), asked: Mutex::default() })
    }

    fn asked(&self) -> Vec<Option<String>> {
        self.asked.lock().unwrap().clone()
    }
}

#[async_trait]
impl MetadataSource for Script {
    async fn fetch(&self, etag: Option<&str>) -> Result<Fetched, GraphFailure> {
        self.asked.lock().unwrap().push(etag.map(str::to_owned));
        let answer = self.answers.lock().unwrap().pop_front().expect("one more request than answers");
        tokio::task::yield_now().await;
        match answer {
            Answer::Document(text, etag) => {
                Ok(Fetched::Document { body: text.into(), etag: etag.map(str::to_owned) })
            }
            Answer::NotModified => Ok(Fetched::NotModified),
            Answer::Down => {
                let error = AuthError::new(ErrorKind::Unreachable, "network_error", "No route.");
                Err(GraphFailure::Transport(error))
            }
            Answer::Silence => std::future::pending().await,
        }
    }
}

/// A directory of a test's own.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        let name = format!("workiq-auth-metadata-{}-{:016x}", std::process::id(), fastrand::u64(..));
        Self(std::env::temp_dir().join(name).join("cache"))
    }

    fn file(&self) -> PathBuf {
        self.0.join("graph.microsoft.com_v1.0.csdl")
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.0.parent().unwrap_or(Path::new("/nowhere")));
    }
}

/// Defines a clock of a test's own, since tests run beside each other.
macro_rules! clock {
    ($now:ident, $set:ident) => {
        static SECONDS: AtomicU64 = AtomicU64::new(1_000_000);
        fn $now() -> SystemTime {
            UNIX_EPOCH + Duration::from_secs(SECONDS.load(Ordering::SeqCst))
        }
        #[allow(dead_code, reason = "not every test moves its clock")]
        fn $set(seconds: u64) {
            SECONDS.fetch_add(seconds, Ordering::SeqCst);
        }
    };
}

fn store(directory: Option<&Directory>, source: &Arc<Script>, clock: fn() -> SystemTime) -> MetadataStore {
    let origin = Origin::parse("https://graph.microsoft.com").unwrap();
    let directory = directory.map(|directory| directory.0.clone());
    MetadataStore { clock, ..MetadataStore::new(&origin, "v1.0", directory, source.clone()) }
}

fn has(metadata: &Metadata, set: &str) -> bool {
    metadata.resolve(&format!("/{set}")).is_some()
}

#[tokio::test]
async fn a_document_is_fetched_once_and_then_read_from_disk() {
    clock!(now, pass);
    let directory = Directory::new();
    let source = Script::new([Answer::Document(document("one"), Some("\"1\""))]);
    assert!(has(&store(Some(&directory), &source, now).get().await.unwrap(), "one"));
    pass(23 * HOUR);
    let again = store(Some(&directory), &source, now);
    assert!(has(&again.get().await.unwrap(), "one"));
    assert!(has(&again.get().await.unwrap(), "one"));
    assert_eq!(source.asked(), [None]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&directory.0), mode(&directory.file())), (0o700, 0o600));
    }
    let left: Vec<_> = std::fs::read_dir(&directory.0).unwrap().collect();
    assert_eq!(left.len(), 1, "no temporary file is left");
}

#[tokio::test]
async fn after_a_day_graph_is_asked_with_the_etag() {
    clock!(now, pass);
    let directory = Directory::new();
    let source = Script::new([
        Answer::Document(document("one"), Some("\"1\"")),
        Answer::NotModified,
        Answer::Document(document("two"), Some("\"2\"")),
        Answer::NotModified,
    ]);
    let first = store(Some(&directory), &source, now);
    first.get().await.unwrap();
    pass(25 * HOUR);
    let second = store(Some(&directory), &source, now);
    assert!(has(&second.get().await.unwrap(), "one"));
    // That it was good still is known on disk too.
    pass(23 * HOUR);
    let third = store(Some(&directory), &source, now);
    assert!(has(&third.get().await.unwrap(), "one"));
    assert_eq!(source.asked().len(), 2);
    pass(2 * HOUR);
    assert!(has(&third.get().await.unwrap(), "two"));
    pass(25 * HOUR);
    assert!(has(&store(Some(&directory), &source, now).get().await.unwrap(), "two"));
    let etag = |text: &str| Some(text.to_owned());
    assert_eq!(source.asked(), [None, etag("\"1\""), etag("\"1\""), etag("\"2\"")]);
}

#[tokio::test(start_paused = true)]
async fn an_old_document_serves_while_graph_is_away_or_says_nonsense() {
    clock!(now, pass);
    let directory = Directory::new();
    let source = Script::new([
        Answer::Document(document("one"), None),
        Answer::Down,
        Answer::Silence,
        Answer::Document("<html>".into(), None),
        Answer::Document(document("two"), None),
    ]);
    let store = store(Some(&directory), &source, now);
    store.get().await.unwrap();
    pass(25 * HOUR);
    for asked in [2, 3, 4] {
        assert!(has(&store.get().await.unwrap(), "one"));
        assert!(has(&store.get().await.unwrap(), "one"));
        assert_eq!(source.asked().len(), asked, "it is not asked again at once");
        pass(HOUR);
    }
    assert!(has(&store.get().await.unwrap(), "two"));
}

#[tokio::test]
async fn all_who_wait_share_one_request_and_its_failure() {
    clock!(now, pass);
    let source = Script::new([Answer::Down, Answer::Document(document("one"), None)]);
    let store = store(None, &source, now);
    let (a, b, c) = tokio::join!(store.get(), store.get(), store.get());
    let failures = [a.unwrap_err(), b.unwrap_err(), c.unwrap_err()];
    assert!(failures.iter().all(|failure| Arc::ptr_eq(failure, &failures[0])));
    assert!(matches!(&*failures[0], MetadataFailure::Graph(GraphFailure::Transport(_))));
    let (a, b) = tokio::join!(store.get(), store.get());
    assert!(Arc::ptr_eq(&a.unwrap(), &b.unwrap()));
    assert_eq!(source.asked().len(), 2, "a failure is not kept");
}

#[tokio::test]
async fn a_damaged_copy_is_replaced() {
    clock!(now, pass);
    let whole = document("one");
    let first_line = "workiq-auth metadata 1 999999 \"1\"\n";
    for damaged in [
        String::new(),
        "nonsense".to_owned(),
        whole.clone(),
        format!("workiq-auth metadata 2 999999 \n{whole}"),
        format!("workiq-auth metadata 1 99999999999999999999 \n{whole}"),
        format!("{first_line}{}", &whole[..whole.len() / 2]),
    ] {
        let directory = Directory::new();
        std::fs::create_dir_all(&directory.0).unwrap();
        std::fs::write(directory.file(), damaged).unwrap();
        let source = Script::new([Answer::Document(document("two"), Some("\"2\""))]);
        assert!(has(&store(Some(&directory), &source, now).get().await.unwrap(), "two"));
        assert_eq!(source.asked(), [None]);
        assert!(has(&store(Some(&directory), &source, now).get().await.unwrap(), "two"));
    }
    // The same line before a whole document is taken.
    let directory = Directory::new();
    std::fs::create_dir_all(&directory.0).unwrap();
    std::fs::write(directory.file(), format!("{first_line}{whole}")).unwrap();
    assert!(has(&store(Some(&directory), &Script::new([]), now).get().await.unwrap(), "one"));
}

#[tokio::test]
async fn a_disk_that_cannot_be_written_leaves_memory() {
    clock!(now, pass);
    let directory = Directory::new();
    std::fs::create_dir_all(directory.0.parent().unwrap()).unwrap();
    // A file stands where the directory should be.
    std::fs::write(&directory.0, "").unwrap();
    let source = Script::new([Answer::Document(document("one"), None)]);
    let store = store(Some(&directory), &source, now);
    for _ in 0..2 {
        assert!(has(&store.get().await.unwrap(), "one"));
    }
    assert_eq!(source.asked().len(), 1);
}

#[tokio::test]
async fn a_copy_from_the_future_is_checked() {
    clock!(now, pass);
    let directory = Directory::new();
    std::fs::create_dir_all(&directory.0).unwrap();
    let text = format!("workiq-auth metadata 1 99999999 \"1\"\n{}", document("one"));
    std::fs::write(directory.file(), text).unwrap();
    let source = Script::new([Answer::NotModified]);
    assert!(has(&store(Some(&directory), &source, now).get().await.unwrap(), "one"));
    assert_eq!(source.asked(), [Some("\"1\"".to_owned())]);
}

#[tokio::test]
async fn what_cannot_be_right_is_said() {
    clock!(now, pass);
    for answer in [Answer::NotModified, Answer::Document("<html>".into(), None)] {
        let failure = store(None, &Script::new([answer]), now).get().await.unwrap_err();
        assert!(matches!(&*failure, MetadataFailure::Document(_)), "{failure:?}");
    }
}
