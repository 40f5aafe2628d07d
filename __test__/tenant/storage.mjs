/**
 * Where file content lies: a third origin, with pre-signed URLs, that must never see a token.
 */
import { createHmac, randomBytes } from 'node:crypto';

/** @param {{clock: {now(): number}, data: () => object, url: () => string}} setup */
export function createStorage({ clock, data, url }) {
  const key = randomBytes(32);
  const signature = (id, expires, format) =>
    createHmac('sha256', key)
      .update(`${id}|${expires}|${format ?? ''}`)
      .digest('base64url');

  /** A URL good for an hour. */
  function presign(item, format) {
    const expires = Math.floor(clock.now() / 1000) + 3600;
    const target = new URL(`/contoso/${item.id}/${encodeURIComponent(item.name)}`, url());
    target.searchParams.set('expires', expires);
    if (format) target.searchParams.set('format', format);
    target.searchParams.set('tempauth', signature(item.id, expires, format));
    return target.href;
  }

  function handle(request) {
    const text = (status, body) => ({ status, headers: { 'Content-Type': 'text/plain' }, body });
    if (request.headers.authorization !== undefined) return text(401, 'A token does not belong here.');
    const { pathname, searchParams } = new URL(request.path, url());
    const id = pathname.split('/')[2];
    const expires = searchParams.get('expires');
    const format = searchParams.get('format');
    const good =
      searchParams.get('tempauth') === signature(id, expires, format) && Number(expires) > clock.now() / 1000;
    if (!good) return text(403, 'The signature is missing, wrong or too old.');
    const item = data()
      .drives.flatMap((drive) => drive.items)
      .find((one) => one.id === id);
    if (!item) return text(404, 'Not found.');
    if (format === 'pdf') {
      return {
        headers: { 'Content-Type': 'application/pdf' },
        body: Buffer.from(`%PDF-1.4\n% ${item.name}\n%%EOF\n`),
      };
    }
    return {
      headers: {
        'Content-Type': item.file.mimeType,
        'Content-Disposition': `attachment; filename*=UTF-8''${encodeURIComponent(item.name)}`,
      },
      body: Buffer.from(item.content),
    };
  }

  return { presign, handle };
}
