// Image search inside a shop's own Express backend: the API under a path, and a route of one's own.
//   node dist/examples/own-backend.js DATA-FOLDER
import express from 'express';
import multer from 'multer';
import { Retriever, SnapshelfError } from 'snapshelf';
import { createApp } from 'snapshelf/server';

const data = process.argv[2] ?? 'data';
const retriever = await Retriever.open(data);
const shop = express();
const upload = multer({ limits: { fileSize: 10 * 2 ** 20, files: 1 } });

// Shoppers search and see the pictures of what was found, and nothing else. For those who keep the catalogue, mount
// another one behind a log-in of your own: shop.use('/catalogue', requireStaff, createApp({ retriever, allow: 'write' })).
shop.use('/snapshelf', createApp({ retriever }));

shop.post('/similar', upload.single('photo'), async (request, response) => {
  if (request.file === undefined)
    throw new SnapshelfError('image-missing', 'send a photo in the field "photo"');
  const { hits } = await retriever.search('shop', { image: request.file.buffer }, { k: 8, minScore: 0.5 });
  response.json(hits.map(({ item, score }) => ({ sku: item.productId, score })));
});

const server = shop.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(`listening on ${typeof address === 'object' ? address?.port : address}`);
});
process.on('SIGTERM', () => {
  server.close(() => void retriever.close());
  server.closeIdleConnections();
});
