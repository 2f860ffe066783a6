// What every run begins with: the globals of CloudFront Functions that the language itself does not
// have, those it has and CloudFront has not, and a clock that stands still. `native` is the evaluator.
(function (native) {
  'use strict';
  const hidden = (object, name, value) =>
    Object.defineProperty(object, name, { value, writable: true, configurable: true });
  const lazy = (name, make) =>
    Object.defineProperty(globalThis, name, {
      configurable: true,
      get() { const value = make(); hidden(globalThis, name, value); return value; },
      set(value) { hidden(globalThis, name, value); },
    });

  // Code that is made while running is not allowed.
  const forbidden = name => {
    const stub = function () { throw new TypeError(name + ' is disabled'); };
    return hidden(stub, 'name', name);
  };
  const functions = [function () {}, async function () {}, function* () {}, async function* () {}];
  const none = forbidden('function constructor');
  none.prototype = Function.prototype;
  for (const one of functions) {
    Object.defineProperty(Object.getPrototypeOf(one), 'constructor', { value: none, configurable: true });
  }
  hidden(globalThis, 'Function', none);
  hidden(globalThis, 'eval', forbidden('eval'));
  for (const name of ['WeakRef', 'FinalizationRegistry', 'SharedArrayBuffer', 'Atomics', 'performance',
    'queueMicrotask', 'navigator', 'Iterator']) delete globalThis[name];

  Math.random = native.random;

  const loaded = {};
  const load = name => loaded[name] || (loaded[name] = native.load(name)(native, load));
  const RealDate = Date;
  lazy('Date', () => native.load('date')(RealDate, native.now));
  lazy('Buffer', () => load('buffer').Buffer);
  lazy('TextEncoder', () => load('text').TextEncoder);
  lazy('TextDecoder', () => load('text').TextDecoder);
  lazy('atob', () => load('text').atob);
  lazy('btoa', () => load('text').btoa);

  const modules = native.modules;
  hidden(globalThis, 'require', name => {
    if (!modules.includes(name)) throw new Error('Cannot find module "' + name + '"');
    return load(name);
  });

  const shown = value => {
    if (typeof value === 'string') return value;
    if (value instanceof Error) return String(value);
    if (typeof value === 'object' && value !== null) {
      try { return JSON.stringify(value); } catch (wrong) { return '[object]'; }
    }
    return String(value);
  };
  const log = (...values) => native.log(values.map(shown).join(' '));
  hidden(globalThis, 'console', { log, error: log });
})
