// A route handler as Next.js has them (app/api/similar/route.ts): the browser sends a photo to the shop, and only the shop has the key.
// Any framework that speaks Request and Response takes it: Hono, SvelteKit, Remix, Bun, Deno.
import { ClientError, ConnectionError, ProblemError, SnapshelfClient, TimeoutError } from 'snapshelf/client';

const client = new SnapshelfClient(process.env['SNAPSHELF_URL'] ?? 'http://127.0.0.1:3000', {
  key: process.env['SNAPSHELF_KEY'],
  // A shopper waits for this.
  timeoutMs: 5000,
  retries: 1,
});
const maxBytes = 10 * 2 ** 20;

const refuse = (status: number, error: string): Response => Response.json({ error }, { status });

/** Returns the products that look like the photo of the form. */
export async function POST(request: Request): Promise<Response> {
  const photo = (await request.formData()).get('photo');
  if (!(photo instanceof File) || photo.size === 0) return refuse(400, 'Send a photo in the field "photo".');
  if (photo.size > maxBytes) return refuse(413, 'The photo has more than 10 MiB.');
  try {
    const query = { image: photo, k: 8, minScore: 0.5 };
    const { results } = await client.search('shop', query, { signal: request.signal });
    return Response.json(results.map(({ item, score }) => ({ sku: item.productId, score })));
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    console.error(`search: ${error.code} ${error.message} (request ${error.requestId ?? 'without an id'})`);
    if (error instanceof ProblemError && [413, 415].includes(error.status))
      return refuse(error.status, error.message);
    if (error.code === 'image-corrupt' || error.code === 'image-empty')
      return refuse(400, 'The photo cannot be read.');
    const isAway = error instanceof ConnectionError || error instanceof TimeoutError;
    return refuse(isAway ? 503 : 502, 'The search is away. Try again in a moment.');
  }
}
