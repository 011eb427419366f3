export { checkAllowedHost } from './allowed-hosts.ts';
export { type FetcherNetwork, PictureFetcher, type PictureFetcherOptions } from './picture-fetcher.ts';
