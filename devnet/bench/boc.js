// What @ton/core takes to read a bag of cells, hashes included. Prints one line of JSON, CPU nanoseconds of one reading.
// Usage: node bench/boc.js CALLS FILE…, each FILE a bag in hexadecimal below lines that begin with #
import { readFileSync } from 'node:fs';
import { Cell } from '@ton/core';

const WARM_UP_CALLS = 50;
const [calls, ...files] = process.argv.slice(2);

function cpuNs(boc, times) {
  const { user, system } = process.cpuUsage();
  for (let i = 0; i < times; i++) Cell.fromBoc(boc)[0].hash();
  const after = process.cpuUsage();
  return Math.round(((after.user - user + after.system - system) * 1_000) / times);
}

const figures = files.map((file) => {
  const boc = Buffer.from(readFileSync(file, 'utf8').replace(/#.*|\s/g, ''), 'hex');
  cpuNs(boc, WARM_UP_CALLS);
  return { bytes: boc.length, parse_ns: cpuNs(boc, Number(calls)) };
});
console.log(JSON.stringify(figures));
