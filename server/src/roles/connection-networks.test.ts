import { expect, it } from 'vitest'
import { mayConnectTo } from './connection-networks.ts'

it.each([
  ['8.8.8.8', true],
  ['2606:4700::1111', true],
  ['127.0.0.1', false],
  ['0.0.0.0', false],
  ['10.1.2.3', false],
  ['172.31.0.1', false],
  ['192.168.1.1', false],
  ['169.254.169.254', false],
  ['100.100.100.200', false],
  ['224.0.0.1', false],
  ['255.255.255.255', false],
  ['::1', false],
  ['::', false],
  ['fe80::1', false],
  ['fd00::1', false],
  ['::ffff:127.0.0.1', false],
  ['::ffff:8.8.8.8', false],
  ['64:ff9b::7f00:1', false],
  ['2002:7f00:1::', false],
  ['2001:db8::1', false],
  ['localhost', false],
  ['', false],
])('public addresses only: %s %s', (address, expected) => {
  expect(mayConnectTo(['public'], address)).toBe(expected)
})

it('allows the networks that the operator names, and public ones only when they are named too', () => {
  const networks = ['10.0.0.0/8', '127.0.0.1', 'fd00::/8']
  const allowed = ['10.9.9.9', '127.0.0.1', 'fd12::1', '8.8.8.8', '127.0.0.2', '11.0.0.1'].filter(
    (address) => mayConnectTo(networks, address),
  )
  expect(allowed).toEqual(['10.9.9.9', '127.0.0.1', 'fd12::1'])
  expect(mayConnectTo([...networks, 'public'], '8.8.8.8')).toBe(true)
})
