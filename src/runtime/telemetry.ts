/**
 * Keeps ONNX Runtime from recording usage events in the user's cache folder, which its builds do by default. The variable
 * `ORT_DISABLE_TELEMETRY` overrides this. The library reads the environment of the process, which only the main thread can
 * change, so call this before you start a thread that loads it.
 */
export function disableTelemetry(): void {
  process.env['ORT_DISABLE_TELEMETRY'] ??= '1';
}
