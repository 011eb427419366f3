import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { readModelFile } from '../../../src/model/index.ts';
import { decodeModel, encodeModel, setProperty } from '../../../src/onnx/index.ts';
import { Session } from '../../../src/runtime/index.ts';
import { meanColour } from '../../embed/support/models.ts';
import { flipped, mutated, mutatedJson } from '../mutate.ts';
import { changedModel, modelChanges } from '../mutate-model.ts';
import { writeTinyModel } from '../tiny-model.ts';
import { decodes, isVersion1, type Subject, subject } from './subject.ts';

/** The readers of model files: the protobuf, the graph as ONNX Runtime takes it, and the metadata. */
export async function modelSubjects(root: string): Promise<{ subjects: Subject[]; read: Subject['read'] }> {
  const path = join(root, 'tiny.onnx');
  await writeTinyModel(path);
  const file = readFileSync(path);
  const read = (bytes: Uint8Array): Promise<unknown> => {
    writeFileSync(join(root, 'fuzzed.onnx'), bytes);
    return readModelFile(join(root, 'fuzzed.onnx'));
  };
  const data = new Uint8Array(64 * 64 * 3);
  const model = decodeModel(meanColour(8, 0));
  const text = model.metadataProps.find(({ key }) => key === 'snapshelf')?.value ?? '{}';
  const document = { ...JSON.parse(text), createdAt: '2026-01-01T00:00:00Z', training: { recipe: 'x' } };
  const subjects = [
    subject({
      name: 'models',
      inputs: fc.oneof(
        { weight: 4, arbitrary: flipped(file) },
        { weight: 1, arbitrary: mutated([file, meanColour(8, 1)]) },
      ),
      passes: (bytes) => decodes(() => decodeModel(bytes)),
      read,
    }),
    subject({
      name: 'graphs: what is let through, ONNX Runtime takes or refuses, and goes on',
      inputs: modelChanges,
      passes: (changes) => decodes(() => decodeModel(encodeModel(changedModel(file, changes)))),
      read: async (changes) => {
        const bytes = encodeModel(changedModel(file, changes));
        await read(bytes);
        await using session = await Session.open(bytes, { provider: 'cpu', threads: 1, logSeverity: 4 });
        await session.run({ image: { type: 'uint8', dims: [1, 64, 64, 3], data } });
      },
    }),
    subject({
      name: 'metadata of models',
      inputs: mutatedJson(document),
      passes: isVersion1,
      read: (value) => {
        setProperty(model, 'snapshelf', JSON.stringify(value));
        return read(encodeModel(model));
      },
    }),
  ];
  return { subjects, read: read as Subject['read'] };
}
