#!/usr/bin/env python3
"""A second writer of lines: from OTLP/JSON by packages/event/SPEC.md alone, standard library only, sharing no code with ours.

    python3 test/vectors/spec_check.py                 compares with the lines of every vector; exit status 1 when one differs
    python3 test/vectors/spec_check.py --print NAME    shows what it makes of a vector

A vector without JSON has its lines checked for their chain, and nothing else. A quarantine's reason is for people: it is taken
from the expected line.
"""

import base64
import hashlib
import json
import re
import sys
from pathlib import Path

from spec_line import SAFE, Map, Tagged, Unset, spell, string, tail, time

MAX_LINE = 65535
MAX_DEPTH = 64


class Malformed(Exception):
    pass


class TooDeep(Exception):
    pass


class Number(str):
    """A JSON number as it was spelled."""


class Pairs(list):
    """A JSON object, its members in order."""

    def get(self, name):
        found = None
        for key, value in self:
            if key == name:
                found = value
        return found


# Section 5.1: reading OTLP/JSON


class Reader:
    def __init__(self):
        self.notes = set()

    def text(self, value, path):
        if value is None:
            return ""
        if not isinstance(value, str) or isinstance(value, Number):
            raise Malformed
        fixed = "".join("\ufffd" if 0xD800 <= ord(c) <= 0xDFFF else c for c in value)
        if fixed != value:
            self.notes.add((path, "replaced_characters"))
        return fixed

    def integer(self, value, low, high):
        if value is None:
            return 0
        if not isinstance(value, str) or not re.fullmatch(r"-?[0-9]+", value) or not low <= int(value) <= high:
            raise Malformed
        return int(value)

    def hex_id(self, value, size):
        if value is None or len(value) != 2 * size or set(value) == {"0"}:
            return ""
        return value.lower()

    def fields(self, pairs, path, level):
        result = Map()
        for pair in pairs or []:
            raw = pair.get("key") or ""
            name = self.text(raw, "")
            self.notes.discard(("", "replaced_characters"))
            place = path + "." + name
            if name != raw:
                self.notes.add((place, "replaced_characters"))
            if name in result.items:
                self.notes.add((place, "duplicate_key"))
            if level > MAX_DEPTH:
                raise TooDeep
            value = pair.get("value")
            result.items[name] = None if value is None else self.value(value, place, level)
        return result

    def value(self, any_value, path, level):
        if level > MAX_DEPTH:
            raise TooDeep
        for name, value in any_value:
            if value is None:
                continue
            if name == "stringValue":
                return self.text(value, path)
            if name == "boolValue":
                return value
            if name == "intValue":
                return self.integer(value, -(2**63), 2**63 - 1)
            if name == "doubleValue":
                return float(value)
            if name == "bytesValue":
                standard = value.replace("-", "+").replace("_", "/").rstrip("=")
                return base64.b64decode(standard + "=" * (-len(standard) % 4))
            if name == "arrayValue":
                return [self.value(item, "%s[%d]" % (path, i), level + 1) for i, item in enumerate(value.get("values") or [])]
            if name == "kvlistValue":
                return self.fields(value.get("values"), path, level + 1)
        return None


# Section 5.2: lifting


