/**
 * What is in a session: whose it is, which save it was, and a text that follows from both, so that a
 * session shows by itself whether it is whole.
 *
 * @typedef {object} Content
 * @property {string} owner Who saved it; empty for a session without data.
 * @property {number} version Counts up with every save.
 * @property {number} size Of the text.
 * @property {boolean} user Whether a user is logged in.
 */

/** @type {Content} */
export const anonymous = { owner: '', version: 0, size: 0, user: false }

/** The members of a session, its cookie aside. @param {Content} content */
export function dataOf({ owner, version, size, user }) {
  if (owner === '') return {}
  const filler = textOf(owner, version, size)
  return user ? { owner, version, filler, user: owner } : { owner, version, filler }
}

/**
 * The content of a session, or undefined if it is not whole.
 *
 * @param {object} session
 * @returns {Content | undefined}
 */
export function contentOf({ owner, version, filler, user }) {
  if (owner === undefined && version === undefined && filler === undefined) return anonymous
  const isWhole =
    typeof filler === 'string' &&
    filler === textOf(owner, version, filler.length) &&
    (user === undefined || user === owner)
  return isWhole ? { owner, version, size: filler.length, user: user !== undefined } : undefined
}

/** @param {Content} one @param {Content} other */
export function isSame(one, other) {
  return (
    one.owner === other.owner &&
    one.version === other.version &&
    one.size === other.size &&
    one.user === other.user
  )
}

/** The classes of `docs/memory-store.md`, in the order in which they go. */
export const classes = ['anonymous', 'other', 'protected']

/** @param {object} session */
export function classOf(session) {
  if (session.user !== undefined) return 2
  return session.owner === undefined ? 0 : 1
}

function textOf(owner, version, size) {
  const word = `${owner}#${version} é `
  return word.repeat(Math.ceil(size / word.length)).slice(0, size)
}
