// The same surface from an ES module: named imports and the namespace.

import type { TokenCredential } from '@azure/core-auth';
import * as workiqAuth from 'workiq-auth';
import { type AuthError, createCredential, resolveAuthMode } from 'workiq-auth';

// The preload has no exports of its own; it is imported for its effect.
import 'workiq-auth/register';

const credential: TokenCredential = createCredential({ mode: 'app-only' });
const same: typeof createCredential = workiqAuth.createCredential;
const mode: 'delegated' | 'app-only' | 'agent-user' = resolveAuthMode();
const error: typeof AuthError = workiqAuth.AuthError;

// @ts-expect-error there is no such export
workiqAuth.signIn;

void [credential, same, mode, error];
