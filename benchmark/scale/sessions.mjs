/** Sessions by number, without a list of them: a list of ten million would be measured too. */

const length = 350
const day = 24 * 60 * 60 * 1000

/** A session id of 32 characters that looks random; always the same for the same number. */
export function idOf(n) {
  return `${hex(mixed(n, 0x9e3779b1))}${hex(mixed(n, 0x85ebca6b))}${hex(mixed(n, 0xc2b2ae35))}${hex(n)}`
}

/** A session's data without its cookie. */
const data = {
  user: { id: 4711, name: 'ada', email: 'ada@example.com', roles: ['editor'] },
  views: 1
}
const lengthOfRest = JSON.stringify({ cookie: aCookieOfJson(), ...data, filler: '' }).length
data.filler = 'x'.repeat(length - lengthOfRest)

/**
 * A session whose JSON is about 350 bytes long.
 *
 * @param {Function} Cookie
 * @param {number} n
 * @param {Date} [expires] When its cookie expires; else in a day.
 */
export function sessionOf(Cookie, n, expires) {
  const cookie = new Cookie({ maxAge: day })
  if (expires) cookie.expires = expires
  return { cookie, ...data, views: n }
}

/** Numbers below `size`, in no order. */
export function picker(size) {
  let state = 12_345
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * size)
  }
}

function mixed(n, factor) {
  let bits = Math.imul(n ^ (n >>> 15), factor)
  bits = Math.imul(bits ^ (bits >>> 13), factor)
  return (bits ^ (bits >>> 16)) >>> 0
}

function hex(number) {
  return number.toString(16).padStart(8, '0')
}

function aCookieOfJson() {
  return { originalMaxAge: day, expires: new Date(0).toJSON(), httpOnly: true, path: '/' }
}
