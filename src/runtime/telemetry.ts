/**
 * Keeps ONNX Runtime from recording usage events in the user's cache folder, which its builds do by default; whoever sets
 * `ORT_DISABLE_TELEMETRY` decides otherwise. The library reads the environment of the process, which only the main thread
 * can change: whoever starts a thread that loads it calls this first.
 */
export function disableTelemetry(): void {
  process.env['ORT_DISABLE_TELEMETRY'] ??= '1';
}
