// The module `buffer`.
(function (native) {
  'use strict';
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const toBase64 = (bytes, url) => {
    let text = '';
    for (let at = 0; at < bytes.length; at += 3) {
      const left = bytes.length - at;
      const three = (bytes[at] << 16) | ((bytes[at + 1] || 0) << 8) | (bytes[at + 2] || 0);
      text += letters[three >> 18] + letters[(three >> 12) & 63];
      text += left > 1 ? letters[(three >> 6) & 63] : '=';
      text += left > 2 ? letters[three & 63] : '=';
    }
    return url ? text.replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '') : text;
  };
  const fromBase64 = text => {
    const bytes = [];
    let bits = 0, count = 0;
    for (const one of text.replace(/-/g, '+').replace(/_/g, '/')) {
      const value = letters.indexOf(one);
      if (value < 0) { if (one === '=') break; continue; }
      bits = ((bits << 6) | value) & 0xffffff;
      count += 6;
      if (count >= 8) { count -= 8; bytes.push((bits >> count) & 255); }
    }
    return bytes;
  };
  const latin1 = text => Array.from({ length: text.length }, (_, at) => text.charCodeAt(at) & 255);
  const coders = {
    utf8: { to: bytes => native.text(Array.from(bytes), false), from: text => native.utf8(text) },
    hex: {
      to: bytes => Array.prototype.map.call(bytes, one => one.toString(16).padStart(2, '0')).join(''),
      from: text => (text.match(/^([0-9a-f]{2})*/i)[0].match(/../g) || []).map(one => parseInt(one, 16)),
    },
    base64: { to: bytes => toBase64(bytes, false), from: fromBase64 },
    base64url: { to: bytes => toBase64(bytes, true), from: fromBase64 },
    latin1: { to: bytes => Array.prototype.map.call(bytes, one => String.fromCharCode(one)).join(''), from: latin1 },
  };
  coders['utf-8'] = coders.utf8;
  coders.binary = coders.latin1;
  const coder = encoding => {
    const name = encoding === undefined ? 'utf8' : String(encoding).toLowerCase();
    if (!Object.prototype.hasOwnProperty.call(coders, name)) {
      throw new TypeError('"' + encoding + '" encoding is not supported');
    }
    return coders[name];
  };
  class Buffer extends Uint8Array {
    static alloc(size, fill, encoding) {
      const made = new Buffer(size);
      return fill === undefined ? made : made.fill(fill, encoding);
    }
    static allocUnsafe(size) { return new Buffer(size); }
    static byteLength(value, encoding) {
      return typeof value === 'string' ? coder(encoding).from(value).length : value.byteLength;
    }
    static compare(one, other) {
      const length = Math.min(one.length, other.length);
      for (let at = 0; at < length; at++) if (one[at] !== other[at]) return one[at] < other[at] ? -1 : 1;
      return Math.sign(one.length - other.length);
    }
    static concat(list, total) {
      const length = total === undefined ? list.reduce((sum, one) => sum + one.length, 0) : total;
      const made = new Buffer(length);
      let at = 0;
      for (const one of list) {
        const part = one.subarray(0, Math.max(0, length - at));
        made.set(part, at);
        at += part.length;
      }
      return made;
    }
    static from(value, encoding, length) {
      const own = bytes => { const made = new Buffer(bytes.length); made.set(bytes); return made; };
      if (typeof value === 'string') return own(coder(encoding).from(value));
      if (value instanceof ArrayBuffer) return new Buffer(value, encoding, length);
      if (value && value.type === 'Buffer' && Array.isArray(value.data)) return own(value.data);
      if (value && typeof value === 'object' && 'length' in value) return own(Array.from(value));
      throw new TypeError('first argument must be a string or Buffer-like object');
    }
    static isBuffer(value) { return value instanceof Buffer; }
    static isEncoding(name) { return Object.prototype.hasOwnProperty.call(coders, String(name).toLowerCase()); }
    compare(other) { return Buffer.compare(this, other); }
    copy(target, targetStart, start, end) {
      const room = target.length - (targetStart || 0);
      const part = this.subarray(start || 0, end).subarray(0, Math.max(0, room));
      target.set(part, targetStart || 0);
      return part.length;
    }
    equals(other) { return Buffer.compare(this, other) === 0; }
    fill(value, start, end, encoding) {
      if (typeof start === 'string') { encoding = start; start = undefined; }
      if (typeof end === 'string') { encoding = end; end = undefined; }
      if (typeof value === 'number') return super.fill(value & 255, start, end);
      const bytes = typeof value === 'string' ? coder(encoding).from(value) : value;
      const last = end === undefined ? this.length : end;
      for (let at = start || 0, from = 0; at < last; at++, from++) {
        this[at] = bytes.length ? bytes[from % bytes.length] : 0;
      }
      return this;
    }
    indexOf(value, from, encoding) {
      if (typeof value === 'number') return super.indexOf(value & 255, from);
      if (typeof from === 'string') { encoding = from; from = undefined; }
      const wanted = typeof value === 'string' ? coder(encoding).from(value) : value;
      for (let at = from || 0; at + wanted.length <= this.length; at++) {
        let same = 0;
        while (same < wanted.length && this[at + same] === wanted[same]) same++;
        if (same === wanted.length) return at;
      }
      return -1;
    }
    lastIndexOf(value, from, encoding) {
      if (typeof value === 'number') return super.lastIndexOf(value & 255, from === undefined ? this.length : from);
      let last = -1;
      for (let at = this.indexOf(value, 0, encoding); at >= 0; at = this.indexOf(value, at + 1, encoding)) last = at;
      return last;
    }
    includes(value, from, encoding) { return this.indexOf(value, from, encoding) >= 0; }
    slice(start, end) { return this.subarray(start, end); }
    swap16() { return this.#swap(2); }
    swap32() { return this.#swap(4); }
    swap64() { return this.#swap(8); }
    #swap(width) {
      if (this.length % width) throw new RangeError('Buffer size must be a multiple of ' + width * 8 + '-bits');
      for (let at = 0; at < this.length; at += width) this.subarray(at, at + width).reverse();
      return this;
    }
    toJSON() { return { type: 'Buffer', data: Array.from(this) }; }
    toString(encoding, start, end) { return coder(encoding).to(this.subarray(start || 0, end)); }
    write(text, offset, length, encoding) {
      if (typeof offset === 'string') { encoding = offset; offset = undefined; }
      if (typeof length === 'string') { encoding = length; length = undefined; }
      const room = this.length - (offset || 0);
      const part = coder(encoding).from(text).slice(0, length === undefined ? room : Math.min(room, length));
      this.set(part, offset || 0);
      return part.length;
    }
  }
  const numbers = {
    Int8: ['Int8', 1], UInt8: ['Uint8', 1], Int16: ['Int16', 2], UInt16: ['Uint16', 2],
    Int32: ['Int32', 4], UInt32: ['Uint32', 4], Float: ['Float32', 4], Double: ['Float64', 8],
  };
  const add = (name, value) =>
    Object.defineProperty(Buffer.prototype, name, { value, writable: true, configurable: true });
  const view = (buffer, offset, width) => {
    if (offset < 0 || offset + width > buffer.length) throw new RangeError('index ' + offset + ' is outside the bound of the buffer');
    return new DataView(buffer.buffer, buffer.byteOffset + offset, width);
  };
  for (const name of Object.keys(numbers)) {
    const [kind, width] = numbers[name];
    for (const order of width === 1 ? [''] : ['LE', 'BE']) {
      add('read' + name + order, function (offset) { return view(this, offset || 0, width)['get' + kind](0, order === 'LE'); });
      add('write' + name + order, function (value, offset) {
        view(this, offset || 0, width)['set' + kind](0, value, order === 'LE');
        return (offset || 0) + width;
      });
    }
  }
  for (const order of ['LE', 'BE']) {
    const places = width => Array.from({ length: width }, (_, at) => (order === 'LE' ? at : width - 1 - at));
    const read = signed => function (offset, width) {
      view(this, offset, width);
      const value = places(width).reduce((sum, place, at) => sum + this[offset + place] * 2 ** (8 * at), 0);
      return signed && value >= 2 ** (8 * width - 1) ? value - 2 ** (8 * width) : value;
    };
    const write = function (value, offset, width) {
      view(this, offset, width);
      let rest = value < 0 ? value + 2 ** (8 * width) : value;
      for (const place of places(width)) { this[offset + place] = rest % 256; rest = Math.floor(rest / 256); }
      return offset + width;
    };
    add('readInt' + order, read(true));
    add('readUInt' + order, read(false));
    add('writeInt' + order, write);
    add('writeUInt' + order, write);
  }
  return { Buffer };
})
