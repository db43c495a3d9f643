// What every test file of this suite shares: the endpoints that tests/e2e/run hands over, and clients for them.
import OpenAI from 'openai';

function setting(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; tests/e2e/run sets it`);
  return value;
}

export const url = setting('COCOON_URL');
export const model = setting('COCOON_MODEL');
export const engineUrl = process.env.COCOON_ENGINE_URL;

export function sdk(options = {}) {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: 'unused', maxRetries: 0, timeout: 60_000, ...options });
}

// How the fake engine shall behave for one request; OpenAI's metadata values are strings.
export function fake(plan) {
  return { fake: JSON.stringify(plan) };
}

export async function engineState() {
  const answer = await fetch(`${engineUrl}/debug/state`);
  return answer.json();
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export const user = (content) => [{ role: 'user', content }];

// The chunks of a stream with the time at which each arrived, in ms since the call.
export async function timed(stream, began) {
  const chunks = [];
  for await (const chunk of stream) chunks.push({ chunk, at: performance.now() - began });
  return chunks;
}

export const text = (chunks) => chunks.map(({ chunk }) => chunk.choices[0]?.delta?.content ?? '').join('');
