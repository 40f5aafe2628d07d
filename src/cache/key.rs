//! What a token is known by.

use std::sync::Arc;

use crate::entra::authority::TokenEndpoint;
use crate::entra::scope::Scope;
use crate::settings::identity::ClientId;

/// Who asks, and where: the part of the key that all requests of one credential share.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// Authority and tenant; none where a source brings tokens of its own.
    pub endpoint: Option<TokenEndpoint>,
    /// The client, where there is one.
    pub client: Option<ClientId>,
    /// A digest of kind and content of the credential: never the credential itself.
    pub credential: [u8; 32],
}

/// What a token is known by: authority, tenant, client, credential, scope and capabilities.
///
/// Claims are no part of it: they are an answer to one challenge, after which the entry is the new token's.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CacheKey {
    /// Who asks, and where.
    pub identity: Arc<Identity>,
    /// What for.
    pub scope: Scope,
    /// Whether continuous access evaluation is declared (`cp1`), which makes another kind of token.
    pub cae: bool,
}
