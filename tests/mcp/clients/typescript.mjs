// The official TypeScript clients, as python_sdk.py: `v1` is @modelcontextprotocol/sdk, all else @modelcontextprotocol/client.
// usage: node typescript.mjs NODE_MODULES MODE stdio PROGRAM DATABASE | NODE_MODULES MODE http URL TOKEN
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [modules, mode, kind, one, two] = process.argv.slice(2);
const calls = JSON.parse(readFileSync(0, 'utf8'));
const require = createRequire(`${modules}/`);
const load = (name) => import(pathToFileURL(require.resolve(name)).href);

let Client, Stdio, Http;
if (mode === 'v1') {
  ({ Client } = await load('@modelcontextprotocol/sdk/client/index.js'));
  ({ StdioClientTransport: Stdio } = await load('@modelcontextprotocol/sdk/client/stdio.js'));
  ({ StreamableHTTPClientTransport: Http } = await load('@modelcontextprotocol/sdk/client/streamableHttp.js'));
} else {
  ({ Client, StreamableHTTPClientTransport: Http } = await load('@modelcontextprotocol/client'));
  ({ StdioClientTransport: Stdio } = await load('@modelcontextprotocol/client/stdio'));
}

const negotiation = { auto: { mode: 'auto' }, legacy: undefined, v1: undefined }[mode];
const options = mode === '2026-07-28' ? { versionNegotiation: { mode: { pin: mode } } }
  : negotiation ? { versionNegotiation: negotiation } : {};
const client = new Client({ name: 'test', version: '1' }, options);
await client.connect(kind === 'stdio'
  ? new Stdio({ command: one, args: ['serve-mcp', '--db-path', two] })
  : new Http(new URL(one), { requestInit: { headers: { Authorization: `Bearer ${two}` } } }));

const said = { revision: client.getNegotiatedProtocolVersion?.() ?? '', calls: {} };
said.tools = (await client.listTools()).tools.map((tool) => tool.name);
said.prompts = (await client.listPrompts()).prompts.map((prompt) => prompt.name);
said.resources = (await client.listResources()).resources.map((resource) => resource.uri);
said.pages = [];
for (const uri of said.resources) said.pages.push((await client.readResource({ uri })).contents[0].text.length);
said.prompt = (await client.getPrompt({ name: 'what_is_slow', arguments: { trace: 'last' } })).messages[0].content.text;
for (const [name, given] of Object.entries(calls)) {
  const result = await client.callTool({ name: `breadcrumb__${name}`, arguments: given });
  const same = JSON.stringify(JSON.parse(result.content[0].text)) === JSON.stringify(result.structuredContent);
  if (result.isError) console.error(name, result.content[0].text);
  said.calls[name] = { error: result.isError ?? false, same };
}
said.refused = (await client.callTool({ name: 'breadcrumb__query_traces', arguments: { sql: 'DROP TABLE traces' } })).isError;
await client.close();
console.log(JSON.stringify(said));
process.exit(0);
