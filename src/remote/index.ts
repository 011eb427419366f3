export { checkAllowedHost } from './allowed-hosts.ts';
export { checkAllowedReceiver } from './allowed-receivers.ts';
export { MessageSender } from './message-sender.ts';
export { PictureFetcher } from './picture-fetcher.ts';
