/** The place of an S3 bucket, and what proves who asks. */
export interface S3Address {
  readonly bucket: string;
  /** The beginning of all keys: empty, or ending in a slash. */
  readonly prefix: string;
  readonly region: string;
  /** The address of the bucket itself, ending in a slash. */
  readonly base: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
}

/** Makes the error of an address. `why` is a sentence. */
const invalid = (why: string): RangeError =>
  new RangeError(`${why} The picture store is engine, or an S3 bucket such as s3://shop-pictures/catalogue.`);

const named = (environment: NodeJS.ProcessEnv, ...names: readonly string[]): string | undefined =>
  names.map((name) => environment[name]).find((value) => value !== undefined && value !== '');

function endpointOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.search !== '')
    throw invalid(
      'AWS_ENDPOINT_URL must be an address such as https://s3.internal:9000, without a name, a password or a query.',
    );
  return url;
}

/**
 * Reads the address of a bucket. Keys and the region come from the environment alone: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`,
 * `AWS_SESSION_TOKEN`, `AWS_REGION`, and `AWS_ENDPOINT_URL` of a server that is not Amazon's.
 * @throws RangeError for an address of another form, or without keys.
 */
export function s3Address(url: string, environment: NodeJS.ProcessEnv): S3Address {
  const [, bucket, path = ''] =
    /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/([A-Za-z0-9._/-]*))?$/.exec(url) ?? [];
  const prefix = path.replace(/\/+$/, '');
  if (
    bucket === undefined ||
    prefix.split('/').some((part) => part === '..' || (part === '' && prefix !== ''))
  )
    throw invalid('The address of the picture store has another form.');
  const accessKeyId = named(environment, 'AWS_ACCESS_KEY_ID');
  const secretAccessKey = named(environment, 'AWS_SECRET_ACCESS_KEY');
  if (accessKeyId === undefined || secretAccessKey === undefined)
    throw invalid(
      'The keys of the picture store are not set. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment.',
    );
  const region = named(environment, 'AWS_REGION', 'AWS_DEFAULT_REGION') ?? 'us-east-1';
  const endpoint = named(environment, 'AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL');
  // Of Amazon's own, buckets without a dot are hosts; other servers are asked by path, which all of them know.
  const base =
    endpoint === undefined && !bucket.includes('.')
      ? new URL(`https://${bucket}.s3.${region}.amazonaws.com/`)
      : new URL(
          `${bucket}/`,
          `${endpointOf(endpoint ?? `https://s3.${region}.amazonaws.com`).href.replace(/\/+$/, '')}/`,
        );
  return {
    bucket,
    prefix: prefix === '' ? '' : `${prefix}/`,
    region,
    base: base.href,
    accessKeyId,
    secretAccessKey,
    sessionToken: named(environment, 'AWS_SESSION_TOKEN'),
  };
}
