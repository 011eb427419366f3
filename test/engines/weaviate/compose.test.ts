import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { clusterAddress } from '../../../src/engines/weaviate/address.ts';
import { repositoryRoot } from '../../support/repository.ts';

interface Service {
  readonly image?: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly build?: { readonly args: Readonly<Record<string, string>> };
  readonly volumes: readonly string[];
}

const read = (...path: readonly string[]): string => readFileSync(join(repositoryRoot, ...path), 'utf8');
const { services } = parse(read('docs', 'weaviate-compose.yaml'), { merge: true }) as {
  services: Record<string, Service>;
};
const nodes = Object.entries(services).filter(([, { image }]) => image !== undefined);
const servers = Object.values(services).filter(({ build }) => build !== undefined);

test('the compose file has the settings of the recipe on each of three nodes', () => {
  const page = read('docs', 'weaviate.md');
  const lines = page.matchAll(/^export (AUTH.*|AUTO.*|CLUSTER_.*|RAFT_.*)$/gm);
  const settings = [...lines].flatMap(([, line = '']) => line.split(' ').map((one) => one.split('=')));
  const recipe: Record<string, string> = Object.fromEntries(settings);
  const own = ['CLUSTER_HOSTNAME', 'CLUSTER_JOIN', 'CLUSTER_BIND_ADDR', 'PERSISTENCE_DATA_PATH'];
  for (const name of own) assert.ok(recipe[name] !== undefined, name);
  assert.equal(nodes.length, 3);
  for (const [name, { environment, image, volumes }] of nodes) {
    const { CLUSTER_HOSTNAME, CLUSTER_JOIN, PERSISTENCE_DATA_PATH, ...rest } = environment;
    assert.equal(CLUSTER_HOSTNAME, name);
    assert.ok(CLUSTER_JOIN !== undefined && CLUSTER_JOIN !== `${name}:7946`);
    assert.ok(nodes.some(([other]) => CLUSTER_JOIN === `${other}:7946`));
    assert.deepEqual(volumes, [`${name}:${PERSISTENCE_DATA_PATH}`]);
    assert.deepEqual(rest, Object.fromEntries(Object.entries(recipe).filter(([key]) => !own.includes(key))));
    assert.match(page, new RegExp(`weaviate-server@v${image?.split(':')[1]}`));
  }
});

test('its servers have the client of the package, and a URL of its nodes with their key', () => {
  assert.equal(servers.length, 2);
  const { peerDependencies } = JSON.parse(read('package.json'));
  const firsts = new Set<string | undefined>();
  for (const { build, environment } of servers) {
    assert.equal(`${build?.args['CLIENTS']}.1`, `weaviate-client@${peerDependencies['weaviate-client']}`);
    const { apiKey, nodes: hosts } = clusterAddress(environment['SNAPSHELF_ENGINE'] ?? '');
    const [first] = nodes;
    assert.equal(apiKey, first?.[1].environment['AUTHENTICATION_APIKEY_ALLOWED_KEYS']);
    assert.deepEqual(
      hosts.map(({ host }) => host).sort(),
      nodes.map(([name]) => name),
    );
    firsts.add(hosts[0]?.host);
    assert.match(environment['SNAPSHELF_KEY'] ?? '', /^[\x21-\x7e]{32,512}$/);
  }
  assert.equal(firsts.size, 2);
  assert.equal(new Set(servers.flatMap(({ volumes }) => volumes)).size, 2);
});
