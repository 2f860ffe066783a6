// `Date` at a moment that does not pass, in UTC whatever the machine's time zone is.
(function (Real, now) {
  'use strict';
  const zoneless = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?)$|^[A-Za-z]{3,9}[ ,].*\d$|^\d{1,4}\/.*\d$/;
  const utc = text => {
    if (!zoneless.test(text) || /(GMT|UTC|Z|[+-]\d{2}:?\d{2})$/.test(text)) return text;
    return text.includes('T') && text[4] === '-' ? text + 'Z' : text + ' GMT';
  };
  const moment = parts => {
    if (parts.length === 0) return [now()];
    if (parts.length > 1) return [Real.UTC(...parts)];
    return [typeof parts[0] === 'string' ? utc(parts[0]) : parts[0]];
  };
  function Date(...parts) {
    if (!new.target) return new Date().toString();
    return Reflect.construct(Real, moment(parts), new.target);
  }
  Date.prototype = Real.prototype;
  const add = (object, name, value) =>
    Object.defineProperty(object, name, { value, writable: true, configurable: true });
  add(Real.prototype, 'constructor', Date);
  add(Date, 'now', () => now());
  add(Date, 'UTC', Real.UTC);
  add(Date, 'parse', text => Real.parse(utc(String(text))));
  const made = Real.prototype;
  for (const part of ['FullYear', 'Month', 'Date', 'Day', 'Hours', 'Minutes', 'Seconds', 'Milliseconds']) {
    add(made, 'get' + part, made['getUTC' + part]);
    if (part !== 'Day') add(made, 'set' + part, made['setUTC' + part]);
  }
  add(made, 'getTimezoneOffset', () => 0);
  const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
  const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
  const two = number => String(number).padStart(2, '0');
  add(made, 'toDateString', function () {
    if (isNaN(this.getTime())) return 'Invalid Date';
    const day = two(this.getUTCDate()), year = String(this.getUTCFullYear()).padStart(4, '0');
    return days[this.getUTCDay()] + ' ' + months[this.getUTCMonth()] + ' ' + day + ' ' + year;
  });
  add(made, 'toTimeString', function () {
    if (isNaN(this.getTime())) return 'Invalid Date';
    const parts = [this.getUTCHours(), this.getUTCMinutes(), this.getUTCSeconds()];
    return parts.map(two).join(':') + ' GMT+0000 (UTC)';
  });
  add(made, 'toString', function () {
    if (isNaN(this.getTime())) return 'Invalid Date';
    return this.toDateString() + ' ' + this.toTimeString();
  });
  return Date;
})
