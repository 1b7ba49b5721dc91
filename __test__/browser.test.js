'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { mkdtemp, rm } = require('node:fs/promises')
const { tmpdir } = require('node:os')
const path = require('node:path')
const { after, before, describe, it } = require('node:test')
const { chromium } = require('playwright-core')
const { createApp } = require('../examples/login/server')
const { findChromium } = require('./support/chromium')

// With SESSION_MODULE=express-session the original takes the same test.
const session = require(process.env.SESSION_MODULE ?? '..')

const COOKIE_NAME = 'connect.sid'
const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync'
]

const executablePath = findChromium()
const skip = executablePath
  ? false
  : 'no Chromium found: set CHROMIUM_PATH, or put chromium, chromium-browser or google-chrome on the PATH'

describe('the login example in Chromium', { timeout: 60_000 }, () => {
  let server
  let url

  before(async () => {
    server = createApp({ session }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `http://127.0.0.1:${server.address().port}/`
  })

  after(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })

  it(
    'remembers a visitor over a restart of the browser, and forgets them at logout',
    { skip },
    async (t) => {
      const launch = await makeProfile(t)
      const first = await launch()
      let page = await first.newPage()
      await page.goto(url)
      assert.equal(await sessionCookie(first), undefined, 'a mere visit sets no cookie')

      await press(page, 'Add Green tea')
      const guest = await sessionCookie(first)
      await logIn(page, 'Ada <b>Lovelace</b>')
      const user = await sessionCookie(first)
      assert.notEqual(idOf(user), idOf(guest), 'the id from before the login is not used again')
      assert.equal(await cookieWorks(url, guest), false)
      assert.deepEqual([user.httpOnly, user.sameSite, user.path], [true, 'Lax', '/'])

      const visits = await count(page, 'Visits')
      await page.reload()
      assert.equal(await count(page, 'Visits'), visits + 1)

      await press(page, 'Add Green tea')
      await press(page, 'Add Stoneware cup')
      await press(page, 'Add Oat biscuits')
      await press(page, 'Remove Oat biscuits')
      const cart = { 'Green tea': 2, 'Stoneware cup': 1, 'Oat biscuits': 0 }
      assert.deepEqual(await readCart(page, Object.keys(cart)), cart)

      await page.getByLabel('Remember me', { exact: true }).check()
      await press(page, 'Apply')
      assert.ok((await sessionCookie(first)).expires > Date.now() / 1000)
      await seeTimeRunning(page)

      await page.close()
      page = await first.newPage()
      await page.goto(url)
      await seeUser(page, 'Ada <b>Lovelace</b>')

      await first.close()
      const second = await launch()
      page = await second.newPage()
      await page.goto(url)
      await seeUser(page, 'Ada <b>Lovelace</b>')
      assert.deepEqual(await readCart(page, Object.keys(cart)), cart)

      const old = await sessionCookie(second)
      assert.equal(await cookieWorks(url, old), true)
      await press(page, 'Log out')
      await seeLoggedOut(page)
      assert.equal(
        await sessionCookie(second),
        undefined,
        'the browser was told to drop the cookie'
      )

      await second.addCookies([old])
      await page.goto(url)
      await seeLoggedOut(page)
      assert.equal(await cookieWorks(url, old), false)
    }
  )

  it(
    'forgets a visitor who is not to be remembered with the browser, also without JavaScript',
    { skip },
    async (t) => {
      const launch = await makeProfile(t, { javaScriptEnabled: false })
      const first = await launch()
      let page = await first.newPage()
      await page.goto(url)
      await logIn(page, 'Grace')
      await press(page, 'Add Green tea')
      assert.deepEqual(await readCart(page, ['Green tea']), { 'Green tea': 1 })
      const cookie = await sessionCookie(first)
      assert.equal(cookie.expires, -1)

      await first.close()
      const second = await launch()
      page = await second.newPage()
      await page.goto(url)
      await seeLoggedOut(page)
      assert.equal(await cookieWorks(url, cookie), true, 'it was the browser that forgot')
    }
  )
})

/** Makes a browser profile for one test; what is returned starts a browser with it. */
async function makeProfile(t, options) {
  const folder = await mkdtemp(path.join(tmpdir(), 'express-session-native-'))
  const browsers = []
  t.after(async () => {
    await Promise.all(browsers.map((browser) => browser.close()))
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  })
  return async () => {
    const browser = await chromium.launchPersistentContext(folder, {
      ...options,
      args: ARGS,
      executablePath,
      timeout: 30_000
    })
    browsers.push(browser)
    browser.setDefaultTimeout(10_000)
    return browser
  }
}

async function logIn(page, name) {
  await page.getByLabel('Name').fill(name)
  await press(page, 'Log in')
  await seeUser(page, name)
}

/** Presses a button that sends a form, and waits for the page that answers it. */
async function press(page, name) {
  const loaded = page.waitForEvent('load')
  await page.getByRole('button', { name, exact: true }).click()
  await loaded
}

async function seeUser(page, name) {
  await page.getByRole('heading', { name: `Hello, ${name}`, exact: true }).waitFor()
}

async function seeLoggedOut(page) {
  await page.getByRole('heading', { name: 'Log in', exact: true }).waitFor()
}

async function count(page, label) {
  return Number(await page.getByLabel(label, { exact: true }).textContent())
}

async function readCart(page, products) {
  const entries = products.map(async (name) => [name, await count(page, `${name} in the cart`)])
  return Object.fromEntries(await Promise.all(entries))
}

/** Waits until the time left has become shorter twice. */
async function seeTimeRunning(page) {
  const timer = page.getByRole('timer', { name: 'Time left' })
  const texts = [await timer.textContent()]
  while (texts.length < 3) {
    const next = timer.filter({ hasNotText: texts.at(-1) })
    // oxlint-disable-next-line no-await-in-loop -- each waits for the one before
    texts.push(await next.textContent())
  }
  const seconds = texts.map(toSeconds)
  assert.ok(seconds[0] <= 3600 && seconds[0] > 3500, texts[0])
  assert.ok(seconds[1] < seconds[0] && seconds[2] < seconds[1], texts.join(', '))
}

function toSeconds(clock) {
  return clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0)
}

async function sessionCookie(browser) {
  const cookies = await browser.cookies()
  return cookies.find(({ name }) => name === COOKIE_NAME)
}

function idOf(cookie) {
  return decodeURIComponent(cookie.value).split('.')[0]
}

/** Whether the cookie, sent by somebody else, is worth a login. Counts as a visit if it is. */
async function cookieWorks(url, { name, value }) {
  const response = await fetch(url, { headers: { Cookie: `${name}=${value}` } })
  return (await response.text()).includes('Hello, ')
}
