"""How a record is spelled: packages/event/SPEC.md, sections 1 to 4, for spec_check.py. Standard library only."""

import base64
from decimal import Decimal

SAFE = 2**53 - 1


class Map:
    """A map of values: key to value, in order of first appearance."""

    def __init__(self):
        self.items = {}


class Tagged:
    def __init__(self, text):
        self.text = text


class Unset:
    pass


# Section 3: strings


def string(text):
    short = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
    out = []
    for char in text:
        if char in short:
            out.append(short[char])
        elif ord(char) < 0x20:
            out.append("\\u%04x" % ord(char))
        else:
            out.append(char)
    return '"' + "".join(out) + '"'


# Section 2: values


def double(value):
    if value != value:
        return '{"$double":"NaN"}'
    if value in (float("inf"), float("-inf")):
        return '{"$double":"%sInfinity"}' % ("-" if value < 0 else "")
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    minus = "-" if sign else ""
    text = "".join(map(str, digits))
    stripped = text.rstrip("0")
    if stripped == "":
        return minus + "0.0"
    exponent += len(text) - len(stripped)
    s, k = stripped, len(stripped)
    n = exponent + k
    if k <= n <= 21:
        return minus + s + "0" * (n - k) + ".0"
    if 0 < n <= 21:
        return minus + s[:n] + "." + s[n:]
    if -6 < n <= 0:
        return minus + "0." + "0" * -n + s
    mantissa = s[0] + ("." + s[1:] if k > 1 else "")
    return "%s%se%s%d" % (minus, mantissa, "+" if n - 1 >= 0 else "-", abs(n - 1))


def spell(value):
    if value is None:
        return "null"
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, str):
        return string(value)
    if isinstance(value, int):
        return str(value) if abs(value) <= SAFE else '{"$int":"%d"}' % value
    if isinstance(value, float):
        return double(value)
    if isinstance(value, bytes):
        return '{"$bytes":"%s"}' % base64.b64encode(value).decode()
    if isinstance(value, Tagged):
        return value.text
    if isinstance(value, list):
        return "[" + ",".join(map(spell, value)) + "]"
    return "{" + ",".join(key(k) + ":" + spell(v) for k, v in value.items.items()) + "}"


def key(name):
    return string("$" + name if name.startswith("$") else name)


def time(ns):
    seconds, nanos = divmod(ns, 10**9)
    days, rest = divmod(seconds, 86400)
    year = 1970
    while days >= (366 if leap(year) else 365):
        days -= 366 if leap(year) else 365
        year += 1
    month = 0
    lengths = [31, 29 if leap(year) else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    while days >= lengths[month]:
        days -= lengths[month]
        month += 1
    return "%04d-%02d-%02dT%02d:%02d:%02d.%09dZ" % (year, month + 1, days + 1, rest // 3600, rest // 60 % 60, rest % 60, nanos)


def leap(year):
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


# Section 1: the fields in their order


def tail(r, notes):
    fields = [("id", string(r["id"]))]

    def add(name, value, spelled=None):
        if value not in ("", 0, Unset, None) and not (isinstance(value, Map) and not value.items) and value != []:
            fields.append((name, spell(value) if spelled is None else spelled))

    add("event", r["event"])
    add("time", r["time"], string(time(r["time"])))
    add("observed", r["observed"], string(time(r["observed"])))
    for name in ("trace_id", "span_id", "flags", "severity", "severity_text", "attributes", "dropped_attributes"):
        add(name, r[name])
    if r["body"] is not Unset:
        fields.append(("body", spell(r["body"])))
    scope = []
    for name in ("name", "version", "schema_url", "attributes", "dropped_attributes"):
        value = r["scope"][name]
        if value not in ("", 0) and not (isinstance(value, Map) and not value.items):
            scope.append('"%s":%s' % (name, spell(value)))
    if scope:
        fields.append(("scope", "{" + ",".join(scope) + "}"))
    for name in ("resource", "resource_schema_url", "resource_dropped_attributes"):
        add(name, r[name])
    if r.get("redactions"):
        fields.append(("redactions", "[" + ",".join(r["redactions"]) + "]"))
    if r.get("producer"):
        fields.append(("producer", r["producer"]))
    add("writer", r.get("writer", ""))
    if notes:
        ordered = sorted(notes, key=lambda n: (n[0].encode(), n[1].encode()))
        fields.append(("notes", "[" + ",".join('{"path":%s,"note":"%s"}' % (string(p), n) for p, n in ordered) + "]"))
    if r.get("quarantine"):
        fields.append(("quarantine", r["quarantine"]))
    return ",".join('"%s":%s' % field for field in fields) + "}"
