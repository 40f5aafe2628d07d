// Which of the conformance suite's server scenarios are about a server of tools on stdio, and why the others are not. The
// suite is written for a reference server over HTTP, whose tools, resources and prompts many scenarios call by name.

/** Scenarios that must have run, and passed as a whole, in each era. */
export const APPLICABLE = {
  '2025-11-25': ['server-initialize', 'server-session-lifecycle', 'ping', 'tools-list'],
  '2026-07-28': ['tools-list'],
};

/** Scenarios that fail, by the reason. */
export const NOT_APPLICABLE = {
  'calls a tool of the reference server': [
    'tools-call-simple-text',
    'tools-call-image',
    'tools-call-audio',
    'tools-call-embedded-resource',
    'tools-call-mixed-content',
    'tools-call-with-logging',
    'tools-call-error',
    'tools-call-with-progress',
    'tools-call-sampling',
    'tools-call-elicitation',
    'json-schema-2020-12',
    'elicitation-sep1034-defaults',
    'elicitation-sep1330-enums',
    'input-required-result-basic-elicitation',
    'input-required-result-basic-sampling',
    'input-required-result-basic-list-roots',
    'input-required-result-request-state',
    'input-required-result-multiple-input-requests',
    'input-required-result-multi-round',
    'input-required-result-missing-input-response',
    'input-required-result-result-type',
    'input-required-result-tampered-state',
    'input-required-result-capability-check',
    'input-required-result-ignore-extra-params',
  ],
  'asks for what only a server of resources, prompts, logging or completion has': [
    'logging-set-level',
    'completion-complete',
    'resources-list',
    'resources-read-text',
    'resources-read-binary',
    'resources-templates-read',
    'resources-subscribe',
    'resources-unsubscribe',
    'sep-2164-resource-not-found',
    'prompts-list',
    'prompts-get-simple',
    'prompts-get-with-args',
    'prompts-get-embedded-resource',
    'prompts-get-with-image',
    'input-required-result-non-tool-request',
  ],
  'is about HTTP, which is the bridge here': [
    'server-sse-polling',
    'dns-rebinding-protection',
    'http-header-validation',
    'http-custom-header-server-validation',
  ],
  'is about the server in part only: see PARTLY': ['server-stateless', 'caching'],
};

/** The checks of those in part: which fail and why; every other one passes. `passes` must be among them. */
export const PARTLY = {
  'server-stateless': {
    passes: [
      'sep-2575-server-implements-discover',
      'sep-2575-server-identifies-in-result-meta',
      'sep-2575-discover-capabilities-match-handlers',
      'sep-2575-server-unsupported-version-error',
      'sep-2575-request-meta-invalid-missing-meta',
      'sep-2575-request-meta-invalid-missing-protocol-version',
      'sep-2575-request-meta-invalid-missing-client-capabilities',
      'sep-2575-request-meta-client-info-optional',
    ],
    fails: {
      'sep-2575-http-server-header-mismatch-400': 'HTTP headers are the bridge, which does not compare them',
      'sep-2575-server-rejects-undeclared-capability': 'calls a tool of the reference server',
      'sep-2575-missing-capability-http-400': 'calls a tool of the reference server',
      'sep-2575-http-server-no-independent-requests-on-stream': 'calls a tool of the reference server',
      'sep-2575-server-no-log-without-loglevel': 'calls a tool of the reference server',
      'sep-2575-http-server-method-not-found-404-ping':
        'the protocol library answers ping in every era, though 2026-07-28 has none',
    },
  },
  caching: {
    passes: [
      'sep-2549-tools-list-caching-hints',
      'sep-2549-ttl-non-negative',
      'sep-2549-cache-scope-valid',
      'wire-schema-valid',
    ],
    fails: {
      'sep-2549-prompts-list-caching-hints': 'there are no prompts',
      'sep-2549-resources-list-caching-hints': 'there are no resources',
      'sep-2549-resources-templates-list-caching-hints': 'there are no resources',
    },
  },
};
