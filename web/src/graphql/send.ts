/** One query or mutation over HTTP, answered in three plain ways. */
import { Client, fetchExchange, type AnyVariables, type OperationResult, type TypedDocumentNode } from '@urql/core';

export type Answer<T> = { kind: 'DATA'; data: T } | { kind: 'REFUSED'; code: string } | { kind: 'UNREACHABLE' };

const ANSWER_WITHIN_MS = 10_000;
const UNREACHABLE = { kind: 'UNREACHABLE' } as const;

const client = new Client({ url: '/graphql', exchanges: [fetchExchange], preferGetMethod: false });

function answerOf<T>(result: OperationResult<T>): Answer<T> {
  const code = result.error?.graphQLErrors[0]?.extensions?.['code'];
  if (code) return { kind: 'REFUSED', code: String(code) };
  if (result.error || !result.data) return UNREACHABLE;
  return { kind: 'DATA', data: result.data };
}

function headersFor(bearer: string | null): { fetchOptions: RequestInit } {
  return { fetchOptions: { headers: bearer ? { authorization: `Bearer ${bearer}` } : {} } };
}

function soonEnough<T>(answer: Promise<Answer<T>>): Promise<Answer<T>> {
  let timer: ReturnType<typeof setTimeout>;
  const late = new Promise<Answer<T>>((resolve) => {
    timer = setTimeout(() => resolve(UNREACHABLE), ANSWER_WITHIN_MS);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

/** Reads. Never throws: REFUSED carries the server's stable code, UNREACHABLE means that nobody answered sensibly. */
export function ask<T, V extends AnyVariables>(query: TypedDocumentNode<T, V>, variables: V, bearer: string | null): Promise<Answer<T>> {
  return soonEnough(client.query(query, variables, headersFor(bearer)).toPromise().then(answerOf));
}

/** Changes something; answers like `ask`. */
export function tell<T, V extends AnyVariables>(mutation: TypedDocumentNode<T, V>, variables: V, bearer: string | null): Promise<Answer<T>> {
  return soonEnough(client.mutation(mutation, variables, headersFor(bearer)).toPromise().then(answerOf));
}
