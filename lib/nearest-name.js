'use strict'

/**
 * The known name that is most similar to an unknown one, for error messages.
 *
 * @param {string} unknown
 * @param {string[]} known
 * @returns {string | undefined} Undefined if none is similar.
 */
function nearestName(unknown, known) {
  // A longer name is no misspelling, and comparing takes time in proportion to its length.
  if (unknown.length > 40) return undefined
  const distances = known.map((name) => distance(unknown.toLowerCase(), name.toLowerCase()))
  const least = Math.min(...distances)
  const nearest = known[distances.indexOf(least)]
  return least <= Math.max(1, nearest.length / 3) ? nearest : undefined
}

/** The Levenshtein distance: how many characters have to be added, removed or changed. */
function distance(from, to) {
  let above = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let row = 1; row <= from.length; row++) {
    const distances = [row]
    for (let column = 1; column <= to.length; column++) {
      const changed = above[column - 1] + (from[row - 1] === to[column - 1] ? 0 : 1)
      distances.push(Math.min(changed, above[column] + 1, distances[column - 1] + 1))
    }
    above = distances
  }
  return above[to.length]
}

module.exports = { nearestName }
