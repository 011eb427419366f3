// A thread of an index that dies of its first save.
import { ShardStore } from '../../../src/gallery/ann/shard-store.ts';

ShardStore.prototype.save = () => process.exit(3);
await import('../../../src/gallery/ann/index-thread.ts');
