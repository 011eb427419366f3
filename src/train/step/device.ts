import { channelBlock, decideProvider, type ProviderChoice } from '../../runtime/index.ts';
import type { StepOptions } from './step-graph.ts';

/**
 * Finds the options that make a step fast on the device where it is to run.
 * @throws SnapshelfError `provider-unavailable`; TypeError for an unknown choice.
 */
export async function deviceOptions(
  choice: ProviderChoice = 'auto',
): Promise<Pick<StepOptions, 'provider' | 'channelBlock'>> {
  const { provider } = await decideProvider(choice);
  return { provider, channelBlock: provider === 'cpu' ? await channelBlock() : undefined };
}