def lift(r, notes):
    attributes = r["attributes"].items
    for name in ("otel.event.name", "event.name"):
        if r["event"] == "" and isinstance(attributes.get(name), str):
            r["event"] = attributes[name]
    if r["event"] == "":
        notes.add(("event", "missing"))

    def wrong(name):
        notes.add(("attributes." + name, "wrong_type"))

    def move(name, field):
        del attributes[name]
        for path, note in list(notes):
            if path == "attributes." + name:
                notes.remove((path, note))
                notes.add((field, note))

    record_id = attributes.get("audit.record.id", Unset)
    if isinstance(record_id, str) and record_id:
        r["id"] = record_id
        move("audit.record.id", "id")
    elif record_id is not Unset:
        wrong("audit.record.id")

    names = ["audit.sequence." + n for n in ("stream_id", "number", "end")]
    stream, number, end = (attributes.get(n, Unset) for n in names)
    good = [
        isinstance(stream, str) and stream != "",
        type(number) is int and 1 <= number <= SAFE,
        isinstance(end, bool),
    ]
    for value, fits, name in zip((stream, number, end), good, names):
        if value is not Unset and not fits:
            wrong(name)
    if good[0] and good[1]:
        r["producer"] = '{"stream":%s,"number":%d%s}' % (string(stream), number, ',"end":true' if end is True else "")
        move(names[0], "producer.stream")
        move(names[1], "producer.number")
        if good[2]:
            move(names[2], "producer.end")

    redactions = attributes.get("proofline.redactions", Unset)
    if redactions is not Unset:
        spelled = spell_redactions(redactions)
        if spelled is None:
            wrong("proofline.redactions")
        else:
            r["redactions"] = spelled
            move("proofline.redactions", "redactions")

    for short in ("actor.id", "action", "outcome"):
        if attributes.get("audit." + short) in (None, ""):
            notes.add(("attributes.audit." + short, "missing"))
    for short in ("actor.id", "actor.type", "action", "outcome", "target.id", "target.type", "source.id", "source.type", "schema.version"):
        value = attributes.get("audit." + short)
        if value is not None and not isinstance(value, str):
            wrong("audit." + short)


def spell_redactions(value):
    if not isinstance(value, list):
        return None
    out = []
    for item in value:
        if not isinstance(item, Map) or set(item.items) - {"policy"} != {"path", "rule", "action"}:
            return None
        if not all(isinstance(v, str) for v in item.items.values()):
            return None
        parts = [n for n in ("path", "rule", "action", "policy") if n != "policy" or item.items.get(n)]
        out.append("{" + ",".join('"%s":%s' % (n, string(item.items[n])) for n in parts) + "}")
    return out


# Section 5.4: values that are too large


def fit(r, notes, limit, objects):
    while len(tail(r, notes).encode()) > limit:
        places = [(r["attributes"].items, k) for k in r["attributes"].items]
        places += [(r, "body")] if r["body"] is not Unset else []
        places += [(r["scope"]["attributes"].items, k) for k in r["scope"]["attributes"].items]
        places += [(r["resource"].items, k) for k in r["resource"].items]
        sizes = [-1 if isinstance(holder[k], Tagged) else len(spell(holder[k]).encode()) for holder, k in places]
        holder, k = places[sizes.index(max(sizes))]
        value = holder[k]
        stored = value.encode() if isinstance(value, str) else value if isinstance(value, bytes) else spell(value).encode()
        holder[k] = reference(stored, objects)


def reference(stored, objects):
    objects.append({"sha256": hashlib.sha256(stored).hexdigest(), "bytes": len(stored)})
    return Tagged('{"$ref":"sha256:%s","bytes":%d}' % (objects[-1]["sha256"], len(stored)))


def record_texts(text):
    """The text of each log record, in order."""
    decoder = json.JSONDecoder()
    for found in re.finditer(r'"logRecords":\[', text):
        at = found.end()
        while text[at] == "{":
            _, end = decoder.raw_decode(text, at)
            yield text[at:end]
            at = end + 1 if text[end] == "," else end


def lines_of(vector):
    request = json.loads(vector["otlp"]["json"], object_pairs_hook=Pairs, parse_int=Number, parse_float=Number)
    texts = record_texts(vector["otlp"]["json"])
    head = vector["head"]
    seq, prev, received = head["seq"], head["prev"], int(head["received"])
    longest = '{"v":1,"log":%s,"seq":%d,"prev":"%s","received":"%s",' % (string(head["log"]), SAFE, "A" * 44, time(0))
    objects, lines = [], []
    for resource_logs in request.get("resourceLogs") or []:
        for scope_logs in resource_logs.get("scopeLogs") or []:
            for record in scope_logs.get("logRecords") or []:
                expected = vector["lines"][len(lines)] if len(lines) < len(vector["lines"]) else ""
                r, notes = convert(record, scope_logs, resource_logs, next(texts), expected, objects)
                if r["id"] == "":
                    r["id"] = vector["id"]
                    notes.add(("id", "assigned"))
                r["writer"] = vector.get("writer", "")
                fit(r, notes, MAX_LINE - len(longest.encode()), objects)
                start = '{"v":1,"log":%s,"seq":%d,"prev":"%s","received":"%s",' % (string(head["log"]), seq, prev, time(received))
                lines.append(start + tail(r, notes))
                prev = base64.b64encode(hashlib.sha256(b"\0" + lines[-1].encode()).digest()).decode()
                seq, received = seq + 1, received + 1
    return lines, objects


