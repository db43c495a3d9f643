// On the fake engine, whose answers are known beforehand: what reaches it, what comes back, and when.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';
import { engineState, fake, model, sdk, sleep, text, timed, url, user } from './support.mjs';

// The engine answers with the body it was sent.
async function echoed(send) {
  return JSON.parse(await send(fake({ mode: 'echo' })));
}

const echoedChat = (fields) =>
  echoed(async (metadata) => {
    const answer = await sdk().chat.completions.create({ model, messages: user('hi'), metadata, ...fields });
    return answer.choices[0].message.content;
  });

test('a chat completion comes back whole', async () => {
  const answer = await sdk().chat.completions.create({ model, messages: user('hi'), metadata: fake({ tokens: 3 }) });
  assert.equal(answer.object, 'chat.completion');
  assert.equal(answer.choices[0].message.role, 'assistant');
  assert.equal(answer.choices[0].message.content, 'tok0 tok1 tok2');
  assert.equal(answer.choices[0].finish_reason, 'stop');
  assert.equal(answer.usage.completion_tokens, 3);
  assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + 3);
});

test('a stream delivers its first delta long before its last', async () => {
  const began = performance.now();
  const chunks = await timed(
    await sdk().chat.completions.create({
      model, messages: user('hi'), stream: true, metadata: fake({ tokens: 20, interval_ms: 60 }),
    }),
    began,
  );
  assert.equal(text(chunks), Array.from({ length: 20 }, (_, i) => `tok${i}`).join(' '));
  const deltas = chunks.filter(({ chunk }) => chunk.choices[0]?.delta?.content);
  const spread = deltas.at(-1).at - deltas[0].at;
  assert.equal(deltas.length, 20);
  assert.ok(spread >= 19 * 60 * 0.8, `all deltas within ${spread} ms`);
  assert.ok(deltas[0].at < deltas.at(-1).at / 3, `first delta at ${deltas[0].at} of ${deltas.at(-1).at} ms`);
  // No two neighbours wait for each other: nothing on the way collects them.
  const gaps = deltas.slice(1).map((delta, i) => delta.at - deltas[i].at);
  assert.ok(gaps.filter((gap) => gap > 20).length >= 15, `gaps: ${gaps.map(Math.round)}`);
  assert.equal(chunks.at(-1).chunk.choices[0].finish_reason, 'stop');
});

test('usage comes with a stream only if it was asked for', async () => {
  const ask = { model, messages: user('hi'), stream: true, metadata: fake({ tokens: 4 }) };
  const without = await timed(await sdk().chat.completions.create(ask), 0);
  assert.ok(without.every(({ chunk }) => !chunk.usage && chunk.choices.length === 1));
  const asked = await timed(
    await sdk().chat.completions.create({ ...ask, stream_options: { include_usage: true } }), 0);
  assert.equal(asked.length, without.length + 1);
  assert.deepEqual(asked.at(-1).chunk.choices, []);
  assert.equal(asked.at(-1).chunk.usage.completion_tokens, 4);
});

const schema = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'], additionalProperties: false };
const tool = { type: 'function', function: { name: 'weather', description: 'of a city', parameters: schema, strict: true } };
const pixel = 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const fields = {
  temperature: 0.7,
  top_p: 0.25,
  seed: 4242,
  stop: ['END', '\n\n'],
  logprobs: true,
  top_logprobs: 3,
  tools: [tool],
  tool_choice: { type: 'function', function: { name: 'weather' } },
  parallel_tool_calls: false,
  response_format: { type: 'json_schema', json_schema: { name: 'person', strict: true, schema } },
  n: 2,
  presence_penalty: 0.5,
  frequency_penalty: -0.5,
  logit_bias: { 15496: -100, 42: 5 },
  user: 'user-7',
  max_tokens: 77,
  max_completion_tokens: 66,
  service_tier: 'auto',
  reasoning_effort: 'low',
  verbosity: 'low',
  prediction: { type: 'content', content: 'maybe so' },
  modalities: ['text'],
  safety_identifier: 'safe-1',
  a_field_of_tomorrow: { nested: [1, 2.5, null, 'ü'] },
};
for (const [name, value] of Object.entries(fields)) {
  test(`the engine gets ${name}`, async () => {
    const body = await echoedChat({ [name]: value });
    assert.deepEqual(body[name], value);
  });
}

