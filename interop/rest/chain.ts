// The whole chain by the types that openapi-typescript makes: agent, recipe, document, run, events, OpenAI's door.
import createClient from 'openapi-fetch';
import type { components, paths } from './made/api.js';

declare const process: { argv: string[] };
const [base, key, model, word] = process.argv.slice(2) as [string, string, string, string];
const api = createClient<paths>({ baseUrl: base, headers: { Authorization: `Bearer ${key}` } });

function got<T>(answer: { data?: T; error?: unknown; response: Response }): T {
  if (answer.data === undefined) throw new Error(`${answer.response.status} ${JSON.stringify(answer.error)}`);
  return answer.data;
}

const [provider, id] = model.split(':') as [string, string];
const agent = got(await api.POST('/api/agents', {
  body: { name: 'Typed', description: 'Writes briefly.', agent_model_config: { provider, model_id: id } },
}));
const recipe = got(await api.POST('/api/workflow-recipes', {
  body: {
    name: 'Typed',
    inputs: { topic: { type: 'string' } },
    steps: [{ agent_id: agent.id, prompt_template: `${word} about {input.topic}` }],
  },
}));
const form = new FormData();
form.append('file', new Blob(['Otters hold hands.'], { type: 'text/plain' }), 'otters.txt');
const document = got(await api.POST('/api/documents', {
  body: { file: 'otters.txt' },
  bodySerializer: () => form,
}));
const path = { path: { recipe_id: recipe.id } };
const params = { ...path, header: { 'Idempotency-Key': crypto.randomUUID() } };
const started = got(await api.POST('/api/workflow-recipes/{recipe_id}/execute', {
  params,
  body: { input_data: { topic: 'otters' } },
}));
const again = got(await api.POST('/api/workflow-recipes/{recipe_id}/execute', {
  params,
  body: { input_data: { topic: 'otters' } },
}));
const run = { path: { execution_id: started.execution_id } };
type Events = components['schemas']['EventsOut'];
let events: Events;
do {
  events = got(await api.GET('/api/executions/{execution_id}/events', { params: run })) as Events;
  if (events.is_live) await new Promise((resolve) => setTimeout(resolve, 200));
} while (events.is_live);
const done = got(await api.GET('/api/executions/{execution_id}', { params: run }));
const answer = got(await api.POST('/v1/chat/completions', {
  body: { model: `agent:${agent.slug}`, messages: [{ role: 'user', content: word }] },
})) as components['schemas']['ChatCompletionOut'];
const types: components['schemas']['EventOut']['type'][] = events.items.map((one) => one.type);
console.log(JSON.stringify({
  agent: agent.id, document: document.id, same: again.execution_id === started.execution_id, types,
  status: done.status, answer: answer.choices[0]?.message.content ?? null,
}));
