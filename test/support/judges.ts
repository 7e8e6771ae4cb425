/** Servers that judge claims and find things as a test says, and the pictures they are asked about. */
import type { ServerResponse } from 'node:http';
import type { Verdict } from '../../src/tasks/check/verdict.js';
import { numberIn } from './album.js';
import { answer, type ScriptedServer, sendJson, serve } from './scripted-server.js';

/** What a server does about one request. */
export type Reply = (response: ServerResponse) => void;

/** What is said of one claim: a verdict, or all of it. */
export type Said = Verdict | { verdict: Verdict; evidence?: string; box_2d?: unknown };

/** Sends a whole answer with this text. */
export function says(text: string, finishReason?: string): Reply {
  return (response) => sendJson(response, 200, answer(text, finishReason));
}

/** Judges the claims, in their order; the evidence for the first one is `Evidence 1.` */
export function judges(...said: readonly Said[]): Reply {
  return says(verdictsText(...said));
}

export function verdictsText(...said: readonly Said[]): string {
  const verdicts = said.map((one, index) => ({
    claim: index + 1,
    evidence: `Evidence ${index + 1}.`,
    ...(typeof one === 'string' ? { verdict: one } : one),
  }));
  return JSON.stringify({ verdicts });
}

/** Finds these things. */
export function finds(...boxes: readonly { label: unknown; box_2d: unknown }[]): Reply {
  return says(JSON.stringify({ boxes }));
}

export function fails(
  code: number,
  status: string,
  message: string,
  details: object[] = [],
): Reply {
  return (response) => sendJson(response, code, { error: { code, message, status, details } });
}

/** The model says nothing, for harm that it sees. */
export const refuses: Reply = (response) =>
  sendJson(response, 200, {
    candidates: [{ finishReason: 'SAFETY', index: 0 }],
    usageMetadata: { promptTokenCount: 1130, totalTokenCount: 1130 },
  });

export const wrongKey = fails(400, 'INVALID_ARGUMENT', 'API key not valid.');
export const overloaded = fails(503, 'UNAVAILABLE', 'The model is overloaded.');
export const dailyQuota = fails(429, 'RESOURCE_EXHAUSTED', 'You exceeded your current quota.', [
  {
    '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
    violations: [{ quotaId: 'GenerateRequestsPerDayPerProjectPerModel-FreeTier' }],
  },
]);

/** A server with a reply for each request in turn; the last one is given to all that follow. */
export function replying(...replies: readonly Reply[]): Promise<ScriptedServer> {
  return serve((response, at) => replies[Math.min(at, replies.length - 1)]?.(response));
}

/** A server with a reply for each picture of an album, by its number. */
export function replyingTo(...replies: readonly Reply[]): Promise<ScriptedServer> {
  return serve((response, _at, request) => replies[numberIn(request)]?.(response));
}

/** The text of a request that comes after the pictures, and any later one. */
export function promptsOf({ requests }: ScriptedServer, at = 0): string[] {
  const parts: { text?: string }[] = requests[at]?.json.contents[0].parts ?? [];
  return parts.flatMap(({ text }) => text ?? []);
}
