/**
 * What the rounds of one scenario say. The tax of a session is what the server's CPU time per request
 * is above that of the same application without sessions, in the same round.
 *
 * @param {Record<string, object[]>} measured From `measureRounds`.
 * @param {string} [reference] The subject that the others are compared with.
 */
export function summarize(measured, reference = 'express-session') {
  const { none } = measured
  const taxes = mapValues(measured, (rounds) => rounds.map(({ cpu }, n) => cpu - none[n].cpu))
  return mapValues(measured, (rounds, subject) => {
    const fields = Object.keys(rounds[0])
    const entries = fields.map((field) => [field, median(rounds.map((round) => round[field]))])
    const summary = Object.fromEntries(entries)
    if (subject === 'none') return summary
    summary.tax = spreadOf(taxes[subject])
    if (taxes[reference] && subject !== reference) {
      summary.ratio = spreadOf(taxes[subject].map((tax, n) => tax / taxes[reference][n]))
    }
    return summary
  })
}

export function median(numbers) {
  return quantile(numbers, 1 / 2)
}

/** The median, and the quartiles: what the middle half of all rounds says. */
function spreadOf(numbers) {
  const [lower, upper] = [1 / 4, 3 / 4].map((part) => quantile(numbers, part))
  return { median: median(numbers), lower, upper }
}

export function quantile(numbers, part) {
  const sorted = numbers.toSorted((a, b) => a - b)
  const place = (sorted.length - 1) * part
  const below = sorted[Math.floor(place)]
  return below + (sorted[Math.ceil(place)] - below) * (place % 1)
}

function mapValues(object, map) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value, key)]))
}
