// Vercel's AI SDK, over its provider of OpenAI (both ways) and that of compatible servers.

import assert from "node:assert/strict";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { embed, generateObject, generateText, Output, stepCountIs, streamObject, streamText, tool } from "ai";
import { z } from "zod";
import { BASE, KEY, main, MODEL, OSLO, PNG, same } from "./checks.mjs";

const openai = createOpenAI({ baseURL: BASE, apiKey: KEY });
const compatible = createOpenAICompatible({
  name: "automatos", baseURL: BASE, apiKey: KEY, includeUsage: true, supportsStructuredOutputs: true,
});
const MODELS = { chat: openai.chat(MODEL), compatible: compatible(MODEL), responses: openai.responses(MODEL) };
const Place = z.object({ city: z.string(), country: z.string() });
const look_up = tool({
  description: "Looks up a parcel.",
  inputSchema: z.object({ number: z.string() }),
  execute: async ({ number }) => `${number} is in Oslo.`,
});
const options = { maxRetries: 0 };

const checks = {};
for (const [name, model] of Object.entries(MODELS)) {
  Object.assign(checks, {
    async [`${name}_text`]() {
      const answer = await generateText({ model, prompt: "Say hello", system: "Be brief.", ...options });
      same(answer.text, "Hello there.");
      assert.ok(answer.usage.totalTokens > 0);
    },
    async [`${name}_streamed`]() {
      const answer = streamText({ model, prompt: "Say hello", ...options });
      let text = "";
      for await (const piece of answer.textStream) text += piece;
      same(text, "Hello there.");
      assert.ok((await answer.usage).totalTokens > 0);
      same(await answer.finishReason, "stop");
    },
    async [`${name}_object`]() {
      same((await generateObject({ model, schema: Place, prompt: "Which place?", ...options })).object, OSLO);
    },
    async [`${name}_object_streamed`]() {
      const answer = streamObject({ model, schema: Place, prompt: "Which place?", ...options });
      for await (const part of answer.partialObjectStream) assert.ok(part);
      same(await answer.object, OSLO);
    },
    async [`${name}_object_beside_text`]() {
      const output = Output.object({ schema: Place });
      same((await generateText({ model, prompt: "Which place?", output, ...options })).output, OSLO);
    },
    async [`${name}_tools`]() {
      const more = { tools: { look_up }, stopWhen: stepCountIs(3), ...options };
      const answer = await generateText({ model, prompt: "Where is parcel 42?", ...more });
      same(answer.text, "It is in Oslo.");
      same(answer.steps[0].toolCalls[0].input, { number: "42" });
    },
    async [`${name}_tools_streamed`]() {
      const more = { tools: { look_up }, stopWhen: stepCountIs(3), ...options };
      const answer = streamText({ model, prompt: "Where is parcel 42?", ...more });
      await answer.consumeStream();
      same(await answer.text, "It is in Oslo.");
    },
    async [`${name}_choice_of_tools`]() {
      for (const toolChoice of ["required", { type: "tool", toolName: "look_up" }]) {
        const answer = await generateText({ model, prompt: "Where is parcel 42?", tools: { look_up }, toolChoice, ...options });
        same(answer.toolCalls.length, 1);
      }
    },
    async [`${name}_picture`]() {
      const content = [{ type: "text", text: "Say hello" }, { type: "image", image: Buffer.from(PNG, "base64") }];
      same((await generateText({ model, messages: [{ role: "user", content }], ...options })).text, "Hello there.");
    },
  });
}
checks.embeddings = async () => {
  const found = await embed({ model: openai.embedding("use-multilingual-v3"), value: "a cat", ...options });
  same(found.embedding.length, 512);
};
await main(checks);
