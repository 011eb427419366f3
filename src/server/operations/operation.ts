import type { z } from 'zod';
import type { ErrorCode } from '../../errors.ts';
import type { Level } from '../access/level.ts';
import type { RequestKind } from '../parsing/limits.ts';

/** The level that a request needs; `always` needs none. */
export type Need = Level | 'always';

/** A method of a route; HEAD counts as `get`. */
export type Method = 'get' | 'put' | 'post' | 'patch' | 'delete';

/** A header that some operations read. */
export type RequestHeader = 'If-Match' | 'If-None-Match' | 'Idempotency-Key';

/** An answer that is no JSON: one of these media types. */
export interface MediaAnswer {
  readonly mediaTypes: readonly [string, ...string[]];
  /** Its content, for a person. */
  readonly holds: string;
  /** The JSON that may be asked for instead. */
  readonly json?: z.ZodType | undefined;
}

/** The body of an answer: JSON of a schema, other media, or nothing. */
export type Answer = z.ZodType | MediaAnswer | null;

/** A file of a form. */
export interface FormFile {
  readonly mediaTypes: readonly [string, ...string[]];
  /** Its content, for a person. */
  readonly holds: string;
}

/** One method of one route: who may use it, what it takes and what it answers. */
export interface Operation {
  /** Its name in the OpenAPI document and in clients. */
  readonly id: string;
  readonly need: Need;
  /** One line for a person. */
  readonly summary: string;
  /** The kind of its request, whose schema says which fields it has. Default: it has none. */
  readonly takes?: RequestKind | undefined;
  /** The fields that may stand in the query string: Default: all of a GET, none of others. */
  readonly query?: readonly string[] | undefined;
  /** The form field of pictures. Default: it takes no form. */
  readonly pictures?: 'image' | 'images' | undefined;
  /** The files of the form that it takes, which is then the only body that it takes. Default: none. */
  readonly files?: Readonly<Record<string, FormFile>> | undefined;
  /** Headers that it reads, besides those of every request. */
  readonly headers?: readonly RequestHeader[] | undefined;
  /** The answers of success, by status. */
  readonly answers: Readonly<Record<number, Answer>>;
  /** The entries of a list, which may be asked for as lines (NDJSON). Default: none may. */
  readonly lines?: z.ZodType | undefined;
  /** Errors besides those that follow from its path, its method and its request. */
  readonly errors?: readonly ErrorCode[] | undefined;
}

/** The operations of some paths. */
export type Operations = Readonly<Record<string, Readonly<Partial<Record<Method, Operation>>>>>;

type BodyOf<A> =
  A extends z.ZodType<infer Body>
    ? Body
    : A extends MediaAnswer & { readonly json: z.ZodType<infer Body> }
      ? Body | Uint8Array
      : A extends MediaAnswer
        ? Uint8Array | string
        : never;

type Bodies<A> = { [S in keyof A]: BodyOf<A[S]> }[keyof A];

/** The bodies that a handler of an operation may answer. */
export type AnswerBody<O extends Operation> = [Bodies<O['answers']>] extends [never]
  ? unknown
  : Bodies<O['answers']>;
