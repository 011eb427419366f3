// Runs before any install script of another package. onnxruntime-node's script downloads the CUDA provider, and ends the
// whole installation with an error where its feed is not reached. It does nothing if the files that it would download are
// there, so this makes empty ones: the CPU needs none of them, `snapshelf doctor` takes them as not installed, and the
// command in docs/cuda.md overwrites them. A package below another has no other way: npm reads .npmrc only for the root.
'use strict';
const { existsSync, writeFileSync } = require('node:fs');
const { dirname, join } = require('node:path');

const platform = `${process.platform}/${process.arch}`;

function makeEmptyFiles() {
  const script = require.resolve('onnxruntime-node/script/install-metadata.js');
  const { requirements, manifests } = require(script);
  const folder = join(dirname(script), '..', 'bin', 'napi-v6', platform);
  for (const name of requirements[platform] ?? [])
    for (const file of Object.keys(manifests[`${platform}:${name}`] ?? {}))
      if (!existsSync(join(folder, file))) writeFileSync(join(folder, file), '');
}

// Who asks for the download gets it.
const asked = process.env.ONNXRUNTIME_NODE_INSTALL ?? process.env.npm_config_onnxruntime_node_install;
try {
  if (asked === undefined) makeEmptyFiles();
} catch (error) {
  // Another package manager, or another version: its own script decides.
  console.warn(`The CUDA download could not be left out: ${error.message}`);
}
