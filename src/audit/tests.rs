use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;

/// A folder of a test's own, which goes with it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("workiq-audit-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn file(&self) -> PathBuf {
        self.0.join("audit.jsonl")
    }

    fn open(&self, limit: u64) -> Audit {
        let setting = AuditSetting { file: self.file(), run: Some("gitlab:5".into()) };
        Audit::with_limit(&setting, Some("app".into()), Some("tenant".into()), limit).unwrap()
    }

    fn lines(&self, end: &str) -> Vec<Entry> {
        let text = std::fs::read_to_string(format!("{}{end}", self.file().display())).unwrap();
        assert!(text.ends_with('\n'));
        text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn entry(template: &str) -> Entry {
    Entry { template: template.into(), ..Entry::default() }
}

#[test]
fn a_process_tells_once_whose_it_is_and_then_what_it_asked() {
    let folder = Folder::new();
    let audit = folder.open(LARGE);
    audit.record([entry("/a")]).unwrap();
    audit.record([entry("/b"), entry("/c")]).unwrap();
    let lines = folder.lines("");
    assert_eq!(lines.len(), 4);
    assert_eq!((lines[0].event, lines[0].app.as_deref()), (Event::Start, Some("app")));
    assert!(lines[1..].iter().all(|line| line.app.is_none() && line.run.as_deref() == Some("gitlab:5")));
    assert!(lines.iter().all(|line| line.pid == std::process::id() && line.time.ends_with('Z')));
}

const LARGE: u64 = 1 << 20;

#[test]
fn whatever_is_in_it_a_line_is_one_line() {
    let folder = Folder::new();
    let audit = folder.open(LARGE);
    let forged = "x\"}\n{\"event\":\"request\"}\r\u{2028}\u{0}";
    let resources = BTreeMap::from([("users".to_owned(), vec![forged.to_owned()])]);
    audit.record([Entry { template: forged.into(), resources, ..Entry::default() }]).unwrap();
    let lines = folder.lines("");
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1].resources["users"], [forged]);
}

#[test]
fn many_writers_make_whole_lines_and_old_files_are_kept() {
    let folder = Folder::new();
    let writers: Vec<_> = (0..4).map(|_| folder.open(40_000)).collect();
    std::thread::scope(|scope| {
        for (number, audit) in writers.iter().enumerate() {
            scope.spawn(move || {
                for count in 0..100 {
                    audit.record([entry(&format!("/{number}/{count}"))]).unwrap();
                }
            });
        }
    });
    let mut all: Vec<_> = folder.lines("");
    all.extend(folder.lines(".1"));
    let mut found: Vec<_> =
        all.into_iter().filter(|line| line.event != Event::Start).map(|line| line.template).collect();
    found.sort();
    let mut expected: Vec<_> =
        (0..4).flat_map(|number| (0..100).map(move |count| format!("/{number}/{count}"))).collect();
    expected.sort();
    assert_eq!(found, expected, "none is lost, none is there twice");
}

#[test]
fn three_old_files_are_kept_and_each_says_whose_it_is() {
    let folder = Folder::new();
    let audit = folder.open(1);
    for count in 0..9 {
        audit.record([entry(&format!("/{count}"))]).unwrap();
    }
    for (end, count) in [("", 8), (".1", 7), (".2", 6), (".3", 5)] {
        let lines = folder.lines(end);
        assert_eq!((lines[0].event, lines[1].template.clone()), (Event::Start, format!("/{count}")), "{end}");
    }
    assert!(!folder.0.join("audit.jsonl.4").exists());
}

#[test]
fn what_is_left_of_a_line_is_no_part_of_the_next() {
    let folder = Folder::new();
    std::fs::write(folder.file(), "{\"time\":\"2026").unwrap();
    folder.open(LARGE).record([entry("/a")]).unwrap();
    let text = std::fs::read_to_string(folder.file()).unwrap();
    assert_eq!(text.lines().filter(|line| serde_json::from_str::<Entry>(line).is_ok()).count(), 2);
}

