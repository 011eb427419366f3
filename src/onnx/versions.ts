/** The version of ONNX's operator set that graphs are written in. */
export const opset = 17;

/** The version of the ONNX file format that goes with `opset`. */
export const irVersion = 8;
