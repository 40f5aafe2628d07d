//! A regular expression, run down a tree of segments: what two paths begin with in common is looked at once.

use regex_automata::Input;
use regex_automata::hybrid::LazyStateID;
use regex_automata::hybrid::dfa::{Cache, Config, DFA};
use regex_automata::nfa::thompson;
use regex_automata::util::syntax;

use super::search::SearchError;

/// The longest pattern, in bytes.
const LONGEST: usize = 256;

/// How much memory its automata may take, in bytes.
const NFA: usize = 256 << 10;
const DFA_CACHE: usize = 4 << 20;

/// A pattern that is ready to run.
pub(super) struct Pattern {
    dfa: DFA,
    cache: Cache,
    cleared: usize,
}

/// How far a pattern has come.
#[derive(Clone, Copy)]
pub(super) enum Progress {
    /// It may match yet.
    Open(LazyStateID),
    /// It has matched, whatever follows.
    Found,
    /// It will not.
    Lost,
}

impl Pattern {
    /// Letters count in either case, and classes such as `\w` are ASCII.
    pub(super) fn new(text: &str) -> Result<Self, SearchError> {
        if text.len() > LONGEST {
            return Err(SearchError::new("The pattern is longer than 256 bytes; give a shorter one."));
        }
        let syntax = syntax::Config::new().unicode(false).utf8(false).case_insensitive(true).nest_limit(32);
        if let Err(error) = syntax::parse_with(text, &syntax) {
            // Its last line says what is wrong, under a picture of the place.
            let error = error.to_string();
            let why = error.lines().last().unwrap_or_default();
            return Err(SearchError::new(&format!(
                "The filter is not a regular expression that can be used here: {}. Plain words or a path from its \
                 first slash on will do too.",
                crate::error::printable(why.trim_start_matches("error: "), 200)
            )));
        }
        let dfa = DFA::builder()
            .configure(Config::new().cache_capacity(DFA_CACHE))
            .syntax(syntax)
            .thompson(thompson::Config::new().utf8(false).nfa_size_limit(Some(NFA)))
            .build(text)
            .map_err(|_| too_much())?;
        let cache = dfa.create_cache();
        let cleared = cache.clear_count();
        Ok(Self { dfa, cache, cleared })
    }

    pub(super) fn start(&mut self) -> Result<Progress, SearchError> {
        let state = self.dfa.start_state_forward(&mut self.cache, &Input::new(""));
        state.map(Progress::Open).map_err(|_| too_much())
    }

    /// From `from` over `text`. Also whether it matches a path that ends here.
    pub(super) fn over(&mut self, from: Progress, text: &str) -> Result<(Progress, bool), SearchError> {
        let mut state = match from {
            Progress::Open(state) => state,
            Progress::Found => return Ok((Progress::Found, true)),
            Progress::Lost => return Ok((Progress::Lost, false)),
        };
        for byte in text.bytes() {
            state = self.dfa.next_state(&mut self.cache, state, byte).map_err(|_| too_much())?;
            if state.is_match() {
                return Ok((Progress::Found, true));
            }
            if state.is_dead() {
                return Ok((Progress::Lost, false));
            }
        }
        let end = self.dfa.next_eoi_state(&mut self.cache, state).map_err(|_| too_much())?;
        // States that were kept are worth nothing once the cache has been emptied.
        if self.cache.clear_count() != self.cleared {
            return Err(too_much());
        }
        Ok((Progress::Open(state), end.is_match()))
    }
}

fn too_much() -> SearchError {
    SearchError::new("The pattern takes too much memory; give a simpler one, or plain words.")
}
