// What the list of tools costs a model, and what it says of each.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { startTools } from '../support.mjs';
import { startTenant } from '../tenant/index.mjs';
import { LIST_TOKENS, READ_TOOLS, WRITE_TOOLS } from './expected.mjs';

let tenant;
before(async () => {
  tenant = await startTenant();
});
after(() => tenant.close());

async function list(env = {}) {
  const tools = startTools({ ...tenant.env('secret'), ...env });
  const listed = await tools.list();
  await tools.close();
  return listed;
}

test(`costs ${LIST_TOKENS} tokens at most where nothing may be written`, async (t) => {
  const listed = await list();
  assert.deepEqual(listed.map(({ name }) => name).sort(), [...READ_TOOLS].sort());
  const tokens = countTokens(JSON.stringify({ tools: listed }));
  t.diagnostic(`${tokens} tokens`);
  assert.ok(tokens <= LIST_TOKENS, `${tokens}`);
});

test('each tool says what it is, what it takes and gives, and whether it writes', async () => {
  const listed = await list({ WORKIQ_ALLOW_WRITES: 'true' });
  assert.deepEqual(listed.map(({ name }) => name).sort(), [...READ_TOOLS, ...WRITE_TOOLS].sort());
  for (const { name, title, description, inputSchema, outputSchema, annotations } of listed) {
    assert.ok(title && description, name);
    assert.equal(inputSchema.type, 'object', name);
    assert.equal(outputSchema.type, 'object', name);
    const writes = WRITE_TOOLS.includes(name) || name === 'do_action';
    assert.equal(annotations.readOnlyHint, !writes, name);
    if (writes) {
      assert.equal(typeof annotations.destructiveHint, 'boolean', name);
      assert.equal(typeof annotations.idempotentHint, 'boolean', name);
    }
  }
});
