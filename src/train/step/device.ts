import { channelBlock, decideProvider, type ProviderChoice } from '../../runtime/index.ts';
import type { StepOptions } from './step-graph.ts';

/**
 * What a step should know of where it is to run, to be fast there.
 * @throws SnapshelfError `provider-unavailable`, TypeError for another choice.
 */
export async function deviceOptions(
  choice: ProviderChoice = 'auto',
): Promise<Pick<StepOptions, 'provider' | 'channelBlock'>> {
  const { provider } = await decideProvider(choice);
  return { provider, channelBlock: provider === 'cpu' ? await channelBlock() : undefined };
}
