import { Option } from 'commander';
import { describeRemarks, type Remarks, withoutSystemFiles } from '../datasets/index.ts';

/** The option `--strict` of commands that read pictures or labels. */
export const strictOption = (): Option =>
  new Option('--strict', 'exit with 1 if anything was left out or was read otherwise than written');

/** True if there is anything that a strict command fails for. */
export const isAmiss = (remarks: Remarks): boolean => describeRemarks(withoutSystemFiles(remarks)).length > 0;

/** Prints what readers have to tell, beside the results; a strict command exits with 1 if there is anything. */
export function tellRemarks(remarks: Remarks, strict = false): void {
  const lines = describeRemarks(remarks);
  for (const line of lines) process.stderr.write(`${line}\n`);
  if (strict && isAmiss(remarks)) process.exitCode = 1;
}
