'use strict'

const { html } = require('./html')
const { LIFETIMES, PRODUCTS } = require('./shop')

/**
 * Writes the page for one request.
 *
 * @param {object} state
 * @param {object} state.session `req.session`
 * @param {string} state.sessionID `req.sessionID`
 * @param {string} state.cookieName
 * @param {number} state.maxNameLength
 * @param {string} [state.error] what was wrong with the form just sent
 * @returns {string}
 */
function renderPage({ session, sessionID, cookieName, maxNameLength, error }) {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${session.user ? `${session.user} – ` : ''}Session demo</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/assets/style.css" />
        <script src="/assets/app.js" defer></script>
      </head>
      <body>
        <header>
          <h1>Session demo</h1>
          <p>A shop that sells nothing. Any name will do, and no password is asked.</p>
        </header>
        <main>
          ${error && html`<p class="error" role="alert">${error}</p>`}
          <div class="columns">
            <div>
              ${session.user ? renderUser(session) : renderLogin(maxNameLength)}
              ${renderShop(session.cart ?? {})}
            </div>
            <div>${renderCookie(session, sessionID, cookieName)} ${renderSession(session)}</div>
          </div>
        </main>
      </body>
    </html>`
  return `${page}\n`
}

function renderLogin(maxNameLength) {
  return html`<section aria-labelledby="login">
    <h2 id="login">Log in</h2>
    <p class="note">This is a demo: whoever enters a name is logged in by it.</p>
    <form method="post" action="/login" class="stack">
      <label>
        Name
        <input
          name="name"
          required
          maxlength="${maxNameLength}"
          autocomplete="off"
          placeholder="Ada"
        />
      </label>
      ${renderRememberFields()}
      <button class="primary">Log in</button>
    </form>
  </section>`
}

function renderUser(session) {
  const { maxAge, originalMaxAge } = session.cookie
  return html`<section aria-labelledby="user">
    <h2 id="user">Hello, ${session.user}</h2>
    <p>
      Visits since you logged in:
      <output aria-label="Visits" class="figure">${session.visits}</output>
      <a href="/">Visit again</a>
    </p>
    ${renderExpiry(maxAge)}
    <form method="post" action="/remember" class="stack">
      ${renderRememberFields(originalMaxAge, html`<button>Apply</button>`)}
    </form>
    <form method="post" action="/logout">
      <button class="primary">Log out</button>
    </form>
  </section>`
}

function renderExpiry(maxAge) {
  if (typeof maxAge !== 'number') return html`<p>Your login ends when you close the browser.</p>`
  return html`<p>
    Your login ends in
    <span role="timer" aria-label="Time left" class="figure" data-remaining="${maxAge}"
      >${Math.max(0, Math.round(maxAge / 1000))} s</span
    >, counted from this visit.
  </p>`
}

function renderRememberFields(maxAge, button) {
  const lifetimes = [...LIFETIMES]
  // Not equality: a cookie can lose a millisecond each time its lifetime is set anew.
  const chosen = maxAge ? lifetimes.find(([, { ms }]) => ms >= maxAge)?.[0] : 'hour'
  const options = lifetimes.map(
    ([id, { name }]) => html`<option value="${id}" ${id === chosen && 'selected'}>${name}</option>`
  )
  return html`<div class="row">
    <label class="check">
      <input type="checkbox" name="remember" value="yes" ${maxAge && 'checked'} />
      Remember me
    </label>
    <label class="check">
      for
      <select name="lifetime" aria-label="Remember me for">
        ${options}
      </select>
    </label>
    ${button}
  </div>`
}

function renderShop(cart) {
  const lines = [...PRODUCTS].map(([id, product]) => renderProduct(id, product, cart[id] ?? 0))
  let total = 0
  for (const [id, { cents }] of PRODUCTS) total += cents * (cart[id] ?? 0)
  return html`<section aria-labelledby="cart">
    <h2 id="cart">Cart</h2>
    <ul class="cart">
      ${lines}
    </ul>
    <p class="total">Total <output aria-label="Total" class="figure">${price(total)}</output></p>
  </section>`
}

function renderProduct(id, { name, cents }, quantity) {
  return html`<li>
    <span class="product">${name} <small>${price(cents)}</small></span>
    <form method="post" action="/cart/remove">
      <input type="hidden" name="item" value="${id}" />
      <button aria-label="Remove ${name}" ${quantity === 0 && 'disabled'}>−</button>
    </form>
    <output aria-label="${name} in the cart" class="figure">${quantity}</output>
    <form method="post" action="/cart/add">
      <input type="hidden" name="item" value="${id}" />
      <button aria-label="Add ${name}">+</button>
    </form>
  </li>`
}

function renderCookie(session, sessionID, cookieName) {
  const { cookie } = session
  const rows = [
    ['Name', cookieName],
    ['Session id', `${sessionID.slice(0, 8)}…`],
    ['Path', cookie.path],
    ['HttpOnly', cookie.httpOnly],
    ['SameSite', cookie.sameSite],
    ['Secure', cookie.secure],
    ['Expires', cookie.expires ? new Date(cookie.expires).toUTCString() : 'with the browser'],
    ['maxAge', typeof cookie.maxAge === 'number' ? `${cookie.maxAge} ms` : 'none']
  ]
  return html`<section aria-labelledby="cookie">
    <h2 id="cookie">The cookie</h2>
    ${
      isStored(session)
        ? html`<p class="note">The browser holds the signed id, everything else is kept here.</p>`
        : html`<p class="note">Not sent: nothing is worth remembering so far.</p>`
    }
    <table>
      ${rows.map(
        ([name, value]) =>
          html`<tr>
            <th scope="row">${name}</th>
            <td>${String(value)}</td>
          </tr>`
      )}
    </table>
  </section>`
}

function renderSession(session) {
  return html`<section aria-labelledby="session">
    <h2 id="session">The session</h2>
    ${
      !isStored(session) &&
      html`<p class="note">Not stored: <code>saveUninitialized</code> is off.</p>`
    }
    <pre tabindex="0" aria-label="req.session as JSON">${JSON.stringify(session, null, 2)}</pre>
  </section>`
}

/** The app only ever gives a session one of these, and the middleware keeps it from then on. */
function isStored(session) {
  return Boolean(session.user || session.cart)
}

function price(cents) {
  return `€${(cents / 100).toFixed(2)}`
}

module.exports = { renderPage }
