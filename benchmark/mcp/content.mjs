// What the endpoint answers with: a message of about 1 KB, and a page of messages of about 200 KB.

/** Stands at the end of each body: an answer without it is not the whole. */
export const END = 'the end of what was asked for';
const MESSAGE_BYTES = 1024;
const PAGE_MESSAGES = 100;
const PAGE_MESSAGE_BYTES = 2000;
const USER = 'https://graph.microsoft.com/v1.0/$metadata#users';

/** A message as Graph writes it, filled up to `bytes`. */
function message(number, bytes, subject = `Decisions of the week ${number}`) {
  const one = {
    '@odata.etag': `W/"CQAAABYAAAAs${number}"`,
    id: `AAMkADhMGAAA=${number}`,
    createdDateTime: '2026-06-01T09:00:00Z',
    receivedDateTime: '2026-06-01T09:00:01Z',
    importance: 'normal',
    isRead: true,
    from: { emailAddress: { name: 'Ada Lovelace', address: 'ada@contoso.com' } },
    body: { contentType: 'text', content: '' },
    subject,
  };
  one.body.content = 'word '.repeat(bytes).slice(0, Math.max(0, bytes - JSON.stringify(one).length));
  return one;
}

const asBody = (context, content) =>
  Buffer.from(JSON.stringify({ '@odata.context': USER + context, ...content }));

/** One message. */
export const single = asBody('/messages/$entity', message(0, MESSAGE_BYTES - 100, END));
/** A page of messages. */
export const page = asBody('/messages', {
  value: Array.from({ length: PAGE_MESSAGES }, (_, index) =>
    message(index, PAGE_MESSAGE_BYTES, index === PAGE_MESSAGES - 1 ? END : undefined),
  ),
});
