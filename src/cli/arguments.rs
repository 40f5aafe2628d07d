//! What the command line takes. The verbs of Work IQ keep Work IQ's own options.

#![allow(clippy::doc_markdown, reason = "clap prints these comments as help, where a backtick is a backtick")]

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::page::page;
use crate::settings::options::{Face, Options};

/// What stands below the options.
const AFTER_HELP: &str = concat!(
    "Settings come from flags, then WORKIQ_* variables, then AZURE_* variables:\n  \
        WORKIQ_AUTH_MODE=app-only      sign in as an application (unset: delegated, Work IQ signs in by itself)\n  \
        WORKIQ_TENANT_ID               the tenant's GUID or domain\n  \
        WORKIQ_CLIENT_ID               the application (client) id\n  \
        WORKIQ_CLIENT_CERTIFICATE_PATH PEM or PFX\n  \
        WORKIQ_FEDERATED_TOKEN_FILE    a file with another identity provider's token\n  \
        WORKIQ_FEDERATED_AUDIENCE      the audience of federated tokens, by default the cloud's\n  \
        WORKIQ_CREDENTIAL              takes one source and no other: secret, certificate, github, pipelines,\n  \
        \x20                              token-file, managed-identity, azure-cli, access-token\n  \
        WORKIQ_BOUNDARY                what may be touched, as JSON or the path of a JSON file; the rest is refused:\n  \
        \x20                              ",
    page!("docs/boundary.md"),
    "\n\n\
        Variables without an option, since every user of a machine can read arguments:\n  \
        WORKIQ_CLIENT_SECRET               a client secret, or the path of a certificate\n  \
        WORKIQ_CLIENT_CERTIFICATE          a certificate with its key, PEM or base64 of PEM or PFX\n  \
        WORKIQ_CLIENT_CERTIFICATE_PASSWORD the password of the certificate, in a file or a variable\n  \
        WORKIQ_ACCESS_TOKEN                an access token of an application, got elsewhere\n  \
        WORKIQ_BROKER                      the address that exec or broker hands on\n\n\
        Without any credential, what the host offers is taken: GitHub Actions, Azure Pipelines, managed identity.\n\
        From nothing to the first answer: ",
    page!("docs/getting-started.md"),
    "\n\n\
        Exit codes: 0 ok, 1 failed, 2 usage, 3 not signed in or not permitted."
);

