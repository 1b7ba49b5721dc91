import { median } from '../measure/summary.mjs'

const megabyte = 2 ** 20

/**
 * Whether memory stays what it is. The first third of all samples is the warm-up; the middle of the
 * second third is compared with that of the last.
 *
 * RSS may grow by a twentieth, and by 8 MB in any case: that is how much it moves by itself, with V8's
 * heap, the allocator and the waves of the load. In a minute, sessions come and go that take ten times
 * as much and more, so what is not freed of them adds up to it soon.
 *
 * @param {{ rss: number, heapUsed: number }[]} samples
 */
export function flatness(samples) {
  const third = Math.floor(samples.length / 3)
  const middles = (name) =>
    [1, 2].map((part) =>
      median(samples.slice(part * third, (part + 1) * third).map((sample) => sample[name]))
    )
  const [rss, heapUsed] = [middles('rss'), middles('heapUsed')]
  const bound = Math.max(8 * megabyte, rss[0] / 20)
  return { rss, heapUsed, bound, isFlat: rss[1] - rss[0] <= bound }
}
