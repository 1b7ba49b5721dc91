'use strict'

// The page works without this file, which only keeps the time left counting.

const timer = document.querySelector('[data-remaining]')

if (timer) {
  // Counted from the time left, not to a date: the clocks of server and browser may differ.
  const end = Date.now() + Number(timer.dataset.remaining)
  let interval

  const show = () => {
    const seconds = Math.max(0, Math.ceil((end - Date.now()) / 1000))
    timer.textContent = seconds > 0 ? format(seconds) : 'no time: reload the page to see it is over'
    if (seconds === 0) clearInterval(interval)
  }

  interval = setInterval(show, 250)
  show()
}

function format(seconds) {
  const days = Math.floor(seconds / 86400)
  const parts = [seconds / 3600, seconds / 60, seconds].map((part, index) =>
    String(Math.floor(part) % [24, 60, 60][index]).padStart(2, '0')
  )
  return `${days > 0 ? `${days} d ` : ''}${parts.join(':')}`
}
