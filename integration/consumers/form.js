'use strict'

/** What a browser sends when a form is submitted. */
function form(fields = {}, headers = {}) {
  return {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
    body: `${new URLSearchParams(fields)}`
  }
}

module.exports = { form }