/// Headless sign-in for Microsoft Work IQ.
#[derive(Debug, Parser)]
#[command(
    name = "workiq-auth",
    version,
    about = "Headless sign-in for Microsoft Work IQ: no browser, no signed-in user",
    after_help = AFTER_HELP,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) settings: SettingFlags,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Serve Work IQ's tools as an MCP server on stdin and stdout
    Mcp,
    /// Print an access token, and nothing else, on stdout
    Token {
        /// What the token is for, as <resource>/.default [default: Microsoft Graph]
        #[arg(long, value_name = "SCOPE")]
        scope: Option<String>,
        /// Print token, type and expiry as JSON
        #[arg(long)]
        json: bool,
    },
    /// Read paths of Microsoft Graph
    Fetch {
        /// Paths such as /users/ada@contoso.com/messages?$top=5
        #[arg(short, long = "urls", alias = "url", value_name = "PATH", num_args = 1.., required = true)]
        urls: Vec<String>,
        #[command(flatten)]
        output: OutputFlags,
    },
    /// Read the content of a file, an attachment or a photo
    FetchBlob {
        /// Such as /drives/{id}/items/{id}/content
        #[arg(short = 'p', short_alias = 'u', long, alias = "url", value_name = "PATH")]
        path: String,
        /// Convert a file of a drive, for example into pdf
        #[arg(long, value_name = "FORMAT")]
        format: Option<String>,
        /// Write the content to this file, - for stdout, rather than base64 into JSON
        #[arg(short, long, value_name = "FILE")]
        output: Option<String>,
        #[command(flatten)]
        shape: OutputFlags,
    },
    /// Add an entity to a collection
    Create {
        /// The collection, such as /users/ada@contoso.com/messages
        #[arg(short, long, value_name = "PATH")]
        url: String,
        /// The entity as JSON, @FILE or - for stdin
        #[arg(short, long, value_name = "JSON")]
        body: String,
        #[command(flatten)]
        output: OutputFlags,
    },
    /// Change an entity
    Update {
        /// The entity
        #[arg(short, long, value_name = "PATH")]
        url: String,
        /// What changes, as JSON, @FILE or - for stdin
        #[arg(short, long, value_name = "JSON")]
        body: String,
        /// Only if the entity is still this version (its @odata.etag)
        #[arg(long, value_name = "ETAG")]
        if_match: Option<String>,
        #[command(flatten)]
        output: OutputFlags,
    },
    /// Delete an entity
    Delete {
        /// The entity
        #[arg(short, long, value_name = "PATH")]
        url: String,
        /// Only if the entity is still this version (its @odata.etag)
        #[arg(long, value_name = "ETAG")]
        if_match: Option<String>,
        #[command(flatten)]
        output: OutputFlags,
    },
    /// Run an action, such as /search/query
    DoAction {
        /// The action
        #[arg(short, long, value_name = "PATH")]
        url: String,
        /// Its parameters as JSON, @FILE or - for stdin
        #[arg(short, long, value_name = "JSON")]
        body: Option<String>,
        #[command(flatten)]
        output: OutputFlags,
    },
    /// Call a function, such as /users/ada@contoso.com/messages/delta
    CallFunction {
        /// The function, with its parameters
        #[arg(short, long, value_name = "PATH")]
        url: String,
        #[command(flatten)]
        output: OutputFlags,
    },
    /// Find paths of Microsoft Graph
    SearchPaths {
        /// The beginning of a path, a regular expression, or words
        #[arg(short, long, value_name = "FILTER")]
        filter: String,
        #[command(flatten)]
        output: OutputFlags,
    },
    /// Print the schema of what a path gives or takes
    GetSchema {
        /// Such as /users/{id}/messages
        #[arg(short, long, value_name = "PATH")]
        path: String,
        /// fetch, create, update or action; or GET, POST, PATCH
        #[arg(short, long, value_name = "OPERATION", default_value = "fetch")]
        method: String,
        /// jsonschema, typescript or cddl
        #[arg(long, value_name = "FORMAT", default_value = "jsonschema")]
        format: String,
        /// Only v1.0 is served
        #[arg(short = 'v', long, value_name = "VERSION", default_value = "v1.0", value_parser = ["v1.0"], hide = true)]
        api_version: String,
    },
    /// Not for an application: says what to use instead
    #[command(hide = true, disable_help_flag = true)]
    Ask {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        rest: Vec<String>,
    },
    /// Not for an application: says what to use instead
    #[command(hide = true, disable_help_flag = true)]
    Agents {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        rest: Vec<String>,
    },
    /// Show what the boundary holds, and whether a path is in it
    Boundary {
        #[command(subcommand)]
        question: BoundaryQuestion,
    },
    /// Run a command in which npx @microsoft/workiq signs in through us: exec -- npx @microsoft/workiq mcp. The
    /// credential stays in this process; the command gets bounded calls of tools by WORKIQ_BROKER
    Exec {
        /// Let the command have access tokens as well, which no boundary binds
        #[arg(long)]
        allow_token: bool,
        /// The command and its arguments
        #[arg(value_name = "COMMAND", trailing_var_arg = true, allow_hyphen_values = true, required = true)]
        command: Vec<String>,
    },
    /// Hold the credential for other processes: prints {"broker": "…"} for their WORKIQ_BROKER and goes on until it is
    /// ended
    Broker {
        /// Let them have access tokens as well, which no boundary binds
        #[arg(long)]
        allow_token: bool,
    },
    /// Print the least permissions and the smallest boundary that an audit shows the need of
    Permissions {
        /// Files that WORKIQ_AUDIT_FILE named, rotated ones too
        #[arg(long, value_name = "FILE", num_args = 1.., required = true)]
        from_audit: Vec<PathBuf>,
        #[command(flatten)]
        output: OutputFlags,
    },
    /// Look at everything from settings to a transcript's text, and say what is wrong and what to do. Probes whom --user,
    /// --team, --site and --meeting-organizer name, or else some of what the boundary holds
    Doctor(DoctorFlags),
    /// Print the path of the preload, for node --require
    Preload {
        /// Print the whole option, quoted, for NODE_OPTIONS or node-options in an .npmrc
        #[arg(long)]
        node_options: bool,
    },
}