def convert(record, scope_logs, resource_logs, text, expected, objects):
    reader = Reader()
    scope, resource = scope_logs.get("scope") or Pairs(), resource_logs.get("resource") or Pairs()
    uint32 = 2**32 - 1
    r = {
        "id": "", "event": "", "time": 0, "observed": 0, "trace_id": "", "span_id": "", "flags": 0, "severity": 0, "severity_text": "",
        "attributes": Map(), "dropped_attributes": 0, "body": Unset,
        "scope": {
            "name": reader.text(scope.get("name"), "scope.name"),
            "version": reader.text(scope.get("version"), "scope.version"),
            "schema_url": reader.text(scope_logs.get("schemaUrl"), "scope.schema_url"),
            "attributes": reader.fields(scope.get("attributes"), "scope.attributes", 1),
            "dropped_attributes": reader.integer(scope.get("droppedAttributesCount"), 0, uint32),
        },
        "resource": reader.fields(resource.get("attributes"), "resource", 1),
        "resource_schema_url": reader.text(resource_logs.get("schemaUrl"), "resource_schema_url"),
        "resource_dropped_attributes": reader.integer(resource.get("droppedAttributesCount"), 0, uint32),
    }
    above = set(reader.notes)
    try:
        own = dict(
            event=reader.text(record.get("eventName"), "event"),
            time=reader.integer(record.get("timeUnixNano"), 0, 2**64 - 1),
            observed=reader.integer(record.get("observedTimeUnixNano"), 0, 2**64 - 1),
            trace_id=reader.hex_id(record.get("traceId"), 16),
            span_id=reader.hex_id(record.get("spanId"), 8),
            flags=reader.integer(record.get("flags"), 0, uint32) & 0xFF,
            severity=reader.integer(record.get("severityNumber"), -(2**31), 2**31 - 1),
            severity_text=reader.text(record.get("severityText"), "severity_text"),
            attributes=reader.fields(record.get("attributes"), "attributes", 1),
            dropped_attributes=reader.integer(record.get("droppedAttributesCount"), 0, uint32),
            body=Unset if record.get("body") is None else reader.value(record.get("body"), "body", 1),
        )
    except (Malformed, TooDeep) as fault:
        code = "TOO_DEEP" if isinstance(fault, TooDeep) else "MALFORMED"
        reason = re.search(r'"reason":("(?:[^"\\]|\\.)*")', expected)
        ref = reference(text.encode(), objects).text
        r["quarantine"] = '{"code":"%s","reason":%s,"bytes":%s}' % (code, reason.group(1) if reason else '"?"', ref)
        return r, above
    r.update(own)
    lift(r, reader.notes)
    return r, reader.notes


def chained(vector):
    prev, seq = vector["head"]["prev"], vector["head"]["seq"]
    for line in vector["lines"]:
        if not line.startswith('{"v":1,"log":"%s","seq":%d,"prev":"%s",' % (vector["head"]["log"], seq, prev)):
            return False
        prev = base64.b64encode(hashlib.sha256(b"\0" + line.encode()).digest()).decode()
        seq += 1
    return len(vector["lines"]) > 0


def main():
    folder = Path(__file__).parent / "line"
    if sys.argv[1:2] == ["--print"]:
        lines, objects = lines_of(json.loads((folder / (sys.argv[2] + ".json")).read_text()))
        print(json.dumps({"lines": lines, "objects": objects}, ensure_ascii=False, indent=2))
        return 0
    wrong = compared = only_chain = 0
    for file in sorted(folder.glob("*.json")):
        vector = json.loads(file.read_text())
        if vector["otlp"]["json"] is None:
            only_chain += 1
            good = chained(vector)
        else:
            compared += 1
            lines, objects = lines_of(vector)
            good = chained(vector) and lines == vector["lines"] and objects == vector.get("objects", [])
        if not good:
            wrong += 1
            print("differs: " + file.name)
    print("%d vectors compared, %d without JSON chained, %d differ" % (compared, only_chain, wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
