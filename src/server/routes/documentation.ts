import { openApiOf } from '../openapi/document.ts';
import { pageOf } from '../openapi/page.ts';
import type { Context } from './context.ts';
import { route } from './route.ts';

/** Adds `/openapi.json` and `/docs`, which need no key: they say nothing of what is stored. */
export function documentationRoutes(context: Context): void {
  const { limits, evaluations, webhooks } = context;
  const options = { limits, evaluations: evaluations !== undefined, webhooks: webhooks !== undefined };
  // Made when they are first asked for. Mounted twice, an application has two addresses, hardly more.
  let made: { readonly base: string; readonly document: ReturnType<typeof openApiOf> } | undefined;
  const documentAt = (base: string): ReturnType<typeof openApiOf> => {
    if (made?.base !== base) made = { base, document: openApiOf({ ...options, base }) };
    return made.document;
  };
  route(context, '/openapi.json', {
    get: ({ baseUrl }, response) => void response.json(documentAt(baseUrl)),
  });
  route(context, '/docs', {
    get({ baseUrl }, response) {
      const { text, policy } = pageOf(documentAt(baseUrl));
      response.setHeader('Content-Security-Policy', policy).type('html').send(text);
    },
  });
}
