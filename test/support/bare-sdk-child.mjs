// Runs scripts against Google's SDK by itself, one after the other, for bare-sdk.ts.
import { setImmediate as turn } from 'node:timers/promises';
import { GoogleGenerativeAI } from '@google/generative-ai';

const AsyncFunction = (async () => {}).constructor;

let unhandled = [];
process.on('unhandledRejection', (error) => unhandled.push(error.message));
process.on('disconnect', () => process.exit());

process.on('message', async ({ script, apiKey, baseUrl, modelName }) => {
  unhandled = [];
  const model = (options = {}) =>
    new GoogleGenerativeAI(apiKey).getGenerativeModel(
      { model: modelName },
      { baseUrl, ...options },
    );
  const value = await AsyncFunction(
    'model',
    'prompt',
    script,
  )(model, 'What is it?').catch((error) => ({ message: error.message, cause: error.cause }));
  for (let turns = 0; turns < 10; turns += 1) await turn();
  process.send({ value: value ?? null, unhandled });
});
