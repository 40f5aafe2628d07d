// Whose meetings count, and since when: what the boundary says, which binds the tools as well.

const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const DAY = 86_400_000;

/**
 * The organizers of a boundary, and since when.
 *
 * @param {object} boundary see docs/boundary.md of workiq-auth
 * @param {Date} now
 * @returns {{id: string, from: string}[]}
 * @throws what is missing in the boundary
 */
export function organizersOf(boundary, now = new Date()) {
  const organizers = boundary.organizers ?? [];
  if (organizers.length === 0)
    throw new Error('boundary: list under "organizers" whose meetings are searched');
  return organizers.map((entry, index) => {
    const { id, days, from } = typeof entry === 'string' ? { id: entry } : entry;
    // By number: who they are is not for the log of another repository.
    const which = `boundary: organizer ${index + 1}`;
    if (!GUID.test(id))
      throw new Error(`${which} is to be listed by object id, which is what a meeting's id holds`);
    const starts = [days && now.getTime() - days * DAY, from && Date.parse(from)].filter(Boolean);
    if (starts.length === 0) throw new Error(`${which} needs "days" or "from"`);
    return { id: id.toLowerCase(), from: new Date(Math.max(...starts)).toISOString() };
  });
}
