// The module `querystring`.
(function () {
  'use strict';
  const unescape = text => {
    try { return decodeURIComponent(text); } catch (wrong) { return text; }
  };
  const escape = text => encodeURIComponent(text);
  const parse = (text, separator, equals, options) => {
    const found = Object.create(Object.prototype);
    const between = separator || '&', sign = equals || '=';
    const decode = (options && options.decodeURIComponent) || unescape;
    const most = options && options.maxKeys !== undefined ? options.maxKeys : 1000;
    if (typeof text !== 'string' || text === '') return found;
    let parts = text.split(between);
    if (most > 0) parts = parts.slice(0, most);
    for (const part of parts) {
      if (part === '') continue;
      const at = part.indexOf(sign);
      const plain = one => decode(one.replace(/\+/g, ' '));
      const name = plain(at < 0 ? part : part.slice(0, at));
      const value = at < 0 ? '' : plain(part.slice(at + sign.length));
      if (!Object.prototype.hasOwnProperty.call(found, name)) found[name] = value;
      else if (Array.isArray(found[name])) found[name].push(value);
      else found[name] = [found[name], value];
    }
    return found;
  };
  const stringify = (object, separator, equals, options) => {
    const between = separator || '&', sign = equals || '=';
    const encode = (options && options.encodeURIComponent) || escape;
    const text = value =>
      ['string', 'number', 'boolean'].includes(typeof value) ? encode(String(value)) : '';
    const pairs = [];
    for (const name of Object.keys(object || {})) {
      const value = object[name];
      for (const one of Array.isArray(value) ? value : [value]) {
        pairs.push(encode(name) + sign + text(one));
      }
    }
    return pairs.join(between);
  };
  return { parse, stringify, escape, unescape, decode: parse, encode: stringify };
})
