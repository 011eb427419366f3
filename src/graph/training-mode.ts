/** The behaviour of layers while a network is trained. */
export interface TrainingMode {
  /** `batch`: BatchNorm uses the statistics of the batch and updates the stored ones. `frozen`: it uses the stored ones. */
  readonly batchNorm: 'batch' | 'frozen';
  /** The provider that will run the graph: of several equivalent forms it gets the one that is fast there. Default `cpu`. */
  readonly provider?: 'cpu' | 'cuda' | undefined;
  /**
   * The number of channels that ONNX Runtime's CPU kernels keep side by side in memory on the machine that will run the
   * graph. Depthwise convolutions then use that layout, which makes them several times faster. Default: they do not.
   */
  readonly channelBlock?: number | undefined;
}