/// A question about the boundary.
#[derive(Debug, Subcommand)]
pub(super) enum BoundaryQuestion {
    /// Whether a path is inside: exit code 0, or 3 and the reason. Signs in only to look up other names
    Check {
        /// Such as /users/ada@contoso.com/messages
        #[arg(value_name = "PATH")]
        path: String,
        /// What would be done: read, create, update, delete or action
        #[arg(short, long, value_name = "METHOD", default_value = "read")]
        method: String,
    },
    /// What is inside, in words
    Explain,
}

/// What the doctor is to look at, and how it says what it found.
#[derive(Debug, Args)]
pub(super) struct DoctorFlags {
    /// A team of which a channel's message is read, by id
    #[arg(long = "team", value_name = "ID")]
    pub(super) teams: Vec<String>,
    /// A site of which a file's name is read, by id or address
    #[arg(long = "site", value_name = "SITE")]
    pub(super) sites: Vec<String>,
    /// A user of whose meetings a transcript is read, by object id
    #[arg(long = "meeting-organizer", value_name = "USER")]
    pub(super) meeting_organizers: Vec<String>,
    #[arg(long, help = concat!("Print JSON (", page!("docs/doctor.schema.json"), ")"))]
    pub(super) json: bool,
    /// Let names and titles of what was read into the log and summary of a GitHub Actions job. A public repository's
    /// never have any
    #[arg(long)]
    pub(super) show_names: bool,
}

/// How a verb prints.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct OutputFlags {
    /// Print JSON on a terminal too
    #[arg(long)]
    pub(super) json: bool,
}

