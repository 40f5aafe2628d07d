/**
 * Identifiers that look like the real ones and are the same in every run: they are drawn from a name.
 */
import { createHash } from 'node:crypto';

const digest = (name) => createHash('sha256').update(`contoso/${name}`).digest();

/** A version 4 GUID. */
export function guid(name) {
  const bytes = digest(name).subarray(0, 16);
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** `length` hexadecimal digits. */
export const hex = (name, length = 32) => digest(name).toString('hex').slice(0, length);

/** An Exchange item id: long, url-safe base64 with its familiar head. */
export function exchangeId(name) {
  const tail = Buffer.concat([digest(`${name}/a`), digest(`${name}/b`), digest(`${name}/c`)]);
  return `AAMkAGI2${tail.toString('base64url').slice(0, 110).replaceAll('_', 'A').replaceAll('-', 'B')}AAA=`;
}

/** An item id of SharePoint: `01` and 32 capitals. */
export function driveItemId(name) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  return `01${[...digest(name)].map((byte) => alphabet[byte % 32]).join('')}`;
}

/** A drive id. */
export const driveId = (name) =>
  `b!${Buffer.concat([digest(name), digest(`${name}/2`)])
    .toString('base64url')
    .slice(0, 64)}`;

/** The thread of a meeting's chat. */
export const meetingThread = (name) =>
  `19:meeting_${Buffer.from(guid(name)).toString('base64url')}@thread.v2`;

/** An online meeting's id: base64 of organizer and thread. */
export const meetingId = (organizer, thread) => Buffer.from(`1*${organizer}*0**${thread}`).toString('base64');

/** A transcript's id. */
export const transcriptId = (name) => Buffer.from(`1##0##${guid(name)}`).toString('base64');
