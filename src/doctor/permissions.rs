//! The permissions: Work IQ's seven and those that help, beside what the token has.
//!
//! Which data each unlocks, and how it can be narrowed: learn.microsoft.com/graph/permissions-reference.

use std::time::Instant;

use super::check::{Check, Grant, Held, Privacy, Status, Step};
use super::remedy::Application;
use super::{PERMISSIONS, timed};
use crate::graph::permissions::Permission;

/// One that is asked for.
struct Asked {
    name: &'static str,
    /// Those that hold it, beside the one that also writes.
    also: &'static [&'static str],
    /// Those that hold it for single sites.
    partly: &'static [&'static str],
    /// The area in `Enable-WorkIQAppOnly.ps1 -For`; none for one that helps.
    area: Option<&'static str>,
    unlocks: &'static str,
    tools: &'static [&'static str],
}

const READS: &[&str] = &["fetch", "call_function"];
const FETCH: &[&str] = &["fetch"];
const FILES: &[&str] = &["fetch", "fetch_blob", "call_function"];

const ASKED: [Asked; 15] = [
    Asked {
        name: "OnlineMeetingTranscript.Read.All",
        also: &[],
        partly: &[],
        area: Some("Meetings"),
        unlocks: "transcripts of meetings",
        tools: FILES,
    },
    Asked {
        name: "Chat.Read.All",
        also: &[],
        partly: &[],
        area: Some("Chats"),
        unlocks: "messages of chats",
        tools: READS,
    },
    Asked {
        name: "ChannelMessage.Read.All",
        also: &[],
        partly: &[],
        area: Some("Channels"),
        unlocks: "messages of channels",
        tools: READS,
    },
    Asked {
        name: "Mail.Read",
        also: &[],
        partly: &[],
        area: Some("Mail"),
        unlocks: "mail and attachments",
        tools: FILES,
    },
    Asked {
        name: "Sites.Read.All",
        also: &["Sites.Manage.All", "Sites.FullControl.All"],
        partly: &["Sites.Selected"],
        area: Some("Sites"),
        unlocks: "sites, lists and files, and searches",
        tools: &["fetch", "fetch_blob", "do_action", "call_function"],
    },
    Asked {
        name: "People.Read.All",
        also: &[],
        partly: &[],
        area: Some("People"),
        unlocks: "whom somebody works with",
        tools: &["fetch"],
    },
    Asked {
        name: "ExternalItem.Read.All",
        also: &[],
        partly: &["ExternalItem.ReadWrite.OwnedBy"],
        area: Some("External"),
        // Nothing lists or finds items for an application: only who knows the ids of one could read it.
        unlocks: "items of Copilot connectors, by id; judged by roles alone",
        tools: &["fetch"],
    },
    helper(
        "User.ReadBasic.All",
        &["User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"],
        "names of users, ids of addresses",
        FETCH,
    ),
    helper("Team.ReadBasic.All", &["TeamSettings.Read.All", "Group.Read.All"], "names of teams", FETCH),
    helper(
        "Channel.ReadBasic.All",
        &["ChannelSettings.Read.All", "Group.Read.All"],
        "names of channels",
        FETCH,
    ),
    // Chat.Read.All is not among those that Microsoft's map has for a user's list of chats.
    helper("Chat.ReadBasic.All", &["Chat.ReadWrite.All"], "lists of chats", FETCH),
    helper("OnlineMeetings.Read.All", &[], "titles of meetings", FETCH),
    helper("ExternalConnection.Read.All", &[], "names of connections", FETCH),
    helper("Calendars.Read", &[], "calendars", READS),
    helper(
        "Files.Read.All",
        &["Sites.Read.All", "Sites.ReadWrite.All"],
        "files, without Sites.Read.All",
        FILES,
    ),
];

const fn helper(
    name: &'static str,
    also: &'static [&'static str],
    unlocks: &'static str,
    tools: &'static [&'static str],
) -> Asked {
    Asked { name, also, partly: &[], area: None, unlocks, tools }
}

/// Those that `-WithNames` of the script grants, and the area that each comes with; one comes with any.
const NAMES: [(&str, Option<&str>); 6] = [
    ("User.ReadBasic.All", None),
    ("OnlineMeetings.Read.All", Some("Meetings")),
    ("Chat.ReadBasic.All", Some("Chats")),
    ("Team.ReadBasic.All", Some("Channels")),
    ("Channel.ReadBasic.All", Some("Channels")),
    ("ExternalConnection.Read.All", Some("External")),
];

