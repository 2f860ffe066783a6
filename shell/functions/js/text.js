// `TextEncoder`, `TextDecoder`, `atob`, `btoa`.
(function (native, load) {
  'use strict';
  class TextEncoder {
    get encoding() { return 'utf-8'; }
    encode(text) { return native.utf8(text === undefined ? '' : String(text)); }
  }
  class TextDecoder {
    constructor(label, options) {
      const name = String(label === undefined ? 'utf-8' : label).toLowerCase();
      if (name !== 'utf-8' && name !== 'utf8') {
        throw new RangeError('The "' + label + '" encoding is not supported');
      }
      this.fatal = Boolean(options && options.fatal);
      this.ignoreBOM = Boolean(options && options.ignoreBOM);
    }
    get encoding() { return 'utf-8'; }
    decode(bytes) {
      if (bytes === undefined) return '';
      const view = bytes instanceof ArrayBuffer
        ? new Uint8Array(bytes)
        : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const text = native.text(Array.from(view), this.fatal);
      if (text === null) throw new TypeError('The encoded data was not valid');
      return this.ignoreBOM || text[0] !== '\ufeff' ? text : text.slice(1);
    }
  }
  const btoa = text => {
    const codes = Array.from(String(text), one => one.charCodeAt(0));
    if (codes.some(code => code > 255)) throw new TypeError('invalid character (>= U+00FF)');
    return load('buffer').Buffer.from(codes).toString('base64');
  };
  const atob = text => {
    const clean = String(text).replace(/[\t\n\f\r ]/g, '').replace(/={1,2}$/, '');
    if (/[^A-Za-z0-9+/]/.test(clean) || clean.length % 4 === 1) {
      throw new TypeError('the input is not base64');
    }
    return load('buffer').Buffer.from(clean, 'base64').toString('latin1');
  };
  return { TextEncoder, TextDecoder, atob, btoa };
})