test('the engine gets all fields at once', async () => {
  const { max_tokens, ...most } = fields;
  const body = await echoedChat(most);
  for (const [name, value] of Object.entries(most)) assert.deepEqual(body[name], value, name);
});

test('the engine gets messages of every role and metadata', async () => {
  const messages = [
    { role: 'developer', content: 'be brief' },
    { role: 'system', content: 'be kind' },
    { role: 'user', name: 'ann', content: 'was gibt es? \u2028 👋 "quoted" \\ back' },
    { role: 'assistant', content: null, tool_calls: [{ id: 'c1', type: 'function', function: { name: 'weather', arguments: '{"name":"Köln"}' } }] },
    { role: 'tool', tool_call_id: 'c1', content: 'sunny' },
  ];
  const metadata = { purpose: 'test', ...fake({ mode: 'echo' }) };
  const body = await echoedChat({ messages, metadata });
  assert.deepEqual(body.messages, messages);
  assert.deepEqual(body.metadata, metadata);
});

test('the engine gets content in parts, with an image as data', async () => {
  const content = [
    { type: 'text', text: 'what is it?' },
    { type: 'image_url', image_url: { url: pixel, detail: 'low' } },
  ];
  const body = await echoedChat({ messages: user(content) });
  assert.deepEqual(body.messages[0].content, content);
});

test('an image by URL is refused, and nothing is fetched', async () => {
  const content = [{ type: 'image_url', image_url: { url: 'https://images.example/cat.png' } }];
  const failure = await sdk().chat.completions.create({ model, messages: user(content) }).catch((e) => e);
  assert.ok(failure instanceof OpenAI.BadRequestError, `${failure}`);
  assert.match(failure.message, /data:/);
});

test('a tool call comes back, whole and streamed', async () => {
  const ask = { model, messages: user('hi'), tools: [tool], metadata: fake({ mode: 'tool' }) };
  const answer = await sdk().chat.completions.create(ask);
  assert.equal(answer.choices[0].finish_reason, 'tool_calls');
  assert.equal(answer.choices[0].message.tool_calls[0].function.name, 'weather');
  const final = await sdk().chat.completions.stream(ask).finalChatCompletion();
  assert.equal(final.choices[0].message.tool_calls[0].function.name, 'weather');
});

test('several choices come back', async () => {
  const answer = await sdk().chat.completions.create({ model, messages: user('hi'), n: 3, metadata: fake({ tokens: 2 }) });
  assert.deepEqual(answer.choices.map((choice) => choice.index), [0, 1, 2]);
  assert.equal(answer.usage.completion_tokens, 6);
});

test('logprobs come back', async () => {
  const answer = await sdk().chat.completions.create({ model, messages: user('hi'), logprobs: true, metadata: fake({ tokens: 1 }) });
  assert.equal(answer.choices[0].logprobs.content[0].logprob, -0.5);
});

test('max_tokens cuts the answer', async () => {
  const answer = await sdk().chat.completions.create({ model, messages: user('hi'), max_tokens: 5, metadata: fake({ tokens: 50 }) });
  assert.equal(answer.usage.completion_tokens, 5);
  assert.equal(answer.choices[0].finish_reason, 'length');
});

test('models are listed and retrieved', async () => {
  const models = [];
  for await (const entry of sdk().models.list()) models.push(entry);
  assert.deepEqual(models.map((entry) => entry.id), [model]);
  const one = await sdk().models.retrieve(model);
  assert.equal(one.id, model);
  assert.equal(one.object, 'model');
  await assert.rejects(sdk().models.retrieve('no-such-model'), OpenAI.NotFoundError);
});

