/**
 * Just enough of DER to write certificates and PKCS#12 files. Every function returns a Buffer.
 */

const tlv = (tag, ...parts) => {
  const content = Buffer.concat(parts);
  const size = content.length;
  if (size < 0x80) return Buffer.concat([Buffer.from([tag, size]), content]);
  const bytes = Buffer.from(size.toString(16).padStart(size > 0xffff ? 6 : size > 0xff ? 4 : 2, '0'), 'hex');
  return Buffer.concat([Buffer.from([tag, 0x80 | bytes.length]), bytes, content]);
};

/** SEQUENCE of the parts. */
export const seq = (...parts) => tlv(0x30, ...parts);
/** SET of the parts. */
export const set = (...parts) => tlv(0x31, ...parts);
/** OCTET STRING. */
export const octets = (content) => tlv(0x04, content);
/** BIT STRING without unused bits, unless said otherwise. */
export const bits = (content, unused = 0) => tlv(0x03, Buffer.from([unused]), content);
/** UTF8String. */
export const utf8 = (text) => tlv(0x0c, Buffer.from(text, 'utf8'));
/** BMPString (UTF-16, big endian). */
export const bmp = (text) => tlv(0x1e, Buffer.from(text, 'utf16le').swap16());
/** BOOLEAN true. */
export const yes = () => tlv(0x01, Buffer.from([0xff]));
/** NULL. */
export const nil = () => tlv(0x05);
/** [number] EXPLICIT (or IMPLICIT of a constructed type). */
export const tagged = (number, ...parts) => tlv(0xa0 | number, ...parts);
/** [number] IMPLICIT of a primitive type. */
export const implicit = (number, content) => tlv(0x80 | number, content);

/** INTEGER from a number or from unsigned big-endian bytes. */
export function integer(value) {
  let bytes = value;
  if (typeof value === 'number') {
    const hex = value.toString(16);
    bytes = Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex');
  }
  return tlv(0x02, bytes[0] & 0x80 ? Buffer.from([0]) : Buffer.alloc(0), bytes);
}

/** OBJECT IDENTIFIER from its dotted form. */
export function oid(dotted) {
  const [first, second, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const digits = [arc & 0x7f];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) {
      digits.unshift((left & 0x7f) | 0x80);
    }
    bytes.push(...digits);
  }
  return tlv(0x06, Buffer.from(bytes));
}

/** UTCTime up to 2049, GeneralizedTime after, as X.509 wants it. */
export function time(date) {
  const text = `${date.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`;
  return date.getUTCFullYear() < 2050 ? tlv(0x17, Buffer.from(text.slice(2))) : tlv(0x18, Buffer.from(text));
}

/** Wraps DER in PEM armour. */
export function pem(label, der, newline = '\n') {
  const lines = der.toString('base64').match(/.{1,64}/g);
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join(newline);
}