/// Flags for every setting that is not secret.
#[derive(Debug, Args)]
#[command(next_help_heading = "Settings")]
pub(super) struct SettingFlags {
    /// delegated, app-only or agent-user [WORKIQ_AUTH_MODE]
    #[arg(long, global = true, value_name = "MODE")]
    auth_mode: Option<String>,
    /// The tenant's GUID or domain [WORKIQ_TENANT_ID]
    #[arg(long, global = true, value_name = "TENANT")]
    tenant_id: Option<String>,
    /// The application (client) id [WORKIQ_CLIENT_ID]
    #[arg(long, global = true, value_name = "ID")]
    client_id: Option<String>,
    /// A certificate with its key, PEM or PFX [WORKIQ_CLIENT_CERTIFICATE_PATH]
    #[arg(long, global = true, value_name = "PATH")]
    certificate_path: Option<String>,
    /// Put the certificate chain into the assertion [WORKIQ_CLIENT_SEND_CERTIFICATE_CHAIN]
    #[arg(long, global = true)]
    send_certificate_chain: bool,
    /// PS256 or RS256 [WORKIQ_ASSERTION_ALG]
    #[arg(long, global = true, value_name = "ALG")]
    assertion_alg: Option<String>,
    /// A file with a federated token, read anew for each request [WORKIQ_FEDERATED_TOKEN_FILE]
    #[arg(long, global = true, value_name = "PATH")]
    federated_token_file: Option<String>,
    /// The audience of federated tokens [default: the cloud's] [WORKIQ_FEDERATED_AUDIENCE]
    #[arg(long, global = true, value_name = "AUDIENCE")]
    federated_audience: Option<String>,
    /// Take this credential and no other: secret, certificate, github, pipelines, token-file, managed-identity,
    /// azure-cli or access-token [WORKIQ_CREDENTIAL]
    #[arg(long, global = true, value_name = "SOURCE")]
    credential: Option<String>,
    /// public, usgov, usgov-dod, china, bleu or delos [WORKIQ_CLOUD]
    #[arg(long, global = true, value_name = "CLOUD")]
    cloud: Option<String>,
    /// The authority of a private cloud, an https origin [WORKIQ_AUTHORITY_HOST]
    #[arg(long, global = true, value_name = "ORIGIN")]
    authority_host: Option<String>,
    /// The Microsoft Graph of a private cloud, an https origin [WORKIQ_GRAPH_ENDPOINT]
    #[arg(long, global = true, value_name = "ORIGIN")]
    graph_endpoint: Option<String>,
    /// The user that /me stands for; doctor takes several, and reads something of each [WORKIQ_USER]
    #[arg(long, global = true, value_name = "USER")]
    pub(super) user: Vec<String>,
    /// Milliseconds that a sign-in may take in all [default: 30000]
    #[arg(long, global = true, value_name = "MS")]
    timeout_ms: Option<u64>,
    /// Writes that are allowed: true, or a list of create,update,delete,action [default: none] [WORKIQ_ALLOW_WRITES]
    #[arg(long, global = true, value_name = "CLASSES")]
    allow_writes: Option<String>,
    /// What may be touched, as JSON or the path of a JSON file [default: all] [WORKIQ_BOUNDARY]
    #[arg(long, global = true, value_name = "JSON|PATH")]
    boundary: Option<String>,
    /// The largest result of one call in bytes [default: 20000, and no limit for a command] [WORKIQ_RESPONSE_BYTES]
    #[arg(long, global = true, value_name = "BYTES")]
    response_bytes: Option<String>,
    /// The largest file that is handed out, in bytes [default: 4194304] [WORKIQ_BLOB_BYTES]
    #[arg(long, global = true, value_name = "BYTES")]
    blob_bytes: Option<String>,
    /// Hand out invisible characters as they are, not escaped, and mail as it was formatted [WORKIQ_EXACT_TEXT]
    #[arg(long, global = true)]
    exact_text: bool,
    /// Milliseconds that one call may take in all [default: 45000] [WORKIQ_CALL_TIMEOUT_MS]
    #[arg(long, global = true, value_name = "MS")]
    call_timeout_ms: Option<String>,
    /// Where Microsoft Graph's metadata is kept [default: the user's cache directory] [WORKIQ_CACHE_DIR]
    #[arg(long, global = true, value_name = "PATH")]
    cache_dir: Option<String>,
    /// Write a line for each request to Graph into this file, without content [WORKIQ_AUDIT_FILE]
    #[arg(long, global = true, value_name = "PATH")]
    audit_file: Option<String>,
    /// error, warn, info, debug or trace, to stderr [WORKIQ_LOG]
    #[arg(short, long, global = true, value_name = "LEVEL")]
    pub(super) log_level: Option<String>,
    /// Work IQ's option for choosing a signed-in account; an application has none, so it changes nothing
    #[arg(long, global = true, value_name = "ACCOUNT", hide = true)]
    account: Option<String>,
}

impl From<SettingFlags> for Options {
    fn from(flags: SettingFlags) -> Self {
        Self {
            mode: flags.auth_mode,
            tenant_id: flags.tenant_id,
            client_id: flags.client_id,
            client_certificate_path: flags.certificate_path,
            send_certificate_chain: flags.send_certificate_chain.then_some(true),
            assertion_alg: flags.assertion_alg,
            federated_token_file: flags.federated_token_file,
            federated_audience: flags.federated_audience,
            credential: flags.credential,
            cloud: flags.cloud,
            authority_host: flags.authority_host,
            graph_endpoint: flags.graph_endpoint,
            user: flags.user.into_iter().next(),
            timeout_ms: flags.timeout_ms,
            allow_writes: flags.allow_writes,
            boundary: flags.boundary,
            response_bytes: flags.response_bytes,
            blob_bytes: flags.blob_bytes,
            exact_text: flags.exact_text.then_some(true),
            call_timeout_ms: flags.call_timeout_ms,
            cache_dir: flags.cache_dir,
            audit_file: flags.audit_file,
            face: Face::CommandLine,
            ..Self::default()
        }
    }
}

