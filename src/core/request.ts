import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import type { JSONValue } from '@lumino/coreutils';

import { API_NAMESPACE } from './ids';

/** An answer of the server that is not a success, with what the error envelope says. */
export class ApiError extends ServerConnection.ResponseError {
  constructor(
    response: Response,
    message: string | undefined,
    /** The machine-readable code; empty when the answer is not one of our server half. */
    readonly reason: string,
    readonly details: Readonly<Record<string, JSONValue>>
  ) {
    super(response, message);
  }

  get status(): number {
    return this.response.status;
  }
}

/** Thrown to the caller of a request that a newer one, or the end of its owner, has cancelled. */
export class AbortedError extends Error {
  constructor() {
    super('The request was cancelled.');
    this.name = 'AbortError';
  }
}

export function isAborted(error: unknown): error is AbortedError {
  return error instanceof AbortedError;
}

export type Query = Readonly<
  Record<string, string | number | boolean | null | undefined>
>;

export interface IRequest {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  query?: Query;
  body?: unknown;
  signal?: AbortSignal;
  /** The request outlives the page. */
  keepalive?: boolean;
}

/**
 * Ask a route of our server half, and decode its JSON answer.
 *
 * @param route - path below `{base_url}cloudru/`
 * @throws ApiError for a status of 400 and above, AbortedError when the signal was aborted, `ServerConnection.NetworkError` when
 * there was no answer.
 */
export async function requestJson<T>(
  settings: ServerConnection.ISettings,
  route: string,
  { method = 'GET', query, body, signal, keepalive }: IRequest = {}
): Promise<T> {
  const url =
    URLExt.join(settings.baseUrl, API_NAMESPACE, route) + queryString(query);
  const init: RequestInit = { method, signal: signal ?? null };
  if (keepalive) {
    init.keepalive = true;
  }
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { 'Content-Type': 'application/json' };
  }
  if (signal?.aborted) {
    throw new AbortedError();
  }
  try {
    const response = await ServerConnection.makeRequest(url, init, settings);
    if (!response.ok) {
      throw await toApiError(response);
    }
    if (response.status === 204) {
      return undefined as T;
    }
    return (await response.json()) as T;
  } catch (error) {
    // An aborted fetch is indistinguishable from a lost connection once JupyterLab has wrapped it.
    if (signal?.aborted) {
      throw new AbortedError();
    }
    throw error;
  }
}

function queryString(query: Query | undefined): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== null && value !== undefined) {
      search.set(
        name,
        typeof value === 'boolean' ? (value ? '1' : '0') : String(value)
      );
    }
  }
  const text = search.toString();
  return text ? `?${text}` : '';
}

interface IEnvelope {
  message?: unknown;
  reason?: unknown;
  details?: unknown;
}

async function toApiError(response: Response): Promise<ApiError> {
  let envelope: IEnvelope = {};
  try {
    const decoded: unknown = await response.json();
    if (decoded && typeof decoded === 'object') {
      envelope = decoded;
    }
  } catch {
    // A proxy's HTML page, for example: the status has to do.
  }
  const { message, reason, details } = envelope;
  return new ApiError(
    response,
    typeof message === 'string' ? message : undefined,
    typeof reason === 'string' ? reason : '',
    details && typeof details === 'object'
      ? (details as Record<string, JSONValue>)
      : {}
  );
}
