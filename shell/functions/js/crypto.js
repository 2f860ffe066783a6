// The module `crypto`: hashes and keyed hashes.
(function (native, load) {
  'use strict';
  // Most runs import this and hash nothing: what is read for it is read when it is needed.
  const buffer = () => load('buffer').Buffer;
  const bytes = data => {
    if (typeof data === 'string') return native.utf8(data);
    if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    throw new TypeError('data must be a string or Buffer-like object');
  };
  class Digest {
    #name; #key; #parts = []; #over = false;
    constructor(name, key) { this.#name = name; this.#key = key; }
    update(data, encoding) {
      if (this.#over) throw new Error('Digest already called');
      this.#parts.push(typeof data === 'string' && encoding ? buffer().from(data, encoding) : bytes(data));
      return this;
    }
    digest(encoding) {
      if (this.#over) throw new Error('Digest already called');
      this.#over = true;
      const all = buffer().concat(this.#parts);
      const made = buffer().from(native.digest(this.#name, this.#key, Array.from(all)));
      if (encoding !== undefined) return made.toString(encoding);
      return native.strings ? made.toString('latin1') : made;
    }
  }
  const known = name => {
    const lower = String(name).toLowerCase();
    if (!['md5', 'sha1', 'sha256'].includes(lower)) {
      throw new TypeError('not supported algorithm: "' + name + '"');
    }
    return lower;
  };
  return {
    createHash: name => new Digest(known(name), undefined),
    createHmac: (name, key) => new Digest(known(name), Array.from(bytes(key))),
  };
})
