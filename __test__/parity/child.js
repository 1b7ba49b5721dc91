'use strict'

const { join } = require('node:path')
const { atFixedTime } = require('./clock')
const { provider } = require('./provider')

async function main([name, file, index]) {
  const testCase = require(join(__dirname, 'cases', file))[Number(index)]
  const { session, deep } = provider(name)
  const value = await atFixedTime((clock) => testCase.run(session, { clock, deep }))
  process.send(value ?? null, () => process.disconnect())
}

main(process.argv.slice(2)).catch((error) => {
  process.exitCode = 1
  process.stderr.write(`${error.stack}\n`)
  process.disconnect()
})
