export { checkAllowedHost } from './allowed-hosts.ts';
export { PictureFetcher } from './picture-fetcher.ts';
