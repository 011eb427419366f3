import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { ModelProtoSchema, TensorProtoSchema } from './generated/onnx_pb.ts';

/** The most fields of all messages: each becomes an object of up to a kilobyte. ResNet-101 on bytes has about 30,000. */
const mostFields = 400_000;
/** The most bytes besides `raw_data`, which stays as it is: one byte can become 32. */
const mostStructure = 8 * 2 ** 20;
/** The deepest nesting of messages; a graph within a graph takes three levels. */
const deepest = 32;

const { rawData } = TensorProtoSchema.field;
const fieldsByNumber = new Map<DescMessage, ReadonlyMap<number, DescField>>();

function fieldsOf(schema: DescMessage): ReadonlyMap<number, DescField> {
  const known = fieldsByNumber.get(schema);
  if (known !== undefined) return known;
  const fields = new Map(schema.fields.map((field) => [field.number, field]));
  fieldsByNumber.set(schema, fields);
  return fields;
}

/** Returns the wire type of a field; a list of numbers may also be packed. */
function wireTypeOf(field: DescField): WireType {
  const scalar = field.fieldKind === 'scalar' || field.fieldKind === 'list' ? field.scalar : undefined;
  if (field.message !== undefined || scalar === ScalarType.STRING || scalar === ScalarType.BYTES)
    return WireType.LengthDelimited;
  if (scalar === ScalarType.FLOAT) return WireType.Bit32;
  return scalar === ScalarType.DOUBLE ? WireType.Bit64 : WireType.Varint;
}

function checkWireType(field: DescField, wireType: WireType): void {
  const packed = field.fieldKind === 'list' && wireType === WireType.LengthDelimited;
  if (wireType !== wireTypeOf(field) && !packed)
    throw new RangeError(`${field.parent.name}.${field.name} has the wrong wire type.`);
}

class Walk {
  readonly #reader: BinaryReader;
  #fields = 0;
  #raw = 0;

  constructor(bytes: Uint8Array) {
    this.#reader = new BinaryReader(bytes);
  }

  message(schema: DescMessage, end: number, depth: number): void {
    if (depth > deepest) throw new RangeError(`The messages are nested more than ${deepest} deep.`);
    const fields = fieldsOf(schema);
    const reader = this.#reader;
    while (reader.pos < end) {
      const [number, wireType] = reader.tag();
      const field = fields.get(number);
      if (field !== undefined) checkWireType(field, wireType);
      if (wireType === WireType.LengthDelimited) this.#delimited(field, end, depth);
      else if (wireType === WireType.StartGroup) throw new RangeError('The file has a group.');
      else reader.skip(wireType, number);
      this.#count();
    }
    if (reader.pos !== end) throw new RangeError('A value reaches past the message that holds it.');
  }

  #delimited(field: DescField | undefined, end: number, depth: number): void {
    const reader = this.#reader;
    const length = reader.uint32();
    const inner = reader.pos + length;
    if (inner > end) throw new RangeError('A value reaches past the message that holds it.');
    if (field?.message !== undefined) this.message(field.message, inner, depth + 1);
    else reader.pos = inner;
    if (field === rawData) this.#raw += length;
  }

  #count(): void {
    this.#fields += 1;
    if (this.#fields > mostFields) throw new RangeError(`The file has more than ${mostFields} fields.`);
    if (this.#reader.pos - this.#raw > mostStructure)
      throw new RangeError(
        `The file has more than ${mostStructure} bytes besides the raw numbers of tensors.`,
      );
  }
}

/**
 * Checks the bytes of a model before they become objects. Every value must be inside its message and have the wire type of
 * the specification, because another reader could take the file for something else. The numbers of fields, and of bytes
 * besides the tensors' own, are limited to those of networks.
 *
 * @throws RangeError if a rule is broken; the message says which
 */
export function checkWire(bytes: Uint8Array): void {
  new Walk(bytes).message(ModelProtoSchema, bytes.byteLength, 1);
}
