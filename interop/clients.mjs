// Drives /mcp as the official TypeScript clients do: node clients.mjs CLIENT URL KEY RECIPE ENDLESS OTHER_WORKSPACE
// CLIENT: sdk (protocol 2025-11-25), client (its default), client-auto (2026-07-28). Prints what was seen as JSON.
const [which, url, key, recipe, endless, otherWorkspace] = process.argv.slice(2);
const info = { name: 'interop', version: '1.0.0' };

async function connected(headers) {
  if (which === 'sdk') {
    const { Client } = await import('@modelcontextprotocol/sdk/client/index.js');
    const { StreamableHTTPClientTransport } = await import('@modelcontextprotocol/sdk/client/streamableHttp.js');
    const client = new Client(info);
    await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
    const call = (params, options) => client.callTool(params, undefined, options);
    return { client, call };
  }
  const { Client, StreamableHTTPClientTransport } = await import('@modelcontextprotocol/client');
  const client = new Client(info, which === 'client-auto' ? { versionNegotiation: { mode: 'auto' } } : {});
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
  return { client, call: (params, options) => client.callTool(params, options) };
}

const refused = async (headers) => {
  try {
    const { client } = await connected(headers);
    await client.listTools();
    return '';
  } catch (error) {
    return String(error.code ?? error.status ?? error.message);
  }
};

const authorization = { Authorization: `Bearer ${key}` };
const { client, call } = await connected(authorization);
const seen = { protocol: client.getNegotiatedProtocolVersion?.() ?? '' };
seen.tools = (await client.listTools()).tools.map((tool) => tool.name);
seen.prompts = (await client.listPrompts()).prompts.map((prompt) => prompt.name);

seen.progress = [];
const cooked = await call(
  { name: 'cook_recipe', arguments: { recipe, input_data: {} } },
  { onprogress: ({ progress, total }) => seen.progress.push([progress, total]), timeout: 60_000 },
);
seen.cooked = cooked.structuredContent;
const uri = `automatos://executions/${seen.cooked.execution_id}/output`;
seen.output = (await client.readResource({ uri })).contents[0].text;
seen.wrong = (await call({ name: 'cook_recipe', arguments: { recipe: 'no-such-recipe' } })).isError;

const stop = new AbortController();
setTimeout(() => stop.abort('enough'), 2_000);
try {
  await call({ name: 'cook_recipe', arguments: { recipe: endless } }, { signal: stop.signal, timeout: 60_000 });
  seen.cancelled = false;
} catch {
  seen.cancelled = true;
}

seen.withoutKey = await refused({});
seen.wrongKey = await refused({ Authorization: 'Bearer atm_wrong' });
seen.otherWorkspace = await refused({ ...authorization, 'X-Workspace-ID': otherWorkspace });
await client.close();
console.log(JSON.stringify(seen));
process.exit(0);
