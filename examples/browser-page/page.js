// A page of a shop that searches by itself. Its key may only search, and only in this collection: whoever reads it can do no more. The server
// lists the origin of the page: snapshelf serve --cors-origin https://shop.example
import { ClientError, SnapshelfClient } from 'snapshelf/client';

const { searchUrl = 'http://127.0.0.1:3000', searchKey } = await (await fetch('settings.json')).json();
const client = new SnapshelfClient(searchUrl, { key: searchKey, timeoutMs: 10_000 });
const status = document.querySelector('[role=status]');
const list = document.querySelector('ol');
let running = new AbortController();

/** The picture of a product; fetched, because an <img> cannot send a key. */
async function picture({ id, metadata }) {
  const image = new Image();
  image.src = URL.createObjectURL(await client.getThumbnail('shop', id));
  image.alt = String(metadata.name ?? id);
  return image;
}

document.querySelector('input').addEventListener('change', async ({ target: { files } }) => {
  running.abort();
  running = new AbortController();
  const { signal } = running;
  status.textContent = 'Searching …';
  try {
    const { results } = await client.search('shop', { image: files[0], k: 8 }, { signal });
    status.textContent = `${results.length} products`;
    const pictures = await Promise.all(results.map(({ item }) => picture(item)));
    if (!signal.aborted)
      list.replaceChildren(
        ...pictures.map((image) => {
          const entry = document.createElement('li');
          entry.append(image);
          return entry;
        }),
      );
  } catch (error) {
    if (signal.aborted) return;
    status.textContent = error instanceof ClientError ? error.message : 'Something went wrong.';
  }
});
