// What each client is asked, one after the other: what fails is told and the next one follows.

import assert from "node:assert/strict";

export const [BASE, KEY, MODEL] = process.argv.slice(2);
export const PARAMETERS = {
  type: "object",
  properties: { number: { type: "string" } },
  required: ["number"],
  additionalProperties: false,
};
export const LOOK_UP = { name: "look_up", description: "Looks up a parcel.", parameters: PARAMETERS };
export const TOOL = { type: "function", function: LOOK_UP };
export const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
export const OSLO = { city: "Oslo", country: "Norway" };
export const user = (content) => [{ role: "user", content }];
export const same = assert.deepStrictEqual;

/** Prints what came of each check, as JSON. */
export async function main(checks) {
  const seen = {};
  for (const [name, work] of Object.entries(checks)) {
    try {
      await work();
      seen[name] = "";
    } catch (error) {
      seen[name] = String(error?.stack ?? error).slice(0, 400);
    }
  }
  process.stdout.write("\n" + JSON.stringify(seen) + "\n");
}
