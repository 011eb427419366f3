import { parentPort } from 'node:worker_threads';
import { serializeError } from '../../errors.ts';
import { readOldJob } from '../evaluations/old-job.ts';
import { toSnapshelfError } from '../http/problem.ts';
import { parseRequest } from './parse-request.ts';
import { buffersOf, type Reply, type Task } from './parser-protocol.ts';

// A thread that makes objects of large requests, one after the other, so that the main thread is there for the others.

function perform(task: Task): unknown {
  if (task.task === 'oldJob') return readOldJob(task.bytes);
  return parseRequest(task.kind, task.raw, task.limits);
}

function replyTo(task: Task): Reply {
  try {
    return { value: perform(task) };
  } catch (error) {
    return { error: serializeError(toSnapshelfError(error)) };
  }
}

if (parentPort === null) throw new Error('This file is the main module of a parser thread.');
const port = parentPort;
port.on('message', (task: Task) => {
  const reply = replyTo(task);
  port.postMessage(reply, buffersOf(reply));
});
