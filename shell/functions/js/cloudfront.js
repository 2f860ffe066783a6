// The module `cloudfront`: key value store and origins.
(function (native, load) {
  'use strict';
  const formats = {
    string: text => text,
    json: text => JSON.parse(text),
    bytes: text => load('buffer').Buffer.from(text),
  };
  const handle = {
    async get(key, options) {
      const format = options && options.format !== undefined ? options.format : 'string';
      if (!Object.prototype.hasOwnProperty.call(formats, format)) {
        throw new TypeError('format "' + format + '" is not supported');
      }
      const text = native.value(String(key));
      if (text === undefined) throw new Error('KeyNotFound: ' + key);
      return formats[format](text);
    },
    async exists(key) { return native.value(String(key)) !== undefined; },
    async meta() { return JSON.parse(native.meta()); },
  };
  const origin = helper => argument => { native.origin(helper, JSON.stringify(argument) || 'null'); };
  const select = (id, settings) => {
    native.origin('selectRequestOriginById', JSON.stringify(Object.assign({}, settings, { originId: id })));
  };
  return {
    kvs(id) {
      const why = native.storeMissing(id === undefined ? undefined : String(id));
      if (why !== undefined) throw new Error(why);
      return handle;
    },
    updateRequestOrigin: origin('updateRequestOrigin'),
    selectRequestOriginById: select,
    createRequestOriginGroup: origin('createRequestOriginGroup'),
    edgeLocation: JSON.parse(native.edge()),
  };
})
