import { shown } from '../../json/index.ts';

/** The beginning of a data URL, up to its comma: one between quotes belongs to a parameter, such as the name of a file. */
const quotedUrl = /^\s{0,100}data:(?:[^,"]|"(?:[^"\\]|\\.){0,500}"){0,500},/is;
/** The same where a quote is only a character. */
const dataUrl = /^\s{0,100}data:[^,]{0,500},/i;
const plain = /^[A-Za-z0-9+/_-]*={0,2}$/;

/** The reason why a text is no base64: a sentence for the client. */
export class Base64Error extends RangeError {}

const refuse = (why: string): never => {
  throw new Base64Error(`${why} Expected base64; in a form, send a file (curl: -F image=@photo.jpg).`);
};

/**
 * Decodes base64 as tools write it: in lines or in one, with `+/` or the `-_` of URLs, padded or not, as the data URL that a
 * browser makes, also percent-encoded. Reads each character a few times at most.
 *
 * @throws Base64Error that names what does not belong there, and its place.
 */
export function decodeBase64(text: string): Uint8Array {
  const prefix = (quotedUrl.exec(text) ?? dataUrl.exec(text))?.[0];
  if (prefix !== undefined && !/;\s*base64\s*,$/i.test(prefix))
    refuse(`The data URL says ${shown(prefix)} without ";base64".`);
  const body = text.slice(prefix?.length ?? 0);
  const clean = plain.test(body) ? body : cleaned(text, prefix?.length ?? 0);
  const digits = clean.length - (/=+$/.exec(clean.slice(-2))?.[0].length ?? 0);
  if (digits % 4 === 1) refuse(`Its ${digits} characters are one too many or three too few: it was cut.`);
  return Buffer.from(clean, 'base64');
}

/** The kinds of the characters below 128. */
const isDigit = Uint8Array.from({ length: 128 }, (_, code) =>
  /[A-Za-z0-9+/_-]/.test(String.fromCharCode(code)) ? 1 : 0,
);
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const equals = 0x3d;
const percent = 0x25;

/** Returns the characters of base64 in a text from `start` on, without line breaks, blanks beside them, and padding. */
function cleaned(text: string, start: number): string {
  const found = Buffer.allocUnsafe(text.length - start);
  const isUrl = start > 0;
  let length = 0;
  let blankAt = -1;
  let isNewLine = true;
  let isPadded = false;
  for (let at = start; at < text.length; at += 1) {
    const here = at;
    let code = text.charCodeAt(at);
    if (code === percent && isUrl) {
      code = Number.parseInt(/^[0-9a-f]{2}$/i.exec(text.slice(at + 1, at + 3))?.[0] ?? '25', 16);
      if (code !== percent) at += 2;
    }
    if (code === lineFeed || code === carriageReturn) isNewLine = true;
    else if (code === 0x20 || code === 0x09) blankAt = blankAt < 0 ? here : blankAt;
    else if (code === equals) isPadded = true;
    else if (code >= 128 || isDigit[code] === 0 || isPadded) refuseAt(text, here);
    else {
      // In the middle of a line, a blank is what forms make of "+".
      if (blankAt >= 0 && !isNewLine) refuseAt(text, blankAt);
      found[length] = code;
      length += 1;
      blankAt = -1;
      isNewLine = false;
    }
  }
  return found.toString('latin1', 0, length);
}

function refuseAt(text: string, at: number): never {
  const character = String.fromCodePoint(text.codePointAt(at) as number);
  return refuse(`The character ${at + 1} is ${shown(character)}.`);
}
