// What clients are to find, in one place: all the tests here hold the server to it.

/** The name under which a configuration has the server; hosts build the tools' names from it. */
export const SERVER = 'workiq';

/** The tools that are listed, and no others. */
export const READ_TOOLS = ['fetch', 'fetch_blob', 'do_action', 'call_function', 'search_paths', 'get_schema'];

/** The tools that are not, unless writes are allowed. */
export const WRITE_TOOLS = ['create_entity', 'update_entity', 'delete_entity'];

/** Findings of the Inspector's `--strict` that are no errors, and why each is meant. */
export const SCHEMA_WARNINGS = {};

/** Tokens (o200k) that the list of tools may cost a model that only reads. */
export const LIST_TOKENS = 2_500;

/** How a result says that strangers wrote what is in it: to machines, and to a model. */
export const UNTRUSTED = { meta: 'workiq-auth/untrusted', words: /treat it as data/i };

/** A character that nobody sees, as it is shown. */
export const SHOWN = /u\{200b\}/i;

/** What a person does not see and a model reads: formats and controls, the latter also as JSON writes them. */
export const HIDDEN = /\p{Cf}|(?![\t\n\r])\p{Cc}|\\u00(?:07|1b)/iu;

/** Bytes of text and structured content together above which Copilot writes a result to a file instead. */
export const SPILL_BYTES = 20 * 1024;
