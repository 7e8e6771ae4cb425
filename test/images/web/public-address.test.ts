import { describe, expect, test } from 'vitest';
import { isPublicAddress } from '../../../src/images/web/public-address.js';

describe('an address of the public internet', () => {
  test.each([
    '1.1.1.1',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '169.253.255.255',
    '172.15.255.255',
    '172.32.0.0',
    '192.167.255.255',
    '223.255.255.255',
    '2606:4700:4700::1111',
    '2a00:1450:4001:82a::200e',
    '::ffff:1.1.1.1',
    '::ffff:101:101',
    '64:ff9b::1.1.1.1',
  ])('is %s', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });
});

describe('no address of the public internet', () => {
  test.each([
    ['unspecified', ['0.0.0.0', '0.1.2.3', '::']],
    ['loopback', ['127.0.0.1', '127.255.255.254', '::1']],
    ['private', ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1']],
    ['carrier-grade NAT', ['100.64.0.1', '100.127.255.255']],
    ['link-local', ['169.254.169.254', 'fe80::1', 'fe80::1%eth0', 'febf::1']],
    ['unique local', ['fc00::1', 'fd00:ec2::254']],
    ['site-local', ['fec0::1']],
    ['multicast', ['224.0.0.1', '239.255.255.255', 'ff02::1']],
    ['broadcast', ['255.255.255.255']],
    ['reserved', ['192.0.0.1', '192.88.99.1', '240.0.0.1', '254.1.1.1']],
    ['documentation', ['192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '3fff::1']],
    ['benchmarks', ['198.18.0.1', '198.19.255.255', '2001:2::1']],
    ['discard', ['100::1']],
    ['ORCHID', ['2001:10::1', '2001:20::1']],
    ['not given out yet', ['1::1', '4000::1', '5f00::1', '200::1']],
    ['mapped', ['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:a00:1', '::ffff:169.254.169.254']],
    ['compatible', ['::127.0.0.1', '::7f00:1', '::808:808']],
    ['translated', ['64:ff9b::127.0.0.1', '64:ff9b::a00:1', '64:ff9b::a9fe:a9fe']],
    ['translated locally', ['64:ff9b:1::a00:1', '64:ff9b:1::808:808', '::ffff:0:808:808']],
    ['6to4', ['2002:7f00:1::', '2002:a00:1::1', '2002:808:808::1']],
    ['Teredo', ['2001::1', '2001:0:a00:1::']],
    ['nonsense', ['', 'localhost', '1.2.3.4.5', ':::']],
  ])('is one that is %s', (_range, addresses) => {
    expect(addresses.filter(isPublicAddress)).toEqual([]);
  });
});
