import { SnapshelfError } from '../errors.ts';
import { type CalibrateOptions, calibrateCollection } from './calibration/calibrate-collection.ts';
import { type CalibrationInfo, calibrationInfo } from './calibration/calibrations.ts';
import { RetrieverVectors } from './retriever-vectors.ts';
import { RunningWork } from './running-work.ts';

/** Makes the error of a write to a data folder that is only read. */
export const readOnlyFolder = (): SnapshelfError =>
  new SnapshelfError('read-only', 'The data folder was opened read-only.');

/** The part of a retriever that finds out what scores are worth. */
export abstract class RetrieverCalibration extends RetrieverVectors {
  /** The collections that are being calibrated. */
  protected readonly calibrating: RunningWork = new RunningWork(
    (name) => `The collection ${name} is being calibrated.`,
  );

  /** True if the data folder was opened read-only. */
  abstract get readOnly(): boolean;

  /**
   * Calibrates a collection by its own labelled items: from then on answers have a confidence, and searches take `maxFalseMatch`. What is
   * found is kept with the collection, in the place of an earlier calibration.
   * @throws SnapshelfError `collection-busy` while another call does this, `too-few-pairs`, `read-only`; RangeError.
   * @throws unknown the signal's reason if it aborts.
   */
  async calibrate(name: string, options: CalibrateOptions = {}): Promise<CalibrationInfo> {
    if (this.readOnly) throw readOnlyFolder();
    return this.calibrating.run(name, options.signal, async (signal) => {
      const info = await this.gallery.info(name);
      const calibration = await calibrateCollection(this.gallery, info, { ...options, signal });
      await this.calibrations.set(info, calibration);
      return calibrationInfo(calibration, await this.gallery.info(name));
    });
  }

  /** Removes the calibration of a collection, if it has one. @throws SnapshelfError `read-only`, `collection-not-found`. */
  async forgetCalibration(name: string): Promise<void> {
    if (this.readOnly) throw readOnlyFolder();
    await this.calibrations.remove(name);
  }
}
