/**
 * All scenarios, by family. Their names are the keys of differences.mjs.
 */
import { claims } from './scenarios/claims.mjs';
import { assertions, names, places, scopesAsked, secrets } from './scenarios/identity.mjs';
import { crowds, memory } from './scenarios/memory.mjs';
import { bodies, refusals } from './scenarios/refusals.mjs';
import { lifetimes, success } from './scenarios/success.mjs';
import { redirects, retryAfter, transient } from './scenarios/transient.mjs';

export const families = {
  'Good answers, and what passes for one': success,
  'How long a token lives': lifetimes,
  'What Entra refuses': refusals,
  'How a refusal is worded': bodies,
  'Faults that pass, and faults that stay': transient,
  'Retry-After': retryAfter,
  Redirects: redirects,
  'What is kept': memory,
  'Callers who come together': crowds,
  'Claims and continuous access evaluation': claims,
  Secrets: secrets,
  Assertions: assertions,
  'Tenants and clients': names,
  Scopes: scopesAsked,
  'Where the authority is not': places,
};

export const scenarios = Object.values(families).flat();