#[cfg(unix)]
#[test]
fn the_file_is_the_owners_alone_also_where_it_was_there() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let mode = || std::fs::metadata(folder.file()).unwrap().permissions().mode() & 0o777;
    std::fs::write(folder.file(), "").unwrap();
    std::fs::set_permissions(folder.file(), std::fs::Permissions::from_mode(0o644)).unwrap();
    let audit = folder.open(LARGE);
    assert_eq!(mode(), 0o600);
    std::fs::remove_file(folder.file()).unwrap();
    audit.record([entry("/a")]).unwrap();
    assert_eq!(mode(), 0o600);
}

#[test]
fn what_could_not_be_written_holds_up_the_rest_and_is_written_later() {
    let folder = Folder::new();
    let audit = folder.open(LARGE);
    std::fs::remove_file(folder.file()).unwrap();
    std::fs::create_dir(folder.file()).unwrap();
    assert_eq!(audit.record([entry("/a")]).unwrap_err().code(), "audit_failed");
    assert_eq!(audit.ready().unwrap_err().code(), "audit_failed");
    std::fs::remove_dir(folder.file()).unwrap();
    audit.ready().unwrap();
    audit.record([entry("/b")]).unwrap();
    let templates: Vec<_> = folder.lines("").into_iter().map(|line| line.template).collect();
    assert_eq!(templates, ["", "/a", "/b"]);
}

#[test]
fn what_cannot_be_opened_is_an_error_of_settings() {
    let folder = Folder::new();
    for file in [folder.0.clone(), folder.0.join("no/such/folder")] {
        let error = Audit::open(&AuditSetting { file, run: None }, None, None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Settings);
        assert!(error.message().starts_with("WORKIQ_AUDIT_FILE"));
    }
}

#[cfg(unix)]
#[test]
fn a_link_is_not_followed_and_what_it_leads_to_stays_as_it_is() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    for end in ["", ".lock"] {
        let folder = Folder::new();
        let target = folder.0.join("target");
        let link = format!("{}{end}", folder.file().display());
        std::fs::write(&target, "kept\n").unwrap();
        std::fs::set_permissions(&target, std::fs::Permissions::from_mode(0o644)).unwrap();
        for leads_to in [target.as_path(), &folder.0.join("nothing"), &folder.0] {
            symlink(leads_to, &link).unwrap();
            let setting = AuditSetting { file: folder.file(), run: None };
            let error = Audit::open(&setting, None, None).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Settings);
            let told = format!("audit.jsonl{end} is a symbolic link, which is not followed; remove it");
            assert!(error.message().contains(&told), "{error}");
            std::fs::remove_file(&link).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "kept\n");
        assert_eq!(std::fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o644);
        assert!(!folder.0.join("nothing").exists());
    }
}

#[cfg(unix)]
#[test]
fn a_link_that_comes_later_holds_up_what_is_asked_and_one_among_the_folders_is_followed() {
    use std::os::unix::fs::symlink;
    let folder = Folder::new();
    std::fs::create_dir(folder.0.join("real")).unwrap();
    symlink(folder.0.join("real"), folder.0.join("way")).unwrap();
    let file = folder.0.join("way/audit.jsonl");
    let audit = Audit::open(&AuditSetting { file: file.clone(), run: None }, None, None).unwrap();
    audit.record([entry("/a")]).unwrap();
    assert!(std::fs::read_to_string(folder.0.join("real/audit.jsonl")).unwrap().contains("/a"));
    std::fs::remove_file(&file).unwrap();
    symlink(folder.0.join("target"), &file).unwrap();
    assert_eq!(audit.record([entry("/b")]).unwrap_err().code(), "audit_failed");
    assert!(!folder.0.join("target").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_pipe_is_refused_at_once_and_not_waited_for() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    for end in ["", ".lock"] {
        let folder = Folder::new();
        let pipe = format!("{}{end}", folder.file().display());
        mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        let error = Audit::open(&AuditSetting { file: folder.file(), run: None }, None, None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Settings);
        assert!(error.message().contains(&format!("audit.jsonl{end} is no regular file")), "{error}");
    }
}
