'use strict'

// The ways in which applications, frameworks and test tools wrap or copy a request.

/** What the package merge-descriptors does, with which Express merges objects. */
function mergeDescriptors(destination, source) {
  for (const name of Object.getOwnPropertyNames(source)) {
    const descriptor = Object.getOwnPropertyDescriptor(source, name)
    Object.defineProperty(destination, name, descriptor)
  }
  return destination
}

const PROXIES = {
  'a plain proxy': {},
  'a proxy that knows no symbols': {
    get: (target, key, receiver) =>
      typeof key === 'symbol' ? undefined : Reflect.get(target, key, receiver),
    has: (target, key) => typeof key !== 'symbol' && key in target
  },
  'a proxy that reads from its target': {
    get: (target, key) => target[key],
    set(target, key, value) {
      target[key] = value
      return true
    }
  },
  'a proxy that binds methods': {
    get(target, key) {
      const value = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    }
  },
  'a proxy that hides rawHeaders': {
    get: (target, key, receiver) =>
      key === 'rawHeaders' ? undefined : Reflect.get(target, key, receiver)
  },
  'a proxy that copies rawHeaders': {
    get: (target, key, receiver) =>
      key === 'rawHeaders' ? [...target.rawHeaders] : Reflect.get(target, key, receiver)
  },
  'a proxy with a set trap': {
    set: (target, key, value, receiver) => Reflect.set(target, key, value, receiver)
  },
  'a proxy that asks for descriptors': {
    getOwnPropertyDescriptor: (target, key) => Reflect.getOwnPropertyDescriptor(target, key),
    defineProperty: (target, key, descriptor) => Reflect.defineProperty(target, key, descriptor)
  },
  'a proxy with traps for everything': {
    get: (target, key, receiver) => Reflect.get(target, key, receiver),
    set: (target, key, value, receiver) => Reflect.set(target, key, value, receiver),
    has: (target, key) => Reflect.has(target, key),
    ownKeys: (target) => Reflect.ownKeys(target),
    deleteProperty: (target, key) => Reflect.deleteProperty(target, key),
    getPrototypeOf: (target) => Reflect.getPrototypeOf(target),
    getOwnPropertyDescriptor: (target, key) => Reflect.getOwnPropertyDescriptor(target, key),
    defineProperty: (target, key, descriptor) => Reflect.defineProperty(target, key, descriptor)
  }
}

const proxies = Object.fromEntries(
  Object.entries(PROXIES).map(([name, handler]) => [name, (req) => new Proxy(req, handler)])
)

/** A function of a request for each way, which gives what an application would use in its place. */
const WRAPS = {
  ...proxies,
  'a proxy of a proxy': (req) => new Proxy(new Proxy(req, {}), {}),
  'a proxy of a proxy that knows no symbols': (req) =>
    new Proxy(proxies['a proxy that knows no symbols'](req), {}),
  'an heir': (req) => Object.create(req),
  'an heir of an heir': (req) => Object.create(Object.create(req)),
  'an heir with rawHeaders of its own': (req) =>
    Object.create(req, { rawHeaders: { value: [], configurable: true, writable: true } }),
  'a proxy of an heir': (req) => new Proxy(Object.create(req), {}),
  'an heir of a proxy': (req) => Object.create(new Proxy(req, {})),
  'a spread': (req) => ({ ...req }),
  'an Object.assign copy': (req) => Object.assign(Object.create(Object.getPrototypeOf(req)), req),
  'a merge into an empty object': (req) => mergeDescriptors({}, req),
  'a merge into an object with another prototype': (req) =>
    mergeDescriptors(Object.create({ other: true }), req),
  'a merge into an object without a prototype': (req) => mergeDescriptors(Object.create(null), req),
  'a copy with all descriptors': (req) =>
    Object.create(Object.getPrototypeOf(req), Object.getOwnPropertyDescriptors(req)),
  'an heir of a copy with all descriptors': (req) =>
    Object.create(Object.create(Object.getPrototypeOf(req), Object.getOwnPropertyDescriptors(req))),
  'a proxy of a merge': (req) => new Proxy(mergeDescriptors({}, req), {})
}

/**
 * The ways that copy the descriptor of `req.session`, which may be an accessor: what the request is assigned
 * afterwards is seen through these copies, too. docs/differences.md says so.
 */
const COPIES = Object.keys(WRAPS).filter((name) => /merge|all descriptors/.test(name))

module.exports = { COPIES, WRAPS, mergeDescriptors }
