// On llama-server and a real model: that what the SDK understands is what a real engine sends.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';
import { model, sdk, text, timed, user } from './support.mjs';

const question = { model, messages: user('What is the capital of France? Answer in one word.'), temperature: 0, max_tokens: 24 };

test('a chat completion answers the question', async () => {
  const answer = await sdk().chat.completions.create(question);
  assert.match(answer.choices[0].message.content, /Paris/);
  assert.equal(answer.model, model);
  assert.ok(answer.usage.prompt_tokens > 5 && answer.usage.completion_tokens > 0);
});

test('a stream says the same, delta by delta', async () => {
  const whole = await sdk().chat.completions.create(question);
  const chunks = await timed(await sdk().chat.completions.create({ ...question, stream: true }), performance.now());
  assert.equal(text(chunks), whole.choices[0].message.content);
  assert.ok(chunks.every(({ chunk }) => !chunk.usage));
});

test('the first delta comes long before the last', async () => {
  const began = performance.now();
  const chunks = await timed(
    await sdk().chat.completions.create({
      model, messages: user('Tell a long story about the sea.'), temperature: 0, max_tokens: 120, stream: true,
      stream_options: { include_usage: true },
    }),
    began,
  );
  const deltas = chunks.filter(({ chunk }) => chunk.choices[0]?.delta?.content);
  assert.ok(deltas.length > 40, `${deltas.length} deltas`);
  assert.ok(deltas[0].at < deltas.at(-1).at * 0.6, `first delta at ${deltas[0].at} of ${deltas.at(-1).at} ms`);
  assert.ok(chunks.at(-1).chunk.usage.completion_tokens >= deltas.length / 2);
});

test('max_tokens holds', async () => {
  const answer = await sdk().chat.completions.create({ ...question, messages: user('Count to one thousand.'), max_tokens: 7 });
  assert.equal(answer.usage.completion_tokens, 7);
  assert.equal(answer.choices[0].finish_reason, 'length');
});

test('logprobs and seed work', async () => {
  const ask = { ...question, logprobs: true, top_logprobs: 2, max_tokens: 3, seed: 7 };
  const answer = await sdk().chat.completions.create(ask);
  assert.ok(answer.choices[0].logprobs.content.length >= 1);
  assert.equal(answer.choices[0].logprobs.content[0].top_logprobs.length, 2);
});

test('response_format holds the model to a schema', async () => {
  const schema = { type: 'object', properties: { city: { type: 'string', maxLength: 20 } }, required: ['city'], additionalProperties: false };
  const answer = await sdk().chat.completions.create({
    ...question, max_tokens: 60, response_format: { type: 'json_schema', json_schema: { name: 'capital', strict: true, schema } },
  });
  assert.equal(typeof JSON.parse(answer.choices[0].message.content).city, 'string');
});

test('a stop sequence stops', async () => {
  const ask = { model, prompt: '1, 2, 3, 4, 5,', max_tokens: 30, temperature: 0 };
  const free = await sdk().completions.create(ask);
  assert.match(free.choices[0].text, /6.*7.*8/);
  const stopped = await sdk().completions.create({ ...ask, stop: ['8'] });
  assert.match(stopped.choices[0].text, /^ 6, 7, ?$/);
  assert.equal(stopped.choices[0].finish_reason, 'stop');
});

test('a prompt is completed', async () => {
  const answer = await sdk().completions.create({ model, prompt: 'The capital of France is', max_tokens: 4, temperature: 0 });
  assert.match(answer.choices[0].text, /Paris/);
});

test('models are listed, an unknown one is not found', async () => {
  assert.deepEqual((await sdk().models.list()).data.map((entry) => entry.id), [model]);
  await assert.rejects(sdk().chat.completions.create({ ...question, model: 'gpt-none' }), OpenAI.NotFoundError);
});

test("the engine's refusal reaches the app as a BadRequestError", async () => {
  await assert.rejects(
    sdk().chat.completions.create({ ...question, messages: user('word '.repeat(20_000)) }), OpenAI.BadRequestError);
});
