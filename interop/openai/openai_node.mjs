// OpenAI's own client for JavaScript.

import assert from "node:assert/strict";
import OpenAI from "openai";
import { zodResponseFormat, zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";
import { BASE, KEY, LOOK_UP, main, MODEL, OSLO, PNG, same, TOOL, user } from "./checks.mjs";

const client = new OpenAI({ baseURL: BASE, apiKey: KEY, maxRetries: 0 });
const Place = z.object({ city: z.string(), country: z.string() });
const ask = (text, more = {}) => client.chat.completions.create({ model: MODEL, messages: user(text), ...more });
const respond = (input, more = {}) => client.responses.create({ model: MODEL, input, ...more });
const FLAT = { type: "function", strict: true, ...LOOK_UP };

await main({
  async models_are_listed() {
    const names = [];
    for await (const one of client.models.list()) names.push(one.id);
    assert.ok(names.includes(MODEL));
    same((await client.models.retrieve(MODEL)).id, MODEL);
  },
  async an_answer_whole() {
    same((await ask("Say hello")).choices[0].message.content, "Hello there.");
  },
  async an_answer_streamed() {
    let text = "";
    for await (const chunk of await ask("Say hello", { stream: true })) text += chunk.choices[0]?.delta.content ?? "";
    same(text, "Hello there.");
  },
  async usage_of_a_stream() {
    let usage;
    const more = { stream: true, stream_options: { include_usage: true } };
    for await (const chunk of await ask("Say hello", more)) usage = chunk.usage ?? usage;
    assert.ok(usage.total_tokens > 0);
  },
  async the_stream_helper() {
    const stream = client.chat.completions.stream({ model: MODEL, messages: user("Say hello") });
    let told = "";
    stream.on("content", (delta) => (told += delta));
    same(await stream.finalContent(), "Hello there.");
    same(told, "Hello there.");
  },
  async a_stream_as_web_stream() {
    const stream = await ask("Say hello", { stream: true });
    const reader = stream.toReadableStream().getReader();
    assert.ok(!(await reader.read()).done);
  },
  async tools() {
    const first = (await ask("Where is parcel 42?", { tools: [TOOL] })).choices[0];
    same(first.finish_reason, "tool_calls");
    const [call] = first.message.tool_calls;
    same(JSON.parse(call.function.arguments), { number: "42" });
    const result = { role: "tool", tool_call_id: call.id, content: "It is in Oslo." };
    const messages = [...user("Where is parcel 42?"), first.message, result];
    const done = await client.chat.completions.create({ model: MODEL, messages, tools: [TOOL] });
    same(done.choices[0].message.content, "It is in Oslo.");
  },
  async run_tools() {
    const look = { function: () => "It is in Oslo.", parse: JSON.parse, ...LOOK_UP };
    const tools = [{ type: "function", function: look }];
    const runner = client.chat.completions.runTools({ model: MODEL, messages: user("Where is parcel 42?"), tools });
    same(await runner.finalContent(), "It is in Oslo.");
  },
  async run_tools_streamed() {
    const look = { function: () => "It is in Oslo.", parse: JSON.parse, ...LOOK_UP };
    const tools = [{ type: "function", function: look }];
    const messages = user("Where are both parcels?");
    const runner = client.chat.completions.runTools({ model: MODEL, messages, tools, stream: true });
    same(await runner.finalContent(), "It is in Oslo.");
  },
  async parsed() {
    const form = { model: MODEL, messages: user("Which place?"), response_format: zodResponseFormat(Place, "place") };
    same((await client.chat.completions.parse(form)).choices[0].message.parsed, OSLO);
  },
  async a_json_object() {
    const text = (await ask("Which place? As JSON.", { response_format: { type: "json_object" } })).choices[0].message;
    same(JSON.parse(text.content).city, "Oslo");
  },
  async a_picture() {
    const picture = { type: "image_url", image_url: { url: `data:image/png;base64,${PNG}` } };
    const messages = [{ role: "user", content: [{ type: "text", text: "Say hello" }, picture] }];
    same((await client.chat.completions.create({ model: MODEL, messages })).choices[0].message.content, "Hello there.");
  },
  async a_stream_that_is_left() {
    const stream = await ask("Say hello", { stream: true });
    for await (const chunk of stream) {
      assert.ok(chunk.id);
      break;
    }
  },
  async embeddings() {
    const found = await client.embeddings.create({ model: "use-multilingual-v3", input: ["a cat", "a dog"] });
    same(found.data.map((row) => row.embedding.length), [512, 512]);
  },
  async a_wrong_key() {
    const wrong = new OpenAI({ baseURL: BASE, apiKey: "sk-wrong", maxRetries: 0 });
    await assert.rejects(wrong.models.list(), (error) => error.status === 401 && error.code === "invalid_api_key");
  },
  async an_unknown_model() {
    const asked = client.chat.completions.create({ model: "gpt-0", messages: user("Say hello") });
    await assert.rejects(asked, (error) => error.status === 404 && error.code === "model_not_found");
  },
  async a_parameter_that_is_not_honoured() {
    await assert.rejects(ask("Say hello", { n: 2 }), (error) => error.status === 400 && error.param === "n");
  },
  async a_response() {
    same((await respond("Say hello")).output_text, "Hello there.");
  },
  async a_response_streamed() {
    let text = "";
    for await (const event of await respond("Say hello", { stream: true })) {
      if (event.type === "response.output_text.delta") text += event.delta;
    }
    same(text, "Hello there.");
    const stream = client.responses.stream({ model: MODEL, input: "Say hello" });
    same((await stream.finalResponse()).output_text, "Hello there.");
  },
  async a_response_that_goes_on() {
    const first = await respond("My name is Zora.");
    same((await client.responses.retrieve(first.id)).id, first.id);
    same((await respond("What is my name?", { previous_response_id: first.id })).output_text, "You are Zora.");
  },
  async a_response_with_a_tool() {
    const first = await respond("Where is parcel 42?", { tools: [FLAT] });
    const call = first.output.find((item) => item.type === "function_call");
    same(JSON.parse(call.arguments), { number: "42" });
    const result = { type: "function_call_output", call_id: call.call_id, output: "It is in Oslo." };
    same((await respond([result], { previous_response_id: first.id, tools: [FLAT] })).output_text, "It is in Oslo.");
  },
  async a_response_in_a_form() {
    const form = { model: MODEL, input: "Which place?", text: { format: zodTextFormat(Place, "place") } };
    same((await client.responses.parse(form)).output_parsed, OSLO);
  },
});