/// Flags that people try for secrets, and the variable to use instead.
const SECRET_FLAGS: [(&str, &str); 11] = [
    ("--client-secret", "WORKIQ_CLIENT_SECRET"),
    ("--secret", "WORKIQ_CLIENT_SECRET"),
    ("--password", "WORKIQ_CLIENT_CERTIFICATE_PASSWORD"),
    ("--certificate-password", "WORKIQ_CLIENT_CERTIFICATE_PASSWORD"),
    ("--client-certificate-password", "WORKIQ_CLIENT_CERTIFICATE_PASSWORD"),
    ("--client-certificate", "WORKIQ_CLIENT_CERTIFICATE"),
    ("--access-token", "WORKIQ_ACCESS_TOKEN"),
    ("--token", "WORKIQ_ACCESS_TOKEN"),
    ("--federated-token", "WORKIQ_FEDERATED_TOKEN_FILE"),
    ("--client-assertion", "WORKIQ_FEDERATED_TOKEN_FILE"),
    ("--system-access-token", "SYSTEM_ACCESSTOKEN"),
];

/// A refusal where a secret was given as an argument: every user of a machine can read the arguments of every process.
/// What follows `--` or `exec` belongs to another program.
pub(super) fn refuse_secrets(args: &[String]) -> Option<String> {
    let mut ours = args.iter().take_while(|arg| *arg != "--" && *arg != "exec");
    let flag = |arg: &String| {
        let name = arg.split('=').next().unwrap_or_default();
        SECRET_FLAGS.iter().find(|(flag, _)| *flag == name)
    };
    ours.find_map(flag).map(|(flag, variable)| {
        format!(
            "{flag} is not taken: arguments can be read by every user of this machine. Set the variable {variable}, \
             and replace the secret if it was a real one."
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_help_names_every_variable_that_has_no_option() {
        let settings = concat!(env!("CARGO_MANIFEST_DIR"), "/src/settings");
        let sources: Vec<_> = std::fs::read_dir(settings)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_file())
            .map(|path| std::fs::read_to_string(path).unwrap())
            .collect();
        let names: Vec<_> = sources
            .iter()
            .flat_map(|source| source.split("flag: \"\",\n    workiq: \"").skip(1))
            .map(|rest| rest.split('"').next().unwrap())
            .collect();
        assert!(names.len() >= 4, "{names:?}");
        let (_, rows) = AFTER_HELP.split_once("Variables without an option").unwrap();
        for name in names {
            assert!(rows.lines().any(|line| line.trim().starts_with(&format!("{name} "))), "{name}");
        }
        let help = Cli::command().render_long_help().to_string();
        assert!(
            !help.replace("/blob/main/docs/", "").contains("docs/"),
            "a page without its address: {help}"
        );
    }

    #[test]
    fn a_secret_as_an_argument_is_refused_without_repeating_it() {
        let args = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
        for words in [&["token", "--client-secret", "hush"][..], &["--client-secret=hush", "mcp"]] {
            let refusal = refuse_secrets(&args(words)).unwrap();
            assert!(refusal.contains("WORKIQ_CLIENT_SECRET") && !refusal.contains("hush"));
        }
        for (flag, variable) in SECRET_FLAGS {
            assert!(refuse_secrets(&args(&[flag, "hush"])).unwrap().contains(variable));
            assert!(Cli::try_parse_from(["workiq-auth", flag, "hush", "mcp"]).is_err());
        }
        assert_eq!(refuse_secrets(&args(&["token", "--federated-token-file", "/x"])), None);
        assert_eq!(refuse_secrets(&args(&["exec", "--", "x", "--client-secret", "y"])), None);
        assert_eq!(refuse_secrets(&args(&["exec", "x", "--password=y"])), None);
    }
}