test('an unknown model is a NotFoundError', async () => {
  const failure = await sdk().chat.completions.create({ model: 'gpt-none', messages: user('hi') }).catch((e) => e);
  assert.ok(failure instanceof OpenAI.NotFoundError, `${failure}`);
  assert.equal(failure.code, 'model_not_found');
  assert.equal(failure.param, 'model');
});

test('completions come back, whole and streamed', async () => {
  const ask = { model, prompt: 'once', metadata: fake({ tokens: 3 }) };
  const answer = await sdk().completions.create(ask);
  assert.equal(answer.choices[0].text, 'tok0 tok1 tok2');
  let streamed = '';
  for await (const chunk of await sdk().completions.create({ ...ask, stream: true })) streamed += chunk.choices[0].text;
  assert.equal(streamed, 'tok0 tok1 tok2');
  const body = await echoed(async (metadata) => {
    const echo = await sdk().completions.create({ model, prompt: ['a', 'b'], suffix: 'z', best_of: 1, echo: true, metadata });
    return echo.choices[0].text;
  });
  assert.deepEqual([body.prompt, body.suffix, body.best_of, body.echo], [['a', 'b'], 'z', 1, true]);
});

test('embeddings come back, as numbers and as base64', async () => {
  const numbers = await sdk().embeddings.create({ model, input: ['a', 'b'], dimensions: 4, encoding_format: 'float' });
  assert.deepEqual(numbers.data.map((row) => row.embedding.length), [4, 4]);
  assert.equal(numbers.data[1].embedding[0], 2);
  const packed = await sdk().embeddings.create({ model, input: ['a', 'b'], dimensions: 4 });
  assert.deepEqual(packed.data.map((row) => Array.from(row.embedding)), numbers.data.map((row) => row.embedding));
});

test('responses come back, whole and streamed', async () => {
  const ask = { model, input: 'hi', metadata: fake({ tokens: 3 }) };
  const answer = await sdk().responses.create(ask);
  assert.equal(answer.status, 'completed');
  assert.equal(answer.output_text, 'tok0 tok1 tok2');
  assert.equal(answer.usage.output_tokens, 3);
  let streamed = '';
  let last;
  for await (const event of await sdk().responses.create({ ...ask, stream: true })) {
    if (event.type === 'response.output_text.delta') streamed += event.delta;
    last = event.type;
  }
  assert.equal(streamed, 'tok0 tok1 tok2');
  assert.equal(last, 'response.completed');
  const body = await echoed(async (metadata) => {
    const echo = await sdk().responses.create({ model, input: user('hi'), instructions: 'be brief', reasoning: { effort: 'low' }, metadata });
    return echo.output_text;
  });
  assert.equal(body.instructions, 'be brief');
  assert.deepEqual(body.reasoning, { effort: 'low' });
});

test('an engine that breaks off raises, whole and streamed', async () => {
  const ask = { model, messages: user('hi'), metadata: fake({ mode: 'break', tokens: 9, after: 3, interval_ms: 5 }) };
  await assert.rejects(sdk().chat.completions.create(ask), OpenAI.APIError);
  await assert.rejects(async () => timed(await sdk().chat.completions.create({ ...ask, stream: true }), 0), OpenAI.APIError);
});

test("the engine's own error reaches the app with its status", async () => {
  const ask = { model, messages: user('hi') };
  const bad = await sdk().chat.completions.create({ ...ask, metadata: fake({ mode: 'error', status: 400 }) }).catch((e) => e);
  assert.ok(bad instanceof OpenAI.BadRequestError, `${bad}`);
  assert.match(bad.message, /made to fail/);
  const broken = await sdk().chat.completions.create({ ...ask, metadata: fake({ mode: 'error', status: 500 }) }).catch((e) => e);
  assert.ok(broken instanceof OpenAI.InternalServerError, `${broken}`);
});