/// The area with which the script's `-WithNames` grants `permission`.
pub(super) fn area_of_name(permission: &str) -> Option<&'static str> {
    NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(permission)).and_then(|(_, area)| *area)
}

/// The area of the script that grants `permission`.
pub(super) fn area_of(permission: &str) -> Option<&'static str> {
    ASKED.iter().find(|one| one.name.eq_ignore_ascii_case(permission)).and_then(|one| one.area)
}

/// The permissions beside `roles`.
pub(super) fn look(roles: &[String], application: &Application) -> Check {
    look_beside(roles, false, application)
}

/// The same where it is known whether a mailbox could be read.
pub(super) fn look_beside(roles: &[String], reads_mail: bool, application: &Application) -> Check {
    let started = Instant::now();
    let grants: Vec<_> = ASKED.iter().map(|asked| grant(asked, roles, reads_mail)).collect();
    let missing: Vec<_> = grants.iter().filter(|one| one.work_iq && one.held == Held::Not).collect();
    let held = grants.iter().filter(|one| one.work_iq && one.held != Held::Not).count();
    let (id, title) = PERMISSIONS;
    let check = if missing.is_empty() {
        Check::new(id, title, Status::Ok, "All seven of Work IQ are granted")
    } else {
        let names: Vec<_> = missing.iter().map(|one| one.name).collect();
        // With none at all nothing can be read; some of them may be all that is wanted.
        let status = if held == 0 { Status::Failed } else { Status::Warning };
        let what = match names.as_slice() {
            _ if held == 0 => "None of the seven of Work IQ is granted".to_owned(),
            [one] => format!("{held} of 7 are granted; {one} is missing"),
            names => format!("{held} of 7 are granted; missing are {}", names.join(", ")),
        };
        let mut check = Check::new(id, title, status, what);
        check.code = Some(if held == 0 { "consent_missing" } else { "role_missing" }.into());
        check.refused = held == 0;
        if held > 0 {
            check.todo.push(Step::Words(
                "Where that data is not wanted, nothing is wrong: the less is granted, the better.".into(),
                Privacy::Open,
            ));
        }
        if missing.iter().any(|one| one.name == "Mail.Read") {
            check.todo.push(Step::Words(
                "Mail.Read is rightly not in the token where Exchange itself opens mailboxes to the application (RBAC \
                 for Applications): a probe tells, workiq-auth doctor --user <user>."
                    .into(),
                Privacy::Open,
            ));
        }
        let areas: Vec<_> = missing.iter().filter_map(|one| area_of(one.name)).collect();
        let ids: Vec<_> = missing.iter().filter_map(|one| one.role_id).collect();
        check.todo.extend(application.grant(&areas, false, &ids));
        check
    };
    // The script adds the names that belong to areas, so it is told those whose data is there.
    let there = |one: &&Grant| one.held != Held::Not;
    let areas: Vec<_> = grants.iter().filter(there).filter_map(|one| area_of(one.name)).collect();
    let is_missing = |name: &str| grants.iter().any(|one| one.name == name && one.held == Held::Not);
    let unnamed =
        NAMES.iter().any(|(name, area)| area.is_none_or(|area| areas.contains(&area)) && is_missing(name));
    let mut check = check;
    if unnamed && !areas.is_empty() {
        check = check.fact("forNames", application.enable(&areas, true), Privacy::Ids);
    }
    check.grants = grants;
    timed(started, check)
}

