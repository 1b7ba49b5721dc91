/**
 * What kind of sessions there are changes in waves, so that each bound is reached and each class has
 * to go at some time.
 *
 * `expiring` says how long they live, in milliseconds; some get their time from the store.
 */
const kinds = {
  guests: { users: 10, sizes: [0, 30, 100], expiring: [500, 60_000] },
  users: { users: 90, sizes: [100, 300, 2000], expiring: [2000, 60_000] },
  large: { users: 30, sizes: [500, 2000, 5000, 50_000], expiring: [1000, 8000] },
  short: { users: 50, sizes: [50, 300], expiring: [5, 300] },
  mixed: { users: 40, sizes: [0, 200, 200, 200, 1000, 10_000], expiring: [20, 8000] }
}

/** @param {{ below: (end: number) => number, pick: Function, oneIn: Function }} random */
export function wavesOf(random) {
  return Object.entries(kinds).map(([name, { users, sizes, expiring }]) => ({
    name,
    content: (owner, version) => ({
      owner,
      version,
      size: Math.ceil(random.pick(sizes) * (0.5 + random.below(100) / 100)),
      user: random.below(100) < users
    }),
    lifetime() {
      if (random.oneIn(6)) return null
      const [least, most] = expiring
      return least + random.below(most - least)
    }
  }))
}