test('an aborted stream makes at most one further token', async () => {
  const before = await engineState();
  const stop = new AbortController();
  let seen = 0;
  try {
    const stream = await sdk().chat.completions.create(
      { model, messages: user('hi'), stream: true, metadata: fake({ tokens: 200, interval_ms: 150 }) },
      { signal: stop.signal },
    );
    for await (const chunk of stream) {
      if (chunk.choices[0]?.delta?.content && ++seen === 3) stop.abort();
    }
  } catch (failure) {
    assert.ok(failure instanceof OpenAI.APIUserAbortError, `${failure}`);
  }
  assert.equal(seen, 3);
  await sleep(1200);
  const after = await engineState();
  const made = after.generated_tokens - before.generated_tokens;
  assert.ok(made === 3 || made === 4, `${made} tokens were made, ${seen} were read`);
  assert.equal(after.cancelled, before.cancelled + 1);
  assert.equal(after.active, 0);
});

test('an aborted request without a stream stops the engine too', async () => {
  const before = await engineState();
  const stop = new AbortController();
  const asked = sdk().chat.completions.create(
    { model, messages: user('hi'), metadata: fake({ tokens: 200, interval_ms: 150 }) },
    { signal: stop.signal },
  );
  await sleep(700);
  stop.abort();
  await assert.rejects(asked, OpenAI.APIUserAbortError);
  const atAbort = await engineState();
  await sleep(1000);
  const after = await engineState();
  assert.ok(after.generated_tokens - atAbort.generated_tokens <= 1);
  assert.ok(after.generated_tokens > before.generated_tokens);
  assert.equal(after.active, 0);
});

test('every answer names its receipt, and the receipt can be fetched', async () => {
  for (const stream of [false, true]) {
    const { data, response } = await sdk().chat.completions
      .create({ model, messages: user('hi'), stream, metadata: fake({ tokens: 2 }) })
      .withResponse();
    if (stream) await timed(data, 0);
    const id = response.headers.get('x-cocoon-receipt');
    assert.match(id, /^[0-9a-f]{32}$/);
    const receipt = await fetch(`${url}/v1/receipts/${id}`);
    assert.equal(receipt.status, 200);
    assert.match(receipt.headers.get('content-type'), /^application\/cose/);
    const bytes = Buffer.from(await receipt.arrayBuffer());
    assert.ok(bytes.includes(Buffer.from(id, 'hex')), 'the receipt is of this request');
    assert.ok(!bytes.includes('tok0'), 'a receipt holds no text');
  }
  const none = await fetch(`${url}/v1/receipts/${'0'.repeat(32)}`);
  assert.equal(none.status, 404);
});

test('many requests at once all get their own answer', async () => {
  const answers = await Promise.all(
    Array.from({ length: 24 }, async (_, i) => {
      const client = sdk({ maxRetries: 8 });
      const marker = `marker-${i}-${Math.random()}`;
      const answer = await client.chat.completions.create({ model, messages: user(marker), metadata: fake({ mode: 'echo' }) });
      return JSON.parse(answer.choices[0].message.content).messages[0].content === marker;
    }),
  );
  assert.ok(answers.every(Boolean));
});

test('an oversize body is refused with 413', async () => {
  const failure = await sdk().chat.completions.create({ model, messages: user('x'.repeat(17 << 20)) }).catch((e) => e);
  assert.ok(failure instanceof OpenAI.APIError, `${failure}`);
  assert.equal(failure.status, 413);
});

test('a body of megabytes goes through', async () => {
  const long = 'y'.repeat(3 << 20);
  const body = await echoedChat({ messages: user(long) });
  assert.equal(body.messages[0].content, long);
});

test('a wrong key is an AuthenticationError, the right one is served', async () => {
  const baseURL = `${process.env.COCOON_KEYED_URL}/v1`;
  const ask = { model, messages: user('hi'), metadata: fake({ tokens: 1 }) };
  await assert.rejects(sdk({ baseURL, apiKey: 'wrong-key' }).chat.completions.create(ask), OpenAI.AuthenticationError);
  await assert.rejects(sdk({ baseURL, apiKey: 'wrong-key' }).models.list(), OpenAI.AuthenticationError);
  const answer = await sdk({ baseURL, apiKey: process.env.COCOON_API_KEY }).chat.completions.create(ask);
  assert.equal(answer.choices[0].message.content, 'tok0');
});