fn grant(asked: &Asked, roles: &[String], reads_mail: bool) -> Grant {
    let writes = asked.name.replacen(".Read", ".ReadWrite", 1);
    let is = |role: &&String, name: &str| role.eq_ignore_ascii_case(name);
    let held_by = roles.iter().find(|role| is(role, asked.name)).or_else(|| {
        roles.iter().find(|role| is(role, &writes) || asked.also.iter().any(|name| is(role, name)))
    });
    let partly = roles.iter().find(|role| asked.partly.iter().any(|name| is(role, name)));
    let held = match (held_by, partly) {
        (Some(role), _) => Held::By(role.clone()),
        (None, Some(role)) => Held::Partly(role.clone()),
        (None, None) if reads_mail && asked.name == "Mail.Read" => Held::InExchange,
        (None, None) => Held::Not,
    };
    Grant {
        name: asked.name,
        role_id: Permission::named(asked.name).and_then(|permission| permission.role_id),
        work_iq: asked.area.is_some(),
        held,
        unlocks: asked.unlocks,
        tools: asked.tools,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;
    use crate::settings::environment::Environment;
    use crate::settings::options::Options;

    fn application() -> Application {
        let environment: Environment =
            [("WORKIQ_AUTH_MODE", "app-only"), ("WORKIQ_ACCESS_TOKEN", "t")].into_iter().collect();
        Application::new(&Settings::resolve(&Options::default(), &environment).unwrap(), None)
    }

    fn of(roles: &[&str], reads_mail: bool) -> Check {
        let roles: Vec<_> = roles.iter().map(ToString::to_string).collect();
        look_beside(&roles, reads_mail, &application())
    }

    #[test]
    fn every_one_has_an_app_role_and_seven_have_an_area() {
        let check = of(&[], false);
        assert!(check.grants.iter().all(|grant| grant.role_id.is_some()), "{:?}", check.grants);
        assert_eq!(ASKED.iter().filter(|one| one.area.is_some()).count(), 7);
        assert!(NAMES.iter().all(|(name, _)| ASKED.iter().any(|one| one.name == *name)));
    }

    #[test]
    fn the_names_are_those_that_the_scripts_grant() {
        let mut ours: Vec<_> = NAMES.iter().map(|(name, area)| (area.unwrap_or("User"), *name)).collect();
        ours.sort_unstable();
        for script in [
            include_str!("../../scripts/Enable-WorkIQAppOnly.ps1"),
            include_str!("../../scripts/Test-WorkIQAppOnly.ps1"),
        ] {
            let from = script.split_once("\n$NameRoles = @{").unwrap().1;
            // The role of users stands apart in both.
            let mut theirs = vec![("User", "User.ReadBasic.All")];
            assert!(from.contains("User.ReadBasic.All") || script.contains("'User.ReadBasic.All'"));
            let mut area = "";
            for line in from.lines().take_while(|line| *line != "}") {
                if let Some((name, _)) = line.trim().split_once(" = @") {
                    area = name.trim();
                }
                let quoted = line.split('\'').skip(1).step_by(2);
                theirs.extend(quoted.filter(|text| text.contains(".Read")).map(|name| (area, name)));
            }
            theirs.sort_unstable();
            assert_eq!(theirs, ours);
        }
        assert_eq!(area_of_name("Chat.ReadBasic.All"), Some("Chats"));
    }

    #[test]
    fn the_tools_are_those_of_the_page_for_readers() {
        const PAGE: &str = include_str!("../../docs/permissions.md");
        for asked in &ASKED {
            let cells: Vec<_> = PAGE
                .lines()
                .map(|line| line.split(" | ").collect::<Vec<_>>())
                .find(|cells| {
                    cells.iter().take(2).any(|cell| {
                        let start = format!("`{}` `", asked.name);
                        cell.trim_start_matches("| ").starts_with(&start)
                    })
                })
                .unwrap_or_else(|| panic!("no row for {}", asked.name));
            let all = ["fetch", "fetch_blob", "do_action", "call_function"];
            let row = cells.join(" ");
            let on_page: Vec<_> = all.into_iter().filter(|tool| row.contains(&format!("`{tool}`"))).collect();
            assert_eq!(asked.tools, on_page, "{}", asked.name);
        }
    }

    #[test]
    fn names_are_offered_for_data_that_is_there() {
        let offered = |roles: &[&str]| of(roles, false).facts.iter().any(|fact| fact.name == "forNames");
        assert!(offered(&["Chat.Read.All", "User.ReadBasic.All"]));
        assert!(!offered(&["Chat.Read.All", "User.ReadBasic.All", "Chat.ReadBasic.All"]));
        assert!(!offered(&["User.ReadBasic.All"]));
    }

    #[test]
    fn one_that_also_writes_holds_and_one_for_single_sites_holds_in_part() {
        let check = of(&["mail.readwrite", "Sites.Selected"], false);
        let held = |name: &str| check.grants.iter().find(|one| one.name == name).unwrap().held.clone();
        assert_eq!(held("Mail.Read"), Held::By("mail.readwrite".into()));
        assert_eq!(held("Sites.Read.All"), Held::Partly("Sites.Selected".into()));
        assert_eq!((held("Chat.Read.All"), check.status), (Held::Not, Status::Warning));
    }

    #[test]
    fn none_at_all_is_a_refusal_and_mail_may_be_open_in_exchange() {
        let none = of(&["User.Read.All"], false);
        assert_eq!((none.status, none.refused), (Status::Failed, true));
        let scoped = of(&[], true);
        assert_eq!(scoped.status, Status::Warning);
        assert!(
            scoped.summary.starts_with("1 of 7") && !scoped.summary.contains("Mail.Read"),
            "{}",
            scoped.summary
        );
    }
}
