/**
 * The test tenant, tested: as strict as Entra, as talkative as Graph, and good enough for real clients.
 */
import './tenant/tests/token.mjs';
import './tenant/tests/options.mjs';
import './tenant/tests/certificates.mjs';
import './tenant/tests/federation.mjs';
import './tenant/tests/faults.mjs';
import './tenant/tests/wire.mjs';
import './tenant/tests/listening.mjs';
import './tenant/tests/proxy.mjs';
import './tenant/tests/local.mjs';
import './tenant/tests/graph.mjs';
import './tenant/tests/clients.mjs';
